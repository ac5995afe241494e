"""Rows that hold a whole conversation, under a key or with keys that the chat API does not have."""

import re

from finetune_dataset.chat import OTHER_ROLES, PREFERRED, ROLES, SYSTEM_ROLES, JsonObject, JsonValue
from finetune_dataset.formats.build import Chat, UnclearError, finished, first
from finetune_dataset.formats.parts import add_parts
from finetune_dataset.formats.tools import chat_tools
from finetune_dataset.formats.turns import read_turns, whose, whose_tools

CONVERSATION_KEYS = (
    "messages",
    "conversations",
    "conversation",
    "contents",
    "dialogue",
    "dialog",
    "chat",
    "turns",
    "chat_history",
)
_SYSTEM_KEYS = (
    "system",
    "system_prompt",
    "systemInstruction",
    "system_instruction",
    "preamble",
    "instructions",
)
_TOOL_KEYS = ("tools", "toolConfig", "tool_config", "functions")
_ANSWER_KEYS = ("response", "text", "completion", "output", "answer")
_PLACE = re.compile(r"<(?:image|video|audio)>")


def conversation(row: JsonObject) -> JsonObject:
    """Return a row with a conversation as a chat row.

    Args:
        row: A row with one of `CONVERSATION_KEYS`.

    Raises:
        UnclearError: It has more than one reading, or none.
    """
    key = next(key for key in CONVERSATION_KEYS if key in row)
    chat = read_turns(row[key])
    used = {key, "schemaVersion"}
    if key == "chat_history":  # Cohere: the question and the answer stand apart.
        used |= {"message", *_ANSWER_KEYS}
        if isinstance(row.get("message"), str):
            chat.say("user", row["message"])
        if isinstance(answer := first(row, _ANSWER_KEYS), str):
            chat.say("assistant", answer)
    if "image" in row or (any(row.get(kind) for kind in ("images", "videos", "audios")) and _has_place(chat)):
        raise UnclearError(
            "An image is a file beside the row. Write it into the user's message as a part: "
            '{"type": "image_url", "image_url": {"url": "data:image/png;base64,..."}}.'
        )
    return assemble(row, used, chat)


def _has_place(chat: Chat) -> bool:
    """Tell whether a text has a mark where an image, a video or a sound belongs, as those of LLaVA have."""
    return any(_PLACE.search(str(message.get("content"))) for message in chat.messages)


def responses(row: JsonObject) -> JsonObject:
    """Return a request to OpenAI's Responses and its answer as a chat row."""
    items: list[JsonValue] = []
    for key, role in (("input", "user"), ("output", "assistant")):
        value = row.get(key)
        items += (
            [{"role": role, "content": value}]
            if isinstance(value, str)
            else value
            if isinstance(value, list)
            else []
        )
    return assemble(row, {"input", "output"}, read_turns(items))


def batch_request(row: JsonObject) -> JsonObject:
    """Return a line of OpenAI's Batch API as a chat row; an answer must stand in it."""
    body = row["body"]
    chat = read_turns(body.get("messages"))
    if chat.messages[-1]["role"] != "assistant":
        raise UnclearError(
            "Add the answer to body.messages: the results of the batch have it in "
            "response.body.choices[0].message."
        )
    made = assemble({key: body[key] for key in ("messages", *_TOOL_KEYS) if key in body}, {"messages"}, chat)
    return finished(row, {"body"}, made)


def logged(row: JsonObject) -> JsonObject:
    """Return a request to the chat API and its answer, as programs log them, as a chat row."""
    body = row["request"].get("body", row["request"])
    choices = row["response"].get("choices")
    one = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
    answer = one.get("message") if isinstance(one, dict) else None
    asked = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(asked, list) or not isinstance(answer, dict):
        raise UnclearError('Put the question and its answer together: {"messages": [..., {...}]}.')
    chat = read_turns([*asked, answer])
    made = assemble({key: body[key] for key in ("messages", *_TOOL_KEYS) if key in body}, {"messages"}, chat)
    return finished(row, {"request", "response"}, made)


