"""Tools, their calls and their results as text: in one way for training rows and for chats.

A model's own chat template writes them where it can. Most small models
have a template without tools: for them, one text of ours stands in the system message (`forms.py`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from local_server.training.rows.content import plain
from local_server.training.rows.forms import NO_ARGUMENTS, OURS, Form

RESULT_ROLES = ("tool", "function")


_RESULT = "<tool_response>{}</tool_response>"
_HEADING = "You can call functions. Each of them, as JSON:"
_HOW = f'To call one, write: {OURS.before}{{"name": ..., "arguments": {{...}}}}{OURS.after}'


class Chat(NamedTuple):
    """A chat as a template reads it.

    Args:
        messages: `role` and `content`; calls and results only where the template knows them.
        tools: Definitions for the template; None where it knows none, or there are none.
    """

    messages: list[dict[str, Any]]
    tools: "list[dict[str, Any] | Callable[..., Any]] | None"

    def texts(self) -> list[str]:
        """All that the prompt has at least."""
        return [message["content"] for message in self.messages] + [
            json.dumps(each) for each in self.tools or ()
        ]


def definitions(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The functions of a row or a question, in one form for `tools` and the older `functions`.

    Args:
        whole: Checked, with `tools`, `functions`, or none of them.

    Returns:
        For each one its name, and where there are any its description and parameters.
    """
    functions = [tool["function"] for tool in whole.get("tools") or ()] + list(whole.get("functions") or ())
    keys = ("name", "description", "parameters")
    return [{key: each[key] for key in keys if each.get(key) is not None} for each in functions]


def with_calls(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Turn messages into what `shown` reads, in one form for tools and the older functions.

    Args:
        messages: Checked by `not_text`.

    Returns:
        `role` and `content` of each; `calls` of an answer, each with id, name and arguments as text; `call`
        of a result: the id of what it answers, empty where that is the last call.
    """
    made: list[dict[str, Any]] = []
    for given, text in zip(messages, plain(messages), strict=True):
        message: dict[str, Any] = {**text}
        calls = [{"id": each["id"], **each["function"]} for each in given.get("tool_calls") or ()]
        if old := given.get("function_call"):
            calls.append({"id": "", **old})
        if calls:
            message["calls"] = [{key: call[key] for key in ("id", "name", "arguments")} for call in calls]
        if given["role"] in RESULT_ROLES:
            message |= {"role": "tool", "call": given.get("tool_call_id") or ""}
        made.append(message)
    return made


def shown(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]], form: Form) -> Chat:
    """Write a chat as the model's template reads it.

    Args:
        messages: From `with_calls`.
        tools: From `definitions`.
        form: Of the model, from `form_of`.

    Returns:
        What goes to the template. Each answer stays a message of its own, in its order.
    """
    schemas = {tool["name"]: tool.get("parameters") for tool in tools}
    write = _for_template if form.own else _in_text
    made = write(_in_order(messages), schemas)
    if form.own:
        own: list[dict[str, Any] | Callable[..., Any]] = [
            {"type": "function", "function": {"description": "", "parameters": NO_ARGUMENTS, **tool}}
            for tool in tools
        ]
        return Chat(made, own or None)
    if tools:
        lines = [json.dumps(tool, ensure_ascii=False) for tool in tools]
        text = "\n".join([_HEADING, *lines, _HOW])
        if made and made[0]["role"] == "system":
            text = f"{made[0]['content']}\n\n{text}"
            made = made[1:]
        made = [{"role": "system", "content": text}, *made]
    return Chat(made, None)


def _in_order(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Results in the order of their calls, whatever order they came in."""
    places: dict[str, int] = {}
    made: list[Mapping[str, Any]] = []
    results: list[Mapping[str, Any]] = []

    def flush() -> None:
        made.extend(sorted(results, key=lambda one: places.get(one["call"], 0)))
        results.clear()

    for message in messages:
        if message["role"] == "tool":
            results.append(message)
            continue
        flush()
        places = {call["id"]: place for place, call in enumerate(message.get("calls", ()))}
        made.append(message)
    flush()
    return made


def _in_text(messages: list[Mapping[str, Any]], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    before = ""
    for message in messages:
        role, content = message["role"], message["content"]
        if role == "tool":
            content = _RESULT.format(content)
            if before == "tool":
                # Some templates take no two messages of one role.
                made[-1]["content"] += f"\n{content}"
                continue
        calls = [_call(call, schemas) for call in message.get("calls", ())]
        written = OURS.between.join(f"{OURS.head(name)}{text}{OURS.tail}" for name, text, _ in calls)
        made.append({"role": "user" if role == "tool" else role, "content": content + written})
        before = role
    return made


def _for_template(messages: list[Mapping[str, Any]], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for message in messages:
        one: dict[str, Any] = {"role": message["role"], "content": message["content"]}
        if message["role"] == "tool":
            one |= {"tool_call_id": message["call"], "name": names.get(message["call"], "")}
        elif "calls" in message:
            names = {call["id"]: call["name"] for call in message["calls"]}
            one["tool_calls"] = [
                {"id": call["id"], "type": "function", "function": {"name": name, "arguments": value}}
                for call in message["calls"]
                for name, _, value in [_call(call, schemas)]
            ]
        made.append(one)
    return made


def _call(call: Mapping[str, Any], schemas: dict[str, Any]) -> tuple[str, str, Any]:
    """The name of a call, and its arguments as text and as a value.

    Their keys stand in the order of the schema: in this order they are written when a schema is followed.
    What is no JSON object (an answer that was cut off) stays as it is.
    """
    name, text = str(call["name"]), str(call["arguments"])
    try:
        value = json.loads(text, parse_constant=_no_number)
        if not isinstance(value, dict):
            return name, text, text
        value = _ordered(value, schemas.get(name))
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        written.encode()
        return name, written, value
    except (ValueError, RecursionError):
        return name, text, text


def _no_number(text: str) -> None:
    raise ValueError(text)


def _ordered(value: object, schema: object) -> Any:  # noqa: ANN401 - it is JSON
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(value, dict) or not isinstance(properties, dict):
        return value
    names = [name for name in properties if name in value] + [
        name for name in value if name not in properties
    ]
    return {name: _ordered(value[name], properties.get(name)) for name in names}
