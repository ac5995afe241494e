"""No advice makes a bad row: every repair and every fix is applied, and the result is checked again."""

import json
from dataclasses import dataclass

import pytest
from faulty import FILES, PREFERENCES, ROWS
from samples import (
    ANSWER,
    FILE,
    GOOD,
    PLAIN,
    TOOL,
    USER,
    call,
    calling,
    preference,
    seen,
    with_first,
    with_last,
)

from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.rules.issues.table import VALIDATION_KINDS
from finetune_dataset.validate import validate_dataset

# A prefix of the fix → what a reader writes who follows it, in the row of `faulty.ROWS`.
OUTPUT_TEXT = [{"role": "assistant", "content": "At the post office."}]
FOLLOWED = {
    "not_an_object": ("Write each example as one object", PLAIN),
    "missing_messages_list": ('Write the chat as "messages": [', PLAIN),
    "row_unrecognized_key": ("Check the spelling, or leave the key out", PLAIN),
    "unrecognized_role": ("Did you mean 'user'?", PLAIN),
    "message_missing_key": ("Write the text of the message", PLAIN),
    "message_unrecognized_key": ("Check the spelling", with_last(weight=1)),
    "misplaced_key": ("Leave it out here", PLAIN),
    "wrong_type": ("Put the text in double quotes", with_first(content="5")),
    "missing_content": ("Write the answer that the model should learn", PLAIN),
    "empty_content": ("Write it", PLAIN),
    "special_token": ("Remove it", with_first(content="a  b")),
    "invalid_weight": ("Use 1 to train on the message", with_last(weight=1)),
    "invalid_content_part": (
        'Write the part as {"type": "text", "text": ...}',
        with_first(content=[{"type": "text", "text": "Hi"}]),
    ),
    "unsupported_content_part": (
        "Ask the service whether it trains on this, or leave the part out",
        with_first(content=[{"type": "text", "text": "Hi"}]),
    ),
    "misplaced_image": (
        "Take the image out",
        {"messages": [{"role": "system", "content": "Look."}, USER, ANSWER]},
    ),
    "invalid_image_url": ("Give an address", seen("https://example.com/photo.png")),
    "unreachable_image": ("OpenAI loads it itself", seen("data:image/png;base64,AAAA")),
    "unsupported_image_type": ("Save the image as JPEG", seen("data:image/jpeg;base64,AAAA")),
    "image_too_large": ("Make the image smaller", seen("data:image/png;base64,AAAA")),
    "too_many_images": ("Take some out", seen(times=10)),
    "invalid_tool": ("Name it with", {**PLAIN, "tools": [TOOL]}),
    "duplicate_tool": ("Rename one of them, or remove it", {**PLAIN, "tools": [TOOL]}),
    "invalid_tool_call": ("Give the call an id, and repeat it in the tool message", calling(call())),
    "invalid_arguments": ("Write the arguments with json.dumps", calling(call(json.dumps({"id": 7})))),
    "arguments_mismatch": ("Correct the call", calling(call('{"id": 7}'))),
    "schema_too_complex": ("Write it shorter", {**PLAIN, "tools": [TOOL]}),
    "unknown_tool": ("Declare the tool in the row, or correct the name", calling(call(name="track"))),
    "unanswered_tool_call": ('Add a message with the role "tool" and this tool_call_id', calling(call())),
    "unknown_tool_call_id": ("Repeat the id of a call", calling(call())),
    "duplicate_tool_call_id": ("Give every call of a message an id", calling(call())),
    "example_missing_assistant_message": ("Add the answer", PLAIN),
    "last_message_not_assistant": ("End the row with the answer", PLAIN),
    "no_trained_message": ("Give at least one answer the weight 1", with_last(weight=1)),
    "tool_content_parts": ("OpenAI refused such a message", calling(call())),
}
PREFERENCES_FOLLOWED = {
    "missing_key": ('Write "non_preferred_output": [{"role": "assistant", "content": ...}]', preference()),
    "not_one_answer": ("Put one answer there, as a list", preference()),
    "identical_outputs": ("Keep the row only if one answer is better", preference()),
    "last_message_not_user": ("End with the question", preference()),
    "tool_use_in_preference": (
        "Azure documents it",
        preference(
            input={"messages": [USER, *calling(call())["messages"][1:-1]], "tools": [TOOL]},
            preferred_output=OUTPUT_TEXT,
        ),
    ),
}
FILES_FOLLOWED = {
    "not_json_lines": ("Unpack it first", FILE),
    "empty_file": ("Check the program that wrote it", FILE),
    "invalid_json": ("", FILE),
    "row_too_large": ("Write one example per line", FILE),
    "duplicate_key": ("Keep one of the two", FILE),
    "too_few_examples": ("Add examples", FILE),
    "duplicate_row": ("Keep one of them", FILE),
}
# What no edit of a row or of a small file can show.
APART = {"wrong_extension", "file_too_large", "large_file", "too_many_image_rows", "row_too_long"}
# The advice is another method, and not another row.
BY_METHOD = {"other_format"}


