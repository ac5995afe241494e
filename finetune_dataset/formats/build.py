"""Build a chat turn by turn, whatever the program that wrote the turns calls them.

Each function makes the one reading that a turn has, or raises `UnclearError` with what to do.
"""

import json

from finetune_dataset.chat import OTHER_ROLES, ROLES, JsonObject, JsonValue
from finetune_dataset.errors import DatasetError
from finetune_dataset.strict_json import parse

# Name of a speaker, in small letters → the role of a chat message, or "call". Beside `chat.OTHER_ROLES`:
# ShareGPT (observation, function_call), ms-swift (tool_call, tool_response), Llama 3 (ipython).
SPEAKERS = {
    **{role: role for role in ROLES},
    **OTHER_ROLES,
    "observation": "tool",
    "tool_response": "tool",
    "function_response": "tool",
    "function_result": "tool",
    "ipython": "tool",
    "function_call": "call",
    "tool_call": "call",
}
# The most tools that OpenAI's API takes in a request (openapi.yaml, read 2026-08-21).
MAX_WAITING = 128
_CALL_NAMES, _ARGUMENT_NAMES = ("name", "tool_name"), ("arguments", "parameters", "args", "input")


class UnclearError(DatasetError):
    """A row has more than one reading, or none; the message says what to do."""


class Chat:
    """A chat that grows turn by turn.

    Attributes:
        messages: The messages so far, as the chat API has them.
    """

    def __init__(self) -> None:
        """Start without a message."""
        self.messages: list[JsonObject] = []
        self._waiting: dict[str, str] = {}  # id → name of each call without an answer
        self._calls = 0

    def say(self, role: str, content: object, more: JsonObject | None = None) -> None:
        """Add what somebody says.

        Args:
            role: A role of the chat API.
            content: A text, or a list of parts.
            more: Further keys of the message.
        """
        if role == "assistant" and isinstance(content, str) and "<tool_call>" in content:
            self._say_with_tagged_calls(content, more or {})
            return
        self.messages.append({"role": role, "content": content, **(more or {})})

    def call(self, name: object, arguments: object, call_id: object = None) -> None:
        """Add a call of a tool; calls after each other belong to one message.

        Args:
            name: Name of the tool.
            arguments: The arguments, as an object or as JSON text.
            call_id: Its id; one is made without it.
        """
        if not isinstance(name, str) or not name:
            raise UnclearError("A call has no name. Name the tool that is called.")
        self._calls += 1
        call_id = call_id if isinstance(call_id, str) and call_id else f"call_{self._calls}"
        text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
        if not self.messages or self.messages[-1]["role"] != "assistant":
            self.messages.append({"role": "assistant", "content": None})
        calls = self.messages[-1].setdefault("tool_calls", [])
        calls.append({"id": call_id, "type": "function", "function": {"name": name, "arguments": text}})
        self._waiting[call_id] = name
        if len(self._waiting) > MAX_WAITING:
            raise UnclearError(
                f"More than {MAX_WAITING} calls wait for an answer. Take some out, or the row."
            )

    def call_from(self, value: object) -> None:
        """Add one call or several, from an object, a list of them, or their JSON text."""
        value = from_text(value, 'A call is no JSON. Write it as {"name": ..., "arguments": {...}}.')
        for one in value if isinstance(value, list) else [value]:
            inner = one.get("function") if isinstance(one, dict) else None
            function = inner if isinstance(inner, dict) else one
            if not isinstance(function, dict):
                raise UnclearError('A call is no object. Write it as {"name": ..., "arguments": {...}}.')
            call_id = first(one, ("id", "call_id")) if isinstance(one, dict) else None
            self.call(first(function, _CALL_NAMES), first(function, _ARGUMENT_NAMES), call_id)

    def answer(self, content: object, call_id: object = None, name: object = None) -> None:
        """Add the answer of a tool to the call with its id, else with its name, else to the oldest one."""
        if isinstance(content, str) and "<tool_response>" in content:
            _, tagged = _tagged(content, "tool_response")
            for one in tagged[:-1]:
                self.answer(one)
            content = tagged[-1]
        names = self._waiting.items()
        if call_id is not None:
            answered = call_id if isinstance(call_id, str) and call_id in self._waiting else None
        else:
            answered = next((each for each, waits in names if name in (None, waits)), None)
        if answered is None:
            raise UnclearError(
                "A tool answers, and no call before it waits for this answer. Write the call, or remove it."
            )
        del self._waiting[answered]
        text = content if isinstance(content, (str, list)) else json.dumps(content, ensure_ascii=False)
        self.messages.append({"role": "tool", "tool_call_id": answered, "content": text})

    def add_all(self, other: "Chat") -> None:
        """Add the turns of another chat, which goes on where this one ends."""
        self.messages += other.messages
        self._waiting |= other._waiting
        self._calls += other._calls

    def _say_with_tagged_calls(self, content: str, more: JsonObject) -> None:
        """Read the calls that Hermes writes into the text, between tags."""
        text, calls = _tagged(content, "tool_call")
        self.messages.append({"role": "assistant", "content": text or None, **more})
        for one in calls:
            self.call_from(one)


def _tagged(content: str, tag: str) -> tuple[str, list[str]]:
    """Return the text outside of tags, and what stands in each pair of them."""
    before, *rest = content.split(f"<{tag}>")
    outside, inside = [before], []
    for piece in rest:
        within, *after = piece.split(f"</{tag}>")
        if len(after) != 1:
            raise UnclearError(f"A <{tag}> is not closed once. Close it, or write it as an object.")
        inside.append(within.strip())
        outside += after
    return "".join(outside).strip(), inside


def first(value: JsonObject, names: tuple[str, ...]) -> JsonValue:
    """Return the value of the first of some keys that an object has; None without any."""
    return next((value[name] for name in names if name in value), None)


def from_text(value: object, otherwise: str) -> JsonValue:
    """Read JSON that was written as a text; any other value stays.

    Raises:
        UnclearError: It is no JSON; its message is `otherwise`.
    """
    if not isinstance(value, str):
        return value
    try:
        return parse(value.encode())[0]
    except (ValueError, RecursionError):
        raise UnclearError(otherwise) from None


def finished(row: JsonObject, used: set[str], made: JsonObject) -> JsonObject:
    """Return what was made of a row, and the keys of the row that nothing was made of: nothing is lost."""
    rest = {key: value for key, value in row.items() if key not in used | made.keys() and value is not None}
    return {**made, **rest}
