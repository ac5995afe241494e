"""JSON as the standard has it, and plain words for other text."""

import json

import pytest
from samples import LINE, example

from finetune_dataset.check.line import check_line
from finetune_dataset.strict_json import depth, parse, without_trailing_commas
from finetune_dataset.validate import validate_dataset

USER = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# notes", "found something that is not JSON at column 1; "),
        (LINE.replace('"Yes."', "True"), "true, false and null in small letters"),
        ("{messages: []}", "found a key without double quotes at column 2; "),
        (LINE + "}", f"found a closing bracket too many at column {len(LINE) + 1}; "),
        (LINE + " 5", f"found a second value at column {len(LINE) + 2}; "),
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


def test_a_key_that_stands_twice_is_named_at_any_depth():
    assert parse(b'{"a": [{"b": 1, "b": 2}], "a": 3}') == ({"a": 3}, ["b", "a"])


@pytest.mark.parametrize("raw", [b"NaN", b"[Infinity]", b"1e999", b'"\\ud83d"', b"\xff", b"{", b"[1,]"])
def test_what_only_some_readers_take_is_no_json(raw):
    with pytest.raises(ValueError):  # noqa: PT011  (each kind of text has a message of its own)
        parse(raw)


def test_brackets_and_commas_inside_a_string_do_not_count():
    raw = rb'{"a,]": ["}", "\",}", 1,],}'

    assert depth(raw[:-1]) == 1
    assert without_trailing_commas(raw) == rb'{"a,]": ["}", "\",}", 1]}'
