"""The rules for tools: their definitions, the calls of them, and the answers to the calls."""

import json
import re
from collections.abc import Iterator
from itertools import islice

import msgspec

from finetune_dataset.chat import TOOL_KEYS, JsonObject
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.messages import special_token_issues
from finetune_dataset.rules.schemas.compare import Work, argument_issues, schema_fault, schema_limit

# openapi.yaml, FunctionObject (read 2026-08-21).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


class ToolNames(dict[str, object]):
    """Name of each declared tool → its JSON Schema, None where it has none that can be used.

    Attributes:
        issues: The problems of the definitions.
    """

    issues: tuple[Issue, ...] = ()


def tool_names(row: JsonObject) -> ToolNames:
    """Read the tools that a row declares in `tools` or in the older `functions`."""
    names = ToolNames()
    issues: list[Issue] = []
    for key in TOOL_KEYS:
        definitions = row.get(key)
        if definitions is None:
            continue
        if not isinstance(definitions, list) or not all(isinstance(one, dict) for one in definitions):
            found, expected, fix = show(definitions), "a list of objects", "Describe each tool."
            if isinstance(definitions, str) and definitions.lstrip()[:1] in ("[", "{"):
                found = "JSON text"
                fix = "Write the list itself, without quotes around it; repair_dataset does."
            issues.append(issue("wrong_type", key, found, expected=expected, fix=fix))
            continue
        for index, definition in enumerate(definitions):
            issues += _definition_issues(definition, f"{key}[{index}]", key == "tools", names)
    names.issues = tuple(issues)
    return names


def call_issues(messages: list[JsonObject], path: str, names: ToolNames) -> Iterator[Issue]:
    """Check every call, and that each call is answered before the chat goes on.

    Args:
        messages: Messages with known roles.
        path: Place of their list in the row.
        names: What `tool_names` returned; empty if the row declares no tool.

    Yields:
        The issues, without a line.
    """
    waiting: dict[str, str] = {}  # id of a call → its path
    work = Work()
    for index, message in enumerate(messages):
        place = f"{path}[{index}]"
        if message["role"] == "tool":
            call_id = message.get("tool_call_id")
            if isinstance(call_id, str) and waiting.pop(call_id, None) is None:
                yield issue("unknown_tool_call_id", f"{place}.tool_call_id", show(call_id))
            continue
        yield from _unanswered(waiting)
        waiting = {}
        if message["role"] == "assistant":
            yield from _calls_of(message, place, names, waiting, work)
    if messages[-1]["role"] != "assistant":
        yield from _unanswered(waiting)


def _unanswered(waiting: dict[str, str]) -> Iterator[Issue]:
    for call_id, path in waiting.items():
        yield issue("unanswered_tool_call", path, f"no answer to {show(call_id)}")


def _definition_issues(
    definition: JsonObject, path: str, in_tools: bool, names: ToolNames
) -> Iterator[Issue]:
    function: object = definition
    if in_tools:
        if definition.get("type") != "function":
            found = show(definition["type"]) if "type" in definition else "no type"
            fix = 'Write {"type": "function", "function": {"name": ...}}.'
            yield issue("invalid_tool", f"{path}.type", found, expected='"function"', fix=fix)
            return
        function, path = definition.get("function"), f"{path}.function"
    if not isinstance(function, dict):
        yield issue("invalid_tool", path, show(function) if "function" in definition else "no function")
        return
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        found = "no name" if name is None else show(name)
        expected = "a name of letters, digits, - and _"
        fix = "Name it with 1 to 64 letters, digits, - or _."
        yield issue("invalid_tool", f"{path}.name", found, expected=expected, fix=fix)
        return
    if name in names:
        yield issue("duplicate_tool", f"{path}.name", show(name))
        return
    if not isinstance(function.get("description", ""), str | None):
        found, fix = show(function["description"]), "Say in a text what the tool does."
        yield issue("invalid_tool", f"{path}.description", found, expected="a string", fix=fix)
    yield from special_token_issues(json.dumps(function, ensure_ascii=False), path)
    names[name] = schema = function.get("parameters")
    if schema is None:
        return
    if fault := schema_fault(schema):
        names[name] = None
        expected = "a JSON Schema of the type object"
        fix = "Correct the JSON Schema; without parameters, leave the key out."
        yield issue("invalid_tool", f"{path}.parameters", fault, expected=expected, fix=fix)
    elif limit := schema_limit(schema):
        names[name] = None
        yield issue("schema_too_complex", f"{path}.parameters", limit)


