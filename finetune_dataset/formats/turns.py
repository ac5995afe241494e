"""Read the turns of a conversation, whatever their keys are."""

from finetune_dataset.chat import MESSAGE_KEYS, ROLES, JsonObject, JsonValue
from finetune_dataset.formats.build import SPEAKERS, Chat, UnclearError, first, from_text
from finetune_dataset.formats.parts import FOREIGN_TYPES, add_parts

SPEAKER_KEYS = ("role", "from", "author", "speaker", "sender")
TEXT_KEYS = ("content", "value", "text", "message", "parts")
# A turn that is a question and its answer: XTuner, Firefly and MOSS.
_PAIR_KEYS = (("input", "output"), ("human", "assistant"), ("user", "assistant"), ("prompt", "response"))
_BEDROCK_PARTS = {"text", "image", "toolUse", "toolResult", "reasoningContent", "document", "video"}
_TOOL_OWNERS = {
    "input_schema": "Anthropic",
    "toolSpec": "Bedrock Converse (Nova)",
    "functionDeclarations": "Gemini",
    "function_declarations": "Gemini",
    "parameter_definitions": "Cohere",
}
_SAY_WHO = 'Say in each turn who speaks, as {"role": "user", "content": ...}.'


def read_turns(turns: object) -> Chat:
    """Read the turns of a conversation.

    Args:
        turns: A list of turns, or its JSON text.

    Raises:
        UnclearError: A turn has more than one reading, or none.
    """
    turns = from_text(turns, f"The conversation is a text. {_SAY_WHO}")
    if isinstance(turns, dict):
        turns = _of_columns(turns)
    if not isinstance(turns, list) or not turns:
        raise UnclearError(f"The conversation is no list with turns in it. {_SAY_WHO}")
    chat = Chat()
    for turn in turns:
        _add_turn(chat, turn)
    return chat


def _of_columns(columns: JsonObject) -> JsonValue:
    """Return turns that are written as columns, as TensorFlow does, one by one; else what it was."""
    values = list(columns.values())
    if not values or not all(isinstance(each, list) and len(each) == len(values[0]) for each in values):
        return columns
    return [dict(zip(columns, turn, strict=True)) for turn in zip(*values, strict=True)]


def speaker_of(turn: JsonObject) -> str:
    """Return who speaks, in the words of the turn; "" where it does not say."""
    speaker = first(turn, SPEAKER_KEYS)
    if speaker is None and ("data" in turn or "content" in turn):
        speaker = turn.get("type")  # LangChain.
    return speaker.strip().lower() if isinstance(speaker, str) else ""


def _add_turn(chat: Chat, turn: JsonValue) -> None:
    turn = from_text(turn, f"A turn is a text. {_SAY_WHO}")
    if isinstance(turn, list) and _is_tuple(turn):
        turn = {"role": turn[0], "content": turn[1]}
    if not isinstance(turn, dict):
        raise UnclearError(f"A turn is no object. {_SAY_WHO}")
    if _add_item(chat, turn) or _add_pair(chat, turn):
        return
    speaker = speaker_of(turn)
    if speaker not in SPEAKERS:
        named = f"{speaker[:40]!r} speaks" if speaker else "nobody speaks"
        raise UnclearError(f"In a turn {named}. {_SAY_WHO}")
    role, spoken = SPEAKERS[speaker], turn
    if isinstance(turn.get("data"), dict):
        spoken = turn["data"]
    content = first(spoken, TEXT_KEYS)
    if isinstance(content, dict) and "parts" in spoken:
        content = [content]
    calls = first(spoken, ("tool_calls", "toolCalls"))
    used = {*SPEAKER_KEYS, *TEXT_KEYS, "tool_calls", "toolCalls", "tool_call_id", "data"}
    if spoken.get("type") in ("message", *SPEAKERS):
        used.add("type")
    more = {key: value for key, value in spoken.items() if key not in used and value is not None}
    if role == "call":
        chat.call_from(content)
    elif role == "tool" or (role == "function" and not ("role" in turn and "name" in turn)):
        if isinstance(content, list) and not all(
            isinstance(part, dict) and part.get("type") == "text" for part in content
        ):
            add_parts(chat, "tool", content, {})
            return
        chat.answer("" if content is None else content, spoken.get("tool_call_id"), spoken.get("name"))
        chat.messages[-1].update(more)
    elif isinstance(content, list) and content:
        add_parts(chat, role, content, more)
    elif isinstance(content, str) or content is None or content == []:
        if content is None and not (calls or more.keys() & MESSAGE_KEYS.keys()):
            raise UnclearError(f"A turn has no text. {_SAY_WHO}")
        chat.say(role, content or None if calls else content, more)
    else:
        raise UnclearError(f"The text of a turn is no text. {_SAY_WHO}")
    if calls:
        chat.call_from(calls)


