"""Datasets: what is found in good and bad files."""

import json
import os
import random
import subprocess
import sys
from collections import Counter

import pytest
from samples import LINE, ROWS, example

from finetune_dataset.__main__ import main
from finetune_dataset.check.line import check_line
from finetune_dataset.check.scan import spans
from finetune_dataset.errors import DatasetError, FineTuneError
from finetune_dataset.files import write_jsonl
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.report import Statistics
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE
from finetune_dataset.rules.rows import check_row
from finetune_dataset.validate import require_valid, validate_dataset
from helpers.paths import ROOT, data_path


def found(report):
    return [
        (issue.line, issue.path, issue.code) for issue in report.problems if issue.code != "too_few_examples"
    ]


def codes_of(messages, **row):
    return [(issue.path, issue.code, issue.severity) for issue in check_row({"messages": messages, **row})]


USER = {"role": "user", "content": "Hi"}
ASSISTANT = {"role": "assistant", "content": "Hello"}


def test_a_good_file_has_no_issues(tmp_path):
    path = tmp_path / "train.jsonl"
    write_jsonl(path, ROWS)

    report = validate_dataset(path)

    assert (report.n_rows, report.problems, report.ok) == (12, [], True)
    assert str(report) == "train.jsonl: 12 rows, no problems found"
    require_valid(report)


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [{"text": "line\u2028separator é 🜚"}, {"text": "tab\tand\nnew line"}]
    path = tmp_path / "rows.jsonl"

    write_jsonl(path, rows)

    assert read_jsonl(path) == rows
    assert path.read_bytes().count(b"\n") == 2


def test_the_limericks_of_the_course_are_valid():
    assert validate_dataset(data_path("limericks.jsonl")).problems == []


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER, {"role": "assistant", "content": None, "refusal": "I can't help with that."}]},
        {"messages": [USER, ASSISTANT, USER, {"role": "assistant", "content": "Bye", "weight": 0}]},
        {"messages": [{"role": "developer", "content": "Be short."}, {**USER, "name": "Ann"}, ASSISTANT]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}],
                },
                ASSISTANT,
            ]
        },
        {
            "messages": [
                USER,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": ""},
                ASSISTANT,
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "parallel_tool_calls": False,
        },
        {
            "messages": [
                USER,
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
                {"role": "function", "name": "f", "content": None},
                {**ASSISTANT, "tool_calls": None, "refusal": None, "weight": None},
            ]
        },
        {"messages": [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}]},
    ],
    ids=["refusal", "weights", "developer", "parts", "tools", "functions", "refusal part"],
)
def test_a_valid_modern_row_is_never_refused(row):
    assert check_row(row) == []


