"""Every code of the table: one file that gets it, and nothing but it."""

import base64
import json
from collections import Counter

import pytest

from finetune_dataset import validate as dataset
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues.table import VALIDATION_KINDS, as_markdown, issue
from finetune_dataset.models import context_limit
from finetune_dataset.validate import validate_dataset
from helpers.paths import ROOT, data_path

USER = {"role": "user", "content": "Where is the parcel?"}
ANSWER = {"role": "assistant", "content": "At the post office."}
PLAIN = {"messages": [USER, ANSWER]}
TOOL = {
    "type": "function",
    "function": {
        "name": "track",
        "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    },
}


def call(arguments='{"id": 7}', name="track", call_id="call_1", **function):
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments, **function},
    }


def calling(*calls, reply="call_1", tools=(TOOL,)):
    """A row with calls, one answer to them, and the final answer."""
    replies = [{"role": "tool", "tool_call_id": reply, "content": "Bucharest"}] if reply else []
    messages = [USER, {"role": "assistant", "content": None, "tool_calls": list(calls)}, *replies, ANSWER]
    return {"messages": messages, "tools": list(tools)}


def seen(url="https://example.com/a.png", role="user", times=1):
    part = {"type": "image_url", "image_url": {"url": url}}
    message = {"role": role, "content": [{"type": "text", "text": "What is it?"}, *[part] * times]}
    return {"messages": [message, ANSWER]}


def preference(**changes):
    row = {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{**ANSWER, "content": "No idea."}],
        **changes,
    }
    return {key: value for key, value in row.items() if value is not None}


def with_first(**changes):
    return {"messages": [{**USER, **changes}, ANSWER]}


def with_last(**changes):
    return {"messages": [USER, {**ANSWER, **changes}]}


def data_url(size=3, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(bytes(size)).decode()}"


