"""The one table from the shape of a row to the name of its format and to its mapping.

Each entry has its source and when it was read. What a service trains on as it is stands in `rules`, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

from finetune_dataset.chat import JsonObject
from finetune_dataset.formats import chats, pairs, preferences, texts
from finetune_dataset.formats.build import UnclearError

_READ = "read 2026-11-28"


@dataclass(frozen=True)
class Format:
    """A format of another program or service.

    Attributes:
        name_of: Gives the name of a row's format; "" for a row of another one.
        method: The method that the converted row trains with.
        convert: Makes a row of that method, or raises `UnclearError` with what to do.
        source: Where its keys are documented, and when that was read.
    """

    name_of: Callable[[JsonObject], str]
    method: str
    convert: Callable[[JsonObject], JsonObject]
    source: str


def _with(name: str, *keys: str) -> Callable[[JsonObject], str]:
    """Name every row that has all of these keys."""
    return lambda row: name if all(key in row for key in keys) else ""


def _say(fix: str) -> Callable[[JsonObject], NoReturn]:
    """Refuse to convert, with what to do instead."""

    def refuse(row: JsonObject) -> NoReturn:
        raise UnclearError(fix)

    return refuse


_ONE_CHAT = 'Put the messages of one chat together, in one row: {"messages": [...]}.'
_CHOOSE = 'Choose the better and the other answer: write "prompt", "chosen" and "rejected", for method="dpo".'
_FOR_EMBEDDINGS = "It is for models that compare texts. For a chat, write a question and its answer."

FORMATS: tuple[Format, ...] = (
    Format(
        pairs.unpaired,
        "supervised",
        _say(
            "For supervised training keep the rows with label true, and leave the label out: repair_dataset "
            'makes chats of them. For method="dpo" each prompt needs a good and a bad answer in one row.'
        ),
        f"huggingface.co/docs/trl, Dataset formats: unpaired preference; {_READ}",
    ),
    Format(
        preferences.preference_name,
        "dpo",
        preferences.preference,
        f"huggingface.co/docs/trl, Dataset formats: preference; {_READ}",
    ),
    Format(
        preferences.ranked_name,
        "dpo",
        preferences.ranked_completions,
        f"docs.nvidia.com/nemo/rl, preference datasets; {_READ}",
    ),
    Format(
        chats.foreign_messages,
        "supervised",
        chats.conversation,
        f"docs.anthropic.com, Messages; docs.aws.amazon.com/bedrock, Converse; {_READ}",
    ),
    Format(
        chats.conversation_name,
        "supervised",
        chats.conversation,
        f"LLaMA-Factory, data/README.md: sharegpt; ai.google.dev, Content; docs.cohere.com, Chat v1; {_READ}",
    ),
    Format(
        lambda row: "OpenAI Batch request" if isinstance(row.get("body"), dict) and "url" in row else "",
        "supervised",
        chats.batch_request,
        f"platform.openai.com/docs/guides/batch; {_READ}",
    ),
    Format(
        chats.responses_name,
        "supervised",
        chats.responses,
        f"platform.openai.com/docs/api-reference/responses; {_READ}",
    ),
    Format(
        lambda row: "xLAM function calls" if isinstance(row.get("query"), str) and "tools" in row else "",
        "supervised",
        pairs.calls_of_query,
        f"dataset card of Salesforce/xlam-function-calling-60k; {_READ}",
    ),
    Format(
        lambda row: (
            "logged request and response"
            if isinstance(row.get("request"), dict) and isinstance(row.get("response"), dict)
            else ""
        ),
        "supervised",
        chats.logged,
        f"platform.openai.com/docs/api-reference/chat; {_READ}",
    ),
    Format(
        lambda row: (
            "UltraChat"
            if isinstance(row.get("data"), list)
            and row["data"]
            and all(isinstance(text, str) for text in row["data"])
            else ""
        ),
        "supervised",
        chats.alternating,
        f"dataset card of stingning/ultrachat; {_READ}",
    ),
    Format(
        pairs.several_answers,
        "supervised",
        _say('Choose the answer to learn, as a text: write {"question": ..., "answer": ...}.'),
        f"dataset cards of rajpurkar/squad and allenai/ai2_arc; {_READ}",
    ),
    Format(
        pairs.graded_name, "reinforcement", pairs.graded_prompt, f"TRL, Dataset formats: prompt-only; {_READ}"
    ),
    Format(pairs.pair_name, "supervised", pairs.pair, f"see `pairs.PAIRS`; {_READ}"),
    Format(
        lambda row: "UltraFeedback completions" if isinstance(row.get("completions"), list) else "",
        "dpo",
        _say(_CHOOSE),
        f"dataset card of openbmb/UltraFeedback; {_READ}",
    ),
    Format(
        _with("tokens", "input_ids"),
        "supervised",
        _say("Write the texts in place of the tokens: a service makes its own tokens."),
        f"huggingface.co/docs/transformers, tokenizers; {_READ}",
    ),
    Format(
        lambda row: (
            "an answer of the chat API"
            if isinstance(row.get("choices"), list) or ("custom_id" in row and "response" in row)
            else ""
        ),
        "supervised",
        _say('Put the question and choices[0].message together: {"messages": [..., {...}]}.'),
        f"platform.openai.com/docs/api-reference/chat; {_READ}",
    ),
    Format(
        lambda row: (
            "text pairs for embeddings"
            if {"positive", "anchor"} <= row.keys() or {"query", "pos"} <= row.keys()
            else ""
        ),
        "supervised",
        _say(_FOR_EMBEDDINGS),
        f"sbert.net, Dataset overview; {_READ}",
    ),
    Format(
        lambda row: "text and summary" if "summary" in row and len(row) > 1 else "",
        "supervised",
        _say('Write the task into the question: {"prompt": "Summarize this: ...", "completion": ...}.'),
        f"dataset card of abisee/cnn_dailymail; {_READ}",
    ),
    Format(
        lambda row: "translation" if isinstance(row.get("translation"), dict) else "",
        "supervised",
        _say('Write the task into the question: {"prompt": "Translate into ...: ...", "completion": ...}.'),
        f"dataset card of Helsinki-NLP/opus-100; {_READ}",
    ),
    Format(
        texts.one_message_name,
        "supervised",
        _say(_ONE_CHAT),
        f"dataset card of OpenAssistant/oasst1; {_READ}",
    ),
    Format(
        texts.text_name, "supervised", texts.text_row, f"TRL, Dataset formats: language modeling; {_READ}"
    ),
)
"""Every format, the more exact shapes first."""

_PREFERENCE, _MESSAGES = (
    next(one for one in FORMATS if one.name_of is name_of)
    for name_of in (preferences.preference_name, chats.foreign_messages)
)


def format_of(row: JsonObject, method: str) -> tuple[str, Format] | None:
    """Find the format of a row that is not in the shape of the service.

    Args:
        row: The row.
        method: How it is meant to train; a format of that method is preferred.

    Returns:
        The name and the format; None for a row of no format that is known, and for a good shape.
    """
    if isinstance(row.get("messages"), list):
        is_asked = method == "dpo" or preferences.is_open(row)
        if is_asked and (name := preferences.preference_name(row)):
            return name, _PREFERENCE
        return (name, _MESSAGES) if (name := chats.foreign_messages(row)) else None
    # Sorting keeps the order of the table among formats of one method.
    for one in sorted(FORMATS, key=lambda each: each.method != method):
        if name := one.name_of(row):
            return name, one
    plain = {key.strip().lower(): value for key, value in row.items()}
    if len(plain) < len(row) or plain.keys() == row.keys():
        return None
    if isinstance(plain.get("messages"), list):
        return "chat with capitals in its keys", replace(_MESSAGES, convert=lambda _: plain)
    found = format_of(plain, method)
    return (found[0], replace(found[1], convert=lambda _: found[1].convert(plain))) if found else None
