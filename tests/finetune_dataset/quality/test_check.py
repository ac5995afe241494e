"""Quality: what is left alone, and what holds for every check."""

import json

import pytest
from hypothesis import given, strategies as st
from quality_samples import found, numbered, row

from finetune_dataset.quality.check import check_quality
from helpers.conversations import show_conversations
from helpers.paths import data_path


def test_the_limericks_of_the_course_have_no_fault_and_their_parts_share_nothing():
    parts = data_path("sample_runs", "elle-tiny")

    assert check_quality(data_path("limericks.jsonl")).problems == []
    assert (
        check_quality(
            parts / "train.jsonl", validation=parts / "validation.jsonl", test=parts / "test.jsonl"
        ).problems
        == []
    )


def test_good_rows_of_every_kind_give_no_alarm(check):
    tools = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"city": "Iași"}'}}
    kinds = [
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}]}]},
        {"messages": row("a", None, tool_calls=[tools])["messages"]},
        {"messages": row("b", None, refusal="No.")["messages"]},
        {
            "input": {"messages": [{"role": "user", "content": "c"}]},
            "preferred_output": [{"role": "assistant", "content": "Yes."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        },
        {"messages": [*row("d", "Wrong ", weight=0)["messages"], *row("e", "Right.")["messages"][1:]]},
    ]

    assert found(check(numbered(20) + kinds)) == [
        (21, "messages", "missing_system_prompt", "warning"),
        (24, "messages", "missing_system_prompt", "warning"),
    ]


@pytest.mark.parametrize(
    "line", ["5", '"text"', "{}", '{"messages": [5, {"content": [1]}]}', '{"messages": []}', "{"]
)
def test_rows_that_are_no_chat_are_left_to_the_validation(tmp_path, line):
    path = tmp_path / "train.jsonl"
    path.write_text(f"{line}\n{json.dumps(numbered(1)[0])}\n")

    report = check_quality(path)

    assert (report.problems, report.n_rows) == ([], 1)
    assert [note.partition(" could")[0] for note in report.notes] == ["1 place in train.jsonl"]


def test_half_a_surrogate_pair_is_not_skipped_in_silence(tmp_path):
    good, path, test = json.dumps(numbered(1)[0]), tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    half = json.dumps(row("What?", "Half: HALF")).replace("HALF", "\\ud800")
    path.write_text(f"{good}\n{half}\n{half}\n")
    test.write_text(f"{half}\n")

    report = check_quality(path, test=test)

    assert report.notes == [
        f"{place} could not be looked at, the first on line {line}: half of a surrogate pair "
        "(\\ud800 to \\udfff). validate_dataset says what to do."
        for place, line in (("1 place in test.jsonl", 1), ("2 places in train.jsonl", 2))
    ]
    assert all(note in repr(report) for note in report.notes)
    assert report._repr_html_().count("could not be looked at") == 2


def test_every_problem_is_counted_and_the_report_stays_small(check):
    rows = [row(f"Question {number}?", "") for number in range(200)]

    report = check(rows)

    assert report.counts["empty_answer"] == 200
    assert len(repr(report)) < 5_000


def test_examples_of_an_array_are_checked_too(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([*numbered(3), numbered(1)[0]]))

    assert [issue.code for issue in check_quality(path).problems] == ["repeated_row"]


KEYS = ["messages", "role", "content", "type", "text", "input", "preferred_output", "tool_calls", "weight"]


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


ROLES = st.sampled_from(["assistant", "user", "system"])


JSON = st.recursive(
    LEAVES | ROLES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


MESSAGES = st.lists(st.dictionaries(st.sampled_from(KEYS[1:]), JSON, max_size=4), max_size=3)


@given(st.lists(JSON | st.builds(lambda messages: {"messages": messages}, MESSAGES), max_size=6))
def test_whatever_json_a_file_holds_there_is_a_report(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("json") / "train.jsonl"
    path.write_text("".join(json.dumps(value) + "\n" for value in values))

    report = check_quality(path, test=path)

    assert report.n_rows <= len(values)
    assert all(0 <= problem.line <= len(values) for problem in report.problems)
    repr(show_conversations(values))
