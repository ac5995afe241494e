"""The fast way and the rules agree: what is recognized has no issue, and usual rows are recognized."""

import json
import random

import msgspec
import pytest
from random_rows import (
    INPUTS,
    SEPARATORS,
    break_bytes,
    break_values,
    line_of,
    places_in,
    valid_rows,
)

from finetune_dataset.chat import CHAT_KEYS, MESSAGE_KEYS
from finetune_dataset.check.decoded import Message, Row
from finetune_dataset.check.fast import good_row
from finetune_dataset.check.line import RowChecker, check_line
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
            isinstance(message.get("content"), str) or ("content" in message and "tool_calls" in message)
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


def test_the_fast_way_knows_only_keys_of_the_table_and_gives_each_to_its_role():
    assert {field.encode_name for field in msgspec.structs.fields(Row)} <= set(CHAT_KEYS)
    for kind in Message.__subclasses__():
        owners = {MESSAGE_KEYS[field.encode_name] for field in msgspec.structs.fields(kind)}
        assert owners <= {None, kind.role}