def _add_item(chat: Chat, item: JsonObject) -> bool:
    """Add an item of OpenAI's Responses that is no message."""
    kind = item.get("type")
    if kind == "function_call":
        chat.call(item.get("name"), item.get("arguments"), item.get("call_id"))
    elif kind == "function_call_output":
        output: JsonValue = item.get("output")
        if isinstance(output, list):
            output = "\n".join(str(part.get("text", "")) for part in output if isinstance(part, dict))
        chat.answer(output, item.get("call_id"))
    elif kind == "reasoning":
        raise UnclearError(
            "Remove the reasoning items: a training row of the chat API has no place for them."
        )
    elif isinstance(kind, str) and kind.endswith("_call"):
        raise UnclearError(
            f"The item {kind[:40]!r} is a tool that OpenAI runs itself. Take it out, or the row."
        )
    else:
        return False
    return True


def _add_pair(chat: Chat, turn: JsonObject) -> bool:
    """Add a turn that holds a question and its answer."""
    for question, answer in _PAIR_KEYS:
        if isinstance(turn.get(question), str) and isinstance(turn.get(answer), str):
            if turn.get("system"):
                chat.say("system", turn["system"])
            if turn[question]:
                chat.say("user", turn[question])
            chat.say("assistant", turn[answer])
            return True
    return False


def whose(message: object) -> str:
    """Name whose message this is; "" for one of the chat API, good or bad."""
    if isinstance(message, str) and message.lstrip().startswith("{"):
        return "messages as JSON text"
    if isinstance(message, list) and _is_tuple(message):
        return "LangChain"
    if not isinstance(message, dict):
        return ""
    if "role" not in message:
        if "from" in message and "value" in message:
            return "ShareGPT"
        if "author" in message:
            return "PaLM chat"
        if message.get("type") in ("human", "ai", "system", "tool") and (
            "content" in message or "data" in message
        ):
            return "LangChain"
        if message.get("type") in ("function_call", "function_call_output", "reasoning"):
            return "OpenAI Responses"
        return ""
    if "parts" in message and "content" not in message:
        return "Gemini"
    if "message" in message and "content" not in message:
        return "Cohere"
    role = message["role"]
    if isinstance(role, str) and role not in ROLES and role.strip().lower() in ("tool_call", "tool_response"):
        return "ms-swift"
    content = message.get("content")
    for part in content if isinstance(content, list) else []:
        if not isinstance(part, dict):
            continue
        kind = part.get("type")
        if isinstance(kind, str) and kind in FOREIGN_TYPES:
            return FOREIGN_TYPES[kind]
        if "type" not in part and len(part) == 1 and part.keys() <= _BEDROCK_PARTS:
            return "Bedrock Converse (Nova)"
    return ""


def whose_tools(tools: object) -> str:
    """Name whose tools these are; "" for those of the chat API, good or bad."""
    for tool in tools if isinstance(tools, list) else []:
        for key, name in _TOOL_OWNERS.items():
            if isinstance(tool, dict) and key in tool and "function" not in tool:
                return name
    return ""


def _is_tuple(turn: list[JsonValue]) -> bool:
    """Tell whether a turn is a speaker and a text, as LangChain takes them."""
    return len(turn) == 2 and all(isinstance(each, str) for each in turn) and turn[0].lower() in SPEAKERS
