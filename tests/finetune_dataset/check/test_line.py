"""One line as a pure function: whatever the bytes, plain data comes out."""

import json
import random

import pytest
from hypothesis import given, settings, strategies as st
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter, ValidationError
from random_rows import INPUTS, MODEL, VALID, break_values, line_of, valid_rows
from samples import example

from finetune_dataset.check.line import check_line


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


@pytest.mark.parametrize("method", VALID)
@settings(max_examples=max(50, INPUTS // 20))
@given(data=st.data())
def test_a_valid_row_of_every_format_has_no_issue_whoever_wrote_it(method, data):
    row = data.draw(VALID[method])

    raw = line_of(row, data.draw(st.randoms(use_true_random=False)))

    assert check_line(raw, method)["issues"] == []


# The SDK's own types are a second opinion on single messages.
oracle = TypeAdapter(ChatCompletionMessageParam)


def is_refused_by_the_types(row):
    """Whether a message, or the key of the list, is wrong for the SDK's types."""
    if not isinstance(row.get("messages"), list) or not row["messages"]:
        return True
    for message in row["messages"]:
        if isinstance(message, dict):  # Exports of chats write null for what a message does not have.
            message = {key: value for key, value in message.items() if value is not None or key == "content"}
        try:
            oracle.validate_json(json.dumps(message), strict=True)
        except ValidationError:
            return True
    return False


def test_a_row_that_the_types_of_the_sdk_refuse_gets_an_error():
    chance, missed, rows = random.Random(5), [], valid_rows(200)
    for _ in range(INPUTS):
        row = break_values(chance.choice(rows), chance)
        if is_refused_by_the_types(row) and check_line(json.dumps(row).encode())["ok"]:
            missed.append(row)

    assert missed == []


@pytest.mark.parametrize("method", VALID)
def test_no_value_at_any_place_of_a_row_stops_the_check(method):
    chance, good = random.Random(2), valid_rows(50, method)
    for _ in range(INPUTS // 3):
        row = chance.choice(good)
        for _ in range(chance.randrange(1, 4)):
            row = break_values(row, chance) if row else row
        for other in VALID:
            checked = check_line(json.dumps(row).encode(), other, model=MODEL)
            assert checked["ok"] or checked["tokens"] == 0


@settings(max_examples=max(50, INPUTS // 20))
@given(raw=st.binary(max_size=200))
def test_no_bytes_stop_the_check(raw):
    for method in VALID:
        check_line(raw, method)