@pytest.mark.parametrize(
    ("messages", "problems"),
    [
        ([], [("messages", "missing_messages_list", "error")]),
        ("Hi", [("messages", "missing_messages_list", "error")]),
        (["Hi"], [("messages[0]", "not_an_object", "error")]),
        ([USER], [("messages", "example_missing_assistant_message", "error")]),
        ([USER, ASSISTANT, USER], [("messages[2].role", "last_message_not_assistant", "error")]),
        ([USER, {**ASSISTANT, "weight": 0}], [("messages", "no_trained_message", "error")]),
        ([USER, {**ASSISTANT, "weight": True}], [("messages[1].weight", "invalid_weight", "error")]),
        ([USER, {**ASSISTANT, "weight": 0.5}], [("messages[1].weight", "invalid_weight", "error")]),
        ([{"content": "Hi"}, ASSISTANT], [("messages[0].role", "message_missing_key", "error")]),
        (
            [{"role": ["user"], "content": "Hi"}, ASSISTANT],
            [("messages[0].role", "unrecognized_role", "error")],
        ),
        ([{"role": "user"}, ASSISTANT], [("messages[0].content", "message_missing_key", "error")]),
        ([{"role": "user", "content": 5}, ASSISTANT], [("messages[0].content", "wrong_type", "error")]),
        (
            [{"role": "user", "content": None}, ASSISTANT],
            [("messages[0].content", "missing_content", "error")],
        ),
        (
            [{"role": "user", "content": " "}, ASSISTANT],
            [("messages[0].content", "empty_content", "warning")],
        ),
        ([USER, {"role": "assistant", "content": []}], [("messages[1].content", "missing_content", "error")]),
        ([USER, {"role": "assistant", "content": ""}], [("messages[1].content", "missing_content", "error")]),
        ([{"role": "user", "content": False}, ASSISTANT], [("messages[0].content", "wrong_type", "error")]),
        (
            [{"role": "user", "content": ["Hi", {"type": "text"}]}, ASSISTANT],
            [
                ("messages[0].content[0]", "invalid_content_part", "error"),
                ("messages[0].content[1].text", "invalid_content_part", "error"),
            ],
        ),
        (
            [USER, {**ASSISTANT, "content": "Bye<|im_end|>"}],
            [("messages[1].content", "special_token", "error")],
        ),
        (
            [{"role": "user", "content": [{"type": "text", "text": "<|end|>"}]}, ASSISTANT],
            [("messages[0].content[0].text", "special_token", "error")],
        ),
        ([{**USER, "name": "<|end|>"}, ASSISTANT], [("messages[0].name", "special_token", "error")]),
        ([{**USER, "name": 5}, ASSISTANT], [("messages[0].name", "wrong_type", "error")]),
        ([USER, {**ASSISTANT, "wieght": 1}], [("messages[1].wieght", "message_unrecognized_key", "warning")]),
        (
            [USER, {"role": "tool", "content": "4"}, ASSISTANT],
            [("messages[1].tool_call_id", "message_missing_key", "error")],
        ),
        ([USER, {**ASSISTANT, "tool_calls": "f()"}], [("messages[1].tool_calls", "wrong_type", "error")]),
        (
            [USER, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}],
            [
                ("messages[1].tool_calls[0].id", "invalid_tool_call", "error"),
                ("messages[1].tool_calls[0].type", "invalid_tool_call", "error"),
                ("messages[1].tool_calls[0].function.arguments", "wrong_type", "error"),
            ],
        ),
    ],
)
def test_each_problem_of_a_row_is_named_with_its_place(messages, problems):
    assert codes_of(messages) == problems


def test_tools_that_are_no_list_of_objects_are_named():
    assert codes_of([USER, ASSISTANT], tools="f") == [("tools", "wrong_type", "error")]


def test_a_misspelled_role_gets_a_suggestion():
    (issue,) = check_row({"messages": [USER, {**ASSISTANT, "role": "assistent"}]}, line=7)

    assert str(issue) == (
        'line 7, messages[1].role: unrecognized_role: found "assistent"; expected one of system, developer, '
        "user, assistant, tool, function. Did you mean 'assistant'?"
    )


@pytest.mark.parametrize(
    ("content", "issues"),
    [
        ("5\n", [(1, "", "not_an_object")]),
        (
            '"text"\n[1]\nnull\n',
            [(1, "", "not_an_object"), (2, "", "not_an_object"), (3, "", "not_an_object")],
        ),
        ('{"prompt": "Hi", "completion": "Yo"}', [(1, "", "legacy_prompt_completion")]),
        (LINE.replace('"role": "user"', '"role": "user", "role": "user"'), [(1, "", "duplicate_key")]),
        (LINE.replace("Yes.", "1e999").replace('"1e999"', "1e999"), [(1, "", "invalid_json")]),
        (f"\n{LINE}\n\n", [(1, "", "blank_line"), (3, "", "blank_line")]),
        (f"\ufeff{LINE}\n", [(1, "", "byte_order_mark")]),
        (f"{LINE},\n", [(1, "", "trailing_comma")]),
        (LINE.replace("]", ",]"), [(1, "", "trailing_comma")]),
        (LINE + LINE, [(1, "", "invalid_json")]),
        (str(example()), [(1, "", "invalid_json")]),
        (LINE.replace('"Yes."', "NaN"), [(1, "", "invalid_json")]),
        (LINE.replace("Yes.", "\\ud83d"), [(1, "", "invalid_json")]),
        (LINE.replace("Yes.", "Y\nes"), [(1, "", "invalid_json")]),
        (f"{LINE[:40]}\n{LINE}\n", [(1, "", "invalid_json")]),
        ("[" * 100_000, [(1, "", "invalid_json")]),
        ("9" * 5_000, [(1, "", "invalid_json")]),
        ("a" * 5_000_000, [(1, "", "invalid_json")]),
        ('{"a": "' + '\\"' * 100_000, [(1, "", "invalid_json")]),
        ('{"messages": "é"}'.encode("latin-1"), [(1, "", "not_utf8")]),
        ((LINE + "\n").encode("utf-16") * 3, [(1, "", "not_utf8")]),
        (LINE.encode("utf-16-le"), [(1, "", "not_utf8")]),
        (bytes(range(1, 256)), [(1, "", "invalid_json"), (2, "", "not_utf8")]),
        (f"[{LINE},\n{LINE},\n]", [(1, "", "json_array")]),
        (f"{LINE}\r\n", [(0, "", "windows_line_ends")]),
    ],
)
def test_every_shape_of_a_bad_file_becomes_an_issue(save, content, issues):
    assert found(validate_dataset(save(content))) == issues


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# notes", "found something that is not JSON at column 1; "),
        (LINE.replace('"Yes."', "True"), "true, false and null in small letters"),
        ("{messages: []}", "found a key without double quotes at column 2; "),
        (LINE + "}", f"found a closing bracket too many at column {len(LINE) + 1}; "),
        (LINE + LINE, f"found a second value at column {len(LINE) + 1}; "),
        (LINE.replace("Yes.", 'A "b" c'), 'inside a text, write a double quote as \\".'),
        (LINE.encode("utf-16"), "repair_dataset does it for UTF-16"),
        (LINE.encode("utf-16"), "Correct the lines that cannot be read first: they are not counted."),
    ],
)
def test_a_line_that_is_no_json_is_explained_in_plain_words(save, content, words):
    report = validate_dataset(save(content))

    # A file of one line is too short as well; that is not the line's fault.
    assert words in "\n".join(map(str, report.problems))
    assert "Expecting" not in str(report)


