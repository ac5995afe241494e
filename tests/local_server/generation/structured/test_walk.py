"""The schemas inside a schema."""

from local_server.generation.structured.walk import children, definitions


def test_each_inner_schema_comes_with_its_path_and_values_are_none() -> None:
    schema = {
        "properties": {"items": {"type": "string"}},
        "anyOf": [{"const": {"properties": {}}}, True],
        "items": {"not": {}},
        "enum": [{"items": {}}],
        "$defs": {"a": False},
    }

    assert list(children(schema)) == [
        (("$defs", "a"), False),
        (("properties", "items"), {"type": "string"}),
        (("anyOf", "0"), {"const": {"properties": {}}}),
        (("anyOf", "1"), True),
        (("items",), {"not": {}}),
    ]
    assert list(children({"items": [{"type": "null"}]})) == [(("items", "0"), {"type": "null"})]
    assert definitions(schema) == {"$defs": {"a": False}}
