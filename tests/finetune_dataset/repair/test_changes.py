"""The diff: old and new lines with their numbers, cut around the change."""

import json

from samples import LINE, example

from finetune_dataset.repair.changes import Change
from finetune_dataset.repair.mend import repair_dataset


def test_the_diff_shows_old_and_new_lines_with_their_numbers(save, tmp_path):
    rows = [LINE + ",", "", json.dumps({"messages": 5}), json.dumps(example(2), indent=1)]

    repair = repair_dataset(save("\n".join(rows)), tmp_path / "fixed.jsonl")

    last = len(json.dumps(example(2), indent=1).splitlines())
    lines = repair.diff.splitlines()
    assert [line for line in lines if line[:2] in ("--", "++", "@@")] == [
        "--- train.jsonl",
        "+++ fixed.jsonl",
        "@@ -1,1 +1,1 @@ trailing_comma",
        "@@ -2,1 +2,0 @@ blank_line",
        "@@ -3,1 +2,0 @@ missing_messages_list at messages, left out",
        f"@@ -4,{last} +2,1 @@ pretty_printed_json",
    ]
    assert (lines[3][-3:], lines[4][-3:]) == ("]},", "}]}")
    assert [line for line in lines if line.startswith('-{"messages": 5}')] != []


def test_a_long_line_is_cut_around_its_change():
    change = Change("role", 1, ["a" * 500 + "X" + "b" * 500], 1, ["a" * 500 + "Y" + "b" * 500])

    assert list(change.lines()) == [
        ("-", "…" + "a" * 40, "X", "b" * 40 + "…"),
        ("+", "…" + "a" * 40, "Y", "b" * 40 + "…"),
    ]


def test_of_many_lines_the_first_are_shown_and_the_rest_is_counted():
    lines = list(Change("pretty_printed_json", 1, ["{"] * 30, 1, ["{}"]).lines())

    assert len(lines) == 22
    assert lines[20] == ("-", "", "… 10 more lines", "")
