"""Rows of every format are named, and converted where they have one reading."""

import json
import time

import pytest
from foreign_rows import PREFERENCES, REINFORCEMENT, SUPERVISED, UNCLEAR

from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.table import FORMATS, format_of
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.repair.rows import mend_row
from finetune_dataset.rules.rows import METHODS, check_row
from finetune_dataset.validate import validate_dataset

CASES = [
    pytest.param(method, name.strip(), row, becomes, id=f"{method}: {name}")
    for method, rows in (("supervised", SUPERVISED), ("dpo", PREFERENCES), ("reinforcement", REINFORCEMENT))
    for name, (row, becomes) in rows.items()
]
ODD = (
    None,
    True,
    5,
    0.5,
    "",
    " ",
    "x",
    "[",
    "{}",
    [],
    {},
    [None],
    ["x"],
    [[]],
    [{}],
    {"x": 1},
    [{"role": "user"}],
)


ODD_KEYS = ("", "messages", "prompt")


def changed(value):
    """Every version of a value with one odd value in it, without one key, or with another name for it."""
    yield from ODD
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {other: value[other] for other in value if other != key}
            yield from (
                {(odd if other == key else other): value[other] for other in value} for odd in ODD_KEYS
            )
            yield from ({**value, key: new} for new in changed(inner))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from ([*value[:index], new, *value[index + 1 :]] for new in changed(inner))


@pytest.mark.parametrize(("method", "name", "row", "becomes"), CASES)
def test_a_row_of_each_format_is_named_and_becomes_a_good_row(method, name, row, becomes):
    (issue,) = [each for each in check_row(row, method=method) if each.severity == "error"]

    assert issue.code in ("foreign_format", "legacy_prompt_completion")
    assert name in issue.found
    assert "repair_dataset" in issue.fix
    found = format_of(row, method)
    assert found[0] == name
    assert found[1].convert(row) == becomes
    assert [each for each in check_row(becomes, method=method) if each.severity == "error"] == []


@pytest.mark.parametrize(("method", "name", "row", "becomes"), CASES)
def test_repair_writes_what_the_format_means_and_loses_no_row(save, tmp_path, method, name, row, becomes):
    repair = repair_dataset(save((json.dumps(row) + "\n") * 12), tmp_path / "fixed.jsonl", method=method)

    assert repair.notes[0] == f"line 1: foreign_format ({name}), mended"
    assert read_jsonl(repair.out) == [becomes] * 12
    assert validate_dataset(repair.out, method=method).ok


@pytest.mark.parametrize(
    ("name", "row", "words", "mended"), [(name.strip(), *case) for name, case in UNCLEAR.items()]
)
def test_a_row_without_one_reading_is_named_with_advice_that_gives_a_good_row(name, row, words, mended):
    (issue,) = check_row(row)

    assert (issue.code, issue.found) == ("foreign_format", f"the format {name}")
    assert words in issue.fix
    assert mend_row(row, ("", ""), "supervised") == (row, [])
    repaired, _ = mend_row(mended, ("", ""), "supervised")
    assert [each for each in check_row(repaired) if each.severity == "error"] == []


@pytest.mark.parametrize(("method", "name", "row", "becomes"), CASES)
def test_a_row_that_trains_with_another_method_names_it_and_that_method_mends_it(method, name, row, becomes):
    for other in METHODS:
        if (issue := next(iter(check_row(row, method=other)), None)) and issue.code == "other_format":
            (meant,) = [each for each in METHODS if f'method="{each}"' in issue.fix]
            repaired, _ = mend_row(row, ("", ""), meant)
            assert [each for each in check_row(repaired, method=meant) if each.severity == "error"] == []


@pytest.mark.parametrize(("method", "name", "row", "becomes"), CASES)
def test_no_value_at_any_place_stops_the_check_or_the_repair(method, name, row, becomes):
    for number, odd in enumerate(changed(row)):
        other = METHODS[number % len(METHODS)]
        before = [each for each in check_row(odd, method=other) if each.severity == "error"]
        repaired, _ = mend_row(odd, ("", ""), other)
        after = [each for each in check_row(repaired, method=other) if each.severity == "error"]
        if before and before[0].fix.startswith("Run repair_dataset"):
            assert after == [], odd


@pytest.mark.parametrize("row", [{}, {"messages": []}, {"x": 1}, {"id": 5, "tags": ["a"]}])
def test_a_row_of_no_known_format_has_none(row):
    assert [format_of(row, method) for method in METHODS] == [None] * 3


HI = {"from": "human", "value": "Hi"}
ASKED = [{"role": "user", "content": "Hi"}] * 20_000
NESTED = '[{"name": "f", "parameters": ' + '{"a":' * 900 + "1" + "}" * 900 + "}]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        {"conversations": [HI] * 20_000},
        {"messages": [{"from": "gpt", "value": "<tool_call>" * 50}] * 2_000},
        {"conversations": "[" * 90_000},
        {"conversations": [HI], "tools": NESTED[:3_000]},
        {"conversations": [HI], "tools": NESTED},
        {"data": [{"messages": []}] * 10_000},
        {"text": "\n\nHuman: Hi" * 20_000},
        {"chosen": ASKED, "rejected": ASKED},
    ],
    ids=["turns", "tags", "brackets", "torn tools", "deep tools", "rows", "marks", "preference"],
)
def test_a_megabyte_in_any_format_takes_seconds_at_most(save, tmp_path, row):
    started = time.monotonic()
    path = save(json.dumps(row) + "\n")

    for method in METHODS:
        validate_dataset(path, method=method)
        repair_dataset(path, tmp_path / f"{method}.jsonl", method=method)

    assert time.monotonic() - started < 30


def test_each_format_has_a_source_with_its_date():
    assert [one for one in FORMATS if "2026" not in one.source] == []


def test_a_format_that_cannot_be_converted_says_what_to_do():
    found = format_of({"input_ids": [1]}, "supervised")

    with pytest.raises(UnclearError, match="texts in place of the tokens"):
        found[1].convert({"input_ids": [1]})
