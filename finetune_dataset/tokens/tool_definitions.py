"""Tool definitions as the text that OpenAI's models read, and bill.

The API takes JSON Schema; the model sees TypeScript. OpenAI does not document the
text. This rendering follows what was observed from outside in 2023
(community.openai.com/t/266573; the package openai-chat-tokens), and it agrees with
public figures to the token:

- One weather tool, system and user message: 105 prompt tokens with cl100k_base and 101
  with o200k_base (cookbook `How_to_count_tokens_with_tiktoken`), which is the messages,
  this text and 5 more. Without a system message it is 9 more.
- The training bill of 103 rows with 16 tools, 145,983 tokens in 3 epochs (cookbook
  `Fine_tuning_for_function_calling`, June 2024), is the messages, name and arguments of
  the calls, and this text, 379 tokens a row, with nothing more.
"""

import json
from collections.abc import Iterator

from finetune_dataset.chat import JsonObject


def render_tools(tools: list[JsonObject]) -> str:
    """Return the TypeScript text of tool definitions.

    Args:
        tools: The list in a row's `tools`, or in its older `functions`.

    Returns:
        The text that is counted; "" for no tools.
    """
    if not tools:
        return ""
    lines = ["namespace functions {", ""]
    for tool in tools:
        function = tool.get("function", tool)
        lines += _comment(function.get("description"))
        properties = list(_properties(function.get("parameters") or {}, described=True))
        if properties:
            lines += [f"type {function['name']} = (_: {{", *properties, "}) => any;", ""]
        else:
            lines += [f"type {function['name']} = () => any;", ""]
    return "\n".join([*lines, "} // namespace functions"])


def _properties(schema: JsonObject, described: bool) -> Iterator[str]:
    """Give the lines of an object's properties; only those of the outermost object are described."""
    required = schema.get("required") or []
    for name, value in (schema.get("properties") or {}).items():
        if described and isinstance(value, dict):
            yield from _comment(value.get("description"))
        yield f"{name}{'' if name in required else '?'}: {_type(value)},"


def _type(schema: object) -> str:
    if not isinstance(schema, dict):
        return "any"  # JSON Schema allows true and false in the place of a schema.
    kind = schema.get("type")
    if "enum" in schema:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(map(_type, schema[union]))
    if isinstance(kind, list):
        return " | ".join(_type({**schema, "type": one}) for one in kind)
    if kind == "array":
        return f"{_type(schema['items'])}[]" if schema.get("items") else "any[]"
    if kind == "object":
        lines = [f"  {line}" for line in _properties(schema, described=False)]
        return "\n".join(["{", *lines, "}"]) if lines else "{}"
    return {"integer": "number", None: "any"}.get(kind, str(kind))


def _comment(description: str | None) -> list[str]:
    return [f"// {line}" for line in (description or "").splitlines()]
