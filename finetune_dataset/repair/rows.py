"""Mend one row where it has one reading: its format, roles, calls, and values that were written as text."""

import json

from finetune_dataset.chat import PREFERRED, PROMPT, REJECTED, ROLES, JsonObject, is_legacy
from finetune_dataset.convert.prompts import chat_row
from finetune_dataset.formats.build import UnclearError, first
from finetune_dataset.formats.chats import conversation, has_system_key, other_role
from finetune_dataset.formats.table import format_of
from finetune_dataset.formats.texts import style_of
from finetune_dataset.formats.tools import chat_tools, is_chat_tools


def mend_row(value: object, ends: tuple[str, str], method: str) -> tuple[object, list[str]]:
    """Return a row with its safe repairs made, and a few words for each.

    Args:
        value: The row.
        ends: The marks that all prompts and all completions of the file end with, see `shared_end`.
        method: How the row trains.
    """
    if not isinstance(value, dict):
        return value, []
    if is_legacy(value) and method == "supervised" and not style_of(value["prompt"]):
        return chat_row(value, *ends), ["legacy_prompt_completion"]
    repairs: list[str] = []
    is_preference = method == "dpo" and {PROMPT, PREFERRED, REJECTED} <= value.keys()
    if not is_preference and (found := format_of(value, method)):
        name, form = found
        if form.method != method:
            return value, []
        try:
            value = form.convert(value)
        except UnclearError:
            return value, []
        repairs.append(f"foreign_format ({name})")
    if is_preference:
        value = _mend_sides(value, repairs)
    if isinstance(value.get(PROMPT), dict) and method == "dpo":
        prompt = _mend_chat(value[PROMPT], f"{PROMPT}.", repairs)
        value = value if prompt is value[PROMPT] else {**value, PROMPT: prompt}
        for side in (PREFERRED, REJECTED):
            if isinstance(value.get(side), list):
                messages = _mend_messages(value[side], side, repairs)
                value = value if messages is value[side] else {**value, side: messages}
        return value, repairs
    return _mend_chat(value, "", repairs, system=method == "supervised"), repairs


def _mend_sides(row: JsonObject, repairs: list[str]) -> JsonObject:
    """Write a prompt and answers that are texts, or are not in their list, as the service has them."""
    made = dict(row)
    if isinstance(row[PROMPT], str) and row[PROMPT]:
        made[PROMPT] = {"messages": [{"role": "user", "content": row[PROMPT]}]}
    elif isinstance(row[PROMPT], list):
        made[PROMPT] = {"messages": row[PROMPT]}
    for side in (PREFERRED, REJECTED):
        if isinstance(row[side], str) and row[side]:
            made[side] = [{"role": "assistant", "content": row[side]}]
        elif isinstance(row[side], dict):
            made[side] = [row[side]]
    repairs += [f"the shape of {key}" for key in row if made[key] is not row[key]]
    return made


def _mend_chat(row: JsonObject, prefix: str, repairs: list[str], system: bool = True) -> JsonObject:
    """Mend the messages and the tools of a row, or of the prompt of a preference."""
    if isinstance(row.get("messages"), list):
        messages = _mend_messages(row["messages"], f"{prefix}messages", repairs)
        row = row if messages is row["messages"] else {**row, "messages": messages}
    if not is_chat_tools(row.get("tools")):
        try:
            tools = chat_tools(row["tools"])
            what = "JSON text" if isinstance(row["tools"], str) else "the shape"
            repairs.append(f"{what} at {prefix}tools")
            row = {**row, "tools": tools}
        except UnclearError:
            pass
    if system and has_system_key(row):
        try:
            row = conversation(row)
            repairs.append(f"system prompt at {prefix}system")
        except UnclearError:
            pass
    return row


def _mend_messages(messages: list[object], path: str, repairs: list[str]) -> list[object]:
    """Return messages with their safe repairs made; the same list if there are none."""
    mended, before, waiting = [], len(repairs), dict[str, None]()
    for index, message in enumerate(messages):
        place = f"{path}[{index}]"
        if isinstance(message, dict):
            message = _mend_message(message, place, repairs)
            if isinstance(calls := message.get("tool_calls"), list):
                made = _mend_calls(calls, place, repairs)
                message = message if made is calls else {**message, "tool_calls": made}
                ids = [call.get("id") for call in made if isinstance(call, dict)]
                waiting = dict.fromkeys(one for one in ids if isinstance(one, str))
            elif message.get("role") == "tool":
                if message.get("tool_call_id") is None and waiting:
                    message = {**message, "tool_call_id": next(iter(waiting))}
                    repairs.append(f"the id of the call at {place}.tool_call_id")
                if isinstance(answered := message.get("tool_call_id"), str):
                    waiting.pop(answered, None)
        mended.append(message)
    return mended if len(repairs) > before else messages


def _mend_message(message: JsonObject, place: str, repairs: list[str]) -> JsonObject:
    role, content = message.get("role"), message.get("content")
    # Capitals, spaces and another program's name cannot change who speaks; a misspelled name might: it stays.
    if (plain := other_role(role)) in ROLES:
        message = {**message, "role": plain}
        repairs.append(f"role {role!r} at {place}.role")
    if message.get("role") == "tool" and isinstance(content, dict):
        message = {**message, "content": json.dumps(content, ensure_ascii=False)}
        repairs.append(f"a result as JSON text at {place}.content")
    if not isinstance(content, list):
        return message
    texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
    if message.get("role") == "tool" and len(texts) == len(content) == 1 and isinstance(texts[0], str):
        message = {**message, "content": texts[0]}
        repairs.append(f"tool_content_parts at {place}.content")
        return message
    parts = []
    for part in content:
        if (
            isinstance(part, dict)
            and part.get("type") == "image_url"
            and isinstance(part.get("image_url"), str)
        ):
            part = {**part, "image_url": {"url": part["image_url"]}}
            repairs.append(f"invalid_image_url at {place}.content")
        parts.append(part)
    return {**message, "content": parts} if parts != content else message


def _mend_calls(calls: list[object], place: str, repairs: list[str]) -> list[object]:
    """Write arguments as text, and what a call lacks and has only one value."""
    mended = []
    for number, call in enumerate(calls, start=1):
        path = f"{place}.tool_calls[{number - 1}]"
        if isinstance(call, dict) and "function" not in call and isinstance(call.get("name"), str):
            given = first(call, ("args", "arguments", "parameters", "input"))
            call = {"id": call.get("id"), "function": {"name": call["name"], "arguments": given or {}}}
            repairs.append(f"the shape of {path}")
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict):
            mended.append(call)
            continue
        if isinstance(function.get("arguments"), dict):
            text = json.dumps(function["arguments"], ensure_ascii=False)
            call = {**call, "function": {**function, "arguments": text}}
            repairs.append(f"arguments as JSON text at {path}.function.arguments")
        if call.get("type") is None:
            call = {**call, "type": "function"}
            repairs.append(f"the type at {path}.type")
        if call.get("id") is None:
            call = {**call, "id": f"call_{number}"}
            repairs.append(f"an id at {path}.id")
        mended.append(call)
    return mended if mended != calls else calls
