"""OpenAI's rules for schemas: what breaks one is refused with its path."""

import pytest
from schemas import WORD, record

from local_server.chat.structured.rules import Broken, checked


def nested(levels: int) -> dict:
    """So many objects in one another."""
    schema = record({"end": WORD})
    for _ in range(levels - 1):
        schema = record({"a": schema})
    return schema


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"type": "array", "items": WORD},
            """context=(), schema must be a JSON Schema of 'type: "object"'""",
        ),
        (record({}) | {"anyOf": []}, "context=(), 'anyOf' is not permitted at the top level"),
        (
            record({"a": record({}) | {"additionalProperties": True}}),
            "context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            record({"a": {"type": "array", "items": record({"b": WORD}) | {"required": []}}}),
            "context=('properties', 'a', 'items'), 'required' is required to be supplied and to be an array "
            "including every key in properties. Missing 'b'.",
        ),
        (record({"a": WORD}) | {"required": ["a", "b"]}, "Extra required key 'b' supplied."),
        (
            record({"a": {"anyOf": [WORD, {"not": WORD}]}}),
            "('properties', 'a', 'anyOf', '1'), 'not' is not permitted.",
        ),
        (record({"a": {"oneOf": [WORD]}}), "context=('properties', 'a'), 'oneOf' is not permitted."),
        (record({"a": {}}), "context=('properties', 'a'), schema must have a 'type' key."),
        (record({"a": {"type": "array"}}), "context=('properties', 'a'), array schema missing items."),
        (
            record({"a": WORD | {"format": "uri"}}),
            "context=('properties', 'a'), 'uri' is not a valid format.",
        ),
        (
            record({"a": WORD}) | {"$defs": {"b": {"allOf": [WORD]}}},
            "('$defs', 'b'), 'allOf' is not permitted.",
        ),
        (nested(11), "objects are nested more than 10 levels deep."),
        (
            record({f"p{number}": WORD for number in range(5001)}),
            "5,001 properties in all. Expected at most 5,000.",
        ),
        (record({"a": {"enum": list(range(1001))}}), "1,001 enum values in all. Expected at most 1,000."),
        (
            record({"a": {"enum": [f"{n:061}" for n in range(251)]}}),
            "have 15,311 characters. Expected at most 15,000.",
        ),
    ],
)
def test_a_strict_schema_that_breaks_a_rule_is_refused_with_its_path(schema: dict, words: str) -> None:
    with pytest.raises(Broken) as caught:
        checked(schema, strict=True)

    assert words in str(caught.value)


def test_other_schemas_are_free_of_these_rules() -> None:
    schema = {"oneOf": [{"properties": {"a": {}}}, {"type": "array"}]}

    assert checked(schema, strict=False) == schema
    assert checked(nested(10), strict=True) == nested(10)


def test_any_schema_that_is_too_deep_or_too_long_is_refused() -> None:
    deep: dict = {}
    for _ in range(400):
        deep = {"items": deep}

    with pytest.raises(Broken, match="nested more than 100 deep"):
        checked(deep, strict=False)
    with pytest.raises(Broken, match="Expected at most 524,288"):
        checked({"description": "x" * 600_000}, strict=False)


def test_formats_that_are_only_remarks_are_left_out_and_values_and_names_are_not() -> None:
    kept = {
        "properties": {"format": {"const": {"format": "path"}}, "enum": {"enum": [{"format": "x"}]}},
        "items": {"format": "email"},
    }
    schema = kept | {"properties": kept["properties"] | {"a": {"type": "string", "format": "path"}}}

    assert checked(schema, strict=False)["properties"] == kept["properties"] | {"a": {"type": "string"}}
    assert checked(schema, strict=False)["items"] == kept["items"]
