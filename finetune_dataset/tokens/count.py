"""Token counts of texts and of chat examples, without a network.

OpenAI's vocabularies come with the package `splintr-rs`; a local model has its own in
`tokenizer.json`. Which model has which is in `models`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from splintr import AnyTokenizer, Tokenizer as SplintrTokenizer
from tokenizers import Tokenizer

from finetune_dataset.chat import PREFERRED, PROMPT, REJECTED, SYSTEM_ROLES, JsonObject, message_text
from finetune_dataset.errors import DatasetError
from finetune_dataset.models import encoding_of, is_local, tokenizer_file
from finetune_dataset.tokens.tool_definitions import render_tools

# Characters of a system prompt, or of tools, that are remembered; 256 of each are.
_REMEMBERED = 65_536


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of one example.

    Attributes:
        total: The whole example, with the tokens that mark roles and ends of messages.
        answer: What the assistant says and is trained on: text, refusals, tool calls (weight 0 leaves
            a message out; of a preference row both outputs count).
        messages: Number of messages.
    """

    total: int
    answer: int
    messages: int


def count_tokens(text: str, model: str | Path) -> int:
    """Count the tokens of a text.

    Args:
        text: Any text. What looks like a special token counts as plain text for OpenAI's models.
        model: A model id, fine-tuned or not; or the folder of a local model.

    Returns:
        The number of tokens; an id that is not known is counted as o200k_base, see `models.is_known`.

    Raises:
        DatasetError: The folder of the local model has no `tokenizer.json`, or one that cannot be read.
    """
    return counter_of(model)(text)


def count_row(row: JsonObject, model: str | Path) -> TokenCounts:
    """Count the tokens of one example: supervised, preference or reinforcement.

    OpenAI's models are counted by the published estimate: 3 per message + role + content
    (+ 1 + name), and 3 per example (cookbook `How_to_count_tokens_with_tiktoken`, for
    models up to gpt-4o-2024-08-06). Tool definitions, and the name and arguments of each
    call, are counted as a public bill has them, see `tool_definitions`. A preference row counts
    its prompt once, and both outputs. Images and audio are left out: no rule for training
    is known.

    A local model is counted in its chat template, which has text only: in that of the course's own
    model one token for the role and one for the end of each message, or in ChatML, with the system
    message that the template puts before a chat that has none. Definitions of tools and calls are left out of
    the total, though the local server trains them as text: such rows are longer than is counted here.

    Args:
        row: A valid example, see `validate_dataset`.
        model: A model id, fine-tuned or not; or the folder of a local model.

    Returns:
        The tokens of the whole example, those of its answers, and the number of its messages.

    Raises:
        DatasetError: The folder of the local model has no `tokenizer.json`, or one that cannot be read.
    """
    # A reinforcement row can have a field `input` of its own.
    prompt = row[PROMPT] if PREFERRED in row else row
    outputs = [*row.get(PREFERRED, []), *row.get(REJECTED, [])]
    messages = prompt["messages"] + outputs
    spoken = [_count_message(message, model) for message in messages]
    if outputs:
        answer = sum(spoken[-len(outputs) :])
    else:
        answer = 0
        for message, tokens in zip(messages, spoken, strict=True):
            if message["role"] == "assistant" and message.get("weight") != 0:
                answer += tokens
    if is_local(model):
        return TokenCounts(count_tokens(_as_chat(messages, model), model), answer, len(messages))
    # 3 for the row; for each message 3 and its role: every role of the API is one token in both encodings.
    total = 3 + 4 * len(messages) + sum(spoken)
    for message in messages:
        if message.get("name"):
            total += 1 + count_tokens(message["name"], model)
    tools = prompt.get("tools")
    # A row that ends with the user can have such a field for its grader.
    if not tools and messages[-1]["role"] != "user":
        tools = prompt.get("functions")
    if tools:
        total += count_tools(json.dumps(tools), model)
    return TokenCounts(total, answer, len(messages))


def count_tools(tools: str, model: str | Path) -> int:
    """Count the tokens of the tools that a row declares; many rows declare the same ones.

    Args:
        tools: The JSON of a row's `tools`.
        model: A model id.

    Returns:
        The number of tokens, see `tool_definitions`; 0 without any tool.
    """
    return (_count_tools if len(tools) <= _REMEMBERED else _count_tools.__wrapped__)(tools, model)


