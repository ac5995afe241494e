"""Two functions, and questions that they answer."""

LOOK_UP = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Finds an element.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 12}},
            "required": ["name"],
        },
    },
}
LAND = {
    "type": "function",
    "function": {
        "name": "land",
        "parameters": {
            "type": "object",
            "properties": {"place": {"enum": ["sea", "hill"]}, "fast": {"type": "boolean"}},
            "required": ["place", "fast"],
        },
    },
}
TOOLS = [LOOK_UP, LAND]


def named(name: str) -> dict:
    return {"type": "function", "function": {"name": name}}


def call(name: str, arguments: str, id: str = "call_1") -> dict:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
