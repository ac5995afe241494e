"""The definitions of tools, as each service writes them, as those of the chat API.

Read 2026-11-28: Anthropic, "Tool use" (`input_schema`); Google, "Function calling"
(`functionDeclarations`); Amazon Bedrock, "Converse" (`toolConfig`, `toolSpec`); OpenAI, "Responses" (a flat
function); Cohere, "Chat" v1 (`parameter_definitions`); LLaMA-Factory, data/README.md (`tools` as JSON text).
"""

from finetune_dataset.chat import JsonObject, JsonValue
from finetune_dataset.formats.build import UnclearError, first, from_text

_SCHEMA_KEYS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameter_definitions")
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    **{name: name for name in ("string", "integer", "number", "boolean", "array", "object")},
}


def chat_tools(value: object) -> list[JsonObject]:
    """Return the tools of a row as the chat API has them.

    Args:
        value: The tools: a list, one object, or their JSON text; None for no tools.

    Raises:
        UnclearError: A tool has no place in a chat row.
    """
    if value is None or value == "":
        return []
    value = from_text(value, 'The tools are no JSON. Write them as a list of {"type": "function", ...}.')
    if isinstance(value, dict) and "tools" in value:
        value = value["tools"]
    tools: list[JsonObject] = []
    for tool in value if isinstance(value, list) else [value]:
        tool = from_text(tool, 'A tool is no JSON. Write it as {"type": "function", "function": {...}}.')
        declared = (
            first(tool, ("functionDeclarations", "function_declarations")) if isinstance(tool, dict) else None
        )
        tools += [_tool(one) for one in (declared if isinstance(declared, list) else [tool])]
    return tools


def is_chat_tools(value: object) -> bool:
    """Tell whether tools are those of the chat API already, good or bad."""
    return value is None or (
        isinstance(value, list)
        and all(isinstance(tool, dict) and "function" in tool and "type" in tool for tool in value)
    )


def _tool(tool: object) -> JsonObject:
    if isinstance(tool, dict) and isinstance(tool.get("function"), dict):
        return {"type": "function", **tool}
    inner = tool.get("toolSpec", tool) if isinstance(tool, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise UnclearError("A tool has no name: it is one that its service runs itself. Take it out.")
    if inner.get("type") not in (None, "function", "custom"):
        raise UnclearError(
            f"The tool {inner['name'][:40]!r} is one that its service runs itself. Take it out."
        )
    function = {key: inner[key] for key in ("name", "description", "strict") if inner.get(key) is not None}
    schema = from_text(
        first(inner, _SCHEMA_KEYS), "The parameters of a tool are no JSON Schema. Write it out."
    )
    if isinstance(schema, dict) and schema.keys() == {"json"}:
        schema = schema["json"]
    if schema:
        function["parameters"] = _plain(schema) if _is_schema(schema) else _schema_of(schema)
    return {"type": "function", "function": function}


def _is_schema(schema: object) -> bool:
    return not isinstance(schema, dict) or "properties" in schema or isinstance(schema.get("type"), str)


def _plain(schema: JsonValue) -> JsonValue:
    """Write the types in small letters: Google's are "OBJECT" and "STRING"."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.lower() if key == "type" and isinstance(value, str) and value.isupper() else _plain(value)
        for key, value in schema.items()
    }


def _schema_of(definitions: JsonObject) -> JsonObject:
    """Make a JSON Schema of parameters that are described by Python's types."""
    properties: JsonObject = {}
    required = []
    for name, definition in definitions.items():
        kind, _, more = str(definition.get("type") if isinstance(definition, dict) else "").partition(",")
        if kind.strip() not in _TYPES:
            raise UnclearError(
                f"The parameter {name[:40]!r} has no type of JSON Schema. Write its schema out."
            )
        properties[name] = {**definition, "type": _TYPES[kind.strip()]}
        if properties[name].pop("required", "optional" not in more and "default" not in definition):
            required.append(name)
    return {"type": "object", "properties": properties, "required": required}