def test_a_table_is_sent_to_the_function_that_reads_tables(save):
    report = validate_dataset(save("question,answer\nHi,Hello\n", "faq.csv"))

    assert "rows_from_table" in report.problems[0].fix


def test_a_model_that_is_not_in_the_table_is_said_to_be_a_guess(save):
    path = save("\n".join(map(json.dumps, ROWS)))

    assert "The tokens are a guess: gpt4o is not" in str(validate_dataset(path, model="gpt4o"))
    assert validate_dataset(path, model="gpt-4o").notes == []


def test_the_command_takes_the_folder_of_a_local_model(save, capsys):
    path, folder = save("\n".join(map(json.dumps, ROWS))), data_path("base_model")

    assert main(["check", str(path), "--model", str(folder)]) == 0
    assert f"{validate_dataset(path, model=folder).tokens} tokens for base_model" in capsys.readouterr().out


def test_random_bytes_never_raise(save):
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(f"{LINE}\n{json.dumps(example(2), indent=1)}\n".encode())
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.choice(b'{}[]",:\\\n \xff\x00a')
        report = validate_dataset(save(bytes(broken)))
        assert str(report).startswith("train.jsonl: ")


def test_pretty_printed_json_is_one_issue_with_its_size(save):
    report = validate_dataset(save("\n".join(json.dumps(row, indent=2) for row in ROWS)))

    (issue,) = report.problems
    assert (report.n_rows, issue.line, issue.code) == (12, 1, "pretty_printed_json")
    assert issue.found == "pretty-printed JSON (12 examples on lines 1 to 192)"


def test_problems_inside_pretty_printed_json_are_found_too(save):
    path = save(f"{LINE}\n{json.dumps(example(2, role='assistent'), indent=2)}\n")

    assert found(validate_dataset(path)) == [
        (2, "", "pretty_printed_json"),
        (2, "messages[2].role", "unrecognized_role"),
    ]


def test_a_cut_off_line_does_not_hide_the_rows_after_it(save):
    report = validate_dataset(save("\n".join([LINE[:50], *map(json.dumps, ROWS)])))

    assert (report.n_rows, found(report)) == (12, [(1, "", "invalid_json")])


@pytest.mark.parametrize(
    "cut", ['{"m{"messages": [', "{'messages': [{'role': ", '{"item": 5, "messages": [', '{"m\0']
)
def test_cut_off_lines_after_one_another_are_all_named(save, cut):
    report = validate_dataset(save("\n".join([LINE[:50], cut, LINE[:9], *map(json.dumps, ROWS)])))

    assert report.n_rows == 12
    assert found(report) == [(line, "", "invalid_json") for line in (1, 2, 3)]


