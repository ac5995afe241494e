"""The rules for tools: their definitions, the calls of them, and the answers to the calls."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from finetune_dataset.rules.issues import Issue, issue
from finetune_dataset.rules.messages import SPECIAL_TOKEN, show, special_token

if TYPE_CHECKING:
    from jsonschema_rs import Validator

# openapi.yaml, FunctionObject (read 2026-08-21).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
# A schema can have many faults; the first few of a call are enough to mend it.
_FAULTS_SHOWN = 5


class ToolNames(dict):
    """Name of each declared tool → its JSON Schema, None where it has none that can be used.

    Attributes:
        issues: The problems of the definitions.
    """

    issues: tuple[Issue, ...] = ()


def tool_names(row: dict) -> ToolNames:
    """Read the tools that a row declares in `tools` or in the older `functions`."""
    names, issues = ToolNames(), []
    for key in ("tools", "functions"):
        definitions = row.get(key)
        if definitions is None:
            continue
        if not isinstance(definitions, list) or not all(isinstance(one, dict) for one in definitions):
            issues.append(
                issue("wrong_type", key, show(definitions), "a list of objects", "Describe each tool.")
            )
            continue
        for index, definition in enumerate(definitions):
            issues += _definition_issues(definition, f"{key}[{index}]", key == "tools", names)
    names.issues = tuple(issues)
    return names


def call_issues(messages: list[dict], path: str, names: dict) -> Iterator[Issue]:
    """Check every call, and that each call is answered before the chat goes on.

    Args:
        messages: Messages with known roles.
        path: Place of their list in the row.
        names: What `tool_names` returned; empty if the row declares no tool.
    """
    waiting: dict[str, str] = {}  # id of a call → its path
    for index, message in enumerate(messages):
        place = f"{path}[{index}]"
        if message["role"] == "tool":
            call_id = message.get("tool_call_id")
            if isinstance(call_id, str) and waiting.pop(call_id, None) is None:
                fix = "Repeat the id of a call in the assistant message before, once."
                expected = "the id of a call that waits for an answer"
                yield issue("unknown_tool_call_id", f"{place}.tool_call_id", show(call_id), expected, fix)
            continue
        yield from _unanswered(waiting)
        waiting = {}
        if message["role"] == "assistant":
            yield from _calls_of(message, place, names, waiting)
    if messages[-1]["role"] != "assistant":
        yield from _unanswered(waiting)


def _unanswered(waiting: dict[str, str]) -> Iterator[Issue]:
    for call_id, path in waiting.items():
        fix = 'Add a message with the role "tool" and this tool_call_id right after the call.'
        yield issue("unanswered_tool_call", path, f"no answer to {show(call_id)}", "a tool message", fix)


def _definition_issues(definition: dict, path: str, in_tools: bool, names: ToolNames) -> Iterator[Issue]:
    function = definition
    if in_tools:
        if definition.get("type") != "function":
            found = show(definition["type"]) if "type" in definition else "no type"
            fix = 'Write {"type": "function", "function": {"name": ...}}.'
            yield issue("invalid_tool", f"{path}.type", found, '"function"', fix)
            return
        function, path = definition.get("function"), f"{path}.function"
    if not isinstance(function, dict):
        found = show(function) if "function" in definition else "no function"
        fix = 'Put name, description and parameters there: {"type": "function", "function": {...}}.'
        yield issue("invalid_tool", path, found, "an object with a name", fix)
        return
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        found = "no name" if name is None else show(name)
        fix = "Name it with 1 to 64 letters, digits, - or _."
        yield issue("invalid_tool", f"{path}.name", found, "a name of letters, digits, - and _", fix)
        return
    if name in names:
        fix = "Rename one of them, or remove it."
        yield issue("duplicate_tool", f"{path}.name", show(name), "a name of its own", fix)
        return
    if not isinstance(function.get("description", ""), str | None):
        found, fix = show(function["description"]), "Say in a text what the tool does."
        yield issue("invalid_tool", f"{path}.description", found, "a string", fix)
    text = json.dumps(function, ensure_ascii=False)
    if "|" in text and SPECIAL_TOKEN.search(text):
        yield special_token(text, path)
    names[name] = function.get("parameters")
    if names[name] is not None and (fault := _schema_fault(names[name])):
        names[name] = None
        fix = "Correct the JSON Schema; without parameters, leave the key out."
        yield issue("invalid_tool", f"{path}.parameters", fault, "a JSON Schema of the type object", fix)


def _calls_of(message: dict, path: str, names: dict, waiting: dict[str, str]) -> Iterator[Issue]:
    """Check the calls of one assistant message; put their ids and paths into `waiting`."""
    if message.get("function_call") is not None:
        yield from function_issues(message["function_call"], f"{path}.function_call", names)
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not isinstance(calls, list):
        yield issue("wrong_type", f"{path}.tool_calls", show(calls), "a list of objects", "List each call.")
        return
    if not calls:
        fix = "Leave the key out where the assistant calls no tool."
        yield issue("invalid_tool_call", f"{path}.tool_calls", "an empty list", "at least one call", fix)
    for index, call in enumerate(calls):
        place = f"{path}.tool_calls[{index}]"
        if not isinstance(call, dict):
            fix = 'Write {"id": ..., "type": "function", "function": {"name": ..., "arguments": ...}}.'
            yield issue("not_an_object", place, show(call), "an object", fix)
            continue
        call_id = call.get("id")
        if not isinstance(call_id, str) or not call_id:
            found = show(call["id"]) if "id" in call else "no id"
            fix = "Give the call an id, and repeat it in the tool message that answers."
            yield issue("invalid_tool_call", f"{place}.id", found, "a string", fix)
        elif call_id in waiting:
            fix = "Give every call of a message an id of its own."
            yield issue("duplicate_tool_call_id", f"{place}.id", show(call_id), "an id of its own", fix)
        else:
            waiting[call_id] = place
        if call.get("type") != "function":
            found = show(call["type"]) if "type" in call else "no type"
            yield issue(
                "invalid_tool_call", f"{place}.type", found, '"function"', 'Write "type": "function".'
            )
        yield from function_issues(call.get("function"), f"{place}.function", names)


def function_issues(function: object, path: str, names: dict) -> Iterator[Issue]:
    """Check the name and the arguments of one call.

    Args:
        function: What stands in the call's `function`.
        path: Its place in the row.
        names: What `tool_names` returned.
    """
    if not isinstance(function, dict):
        fix = 'Write {"name": ..., "arguments": "{...}"}.'
        found = "no function" if function is None else show(function)
        yield issue("invalid_tool_call", path, found, "an object with name and arguments", fix)
        return
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not name:
        found = "no name" if name is None else show(name)
        yield issue("invalid_tool_call", f"{path}.name", found, "a string", "Name the tool that is called.")
    elif names and name not in names:
        fix = "Declare the tool in the row, or correct the name."
        expected = f"one of {show(', '.join(names))}"
        yield issue("unknown_tool", f"{path}.name", show(name), expected, fix)
    path += ".arguments"
    if not isinstance(arguments, str):
        found = show(arguments) if "arguments" in function else "no arguments"
        fix = "Write the arguments as JSON text, for example with json.dumps."
        yield issue("wrong_type", path, found, "a string of JSON", fix)
        return
    if "|" in arguments and SPECIAL_TOKEN.search(arguments):
        yield special_token(arguments, path)
    try:
        value = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError) as error:
        fix = "Write the arguments with json.dumps; a call without any has {}."
        found = show(str(error)) if arguments else "empty text"
        yield issue("invalid_arguments", path, found, "a JSON object as text", fix)
        return
    if not isinstance(value, dict):
        fix = "Name each argument; a call without any has {}."
        yield issue("invalid_arguments", path, show(value), "a JSON object as text", fix)
    elif isinstance(name, str) and names.get(name) is not None:
        yield from _mismatches(value, _validator(msgspec.json.encode(names[name])), path)


def _mismatches(value: dict, validator: "Validator", path: str) -> Iterator[Issue]:
    if validator.is_valid(value):
        return
    for number, error in enumerate(validator.iter_errors(value)):
        if number == _FAULTS_SHOWN:
            return
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
        rule = "/".join(map(str, error.schema_path))
        fix = "Correct the call, or the tool's definition: the model learns this call."
        expected = f"what the tool's JSON Schema says ({rule})"
        yield issue("arguments_mismatch", path + place, error.message[:200], expected, fix)


def _schema_fault(schema: object) -> str | None:
    """Say what is wrong with the parameters of a tool; None for a JSON Schema of the type object."""
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return show(schema if not isinstance(schema, dict) else f"the type {schema['type']}")
    try:
        _validator(msgspec.json.encode(schema))
    except (ValueError, RecursionError) as error:
        place = ".".join(map(str, getattr(error, "instance_path", ())))
        return str(error).partition("\n")[0][:200] + (f", at {place}" if place else "")
    return None


@lru_cache(maxsize=1024)
def _validator(schema: bytes) -> "Validator":
    """Compile a schema; the rows of a file share a few.

    Raises:
        ValueError: It is not a JSON Schema, or it refers to another document: nothing is fetched.
    """
    import jsonschema_rs  # Here, because most files have no tools.

    return jsonschema_rs.validator_for(json.loads(schema), retriever=_refuse)


def _refuse(uri: str) -> None:
    raise ValueError(f"{uri} is another document; write the schema out")