def _as_chat(messages: list[JsonObject], model: str | Path) -> str:
    """What a local model reads of a chat: ChatML where its template is written in it."""
    system = _chatml_system(tokenizer_file(model).with_name("chat_template.jinja"))
    if system is None:
        return "".join(f"<|{message['role']}|>{message_text(message)}<|end|>" for message in messages)
    # The local server calls a developer message a system message, too.
    roles = ["system" if message["role"] == "developer" else message["role"] for message in messages]
    turns = [(role, message_text(message)) for role, message in zip(roles, messages, strict=True)]
    if system and roles[0] != "system":
        turns.insert(0, ("system", system))
    return "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)


@lru_cache
def _chatml_system(template: Path) -> str | None:
    """The system message that a template adds where there is none: "" for no such, None for no ChatML."""
    text = template.read_text(encoding="utf-8") if template.is_file() else ""
    if "<|im_start|>" not in text:
        return None
    added = re.search(r"<\|im_start\|>system(?:\n|\\n)(.*?)<\|im_end\|>", text, re.DOTALL)
    return added[1] if added and "{" not in added[1] else ""


def _count_message(message: JsonObject, model: str | Path) -> int:
    """Count what a message says: its text, its refusal, and the name and arguments of its calls.

    The tokens that mark its role and its end are not in it.
    """
    content = message.get("content")
    if message["role"] in SYSTEM_ROLES:
        text = message_text(message)
        return _count_repeated(text, model) if len(text) <= _REMEMBERED else counter_of(model)(text)
    if len(message) == 2 and isinstance(content, str):  # Nearly every message: a role and a text.
        return counter_of(model)(content)
    texts = [message_text(message), message.get("refusal")]
    if isinstance(content, list):
        texts += [part.get("refusal") for part in content]
    calls = [call.get("function") for call in message.get("tool_calls") or []]
    for call in filter(None, [*calls, message.get("function_call")]):
        texts += [call.get("name"), call.get("arguments")]
    return sum(count_tokens(text, model) for text in texts if text)


def n_epochs_auto(n_rows: int) -> int:
    """Return the number of epochs that "auto" stands for.

    The rule is the cookbook's (`Chat_finetuning_data_prep`, 2023): 3 epochs, more
    for less than 100 examples in all, fewer for more than 25,000. OpenAI never
    confirmed it; it agrees with the public job logs of 2023 and 2024.

    Args:
        n_rows: Number of training examples, at least 1.

    Returns:
        1 to 25.
    """
    if 3 * n_rows < 100:
        return min(25, 100 // n_rows)
    if 3 * n_rows > 25_000:
        return max(1, 25_000 // n_rows)
    return 3


@lru_cache(maxsize=256)
def _count_repeated(text: str, model: str | Path) -> int:
    """Count a text that many rows share: most files have few system prompts."""
    return counter_of(model)(text)


@lru_cache(maxsize=256)
def _count_tools(tools: str, model: str | Path) -> int:
    return counter_of(model)(render_tools(json.loads(tools)))


@lru_cache
def counter_of(model: str | Path) -> Callable[[str], int]:
    """Return the function that counts the tokens of a text for a model, for a program that has many texts.

    Args:
        model: See `count_tokens`.

    Returns:
        `count_tokens` for this model.

    Raises:
        DatasetError: The folder of the local model has no `tokenizer.json`, or one that cannot be read.
    """
    if isinstance(model, Path) or is_local(model):
        encode = _local_tokenizer(tokenizer_file(model)).encode
        return lambda text: len(encode(text, add_special_tokens=False))
    tokenizer = _openai_tokenizer(encoding_of(model))
    flat, ordinary = tokenizer.encode_flat, tokenizer.encode_ordinary
    # The flat call gives four bytes for each token, in two thirds of the time; but it reads special tokens.
    return lambda text: len(flat(text)) // 4 if "<|" not in text else len(ordinary(text))


@lru_cache
def _openai_tokenizer(encoding: str) -> AnyTokenizer:
    return SplintrTokenizer.from_pretrained(encoding)


@lru_cache
def _local_tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # The library raises nothing narrower, whatever is wrong with the file.
        raise DatasetError(
            f"{path} is no tokenizer that can be read ({error}). Save the model again."
        ) from None
