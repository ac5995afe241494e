"""Anything in, a report out: the fast way and the rules agree, valid rows pass, broken rows are named.

`FUZZ_INPUTS=100000 pytest tests/helpers/test_fuzz.py` runs longer.
"""

import json
import os
import random

import pytest
from hypothesis import given, settings, strategies as st
from openai.types.chat import ChatCompletionMessageParam
from pydantic import TypeAdapter, ValidationError

from finetune_dataset.check.line import RowChecker, check_line
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.tokens.count import count_row
from finetune_dataset.validate import validate_dataset

INPUTS = int(os.environ.get("FUZZ_INPUTS", "1500"))
MODEL = "gpt-4o-mini"

# No half surrogate pairs: UTF-8 cannot hold them. Pipes are tested by name below.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="|")
texts = st.text(characters, min_size=1, max_size=30).filter(lambda text: not text.isspace())
names = st.from_regex(r"item_[a-z]{1,9}", fullmatch=True) | st.just("input")
questions = st.fixed_dictionaries({"role": st.just("user"), "content": texts}, optional={"name": texts})
image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
shown = st.fixed_dictionaries(
    {
        "role": st.just("user"),
        "content": texts.map(lambda text: [{"type": "text", "text": text}, image]),
    }
)
answers = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": texts}, optional={"weight": st.just(1), "name": texts}
)
skipped = answers.map(lambda answer: {**answer, "weight": 0})
refusals = st.fixed_dictionaries({"role": st.just("assistant"), "content": st.none(), "refusal": texts})
instructions = st.fixed_dictionaries({"role": st.sampled_from(["system", "developer"]), "content": texts})
tool = {
    "type": "function",
    "function": {
        "name": "find",
        "description": "Find a text.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["text"],
        },
    },
}


@st.composite
def called(draw):
    """A question, one or two calls, and an answer to each."""
    calls, replies = [], []
    for number in range(draw(st.integers(1, 2))):
        arguments = json.dumps({"text": draw(texts), "limit": draw(st.integers(-5, 5))})
        function = {"name": "find", "arguments": arguments}
        calls.append({"id": f"call_{number}", "type": "function", "function": function})
        replies.append({"role": "tool", "tool_call_id": f"call_{number}", "content": draw(texts)})
    content = draw(st.sampled_from([{"content": None}, {}, {"content": "One moment."}]))
    return [draw(questions), {"role": "assistant", **content, "tool_calls": calls}, *replies]


@st.composite
def prompts(draw, last=questions | shown):
    messages = draw(st.lists(instructions, max_size=1))
    with_tools = draw(st.booleans())
    for _ in range(draw(st.integers(0, 2))):
        messages += draw(called()) if with_tools else [draw(questions)]
        messages.append(draw(answers | skipped | refusals))
    messages.append(draw(last))
    extra = {"tools": [tool], "parallel_tool_calls": draw(st.booleans())} if with_tools else {}
    return {"messages": messages, **extra}


@st.composite
def supervised(draw):
    row = draw(prompts())
    row["messages"].append(draw(answers))
    return row


@st.composite
def preferences(draw):
    answer = st.fixed_dictionaries({"role": st.just("assistant"), "content": texts})
    good = draw(answer)
    bad = draw(answer.filter(lambda other: other != good))
    return {
        "input": draw(prompts(last=questions)),
        "preferred_output": [good],
        "non_preferred_output": [bad],
    }


@st.composite
def reinforced(draw):
    extra = draw(
        st.dictionaries(names.filter(lambda name: name not in ("tools", "messages")), texts, max_size=3)
    )
    return {**extra, **draw(prompts())}


VALID = {"supervised": supervised(), "dpo": preferences(), "reinforcement": reinforced()}


SEPARATORS = [(", ", ": "), (",", ":"), (" , ", " : ")]


def line_of(row, chance):
    """Write a row as one of many writers would."""
    separators, ascii_only = chance.choice(SEPARATORS), chance.random() < 0.5
    row = json.loads(json.dumps(row, sort_keys=chance.random() < 0.5))
    return json.dumps(row, ensure_ascii=ascii_only, separators=separators).encode()


def issues_of(raw, method="supervised"):
    return [(each["path"], each["code"]) for each in check_line(raw, method)["issues"]]


def is_accepted(raw):
    """Whether the fast way takes a line."""
    return RowChecker("supervised", None).take_good(raw + b"\n", 1)


