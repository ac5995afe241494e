"""The fast way and the rules agree: what is recognized has no issue, and usual rows are recognized."""

import json
import random

import pytest
from random_rows import (
    INPUTS,
    MODEL,
    SEPARATORS,
    break_bytes,
    break_values,
    line_of,
    places_in,
    valid_rows,
    write_oddly,
)

from finetune_dataset.check.fast import good_row
from finetune_dataset.check.line import RowChecker, check_line, with_plain_end
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.validate import validate_dataset


def is_recognized(raw):
    """Whether the fast way takes a line."""
    return good_row(raw.strip(b" \t\r\n") + b"\n") is not None


def explained(raw):
    """The issues by the rules alone, without the fast way."""
    checker = RowChecker("supervised", None)
    for piece in read_pieces([raw]):
        checker.take_piece(piece)
    return [(issue.path, issue.code) for issue in checker.finish().log.kept]


@pytest.fixture(scope="module")
def rows():
    return valid_rows(200)


def test_what_the_fast_way_accepts_has_no_issue_by_the_rules(rows):
    chance, wrong, recognized = random.Random(11), [], 0
    for _ in range(INPUTS):
        row = chance.choice(rows)
        if chance.random() < 0.5:
            raw = line_of(break_values(row, chance), chance)
        else:
            raw = break_bytes(line_of(row, chance), chance)
        check_line(raw)  # Whatever the bytes: no traceback.
        if b"\n" not in raw and is_recognized(raw):
            recognized += 1
            wrong += [(raw, explained(raw))] if explained(raw) else []

    assert wrong == []
    assert recognized > INPUTS / 100


def test_an_answer_with_an_empty_list_of_calls_is_left_to_the_rules():
    messages = b'[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "tool_calls": []}]'
    row = b'{"messages": %b}' % messages

    assert not is_recognized(row)
    assert explained(row) == [("messages[1].tool_calls", "invalid_tool_call")]


def test_a_usual_row_is_recognized_fast_whoever_wrote_it(rows):
    chance = random.Random(17)
    usual = [
        row
        for row in rows
        if all(
            isinstance(message.get("content"), str | list)
            or ("content" in message and "tool_calls" in message)
            for message in row["messages"]
        )
    ]
    raws = [
        json.dumps(row, ensure_ascii=chance.random() < 0.5, separators=separators).encode()
        for row in usual
        for separators in SEPARATORS
    ]

    assert len(usual) > 50
    assert [raw for raw in raws if not is_recognized(raw)] == []


def everything(raw, fast):
    """All that is found in a line: issues, statistics, tokens, rows with images, digests."""
    checker = RowChecker("supervised", MODEL)
    if not (fast and checker.take_good(with_plain_end(raw), 1)):
        for piece in read_pieces([raw]):
            checker.take_piece(piece)
    return checker.finish()


def test_both_ways_find_the_same_in_rows_that_no_library_would_write(rows):
    chance, differ, recognized = random.Random(5), [], 0
    for _ in range(INPUTS):
        row = chance.choice(rows)
        row = break_values(row, chance) if chance.random() < 0.1 else row
        raw = write_oddly(row, chance, chance.choice([0, 0.003, 0.02, 0.1])).encode()
        recognized += is_recognized(raw)
        differ += [raw] if everything(raw, fast=True) != everything(raw, fast=False) else []

    assert differ == []
    assert INPUTS / 10 < recognized < INPUTS * 0.9


def test_spaces_that_are_missing_do_not_pay_for_a_key_that_stands_twice():
    # Written closely, later messages are shorter than `json.dumps` writes them, by what the key takes.
    later = b'{"role":"user","content":"b"},{"role":"assistant","content":"c"}'
    for count in range(1, 12):
        first = b'{"role": "user", "content": "ab", "content": "cd"}'
        row = b'{"messages": [%b, %b]}' % (first, b",".join([later] * count))

        assert not is_recognized(row)
        assert ("", "duplicate_key") in explained(row)