@dataclass(frozen=True)
class Case:
    """A file with one fault, and how its rows train."""

    code: str
    content: str | bytes
    method: str


BAD = [
    *[Case(code, FILE + json.dumps(row), "supervised") for code, (row, _) in ROWS.items()],
    *[Case(code, json.dumps(row) + "\n", "dpo") for code, (row, _) in PREFERENCES.items()],
    *[Case(code, content, "supervised") for code, (content, _) in FILES.items()],
]


def serious(report):
    """The codes of the errors; a file for a test may be too short."""
    return [each.code for each in report.errors if each.code not in ("too_few_examples", "empty_file")]


@pytest.mark.parametrize(
    "case", [each for each in BAD if VALIDATION_KINDS[each.code].repairable], ids=lambda case: case.code
)
def test_what_the_table_calls_repairable_is_gone_after_a_repair_and_nothing_new_is_wrong(
    save, tmp_path, case
):
    path = save(case.content)
    before = validate_dataset(path, case.method)

    repair = repair_dataset(path, tmp_path / "fixed.jsonl", case.method)

    after = validate_dataset(repair.out, case.method)
    assert case.code in before.counts
    assert case.code not in after.counts
    assert serious(after) == []


@pytest.mark.parametrize("code", FOLLOWED)
def test_who_follows_the_fix_of_a_row_has_a_good_row(check, code):
    (issue,) = [each for each in check(FILE + json.dumps(ROWS[code][0])).problems if each.code == code]

    assert issue.fix.startswith(FOLLOWED[code][0])
    assert check(FILE + json.dumps(FOLLOWED[code][1])).problems == []


@pytest.mark.parametrize("code", PREFERENCES_FOLLOWED)
def test_who_follows_the_fix_of_a_preference_has_a_good_preference(check, code):
    issues = check(json.dumps(PREFERENCES[code][0]), method="dpo").problems
    (issue,) = [each for each in issues if each.code == code]

    assert issue.fix.startswith(PREFERENCES_FOLLOWED[code][0])
    report = check(json.dumps(PREFERENCES_FOLLOWED[code][1]), method="dpo")
    assert [each.code for each in report.problems] == ["too_few_examples"]


@pytest.mark.parametrize("code", FILES_FOLLOWED)
def test_who_follows_the_fix_of_a_file_has_a_good_file(check, code):
    issues = check(FILES[code][0]).problems
    (issue,) = [each for each in issues if each.code == code]

    assert issue.fix.startswith(FILES_FOLLOWED[code][0])
    assert check(FILES_FOLLOWED[code][1]).problems == []


def test_who_passes_the_method_that_is_named_has_a_good_row(check):
    (issue,) = [each for each in check(FILE + json.dumps(ROWS["other_format"][0])).problems]

    assert 'pass method="dpo"' in issue.fix
    assert serious(check(json.dumps(ROWS["other_format"][0]), method="dpo")) == []


def test_each_code_has_its_advice_followed_here():
    followed = {*FOLLOWED, *PREFERENCES_FOLLOWED, *FILES_FOLLOWED, *APART, *BY_METHOD}
    repaired = {code for code, kind in VALIDATION_KINDS.items() if kind.repairable}

    assert set(VALIDATION_KINDS) - followed - repaired == set()


@pytest.mark.parametrize("kind", ["array", "one line", "pretty"])
def test_a_repaired_file_needs_no_second_repair(save, tmp_path, kind):
    rows = [json.loads(line) for line in GOOD]
    content = {
        "array": json.dumps(rows),
        "one line": "".join(GOOD),
        "pretty": "\n".join(json.dumps(row, indent=1) for row in rows),
    }[kind]
    first = repair_dataset(save(content), tmp_path / "first.jsonl")

    second = repair_dataset(first.out, tmp_path / "second.jsonl")

    assert second.notes == []
    assert second.out.read_bytes() == first.out.read_bytes()
