"""Which tokens a schema lets come next."""

import json

import pytest
from schemas import WORD, record
from serving import ROOT
from tokenizers import Tokenizer

from local_server.generation.structured.constraint import Constraint, Unsupported, vocabulary

TEXT = (ROOT / "data" / "base_model" / "tokenizer.json").read_text(encoding="utf-8")
TOKENIZER = Tokenizer.from_str(TEXT)
# <|end|>, and a second one as other models have it.
ENDS = (0, 1)


def compiled(schema: dict) -> Constraint:
    return Constraint.compiled(vocabulary(TEXT, ENDS), json.dumps(schema))


def tokens(bits: bytes) -> set[int]:
    return {8 * place + bit for place, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}


def written(constraint: Constraint, text: str) -> str:
    """As much of a text as may be written."""
    for token in (ids := TOKENIZER.encode(text).ids):
        if token not in tokens(constraint.allowed()):
            return TOKENIZER.decode(ids[: ids.index(token)])
        constraint.take(token)
    return text


@pytest.mark.parametrize("text", ['{"a":"é 😀","b":1}', '{"a": "x", "b": 1}', '{"a": "\\n\\u0001", "b":-3}'])
def test_json_that_fits_can_be_written_and_ends_only_when_it_is_whole(text: str) -> None:
    constraint = compiled(record({"a": WORD, "b": {"type": "integer"}}))

    assert tokens(constraint.allowed()).isdisjoint(ENDS)
    assert written(constraint, text) == text
    assert tokens(constraint.allowed()) == set(ENDS)


@pytest.mark.parametrize(
    "text",
    [
        '{"b": 1}',
        '{"a": 1',
        '{ "a"',
        '{\n"a"',
        '{"a":  "',
        '{"a" :',
        "x",
        '{"a": "x", "b": 1.5',
        '{"a": "1234567890123"',
    ],
)
def test_what_does_not_fit_cannot_be_written_nor_can_idle_whitespace(text: str) -> None:
    assert written(compiled(record({"a": WORD, "b": {"type": "integer"}})), text) != text


def test_copies_go_their_own_ways() -> None:
    first = compiled(record({"a": {"enum": ["x", "y"]}}))
    second = first.copy()

    assert written(first, '{"a":"x"}') == '{"a":"x"}'
    assert written(second, '{"a":"y"}') == '{"a":"y"}'


def test_a_schema_cannot_change_how_schemas_are_read() -> None:
    lenient = {"x-guidance": {"lenient": True, "whitespace_flexible": True, "item_separator": ";"}}

    assert written(compiled(lenient | record({"a": WORD})), '{  "a"') != '{  "a"'
    with pytest.raises(Unsupported, match="not"):
        compiled(lenient | {"not": WORD})


def test_a_place_where_nothing_can_come_next_is_said() -> None:
    endless = {"$ref": "#/$defs/a", "$defs": {"a": record({"a": {"$ref": "#/$defs/a"}})}}
    loop = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}

    assert written(compiled(endless), '{"a":{"a":') == '{"a":{"a":'
    with pytest.raises(Unsupported, match="no value fits"):
        compiled(loop).allowed()
