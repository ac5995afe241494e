"""Rows that hold two answers to one prompt, one of them preferred."""

from finetune_dataset.chat import (
    PREFERRED,
    PROMPT,
    REJECTED,
    SYSTEM_ROLES,
    JsonObject,
    JsonValue,
    message_text,
)
from finetune_dataset.formats.build import Chat, UnclearError, finished, first
from finetune_dataset.formats.chats import system_content
from finetune_dataset.formats.pairs import add_prompt, add_said
from finetune_dataset.formats.texts import read_text, style_of
from finetune_dataset.formats.tools import chat_tools
from finetune_dataset.formats.turns import read_turns

# Key of the better answer, of the other one → whose they are. Sources, read 2026-11-28: TRL, "Dataset
# formats"; OpenAI's API description of April 2025; the dataset cards of
# HuggingFaceH4/ultrafeedback_binarized, Anthropic/hh-rlhf and
# Intel/orca_dpo_pairs; LLaMA-Factory, data/README.md.
SIDES = {
    ("chosen", "rejected"): "TRL preference",
    ("preferred_completion", "non_preferred_completion"): "OpenAI preference of April 2025",
    ("chosen_response", "rejected_response"): "preference",
    ("response_chosen", "response_rejected"): "preference",
    ("preferred", "rejected"): "preference",
    ("accepted", "rejected"): "preference",
    (PREFERRED, REJECTED): "preference",
}
_PROMPT_KEYS = ("prompt", PROMPT, "question", "query", "instruction", "conversations", "messages")
_SYSTEM_KEYS = ("system", "system_prompt")


def preference_name(row: JsonObject) -> str:
    """Name the format of a row with two answers; "" for any other, and for a row as the service has it."""
    sides = _sides(row)
    if sides is None or (sides == (PREFERRED, REJECTED) and (PROMPT in row or not _prompt_key(row))):
        return ""
    chosen = row[sides[0]]
    if isinstance(chosen, str) and _prompt_key(row) is None and style_of(chosen):
        return f"preference as {style_of(chosen)}"
    implicit = sides == ("chosen", "rejected") and _prompt_key(row) is None
    return f"{SIDES[sides]} with an implicit prompt" if implicit else SIDES[sides]


def preference(row: JsonObject) -> JsonObject:
    """Return a row for which `preference_name` has a name as a preference row.

    Raises:
        UnclearError: It is not clear where the prompt ends.
    """
    sides = _sides(row)
    if sides is None:
        raise UnclearError('One of the two answers is missing. Write "prompt", "chosen" and "rejected".')
    key = _prompt_key(row)
    chosen, rejected = (_side(row[side], row.get(key) if key else None) for side in sides)
    prompt, tools = _prompt(row, key)
    before = _shared(chosen, rejected)
    if before and prompt and not _is_same(prompt, before):
        raise UnclearError(f"The answers begin with another chat than {key!r}. Write only the answers there.")
    prompt = before or prompt
    if not prompt:
        raise UnclearError('The two chats have no beginning in common. Write what they share as "prompt".')
    system = first(row, _SYSTEM_KEYS)
    if system and prompt[0]["role"] not in SYSTEM_ROLES:
        prompt = [{"role": "system", "content": system_content(system)}, *prompt]
    made: JsonObject = {
        PROMPT: {"messages": prompt, **({"tools": tools} if tools else {})},
        PREFERRED: chosen[len(before) :],
        REJECTED: rejected[len(before) :],
    }
    used = {*sides, *_SYSTEM_KEYS, "tools", *([key] if key else [])}
    if key == "instruction":
        used.add(PROMPT)
    if key != "messages":
        used.add("messages")  # UltraFeedback repeats the preferred chat there.
    return finished(row, used, made)


def ranked_completions(row: JsonObject) -> JsonObject:
    """Return a row of NeMo RL as a preference row: two completions with a rank, the lower one is better."""
    ranked = row["completions"]
    ranks = [one.get("rank") for one in ranked]
    if len(set(map(str, ranks))) != 2 or len(ranks) != 2 or not all(isinstance(rank, int) for rank in ranks):
        raise UnclearError('Choose the better and the other answer: write "prompt", "chosen" and "rejected".')
    better, other = sorted(ranked, key=lambda one: one["rank"])
    sides = {
        "prompt": row["context"],
        "chosen": better.get("completion"),
        "rejected": other.get("completion"),
    }
    return finished(row, {"context", "completions"}, preference(sides))


def _sides(row: JsonObject) -> tuple[str, str] | None:
    return next((pair for pair in SIDES if all(row.get(side) for side in pair)), None)


def _prompt_key(row: JsonObject) -> str | None:
    keys = [key for key in _PROMPT_KEYS if row.get(key)]
    if "instruction" in keys:
        return "instruction"
    return keys[0] if keys and (keys != ["messages"] or is_open(row)) else None


def is_open(row: JsonObject) -> bool:
    """Tell whether the messages of a row end before the answer."""
    messages = row.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    return isinstance(last, dict) and last.get("role") in ("user", "tool")


def _side(value: JsonValue, prompt: JsonValue) -> list[JsonObject]:
    if isinstance(value, str) and prompt is None:
        if not style_of(value):
            raise UnclearError(
                'Write what both texts share as "prompt", and only the answers as "chosen" and "rejected".'
            )
        return read_text(value)
    chat = Chat()
    marked = isinstance(value, str) and style_of(prompt)  # The space after the mark of the turn goes.
    add_said(chat, "assistant", value.strip() if marked else value)
    return chat.messages


def _prompt(row: JsonObject, key: str | None) -> tuple[list[JsonObject], list[JsonObject]]:
    """Return the messages and the tools of the prompt."""
    value: JsonValue = row[key] if key else None
    if isinstance(value, dict) and "messages" in value:
        return read_turns(value["messages"]).messages, chat_tools(value.get("tools"))
    chat = Chat()
    if key == "instruction" and isinstance(row.get(PROMPT), str) and row[PROMPT]:
        value = f"{value}\n{row[PROMPT]}"
    if value:
        add_prompt(chat, value)
    return chat.messages, chat_tools(row.get("tools"))


def _shared(chosen: list[JsonObject], rejected: list[JsonObject]) -> list[JsonObject]:
    """Return the messages with which both chats begin; each keeps at least its answer."""
    shared: list[JsonObject] = []
    for one, other in zip(chosen[:-1], rejected[:-1], strict=False):
        if one != other:
            break
        shared.append(one)
    # Equal calls before different answers belong to the answers, where the chat begins with an answer.
    if chosen and chosen[0]["role"] == "assistant":
        return []
    while shared and shared[-1]["role"] == "assistant":
        shared.pop()
    return shared


def _is_same(prompt: list[JsonObject], before: list[JsonObject]) -> bool:
    """Tell whether a prompt is the beginning of the chats, or its last words, as in UltraFeedback."""
    said, began = [[message_text(each).strip() for each in side] for side in (prompt, before)]
    return began[-len(said) :] == said or began[: len(said)] == said


def ranked_name(row: JsonObject) -> str:
    """Name a row of NeMo RL with ranked completions; "" for any other."""
    ranked = row.get("completions")
    if not isinstance(ranked, list) or not all(isinstance(one, dict) for one in ranked):
        return ""
    return "NeMo RL preference" if "context" in row and all("rank" in one for one in ranked) else ""