def test_lines_that_are_taken_for_one_example_are_named_together(save):
    report = validate_dataset(save(f"{LINE[:50]}\n  and so on\n{LINE}\n"))

    assert report.errors[1].found == "an object that is not closed (lines 1 to 2, read as one example)"


@pytest.mark.parametrize("bad", ["[" * 50 + LINE, "[", "{\0"])
def test_a_line_that_looks_like_another_kind_of_file_does_not_hide_the_rows_after_it(save, bad):
    report = validate_dataset(save("\n".join([LINE, bad, *map(json.dumps, ROWS), LINE[:50]])))

    assert [line for line, _, code in found(report) if code == "invalid_json"] == [2, 15]


def test_messages_on_lines_of_their_own_belong_to_one_example(save):
    lines = [json.dumps(message) for message in example()["messages"]]
    report = validate_dataset(save('{"messages": [\n' + ",\n".join(lines) + "\n]}\n"))

    assert (report.n_rows, found(report)) == (1, [(1, "", "pretty_printed_json")])


def test_too_few_examples_is_an_issue_of_the_whole_file(save):
    (issue,) = validate_dataset(save("")).problems

    assert str(issue) == (
        "whole file: too_few_examples: found 0 examples; expected at least 10 examples. "
        "Add examples; 50 to 100 are a good start."
    )


def test_a_repeated_row_is_only_a_warning(save):
    report = validate_dataset(save("\n".join(map(json.dumps, [*ROWS, ROWS[3]]))))

    assert found(report) == [(13, "", "duplicate_row")]
    assert report.ok
    assert report.problems[0].found == "the same example as on line 4"


def test_many_problems_of_one_kind_are_counted_but_not_all_kept(save):
    bad = KEPT_PER_CODE + 5

    report = validate_dataset(save("{}\n" * bad))

    assert len(report.errors) == KEPT_PER_CODE
    assert report.counts["missing_messages_list"] == bad
    assert f"{bad} × missing_messages_list" in str(report)
    assert "missing_messages_list: 9,985 more" in str(report)


def test_a_report_becomes_a_table(save):
    table = validate_dataset(save("5\n")).issues

    assert list(table.columns) == ["line", "path", "code", "severity", "detail", "fix"]
    assert table.code.tolist() == ["too_few_examples", "not_an_object"]


def test_a_report_as_the_last_line_of_a_cell_shows_no_path_of_this_machine(save, tmp_path):
    report = validate_dataset(save("5\n"))

    assert str(tmp_path) not in repr(report)
    assert repr(report) == str(report)


def test_the_command_prints_the_report_and_tells_a_build_what_to_do(save, capsys):
    good, bad = save("\n".join(map(json.dumps, ROWS))), save("5\n", "bad.jsonl")

    codes = [main(["check", str(good), "--model", "gpt-4o-mini"]), main(["check", str(bad)]), main(["check", str(good.parent / "none")])]

    printed = capsys.readouterr()
    assert codes == [0, 1, 2]
    tokens = validate_dataset(good, model="gpt-4o-mini").tokens
    assert printed.out.startswith(f"train.jsonl: 12 rows, {tokens} tokens for gpt-4o-mini, no problems found")
    assert "line 1: not_an_object: found 5" in printed.out
    assert "was not found" in printed.err