@pytest.mark.parametrize("method", VALID)
@settings(max_examples=max(50, INPUTS // 20))
@given(data=st.data())
def test_a_valid_row_of_every_format_has_no_issue_whoever_wrote_it(method, data):
    row = data.draw(VALID[method])

    raw = line_of(row, data.draw(st.randoms(use_true_random=False)))

    assert issues_of(raw, method) == []


@settings(max_examples=max(50, INPUTS // 20))
@given(row=supervised(), chance=st.randoms(use_true_random=False))
def test_the_fast_count_of_tokens_is_the_count_of_the_row(row, chance):
    assert check_line(line_of(row, chance), model=MODEL)["tokens"] == count_row(row, MODEL).total


# Mutations: of the bytes of a line, and of the values in a row.


def explained(raw):
    """The issues by the rules alone, without the fast way."""
    checker = RowChecker("supervised", None)
    for piece in read_pieces([raw]):
        checker.take_piece(piece)
    return [(issue.path, issue.code) for issue in checker.finish().log.kept]


def break_bytes(raw, chance):
    """Change, take out, put in, repeat or cut a few bytes."""
    broken = bytearray(raw)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(broken) + 1)
        match chance.randrange(6):
            case 0:
                broken[at : at + 1] = bytes([chance.choice(b'{}[]",:\\\x00\n\r\t |<>eE+-.019au\xff\xc3\xed')])
            case 1:
                del broken[at : at + chance.randrange(1, 12)]
            case 2:
                broken[at:at] = chance.choice(PIECES)
            case 3:
                broken[at:at] = broken[max(0, at - chance.randrange(1, 40)) : at]
            case 4:
                del broken[at:]
            case 5:
                broken = bytearray(bytes(broken).replace(*chance.choice(REPLACED)))
    return bytes(broken)


PIECES = [
    b"NaN", b"Infinity", b"1e999", b"null", b"true", b'""', b'" "', b"[]", b"{}", b"\\ud800", b"\\u007c",
    b'"role": "user", ', b'"content": "x", ', b'"weight": 0, ', b"<|im_end|>", b"\\u003c|end|\\u003e",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\u0000", b"\\x", b",", b"'", b"9" * 5000, b"[" * 2000,
]  # fmt: skip
REPLACED = [
    (b'"user"', b'"usr"'), (b'"assistant"', b'"model"'), (b'"content"', b'"contents"'), (b'"', b"'"),
    (b'"role"', b'"r\\u006fle"'), (b'": "', b'" : "'), (b'"content": "', b'"content": "\\u2003'),
    (b'"function"', b"null"), (b'"weight": 1', b'"weight": 1.0'), (b'"messages"', b'"message"'),
    (b"|", b"\\u007c"),
]  # fmt: skip


def places_in(value):
    """Every place in a value: the object or list, and the key or index there."""
    places = [*value.items()] if isinstance(value, dict) else [*enumerate(value)]
    found = [(value, key) for key, _ in places]
    for _, each in places:
        found += places_in(each) if isinstance(each, (dict, list)) else []
    return found


def break_values(row, chance):
    """Take out a key, rename it, or replace its value by one of another kind."""
    row = json.loads(json.dumps(row))
    container, key = chance.choice(places_in(row))
    match chance.randrange(3):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[key + "s"] = container.pop(key)
        case _:
            container[key] = chance.choice([None, 5, 0.5, "", " ", "x", True, [], {}, [5], {"a": 1}, ["x"]])
    return row


def valid_rows(number, method="supervised"):
    """Collect rows of a format; drawing each anew would take most of the time."""
    found = []

    @settings(max_examples=number, derandomize=True)
    @given(VALID[method])
    def collect(row):
        found.append(row)

    collect()
    return found


@pytest.fixture(scope="module")
def rows():
    return valid_rows(200)


def test_what_the_fast_way_accepts_has_no_issue_by_the_rules(rows):
    chance, wrong, accepted = random.Random(11), [], 0
    for _ in range(INPUTS):
        row = chance.choice(rows)
        if chance.random() < 0.5:
            raw = line_of(break_values(row, chance), chance)
        else:
            raw = break_bytes(line_of(row, chance), chance)
        check_line(raw)  # Whatever the bytes: no traceback.
        if b"\n" not in raw and is_accepted(raw):
            accepted += 1
            wrong += [(raw, explained(raw))] if explained(raw) else []

    assert wrong == []
    assert accepted > INPUTS / 100


def test_a_usual_row_is_accepted_fast_whoever_wrote_it(rows):
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
    assert [raw for raw in raws if not is_accepted(raw)] == []


def key_twice(row, chance):
    """Write a row in which one object, at any depth, has a key and its value a second time."""
    row, mark = json.loads(json.dumps(row)), "the key twice"
    container, key = chance.choice([place for place in places_in(row) if isinstance(place[0], dict)])
    container[mark] = container[key]
    return line_of(row, chance).replace(mark.encode(), key.encode())


def test_a_key_that_stands_twice_at_any_place_is_found(rows):
    chance = random.Random(13)
    raws = [key_twice(chance.choice(rows), chance) for _ in range(INPUTS)]

    assert [raw for raw in raws if is_accepted(raw)] == []
    assert [raw for raw in raws if [code for _, code in issues_of(raw)][:1] != ["duplicate_key"]] == []


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


def test_a_row_that_the_types_of_the_sdk_refuse_gets_an_error(rows):
    chance, missed = random.Random(5), []
    for _ in range(INPUTS):
        row = break_values(chance.choice(rows), chance)
        if is_refused_by_the_types(row) and check_line(json.dumps(row).encode())["ok"]:
            missed.append(row)

    assert missed == []


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