# Code → the row that gets it, with the path of the issue.
ROWS = {
    "not_an_object": (5, ""),
    "legacy_prompt_completion": ({"prompt": "Hi ->", "completion": " Yo"}, ""),
    "other_format": (preference(), ""),
    "missing_messages_list": ({"messages": []}, "messages"),
    "row_unrecognized_key": ({**PLAIN, "mesages": []}, "mesages"),
    "unrecognized_role": (with_first(role="usr"), "messages[0].role"),
    "message_missing_key": ({"messages": [{"role": "user"}, ANSWER]}, "messages[0].content"),
    "message_unrecognized_key": (with_last(wieght=1), "messages[1].wieght"),
    "misplaced_key": (with_first(weight=1), "messages[0].weight"),
    "wrong_type": (with_first(content=5), "messages[0].content"),
    "missing_content": (with_last(content=""), "messages[1].content"),
    "empty_content": (with_first(content=" "), "messages[0].content"),
    "special_token": (with_first(content="a <|fim_suffix|> b"), "messages[0].content"),
    "invalid_weight": (with_last(weight=2), "messages[1].weight"),
    "invalid_content_part": (with_first(content=[{"type": "txt"}]), "messages[0].content[0]"),
    "unsupported_content_part": (
        with_first(content=[{"type": "input_audio", "input_audio": {}}]),
        "messages[0].content[0]",
    ),
    "misplaced_image": (
        {"messages": [*seen(role="system")["messages"][:1], USER, ANSWER]},
        "messages[0].content[1]",
    ),
    "invalid_image_url": (seen("photo.png"), "messages[0].content[1].image_url.url"),
    "unsupported_image_type": (
        seen(data_url(kind="image/gif")),
        "messages[0].content[1].image_url.url",
    ),
    "image_too_large": (seen(data_url(10 * 1024**2 + 3)), "messages[0].content[1].image_url.url"),
    "too_many_images": (seen(times=11), "messages"),
    "invalid_tool": ({**PLAIN, "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    "duplicate_tool": ({**PLAIN, "tools": [TOOL, TOOL]}, "tools[1].function.name"),
    "invalid_tool_call": (calling(call(), {**call(call_id="b"), "id": 5}), "messages[1].tool_calls[1].id"),
    "invalid_arguments": (
        calling(call("id=7")),
        "messages[1].tool_calls[0].function.arguments",
    ),
    "arguments_mismatch": (
        calling(call('{"id": "seven"}')),
        "messages[1].tool_calls[0].function.arguments.id",
    ),
    "unknown_tool": (calling(call(name="find")), "messages[1].tool_calls[0].function.name"),
    "unanswered_tool_call": (calling(call(), reply=None), "messages[1].tool_calls[0]"),
    "unknown_tool_call_id": (
        {
            **calling(call()),
            "messages": [USER, {"role": "tool", "tool_call_id": "x", "content": "Here"}, ANSWER],
        },
        "messages[1].tool_call_id",
    ),
    "duplicate_tool_call_id": (calling(call(), call()), "messages[1].tool_calls[1].id"),
    "example_missing_assistant_message": ({"messages": [USER]}, "messages"),
    "last_message_not_assistant": ({"messages": [USER, ANSWER, USER]}, "messages[2].role"),
    "no_trained_message": (with_last(weight=0), "messages"),
}
PREFERENCES = {
    "missing_key": (preference(non_preferred_output=None), "non_preferred_output"),
    "not_one_answer": (preference(preferred_output=[ANSWER, ANSWER]), "preferred_output"),
    "identical_outputs": (preference(non_preferred_output=[ANSWER]), ""),
    "last_message_not_user": (preference(input={"messages": [USER, ANSWER]}), "input.messages[1].role"),
}
GOOD = [json.dumps(with_last(content=f"At shelf {number}.")) for number in range(12)]
FILE = "\n".join(GOOD) + "\n"
# Code → the bytes of the file that gets it, and the line.
FILES = {
    "byte_order_mark": (f"\ufeff{FILE}", 1),
    "windows_line_ends": (FILE.replace("\n", "\r\n"), 0),
    "blank_line": (f"{GOOD[0]}\n\n{FILE}".replace(GOOD[0], json.dumps(PLAIN), 1), 2),
    "not_utf8": (FILE.encode().replace(b"At shelf 5", b"\xc0 shelf 5"), 6),
    "json_array": (f"[{','.join(GOOD)}]", 1),
    "pretty_printed_json": ("\n".join(json.dumps(json.loads(line), indent=2) for line in GOOD), 1),
    "trailing_comma": (FILE.replace("\n", ",\n", 1), 1),
    "invalid_json": (FILE.replace('"At shelf 3."', "NaN"), 4),
    "duplicate_key": (FILE.replace('"role": "user"', '"role": "user", "role": "user"', 1), 1),
    "too_few_examples": (GOOD[0], 0),
    "duplicate_row": (f"{FILE}{GOOD[4]}\n", 13),
}
# What needs a large file, another name, or a model has a test of its own below.
APART = {"wrong_extension", "file_too_large", "large_file", "too_many_image_rows", "row_too_long"}


@pytest.fixture
def check(tmp_path):
    def validate(content, name="train.jsonl", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return validate_dataset(path, **options)

    return validate


def found(report):
    return [(each.line, each.path, each.code) for each in report.problems]


@pytest.mark.parametrize("code", ROWS)
def test_a_row_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = ROWS[code]

    report = check(FILE + json.dumps(row))

    assert found(report) == [(13, path, code)]
    assert report.ok == (VALIDATION_KINDS[code].severity == "warning")


@pytest.mark.parametrize("code", PREFERENCES)
def test_a_preference_with_one_mistake_gets_one_issue_at_its_place(check, code):
    row, path = PREFERENCES[code]
    good = "".join(
        json.dumps(preference(input={"messages": [{**USER, "content": f"Where is {number}?"}]})) + "\n"
        for number in range(12)
    )

    report = check(good + json.dumps(row), method="dpo")

    assert found(report) == [(13, path, code)]


@pytest.mark.parametrize("code", FILES)
def test_a_file_with_one_fault_gets_one_issue_with_its_line(check, code):
    content, line = FILES[code]

    assert found(check(content)) == [(line, "", code)]


def test_a_text_file_of_json_lines_only_has_the_wrong_name(check):
    report = check(FILE, name="train.txt")

    assert (found(report), report.ok) == ([(0, "", "wrong_extension")], True)


@pytest.mark.parametrize(
    ("limit", "code"), [("MAX_UPLOAD_BYTES", "large_file"), ("MAX_FILE_BYTES", "file_too_large")]
)
def test_a_file_over_a_limit_of_the_service_is_named(check, monkeypatch, limit, code):
    monkeypatch.setattr(dataset, "MAX_UPLOAD_BYTES", len(FILE) - 1)
    monkeypatch.setattr(dataset, limit, len(FILE) - 1)

    assert found(check(FILE)) == [(0, "", code)]


def test_too_many_rows_with_images_are_named(check, monkeypatch):
    monkeypatch.setattr(dataset, "MAX_IMAGE_ROWS", 1)
    images = "".join(json.dumps(seen(f"https://example.com/{number}.png")) + "\n" for number in range(2))

    assert found(check(FILE + images)) == [(0, "", "too_many_image_rows")]


@pytest.mark.parametrize(("model", "tokens"), [("gpt-4o-mini", 65_536), ("ft:gpt-3.5-turbo:acme", 16_385)])
def test_a_row_longer_than_the_model_reads_is_a_warning_with_the_limit(check, model, tokens):
    long = json.dumps(with_last(content="word " * tokens))

    report = check(FILE + long, model=model)

    (problem,) = report.problems
    assert (problem.line, problem.code, problem.severity) == (13, "row_too_long", "warning")
    assert f"at most {tokens:,}" in problem.expected
    assert "row_too_long" not in check(FILE + long).counts


@pytest.mark.parametrize("model", ["periodic-tiny", "ft:periodic-tiny:acme", data_path("base_model")])
def test_the_local_model_reads_1024_tokens(check, model):
    report = check(FILE + json.dumps(with_last(content="helium " * 1_100)), model=model)

    assert found(report) == [(13, "", "row_too_long")]
    assert "at most 1,024" in report.problems[0].expected
    assert str(ROOT) not in str(report)


def test_a_model_without_a_known_limit_has_none(check, tmp_path):
    assert context_limit("some-other-model") is None
    assert context_limit(tmp_path) is None


def test_every_code_has_a_test_here():
    assert Counter([*ROWS, *PREFERENCES, *FILES, *APART]) == Counter(list(VALIDATION_KINDS))


def test_the_reference_table_is_the_table_of_the_program():
    assert as_markdown(VALIDATION_KINDS) in (ROOT / "finetune_dataset" / "DATASET_CODES.md").read_text(encoding="utf-8")


def test_a_code_outside_of_the_table_cannot_be_used():
    with pytest.raises(KeyError):
        issue("no_such_code", "", "")


@pytest.mark.parametrize(
    ("method", "row", "hint"),
    [
        ("supervised", preference(), 'method="dpo"'),
        ("dpo", PLAIN, 'method="supervised"'),
        ("reinforcement", preference(), 'method="dpo"'),
    ],
)
def test_a_row_of_another_method_says_which(check, method, row, hint):
    (problem,) = [each for each in check(json.dumps(row), method=method).problems if each.line]

    assert problem.code == "other_format"
    assert hint in problem.fix


@pytest.mark.parametrize(
    ("method", "row", "place", "words"),
    [
        # Public datasets in the forms of other programs.
        (
            "supervised",
            {"instruction": "Add.", "input": "1 and 2", "output": "3"},
            ("messages", "missing_messages_list"),
            '"input, instruction, output"',
        ),
        (
            "dpo",
            {"prompt": "Hi", "chosen": "Hello.", "rejected": "What?"},
            ("preferred_output", "missing_key"),
            "the key chosen in its place",
        ),
        (
            "reinforcement",
            {"prompt": "Hi", "answer": 5},
            ("messages", "missing_messages_list"),
            '"answer, prompt"',
        ),
        ("supervised", {}, ("messages", "missing_messages_list"), "found no key;"),
        # Tools.
        (
            "supervised",
            {**PLAIN, "tools": [{"type": "function", "name": "track", "parameters": {}}]},
            ("tools[0].function", "invalid_tool"),
            'Put name, description and parameters there: {"type": "function", "function"',
        ),
        (
            "supervised",
            {**PLAIN, "tools": [{"type": "function", "function": {"name": "f", "description": "<|end|>"}}]},
            ("tools[0].function", "special_token"),
            "<|end|>",
        ),
        (
            "supervised",
            calling(
                call(),
                tools=[
                    {
                        "type": "function",
                        "function": {
                            "name": "track",
                            "parameters": {"type": "object", "properties": {"id": {"type": "float"}}},
                        },
                    }
                ],
            ),
            ("tools[0].function.parameters", "invalid_tool"),
            ", at properties.id.type",
        ),
        (
            "supervised",
            calling(call("")),
            ("messages[1].tool_calls[0].function.arguments", "invalid_arguments"),
            "found empty text",
        ),
        (
            "supervised",
            {"messages": [USER, {"role": "function", "content": "7"}, ANSWER]},
            ("messages[1].name", "message_missing_key"),
            "Repeat the name of the function",
        ),
        (
            "supervised",
            {"messages": [USER, {"role": "function", "name": "f"}, ANSWER]},
            ("messages[1].content", "message_missing_key"),
            "no content",
        ),
        # Content parts.
        (
            "supervised",
            with_last(content=[{"type": "text", "text": " "}]),
            ("messages[1].content", "missing_content"),
            "empty text",
        ),
        (
            "supervised",
            seen("data:image/png;base64,"),
            ("messages[0].content[1].image_url.url", "invalid_image_url"),
            "not complete base64",
        ),
        (
            "supervised",
            seen(data_url(kind="image/jpg")),
            ("messages[0].content[1].image_url.url", "unsupported_image_type"),
            "Write image/jpeg.",
        ),
        (
            "supervised",
            with_first(content=[{"type": "image_url", "image_url": "https://example.com/a.png"}]),
            ("messages[0].content[0].image_url", "invalid_image_url"),
            "found 'https://example.com/a.png'",
        ),
    ],
)
def test_the_words_for_a_mistake_name_what_is_there_and_what_to_do(check, method, row, place, words):
    report = check(json.dumps(row), method=method)

    said = [str(each) for each in report.problems if (each.path, each.code) == place]
    assert len(said) == 1
    assert words in said[0]
    assert not {"other_format", "row_unrecognized_key", "legacy_prompt_completion"} & set(report.counts)


def test_what_other_programs_write_gets_the_word_of_the_chat_api(check):
    row = {"system": "Be kind.", "messages": [{**USER, "role": "human"}, {**ANSWER, "role": "gpt"}]}

    fixes = {each.path: each.fix for each in check(json.dumps(row)).problems if each.line}

    assert fixes == {
        "system": 'Make it the first of the messages, with the role "system": here it is not read.',
        "messages[0].role": "Did you mean 'user'?",
        "messages[1].role": "Did you mean 'assistant'?",
    }


def test_only_rows_that_the_repair_can_convert_are_said_to_be(check):
    def fix(row):
        return next(each.fix for each in check(json.dumps(row)).problems if each.line)

    assert "repair_dataset" in fix({"prompt": "Hi ->", "completion": " Yo"})
    assert "repair_dataset" not in fix({"prompt": "Hi ->", "completion": " Yo", "id": 7})


def test_the_prompt_of_a_preference_may_end_with_the_result_of_a_tool(check):
    prompt = {"messages": calling(call())["messages"][:-1], "tools": [TOOL]}

    assert found(check(json.dumps(preference(input=prompt)), method="dpo")) == [(0, "", "too_few_examples")]


def test_a_field_for_the_grader_may_have_the_name_of_the_older_tools(check):
    row = {"messages": [USER], "functions": ["track", 5]}

    report = check(json.dumps(row), method="reinforcement", model="gpt-4o-mini")

    assert found(report) == [(0, "", "too_few_examples")]
    assert (
        report.tokens
        == check(json.dumps({"messages": [USER]}), method="reinforcement", model="gpt-4o").tokens
    )


def test_reinforcement_rows_end_with_the_user_and_may_carry_anything_for_the_grader(check):
    lines = [json.dumps({"messages": [USER], "answer": number, "input": {"a": []}}) for number in range(12)]

    report = check("\n".join([*lines, json.dumps(PLAIN)]), method="reinforcement")

    assert found(report) == [(13, "messages[1].role", "last_message_not_user")]
    assert "also needs a validation file" in str(report)


def test_the_names_that_other_programs_rely_on(check):
    report = check(FILE, model="gpt-4o-mini")

    assert isinstance(report, DatasetReport)
    assert (report.n_rows, report.ok, report.method, report.model) == (12, True, "supervised", "gpt-4o-mini")
    assert report.tokens == sum(tokens * rows for tokens, rows in report.statistics.tokens_per_row.items())
    assert report.statistics.turns_per_row == {2: 12}
    assert report.statistics.messages_by_role == {"user": 12, "assistant": 12}
    assert check(FILE).tokens is None
