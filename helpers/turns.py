"""What the messages of a row say, as text: who speaks, what is trained, which tools are called."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from finetune_dataset.chat import CHAT_KEYS, message_text
from finetune_dataset.tokens.count import count_tokens

SHOWN = 10_000
"""Characters of one message; a page stays quick to draw."""


@dataclass(frozen=True)
class Turn:
    """One message, ready to be drawn.

    Attributes:
        role: Who speaks.
        marks: What stands beside the role, for example "trained".
        text: What is said.
        code: Tool calls and other JSON, as text.
        gray: True for an answer that is not trained.
    """

    role: str
    marks: list[str]
    text: str
    code: str = ""
    gray: bool = False


def turns(row: object, model: str | Path | None) -> Iterator[Turn]:
    """Give the messages of a row in reading order; both answers of a preference row.

    Args:
        row: A row of a training file; one that is no chat gives one turn with its JSON.
        model: A model id, or the folder of a local model, to count the tokens of each message;
            None counts nothing.

    Yields:
        The tools, the messages, and the other fields of the row.
    """
    if not isinstance(row, dict):
        yield Turn("not a chat", [], "", _json(row))
        return
    # A reinforcement row can have a field `input` of its own.
    question = row["input"] if isinstance(row.get("input"), dict) and "messages" not in row else row
    tools = question.get("tools")
    if isinstance(tools, list) and tools:
        yield Turn("tools", [", ".join(map(_tool_name, tools))], "")
    lists = {
        "": question.get("messages"),
        "preferred": row.get("preferred_output"),
        "not preferred": row.get("non_preferred_output"),
    }
    if not any(isinstance(messages, list) for messages in lists.values()):
        yield Turn("not a chat", [], "", _json(row))
    for kind, messages in lists.items():
        for message in messages if isinstance(messages, list) else []:
            yield _turn(message, kind, model, trains=question is row)
    fields = {key: row[key] for key in row if key not in CHAT_KEYS}
    if fields and isinstance(row.get("messages"), list):
        yield Turn("other fields", [], "", _json(fields))


def _turn(message: object, kind: str, model: str | Path | None, *, trains: bool) -> Turn:
    if not isinstance(message, dict):
        return Turn("not a message", [], "", _json(message))
    role, gray = str(message.get("role")), kind == "not preferred"
    marks = [kind] if kind else []
    if role == "assistant" and trains:
        gray = message.get("weight") == 0
        marks.append("not trained, weight 0" if gray else "trained")
    marks += [f"{key} {message[key]}" for key in ("name", "tool_call_id") if message.get(key)]
    text = _content(message)
    if model is not None and text:
        count = count_tokens(text, model)
        marks.append(f"{count:,} token{'' if count == 1 else 's'}")
    calls = message.get("tool_calls") or []
    calls = [*(calls if isinstance(calls, list) else [calls]), message.get("function_call")]
    code = "\n".join(_call(call) for call in calls if call)
    if len(text) > SHOWN:
        text = f"{text[:SHOWN]}… ({len(text) - SHOWN:,} more characters)"
    return Turn(role, marks, text, code, gray)


def _content(message: dict) -> str:
    """Return what a message says; a part that is no text, in words."""
    content = message.get("content")
    if isinstance(message.get("refusal"), str):
        return f"{content or ''}[refusal] {message['refusal']}"
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return _json(content)
    return "\n".join(_part(part) for part in content)


def _part(part: object) -> str:
    if not isinstance(part, dict):
        return _json(part)
    if part.get("type") == "image_url" and isinstance(part.get("image_url"), dict):
        url = str(part["image_url"].get("url"))
        return f"[image, {len(url):,} characters of data]" if url.startswith("data:") else f"[image {url}]"
    if part.get("type") == "refusal":
        return f"[refusal] {part.get('refusal')}"
    return message_text({"content": [part]}) or _json(part)


def _tool_name(tool: object) -> str:
    function = tool.get("function") if isinstance(tool, dict) else None
    return str(function.get("name")) if isinstance(function, dict) else _json(tool)


def _call(call: object) -> str:
    """Write a tool call as code: name, and arguments with one key per line where they are long."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        return _json(call)
    name = f" [{call['id']}]" if call.get("id") else ""
    return f"{function.get('name')}({_arguments(function.get('arguments'))}){name}"


def _arguments(arguments: object) -> str:
    if isinstance(arguments, str):
        try:
            return _json(json.loads(arguments))
        except (ValueError, RecursionError):
            pass  # As it stands: a reader should see that it is no JSON.
    return str(arguments)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, indent=2) if len(text) > 80 else text
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text) - SHOWN:,} more characters)"