def _calls_of(
    message: JsonObject, path: str, names: ToolNames, waiting: dict[str, str], work: Work
) -> Iterator[Issue]:
    """Check the calls of one assistant message; put their ids and paths into `waiting`."""
    if message.get("function_call") is not None:
        yield from function_issues(message["function_call"], f"{path}.function_call", names, work)
    calls = message.get("tool_calls")
    path = f"{path}.tool_calls"
    if calls is None:
        return
    if not isinstance(calls, list):
        yield issue("wrong_type", path, show(calls), expected="a list of objects", fix="List each call.")
        return
    if not calls:
        fix = "Leave the key out where the assistant calls no tool."
        yield issue("invalid_tool_call", path, "an empty list", expected="at least one call", fix=fix)
    for index, call in enumerate(calls):
        yield from _call_issues(call, f"{path}[{index}]", names, waiting, work)


def _call_issues(
    call: object, path: str, names: ToolNames, waiting: dict[str, str], work: Work
) -> Iterator[Issue]:
    if not isinstance(call, dict):
        fix = 'Write {"id": ..., "type": "function", "function": {"name": ..., "arguments": ...}}.'
        yield issue("not_an_object", path, show(call), expected="an object", fix=fix)
        return
    call_id = call.get("id")
    if not isinstance(call_id, str) or not call_id:
        found = show(call["id"]) if "id" in call else "no id"
        fix = "Give the call an id, and repeat it in the tool message that answers."
        yield issue("invalid_tool_call", f"{path}.id", found, expected="a string", fix=fix)
    elif call_id in waiting:
        yield issue("duplicate_tool_call_id", f"{path}.id", show(call_id))
    else:
        waiting[call_id] = path
    if call.get("type") != "function":
        found, fix = show(call["type"]) if "type" in call else "no type", 'Write "type": "function".'
        yield issue("invalid_tool_call", f"{path}.type", found, expected='"function"', fix=fix)
    yield from function_issues(call.get("function"), f"{path}.function", names, work)


def function_issues(function: object, path: str, names: ToolNames, work: Work) -> Iterator[Issue]:
    """Check the name and the arguments of one call.

    Args:
        function: What stands in the call's `function`.
        path: Its place in the row.
        names: What `tool_names` returned.
        work: What the row may still use to compare arguments with schemas.

    Yields:
        The issues, without a line.
    """
    if not isinstance(function, dict):
        yield issue("invalid_tool_call", path, "no function" if function is None else show(function))
        return
    name = function.get("name")
    if not isinstance(name, str) or not name:
        found, fix = "no name" if name is None else show(name), "Name the tool that is called."
        yield issue("invalid_tool_call", f"{path}.name", found, expected="a string", fix=fix)
    elif names and name not in names:
        yield issue("unknown_tool", f"{path}.name", show(name), expected=f"one of {show(_first(names))}")
    schema = names.get(name) if isinstance(name, str) else None
    yield from _argument_issues(function, f"{path}.arguments", schema, work)


def _first(names: ToolNames) -> str:
    return ", ".join(islice(names, 40))  # `show` gives 60 characters; a row can declare thousands of tools.


def _argument_issues(function: JsonObject, path: str, schema: object, work: Work) -> Iterator[Issue]:
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        found = show(arguments) if "arguments" in function else "no arguments"
        fix = "Write the arguments as JSON text, for example with json.dumps."
        if isinstance(arguments, dict):
            fix = f"{fix.removesuffix('.')}; repair_dataset does."
        yield issue("wrong_type", path, found, expected="a string of JSON", fix=fix)
        return
    yield from special_token_issues(arguments, path)
    try:
        value = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError) as error:
        yield issue("invalid_arguments", path, show(str(error)) if arguments else "empty text")
        return
    if not isinstance(value, dict):
        fix = "Name each argument; a call without any has {}."
        yield issue("invalid_arguments", path, show(value), fix=fix)
    elif isinstance(schema, dict):
        yield from argument_issues(value, len(arguments), schema, path, work)
