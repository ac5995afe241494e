"""One text that holds a whole conversation, with marks between the turns."""

import re

from finetune_dataset.chat import JsonObject
from finetune_dataset.formats.build import SPEAKERS, Chat, UnclearError, finished

# Name of the format → how a turn begins, with who speaks; how it ends; what may stand before the first one.
# Sources, read 2026-11-28: the dataset cards of Anthropic/hh-rlhf and timdettmers/openassistant-guanaco; the
# chat templates of Qwen (ChatML), Llama 3 and Gemma; OpenAssistant's `<|prompter|>`, Zephyr's `<|user|>`.
_STYLES = {
    "Human:/Assistant: text (HH-RLHF)": (r"(?:^|\n\n)(Human|Assistant):", r"", r""),
    "### Human/### Assistant text": (r"### (System|Human|Assistant):", r"", r""),
    "### Instruction/### Response text": (r"(?:^|\n)### (Instruction|Response):", r"", r""),
    "ChatML text": (r"<\|im_start\|>(system|developer|user|assistant)\n", r"<\|im_end\|>", r""),
    "Llama 3 text": (
        r"<\|start_header_id\|>(system|user|assistant)<\|end_header_id\|>\n*",
        r"<\|eot_id\|>(?:<\|end_of_text\|>)?",
        r"<\|begin_of_text\|>",
    ),
    "OpenAssistant or Zephyr text": (
        r"<\|(system|user|prompter|assistant)\|>",
        r"(?:</s>|<\|endoftext\|>)",
        r"(?:<s>)?",
    ),
    "Gemma text": (r"<start_of_turn>(user|model)\n", r"<end_of_turn>", r"(?:<bos>)?"),
    "Llama 2 text": (r"(\[/?INST\])", r"</s>(?:\s*<s>)?", r"(?:<s>)?"),
}
_COMPILED = {
    name: (re.compile(start), re.compile(f"{end}$") if end else None, re.compile(before))
    for name, (start, end, before) in _STYLES.items()
}
_SPEAKERS = {
    **SPEAKERS,
    "instruction": "user",
    "response": "assistant",
    "[inst]": "user",
    "[/inst]": "assistant",
}
_LLAMA2_SYSTEM = re.compile(r"<<SYS>>(.*?)<</SYS>>(.*)", re.DOTALL)
PLAIN_TEXT = (
    'Say which part is the question and which the answer: write {"prompt": ..., "completion": ...}, and '
    "repair_dataset makes a chat of it. No service here trains on text alone."
)
"""What to do with a text without turns."""


def style_of(text: object) -> str:
    """Name how the turns of a text are marked; "" for a text without such marks at its start."""
    if not isinstance(text, str):
        return ""
    for name, (start, _, before) in _COMPILED.items():
        lead = before.match(text.lstrip())
        rest = text.lstrip()[lead.end() :] if lead else text
        found = start.search(rest)
        if found and not rest[: found.start()].strip():
            return name
    return ""


def read_text(text: str, *, prompt: bool = False) -> list[JsonObject]:
    """Return the messages of a text for which `style_of` has a name.

    Args:
        text: The text.
        prompt: Whether it may end with the mark of an answer that stands elsewhere.

    Raises:
        UnclearError: A turn has no text.
    """
    start, end, before = _COMPILED[style_of(text)]
    text = text.lstrip()
    lead = before.match(text)
    _, *pieces = start.split(text[lead.end() :] if lead else text)
    chat = Chat()
    if prompt and _SPEAKERS[pieces[-2].lower()] == "assistant" and not pieces[-1].strip():
        del pieces[-2:]
    for name, said in zip(pieces[::2], pieces[1::2], strict=True):
        role, said = _SPEAKERS[name.lower()], said.strip()
        if end:
            said = end.sub("", said).strip()
        if name == "[INST]" and (system := _LLAMA2_SYSTEM.match(said)):
            chat.say("system", system[1].strip())
            said = system[2].strip()
        if not said:
            raise UnclearError(f"The turn of {role!r} has no text. Write it, or remove its mark.")
        chat.say(role, said)
    return chat.messages


def text_row(row: JsonObject) -> JsonObject:
    """Return a row with one text as a chat row.

    Raises:
        UnclearError: The text has no marks between its turns.
    """
    if not style_of(row["text"]):
        raise UnclearError(PLAIN_TEXT)
    return finished(row, {"text"}, {"messages": read_text(row["text"])})


def one_message_name(row: JsonObject) -> str:
    """Name a row that is one message of a chat; "" for any other."""
    if "parent_id" in row and "text" in row:
        return "OpenAssistant message tree"
    single = {"role", "content"} <= row.keys() or {"from", "value"} <= row.keys()
    return "one message in a row" if single else ""


def text_name(row: JsonObject) -> str:
    """Name a row with one text by the marks of its turns; "" for a row without a text."""
    if not isinstance(row.get("text"), str):
        return ""
    return style_of(row["text"]) or "text without turns"