def alternating(row: JsonObject) -> JsonObject:
    """Return a row of UltraChat as a chat row: the user speaks first, then both by turns."""
    roles = ("user", "assistant") * len(row["data"])
    turns = [{"role": role, "content": text} for role, text in zip(roles, row["data"], strict=False)]
    return assemble(row, {"data"}, read_turns(turns))


def foreign_messages(row: JsonObject) -> str:
    """Name whose messages stand in `messages`; "" for those of the chat API."""
    messages = row.get("messages")
    if isinstance(messages, str) and messages.lstrip().startswith("["):
        return "messages as JSON text"
    if isinstance(messages, dict) and messages and all(isinstance(one, list) for one in messages.values()):
        return "messages as columns"
    if not isinstance(messages, list):
        return ""
    for message in messages:
        if name := whose(message):
            return name
    return whose_tools(row.get("tools")) or ("Bedrock Converse (Nova)" if "toolConfig" in row else "")


def has_system_key(row: JsonObject) -> bool:
    """Tell whether the system prompt stands beside the messages, as in Anthropic's API, and not in them."""
    messages = row.get("messages")
    return (
        bool(row.get("system"))
        and isinstance(row["system"], (str, list))
        and isinstance(messages, list)
        and not any(isinstance(one, dict) and one.get("role") in SYSTEM_ROLES for one in messages)
    )


def other_role(role: object) -> str | None:
    """Return the role that other programs mean by a name; None for a name that none of them has."""
    if not isinstance(role, str) or role in ROLES:
        return None
    plain = role.strip().lower()
    return plain if plain in ROLES else OTHER_ROLES.get(plain)


def system_content(value: object) -> object:
    """Return a system prompt as the content of a message; None without any."""
    if isinstance(value, dict):
        value = first(value, ("parts", "text", "content"))
    if not value:
        return None
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise UnclearError("The system prompt is no text. Write it as a text.")
    chat = Chat()
    add_parts(chat, "system", value, {})
    return chat.messages[0]["content"]


def assemble(row: JsonObject, used: set[str], chat: Chat) -> JsonObject:
    """Put a conversation, the system prompt and the tools of a row into a chat row.

    Args:
        row: The row of the other program.
        used: Its keys that stand in the conversation already.
        chat: The conversation.

    Raises:
        UnclearError: There are two system prompts, or a tool has no place in a chat row.
    """
    messages = chat.messages
    for key in _SYSTEM_KEYS:
        if key in row and (content := system_content(row[key])) is not None:
            if messages and messages[0]["role"] in SYSTEM_ROLES:
                raise UnclearError(
                    f"There are two system prompts: {key!r}, and one in the chat. Keep one of them."
                )
            messages = [{"role": "system", "content": content}, *messages]
    made: JsonObject = {"messages": messages}
    for key in _TOOL_KEYS[:3]:
        if tools := chat_tools(row.get(key)):
            made["tools"] = tools
    return finished(row, {*used, *_SYSTEM_KEYS, *_TOOL_KEYS[:3]}, made)


def conversation_name(row: JsonObject) -> str:
    """Name whose conversation a row holds under a key of its own; "" for none."""
    # A row may have the key "", so that stands for nothing here.
    key = next((key for key in CONVERSATION_KEYS if key in row and key != "messages"), None)
    turns = None if key is None else row[key]
    sample = turns[0] if isinstance(turns, list) and turns else None
    if key == "contents":
        return "Gemini"
    if key == "chat_history":
        return "Cohere chat"
    if key in ("conversations", "conversation"):
        return "ShareGPT"
    return f"conversation under {key!r}" if isinstance(sample, (dict, str)) else ""


def responses_name(row: JsonObject) -> str:
    """Name a request to OpenAI's Responses, with its answer or not; "" for any other row."""
    if PREFERRED in row:
        return ""
    items = [*_items(row.get("input")), *_items(row.get("output"))]
    said = isinstance(row.get("output"), list) or (isinstance(row.get("input"), list) and "output" not in row)
    return "OpenAI Responses" if items and said and all(isinstance(item, dict) for item in items) else ""


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def alternating_name(row: JsonObject) -> str:
    """Name a row of UltraChat, whose list of texts is said by turns; "" for any other."""
    said = _items(row.get("data"))
    return "UltraChat" if said and all(isinstance(text, str) for text in said) else ""
