"""Two functions, and questions that they answer."""

import json

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
# A template as many models have it, in our words: definitions, calls and results in its own marks.
NATIVE = (
    "{% if tools %}<|system|>{% for tool in tools %}{{ tool | tojson }}{% endfor %}<|end|>{% endif %}"
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% for c in m.tool_calls or [] %}\n[CALL]\n"
    '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}\n[/CALL]{% endfor %}'
    "<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def named(name: str) -> dict:
    return {"type": "function", "function": {"name": name}}


def call(name: str, arguments: str, id: str = "call_1") -> dict:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(name: str) -> dict:
    """A row whose answer is a call."""
    called = {"role": "assistant", "tool_calls": [call("look_up", json.dumps({"name": name}))]}
    return {"messages": [{"role": "user", "content": f"Who is {name}?"}, called], "tools": [LOOK_UP]}
