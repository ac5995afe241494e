"""The parts of a message's content, as each service writes them, as those of the chat API.

Read 2026-11-28: Anthropic, "Messages"; Google, "Content" of the Gemini API; Amazon Bedrock, "Converse"
(`ContentBlock`); OpenAI, "Responses" (input and output items).
"""

from finetune_dataset.chat import JsonObject, JsonValue
from finetune_dataset.formats.build import Chat, UnclearError, first

_THINKING = {"thinking", "redacted_thinking", "reasoning", "reasoningContent", "thought"}
_NO_TYPE = (
    "functionCall",
    "function_call",
    "functionResponse",
    "function_response",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
    "toolUse",
    "toolResult",
    "reasoningContent",
    "image",
    "text",
)
_IMAGE = 'Write the image as a part {"type": "image_url", "image_url": {"url": "https://..."}}.'
FOREIGN_TYPES = {
    **dict.fromkeys(("tool_use", "tool_result", "thinking", "redacted_thinking", "image"), "Anthropic"),
    **dict.fromkeys(("input_text", "output_text", "input_image"), "OpenAI Responses"),
}
"""Type of a part that the chat API does not have → whose it is."""


def add_parts(chat: Chat, role: str, parts: list[JsonValue], more: JsonObject) -> None:
    """Add a message whose content is a list: a call becomes a call, a tool's answer a tool message.

    Args:
        chat: The chat so far.
        role: Who speaks.
        parts: The parts.
        more: Further keys of the message.

    Raises:
        UnclearError: A part has no place in a chat.
    """
    own: list[JsonObject] = []
    calls: list[tuple[object, object, object]] = []
    answered = False
    for part in parts:
        kind, value = _kind(part)
        if kind == "text":
            own.append({"type": "text", "text": value})
        elif kind in ("image_url", "refusal", "input_audio", "file"):
            own.append(part)
        elif kind == "call":
            calls.append((value.get("name"), first(value, ("input", "args", "arguments")), _id(value)))
        elif kind == "answer":
            answered = True
            chat.answer(_answer_text(value), _id(value), value.get("name"))
        else:
            own.append(_image(kind, value))
    if own or more or not (calls or answered):
        texts = [part["text"] for part in own if part.get("type") == "text"]
        chat.say(role, texts[0] if len(own) == len(texts) == 1 else own, more)
    elif calls:
        chat.messages.append({"role": "assistant", "content": None})
    for call in calls:
        chat.call(*call)


def _kind(part: object) -> tuple[str, JsonValue]:
    """Return what a part is, and its value."""
    if isinstance(part, str):
        return "text", part
    if not isinstance(part, dict):
        raise UnclearError('A part is no object. Write it as {"type": "text", "text": ...}.')
    kind = str(part.get("type") or first({name: name for name in _NO_TYPE if name in part}, _NO_TYPE))
    value = part if "type" in part else part.get(kind)
    if kind in _THINKING or part.get("thought") is True:
        raise UnclearError(
            "Remove the thinking: a training row of the chat API has no place for it, and what it says "
            "would become a part of the answer."
        )
    if kind in ("text", "input_text", "output_text"):
        if not isinstance(part.get("text"), str):
            raise UnclearError('The text of a part is no text. Write it as {"type": "text", "text": "..."}.')
        return "text", part["text"]
    if kind in ("tool_use", "toolUse", "functionCall", "function_call") and isinstance(value, dict):
        return "call", value
    if kind in ("tool_result", "toolResult", "functionResponse", "function_response") and isinstance(
        value, dict
    ):
        return "answer", value
    return kind, value


def _id(value: JsonObject) -> object:
    return first(value, ("id", "tool_use_id", "toolUseId", "call_id"))


def _answer_text(value: JsonObject) -> object:
    """Return the answer of a tool as text, or as the object that it is."""
    if value.get("is_error") is True or value.get("status") == "error":
        raise UnclearError(
            "A tool's answer is marked as an error, and the chat API has no such mark. "
            "Say it in the text of the answer, and remove the mark."
        )
    content = first(value, ("content", "response", "output"))
    if content is None:
        return ""
    if not isinstance(content, list):
        return content
    texts: list[str] = []
    for part in content:
        if isinstance(part, dict) and "json" in part:
            return part["json"] if len(content) == 1 else content
        kind, text = _kind(part)
        if kind != "text":
            raise UnclearError("A tool's answer holds more than text. Write the answer as one text.")
        texts.append(text)
    return "\n".join(texts)


def _image(kind: str, value: JsonValue) -> JsonObject:
    """Return an image part of the chat API.

    Raises:
        UnclearError: It is no image, or one that lies where only one service can read it.
    """
    url: object = None
    if not isinstance(value, dict):
        raise UnclearError(_IMAGE)
    if kind == "input_image":
        url = value.get("image_url")
    elif kind == "image":
        source = value.get("source")
        if isinstance(source, dict) and source.get("type") == "base64":
            url = f"data:{source.get('media_type')};base64,{source.get('data')}"
        elif isinstance(source, dict):
            url = source.get("url")
            if isinstance(source.get("bytes"), str):
                url = f"data:image/{value.get('format')};base64,{source['bytes']}"
        else:
            url = first(value, ("url", "image"))
    elif kind in ("inlineData", "inline_data"):
        mime = first(value, ("mimeType", "mime_type"))
        url = f"data:{mime};base64,{value.get('data')}" if str(mime).startswith("image/") else None
    elif kind in ("fileData", "file_data"):
        url = first(value, ("fileUri", "file_uri"))
    else:
        raise UnclearError(
            f"A part of the kind {kind[:40]!r} has no place in a chat row. Take it out, or the row."
        )
    if not isinstance(url, str) or not url.startswith(("http://", "https://", "data:image/")):
        raise UnclearError(f"An image lies where only its own service can read it. {_IMAGE}")
    detail = {"detail": value["detail"]} if value.get("detail") else {}
    return {"type": "image_url", "image_url": {"url": url, **detail}}