def test_the_command_prints_json_for_other_programs(save, capsys):
    code = main(["check", str(save("5\n")), "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert (code, printed["ok"], printed["n_rows"], printed["tokens"]) == (1, False, 1, None)
    assert printed["counts"] == {"not_an_object": 1, "too_few_examples": 1}
    assert printed["issues"][1] == {
        "line": 1,
        "path": "",
        "code": "not_an_object",
        "severity": "error",
        "found": "5",
        "expected": 'an object such as {"messages": [...]}',
        "fix": "Write each example as one object on one line.",
        "detail": 'found 5; expected an object such as {"messages": [...]}',
    }


def test_the_json_of_a_good_file_holds_its_histograms(save, capsys):
    code = main(["check", str(save("\n".join(map(json.dumps, ROWS)))), "--json", "--model", "gpt-4o-mini"])

    printed = json.loads(capsys.readouterr().out)
    report = validate_dataset(save("\n".join(map(json.dumps, ROWS))), model="gpt-4o-mini")
    assert (code, printed["n_rows"], printed["tokens"]) == (0, 12, report.tokens)
    assert printed["statistics"] == {
        "tokens_per_row": {str(tokens): rows for tokens, rows in report.statistics.tokens_per_row.items()},
        "turns_per_row": {str(len(ROWS[0]["messages"])): 12},
        "messages_by_role": dict(report.statistics.messages_by_role),
        "tokens_by_role": dict(report.statistics.tokens_by_role),
    }


@pytest.mark.parametrize("console", ["ascii", "cp1252"])
def test_the_command_prints_what_its_console_cannot_show_as_numbers(save, console):
    path = save(LINE.replace('"user"', '"用户"'))
    command = [sys.executable, "-m", "finetune_dataset", "check", str(path)]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONIOENCODING": console}
    )

    assert (done.returncode, done.stderr) == (1, b"")
    assert b'unrecognized_role: found "\\u7528\\u6237"' in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_a_reader_that_stops_early_gets_no_traceback(save):
    path = save("\n" * 30)
    command = [sys.executable, "-m", "finetune_dataset", "check", str(path)]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdout.close()

        assert program.stderr.read() == b""


@pytest.mark.parametrize("arguments", [[], ["a.jsonl", "--method", "sft"]])
def test_the_command_refuses_other_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
    assert "usage: python -m finetune_dataset" in capsys.readouterr().err


def test_the_command_loads_nothing_slow(save):
    program = (
        "import sys; from finetune_dataset.__main__ import main; main(sys.argv[1:]); "
        "print({'pandas', 'matplotlib', 'openai', 'torch', 'jsonschema_rs'} & set(sys.modules))"
    )

    command = [sys.executable, "-c", program, "check", str(save(LINE)), "--model", "gpt-4o-mini"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "set()"


def test_a_method_that_does_not_exist_is_refused(save):
    with pytest.raises(FineTuneError, match=r"no method 'sft'. Methods: supervised, dpo, reinforcement"):
        validate_dataset(save(LINE), method="sft")


def test_two_workers_find_what_one_finds(save):
    lines = [json.dumps(row) for row in ROWS] * 40
    lines[100:100] = ["", "5", json.dumps(example(3), indent=1), json.dumps(example(4, weight=7)), LINE[:30]]
    path = save("\r\n".join(lines))

    one, two = (validate_dataset(path, model="gpt-4o-mini", workers=workers) for workers in (1, 2))

    assert len(spans(path, 2)) == 2
    assert (two.problems, two.counts, two.n_rows) == (one.problems, one.counts, one.n_rows)
    assert two.statistics == one.statistics


@pytest.mark.parametrize("content", [json.dumps(ROWS), json.dumps(ROWS, indent=2), f"[{LINE},\n{LINE}]", ""])
def test_a_file_whose_lines_are_no_rows_stays_in_one_piece(save, content):
    assert spans(save(content), 4) == [(0, len(content))]


def test_statistics_of_parts_add_up():
    a = Statistics(Counter({9: 1}), Counter({2: 1}), Counter(user=1, assistant=1), Counter(user=4))
    b = Statistics(Counter({9: 2, 5: 1}), Counter({2: 3}), Counter(user=3, assistant=3), Counter(user=6))

    total = a + b

    assert total.tokens_per_row == {9: 3, 5: 1}
    assert (total.tokens, total.turns_per_row, total.tokens_by_role) == (32, {2: 4}, {"user": 10})


def test_one_line_is_checked_as_plain_data():
    checked = check_line(json.dumps(example(1, weight=2)).encode() + b"\r\n", model="gpt-4o-mini")

    assert json.loads(json.dumps(checked)) == {
        "ok": False,
        "issues": [
            {
                "path": "messages[2].weight",
                "code": "invalid_weight",
                "severity": "error",
                "found": "2",
                "expected": "0 or 1",
                "fix": "Use 1 to train on the message, 0 to leave it out of the training.",
            }
        ],
        "messages": 0,
        "tokens": 0,
        "digest": checked["digest"],
    }
    assert checked["digest"] == check_line(json.dumps(example(1, weight=2)).encode())["digest"]


def test_a_row_with_a_key_twice_is_found_beside_other_mistakes(save):
    line = LINE.replace('"role": "user"', '"role": "user", "role": "usr"')

    assert found(validate_dataset(save(f"{line}\n"))) == [
        (1, "", "duplicate_key"),
        (1, "messages[1].role", "unrecognized_role"),
    ]


@pytest.mark.parametrize("space", ["", " "])
def test_a_key_twice_does_not_hide_behind_a_key_that_ends_in_a_backslash(save, space):
    parameters = {"type": "object", "properties": {"a\\": {"type": "string"}}}
    row = {**example(), "tools": [{"type": "function", "function": {"name": "f", "parameters": parameters}}]}
    line = json.dumps(row).replace('"role": "user"', f'"role"{space}: "user", "role": "user"')

    assert found(validate_dataset(save(f"{line}\n"))) == [(1, "", "duplicate_key")]


def test_the_rows_of_an_array_are_checked_with_their_place(save):
    path = save(json.dumps([example(1), example(2, weight=7)]))

    assert found(validate_dataset(path)) == [
        (1, "", "json_array"),
        (1, "[1].messages[2].weight", "invalid_weight"),
    ]


def test_the_html_of_a_report_escapes_what_was_found(save):
    html = validate_dataset(save('"<script>"\n'))._repr_html_()

    assert "&lt;script&gt;" in html
    assert "<script>" not in html


def test_a_missing_file_names_what_is_there(save):
    path = save(LINE, "train.jsonl")

    with pytest.raises(
        DatasetError, match=r"trian\.jsonl was not found; the folder .* has train\.jsonl\. Check"
    ):
        validate_dataset(path.with_name("trian.jsonl"))


def test_a_missing_folder_is_said_to_be_missing(tmp_path):
    with pytest.raises(DatasetError, match="does not exist either"):
        read_jsonl(tmp_path / "nowhere" / "train.jsonl")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is a folder; expected a JSON Lines file"):
        validate_dataset(tmp_path)


def test_reading_a_bad_line_names_the_line(save):
    with pytest.raises(DatasetError, match=r"line 2: invalid_json: found an object that is not closed"):
        read_jsonl(save(f"{LINE}\n{LINE[:20]}\n"))


def test_reading_a_line_that_is_no_object_names_the_line(save):
    with pytest.raises(DatasetError, match="line 2: not_an_object: found 5"):
        read_jsonl(save(f"{LINE}\n5\n"))


def test_the_gate_lists_errors_but_no_warnings(save):
    report = validate_dataset(save(f"\n{LINE}\n5\n"))

    with pytest.raises(DatasetError) as refusal:
        require_valid(report)

    assert "line 3: not_an_object" in str(refusal.value)
    assert "blank_line" not in str(refusal.value)


def test_every_mistake_in_the_broken_file_is_named_with_its_line():
    report = validate_dataset(data_path("broken.jsonl"))

    assert (report.n_rows, [(issue.line, issue.code) for issue in report.problems]) == (
        17,
        [
            (4, "pretty_printed_json"),
            (22, "example_missing_assistant_message"),
            (24, "unrecognized_role"),
            (27, "missing_content"),
            (29, "trailing_comma"),
            (31, "special_token"),
        ],
    )


@pytest.mark.parametrize("depth", [40, 60, 490, 990, 20_000])
@pytest.mark.parametrize("where", ["schema", "arguments", "row"])
def test_brackets_of_any_depth_are_an_answer_and_no_crash(depth, where):
    nested = {name: "{}" for name in ("schema", "arguments", "row")}
    nested[where] = '{"a":' * depth + "{}" + "}" * depth
    tool = f'{{"type": "function", "function": {{"name": "f", "parameters": {nested["schema"]}}}}}'
    function = f'{{"name": "f", "arguments": {json.dumps(nested["arguments"])}}}'
    call = f'{{"id": "c", "type": "function", "function": {function}}}'
    chat = f'[{json.dumps(USER)}, {{"role": "assistant", "content": null, "tool_calls": [{call}]}}]'
    raw = f'{{"messages": {chat}, "tools": [{tool}], "item": {nested["row"]}}}'.encode()

    codes = {each["code"] for each in check_line(raw, model="gpt-4o-mini")["issues"]}

    # Arguments are a text in the row, so only their own reader has a limit.
    deep = "invalid_arguments" if where == "arguments" else "invalid_json"
    limit = 900 if where == "arguments" else 90
    assert (deep in codes) == (depth > limit)


def test_a_schema_as_deep_as_a_row_may_be_is_read(save):
    schema = {}
    for _ in range(40):
        schema = {"type": "object", "properties": {"a": schema}}
    row = {**example(), "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}

    assert check_line(json.dumps(row).encode(), model="gpt-4o-mini")["ok"]