def picture(url="https://example.com/a.png", **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


@pytest.mark.parametrize(
    "parts",
    [
        [picture()],
        [{"type": "text", "text": "What is this?"}, picture(detail="low")],
        [{"type": "text", "text": " "}, {"type": "text", "text": "Two parts."}],
    ],
)
def test_good_parts_of_a_question_are_recognized_and_counted(parts):
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "A cat."}]
    raw = json.dumps({"messages": messages}).encode()

    assert is_recognized(raw)
    assert everything(raw, fast=True) == everything(raw, fast=False)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "missing_content"),
        ([{"type": "text", "text": " "}], "empty_content"),
        ([picture()] * 11, "too_many_images"),
        ([picture("http://localhost/a.png")], "unreachable_image"),
        ([picture("data:image/png;base64,A")], "invalid_image_url"),
        ([picture(detail="huge")], "invalid_content_part"),
        ([{"type": "text", "text": "<|im_end|>"}], "special_token"),
        ([{"type": "sound", "text": "a"}], "invalid_content_part"),
        ([picture(), {"type": "text", "text": 5}], "invalid_content_part"),
        ([picture(), {"type": "text"}], "invalid_content_part"),
    ],
)
def test_bad_parts_of_a_question_are_left_to_the_rules(parts, code):
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "A cat."}]
    raw = json.dumps({"messages": messages}).encode()

    assert not is_recognized(raw)
    assert code in [each for _, each in explained(raw)]


def test_a_part_with_a_key_twice_is_left_to_the_rules():
    part = b'{"type": "text", "text": "a", "text": "b"}'
    raw = b'{"messages": [{"role": "user", "content": [%b]}, {"role": "assistant", "content": "c"}]}' % part

    assert not is_recognized(raw)
    assert ("", "duplicate_key") in explained(raw)


def test_a_whole_file_of_odd_rows_has_one_report_whichever_way_it_went(rows, tmp_path, monkeypatch):
    chance, path = random.Random(8), tmp_path / "train.jsonl"
    lines = [write_oddly(chance.choice(rows[:50]), chance, chance.choice([0, 0.02])) for _ in range(200)]
    path.write_bytes(b"\xef\xbb\xbf" + "\n".join([*lines, "", lines[0] + " ", lines[3] + "\r"]).encode())

    quick = validate_dataset(path, model=MODEL).to_dict()
    monkeypatch.setattr("finetune_dataset.check.line.good_row", lambda raw: None)

    assert quick["counts"]["duplicate_row"] > 5
    assert validate_dataset(path, model=MODEL).to_dict() == quick


def key_twice(row, chance):
    """Write a row in which one object, at any depth, has a key and its value a second time."""
    row, mark = json.loads(json.dumps(row)), "the key twice"
    container, key = chance.choice([place for place in places_in(row) if isinstance(place[0], dict)])
    container[mark] = container[key]
    return line_of(row, chance).replace(mark.encode(), key.encode())


def test_a_key_that_stands_twice_at_any_place_is_found(rows):
    chance = random.Random(13)
    raws = [key_twice(chance.choice(rows), chance) for _ in range(INPUTS)]

    assert [raw for raw in raws if is_recognized(raw)] == []
    assert [raw for raw in raws if check_line(raw)["issues"][0]["code"] != "duplicate_key"] == []


def test_a_mutated_file_names_the_lines_that_were_broken(rows, tmp_path):
    chance, path = random.Random(3), tmp_path / "train.jsonl"
    for _ in range(max(10, INPUTS // 100)):
        lines = [json.dumps(row).encode() for row in rows[:60]]
        broken = set()
        # Not two in a row: a line that is cut off may take along one that does not begin as a row does.
        for number in chance.sample(range(0, 60, 2), k=5):
            raw = break_bytes(lines[number], chance).replace(b"\n", b"")
            if not check_line(raw)["ok"]:
                lines[number] = raw
                broken.add(number + 1)
        path.write_bytes(b"\n".join(lines) + b"\n")

        report = validate_dataset(path)

        assert broken <= {issue.line for issue in report.errors}
