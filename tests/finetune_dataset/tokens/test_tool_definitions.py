"""Tool definitions as OpenAI's models read them."""

import pytest

from finetune_dataset.tokens.tool_definitions import render_tools


def tool(parameters: dict, **fields: str) -> dict:
    return {"type": "function", "function": {"name": "find", "parameters": parameters, **fields}}


def test_a_tool_becomes_a_typescript_type_in_a_namespace():
    parameters = {
        "type": "object",
        "properties": {
            "symbol": {"type": "string", "description": "Symbol of the element"},
            "phase": {"type": "string", "enum": ["gas", "liquid"]},
            "numbers": {"type": "array", "items": {"type": "integer"}},
            "range": {"type": "object", "properties": {"low": {"type": "number", "description": "not seen"}}},
            "filter": {"type": "object"},
        },
        "required": ["symbol"],
    }

    text = render_tools([tool(parameters, description="Find an element"), tool({})])

    assert text == (
        "namespace functions {\n\n"
        "// Find an element\n"
        "type find = (_: {\n"
        "// Symbol of the element\n"
        "symbol: string,\n"
        'phase?: "gas" | "liquid",\n'
        "numbers?: number[],\n"
        "range?: {\n  low?: number,\n},\n"
        "filter?: {},\n"
        "}) => any;\n\n"
        "type find = () => any;\n\n"
        "} // namespace functions"
    )


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"enum": [1, "two", None]}, '1 | "two" | null'),
        ({"type": ["string", "null"]}, "string | null"),
        ({"anyOf": [{"type": "boolean"}, {"type": "integer"}]}, "boolean | number"),
        ({"type": "array"}, "any[]"),
        ({"$ref": "#/definitions/element"}, "any"),
        (True, "any"),
    ],
)
def test_every_schema_has_a_type(schema, kind):
    text = render_tools([tool({"properties": {"value": schema}})])

    assert f"value?: {kind},\n" in text


def test_no_tools_are_no_text():
    assert render_tools([]) == ""
