"""Several examples on one line, or in one object, are counted, named and mended; none is thrown away."""

import json
import time

import pytest
from hypothesis import given, settings, strategies as st
from samples import LINE, ROWS, example, found_in_rows

from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.shapes.several_values import cut_values, rows_inside
from finetune_dataset.validate import validate_dataset

LINES = [json.dumps(row) for row in ROWS]


@pytest.mark.parametrize("between", ["", " ", ",", ", ", ";", "\t", "\x1e", "\\n", "   ,  "])
def test_a_file_on_one_line_is_twelve_examples_and_is_mended(check, save, tmp_path, between):
    report = check(between.join(LINES))
    repair = repair_dataset(save(between.join(LINES)), tmp_path / "fixed.jsonl")

    assert (report.n_rows, found_in_rows(report)) == (12, [(1, "", "several_values")])
    assert report.errors[0].found == "12 values on one line"
    assert read_jsonl(repair.out) == ROWS
    assert validate_dataset(repair.out).problems == []


def test_a_missing_line_end_costs_no_example(check, save, tmp_path):
    content = "\n".join(LINES).replace(LINES[5] + "\n", LINES[5]).encode()

    report = check(content)
    repair = repair_dataset(save(content), tmp_path / "fixed.jsonl")

    assert (report.n_rows, found_in_rows(report)) == (12, [(6, "", "several_values")])
    assert read_jsonl(repair.out) == ROWS
    assert repair.left_out == []


@pytest.mark.parametrize(
    "broken",
    [
        LINE.replace('"Yes."', "NaN"),
        LINE.replace('"Yes."', "'Yes'"),
        LINE[:60],
        LINE[:-3],
        LINE.replace('{"role": "user"', '{"role" "user"'),
        "hello",
        "}",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_broken_value_costs_only_itself(check, save, tmp_path, broken, place):
    values = [LINES[0], LINES[1]]
    values.insert(place, broken)

    content = "".join(values) + "\n" + "\n".join(LINES[2:])
    report = check(content)
    repair = repair_dataset(save(content), tmp_path / "fixed.jsonl")

    assert report.n_rows == 12
    assert {code for _, _, code in found_in_rows(report)} == {"several_values", "invalid_json"}
    assert read_jsonl(repair.out) == ROWS
    assert [left.text.strip() for left in repair.left_out] == [broken]


def test_bytes_of_another_encoding_cost_only_their_value(check, save, tmp_path):
    odd = LINE.replace("Yes", "Café").encode("cp1252")
    content = LINES[0].encode() + odd + LINES[1].encode()

    assert sorted(code for _, _, code in found_in_rows(check(content))) == ["not_utf8", "several_values"]
    assert read_jsonl(repair_dataset(save(content), tmp_path / "fixed.jsonl").out) == ROWS[:2]


def test_each_mistake_in_a_value_of_the_line_has_its_place(check):
    report = check(LINES[0] + json.dumps(example(2, weight=7)))

    assert found_in_rows(report) == [
        (1, "", "several_values"),
        (1, "[1].messages[2].weight", "invalid_weight"),
    ]


def test_pretty_printed_examples_without_a_line_end_between_them_are_mended(check, save, tmp_path):
    content = "".join(json.dumps(row, indent=2) for row in ROWS)

    report = check(content)

    assert (report.n_rows, {code for _, _, code in found_in_rows(report)}) == (12, {"several_values"})
    assert read_jsonl(repair_dataset(save(content), tmp_path / "fixed.jsonl").out) == ROWS


def test_of_an_array_with_a_broken_value_the_good_ones_stay(check, save, tmp_path):
    content = "[" + ", ".join([*LINES[:6], LINE.replace('"Yes."', "NaN"), *LINES[6:]]) + "]"

    assert check(content).n_rows == 12
    assert read_jsonl(repair_dataset(save(content), tmp_path / "fixed.jsonl").out) == ROWS


def test_a_part_of_a_broken_row_is_never_taken_for_an_example(save, tmp_path):
    prompt = {"messages": ROWS[0]["messages"]}
    line = json.dumps({"input": prompt, "preferred_output": 5}).replace("5}", "NaN}").replace("NaN", "'x'")

    repair = repair_dataset(save(line + "\n"), tmp_path / "fixed.jsonl")

    assert (repair.rows, len(repair.left_out)) == (0, 1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 11), min_size=2, max_size=5), st.randoms())
def test_every_good_value_between_broken_ones_is_found(numbers, chance):
    values = []
    for number in numbers:
        values += [LINES[number], LINES[number][: chance.randrange(1, 80)]]

    good = []
    for _, piece in cut_values("".join(values).encode()):
        try:
            good.append(json.loads(piece))
        except ValueError:
            continue

    assert [row for row in good if row in ROWS] == [ROWS[number] for number in numbers]


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        '{"messages":' * 100_000,
        ('{"messages": 1' + "," * 20) * 30_000,
        ("{}" + '{"messages": [') * 40_000,
        "{}" * 300_000 + "x",
        '{"a": "' + '{\\"a\\": ' * 100_000,
        "[{" * 200_000,
        " " * 1_000_000 + "{} {}",
        ("{} " + "\\n" * 50) * 10_000,
        "x" + " " * 1_000_000 + "{}{}",
        "x" + "[" * 1_000_000 + "{}{}",
        "x" + '{ "' * 300_000,
        '{"a": 1}' * 30_000_000,
        ('{"a": 1}' * 100_000 + '{"a": x}') * 30,
    ],
)
def test_a_megabyte_of_broken_values_takes_seconds_at_most(line):
    started = time.monotonic()

    cut_values(line.encode())

    assert time.monotonic() - started < 20


@pytest.mark.parametrize("spread", [None, 2])
@pytest.mark.parametrize(
    ("value", "where", "rest"),
    [
        ({"data": ROWS}, "the list 'data' (12", None),
        ({"version": 1, "rows": ROWS}, "the list 'rows' (12", '{"version": 1}'),
        ({"rows": [{"row_idx": n, "row": row} for n, row in enumerate(ROWS)]}, "the list 'rows' (12", None),
        ({str(n): row for n, row in enumerate(ROWS)}, "the numbers as keys (12", None),
    ],
)
def test_the_examples_in_an_object_are_counted_and_mended(check, save, tmp_path, value, where, rest, spread):
    content = json.dumps(value, indent=spread)

    report = check(content)
    repair = repair_dataset(save(content), tmp_path / "fixed.jsonl")

    assert (report.n_rows, {code for _, _, code in found_in_rows(report)}) == (12, {"json_array"})
    assert where in report.errors[0].found
    assert read_jsonl(repair.out) == ROWS
    assert [left.text for left in repair.left_out] == ([rest] if rest else [])


@pytest.mark.parametrize("head", ['{"data": [', '{"version": "1.0", "data": [', '{\n"data": ['])
def test_the_examples_of_a_list_may_have_lines_of_their_own(check, save, tmp_path, head):
    content = f"{head}\n" + ",\n".join(LINES) + "\n]}\n"

    assert (check(content).n_rows, check(content).errors[0].code) == (12, "json_array")
    assert read_jsonl(repair_dataset(save(content), tmp_path / "fixed.jsonl").out) == ROWS


@pytest.mark.parametrize(
    "value",
    [
        ROWS[0],
        {"conversations": [{"from": "human", "value": "Hi"}]},
        {"conversation": [{"input": "Hi", "output": "Yo"}]},
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        {"data": []},
        {"data": [{"x": 1}]},
        {"data": [5]},
        {},
        5,
    ],
)
def test_a_row_is_not_taken_for_a_file(value):
    assert rows_inside(value) is None
