"""Token counts of texts and of chat examples, without a network.

OpenAI's vocabularies come with the package `splintr-rs`; a local model has its
own in `tokenizer.json`. What the tokens cost is in `costs`.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from splintr import Tokenizer as SplintrTokenizer
from tokenizers import Tokenizer

from finetune_dataset.chat import message_text
from finetune_dataset.errors import FineTuneError
from finetune_dataset.tokens.tool_definitions import render_tools

LOCAL_MODEL = "periodic-tiny"
# Not by `runs.data_path`: a run reads datasets, and their check counts tokens.
LOCAL_FOLDER = Path(__file__).resolve().parents[2] / "data" / "base_model"

# Encoding → the model names that have it, as in tiktoken 0.14 (2026-08), whose own table is wrong for
# `ft:gpt-4.1-…`; gpt-6 from the models' announcement (2026). gpt-oss has the same merges (o200k_harmony).
ENCODINGS = {
    "o200k_base": r"(chat)?gpt-(4o|4\.1|4\.5|[56](\.\d+)?|oss)|o[134]",
    "cl100k_base": r"gpt-(3\.5|35|4)|babbage-002|davinci-002",  # gpt-35 as Azure spells it
}
DEFAULT_ENCODING = "o200k_base"
# What may follow a known name: a version, or the id of a fine-tune (`ft:…:acme`, Azure's `….ft-0a1b`).
_NAME_ENDS = r"(?=$|[-:@]|\.ft-)"


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


def encoding_of(model: str) -> str:
    """Return the encoding of an OpenAI model, fine-tuned or not.

    Returns:
        "o200k_base" or "cl100k_base"; a name that is not in the table gives "o200k_base",
        which is a guess (`is_known` tells).
    """
    return _find_encoding(model) or DEFAULT_ENCODING


def is_known(model: str | Path) -> bool:
    """Tell whether the encoding of a model is known; counts for other models are guesses.

    Open models at other services have vocabularies of their own, so they are guesses too.
    """
    return is_local(model) or _find_encoding(str(model)) is not None


def is_local(model: str | Path) -> bool:
    """Tell whether a model is this course's own, or a folder on this computer."""
    return isinstance(model, Path) or model.removeprefix("ft:").startswith(LOCAL_MODEL)


def count_tokens(text: str, model: str | Path) -> int:
    """Count the tokens of a text.

    Args:
        text: Any text. What looks like a special token counts as plain text for OpenAI's models.
        model: A model id, fine-tuned or not; or the folder of a local model.

    Raises:
        FineTuneError: The folder of the local model has no `tokenizer.json`.
    """
    return _counter(model)(text)


def count_row(row: dict, model: str | Path) -> TokenCounts:
    """Count the tokens of one example: supervised, preference or reinforcement.

    OpenAI's models are counted by the published estimate: 3 per message + role + content
    (+ 1 + name), and 3 per example (cookbook `How_to_count_tokens_with_tiktoken`, for
    models up to gpt-4o-2024-08-06). Tool definitions, and the name and arguments of each
    call, are counted as a public bill has them, see `tool_text`. A preference row counts
    its prompt once, and both outputs. Images and audio are left out: no rule for training
    is known.

    A local model is counted in the course's chat template, which has text only: one token
    for the role and one for the end of each message.

    Args:
        row: A valid example, see `validate_dataset`.
        model: A model id, fine-tuned or not; or the folder of a local model.
    """
    # A reinforcement row can have a field `input` of its own.
    prompt = row["input"] if "preferred_output" in row else row
    outputs = [*row.get("preferred_output", []), *row.get("non_preferred_output", [])]
    messages = prompt["messages"] + outputs
    spoken = [count_message(message, model) for message in messages]
    if outputs:
        answer = sum(spoken[-len(outputs) :])
    else:
        answer = 0
        for message, tokens in zip(messages, spoken, strict=True):
            if message["role"] == "assistant" and message.get("weight") != 0:
                answer += tokens
    if is_local(model):
        chat = "".join(f"<|{message['role']}|>{message_text(message)}<|end|>" for message in messages)
        return TokenCounts(count_tokens(chat, model), answer, len(messages))
    # 3 for the row; for each message 3 and its role: every role of the API is one token in both encodings.
    total = 3 + 4 * len(messages) + sum(spoken)
    for message in messages:
        if message.get("name"):
            total += 1 + count_tokens(message["name"], model)
    tools = prompt.get("tools")
    if (
        not tools and messages[-1]["role"] != "user"
    ):  # A row that ends so can have such a field for its grader.
        tools = prompt.get("functions")
    if tools:
        total += _count_tools(json.dumps(tools), model)
    return TokenCounts(total, answer, len(messages))


def count_message(message: dict, model: str | Path) -> int:
    """Count what a message says: its text, its refusal, and the name and arguments of its calls.

    The tokens that mark its role and its end are not in it, see `count_row`.
    """
    content = message.get("content")
    if message["role"] in ("system", "developer"):
        return _count_repeated(message_text(message), model)
    if len(message) == 2 and isinstance(content, str):  # Nearly every message: a role and a text.
        return _counter(model)(content)
    texts = [message_text(message), message.get("refusal")]
    if isinstance(content, list):
        texts += [part.get("refusal") for part in content]
    calls = [call.get("function") for call in message.get("tool_calls") or []]
    for call in filter(None, [*calls, message.get("function_call")]):
        texts += [call.get("name"), call.get("arguments")]
    return sum(count_tokens(text, model) for text in texts if text)


def count_dataset(rows: Iterable[dict], model: str | Path) -> list[TokenCounts]:
    """Count every example; `pandas.DataFrame(count_dataset(rows, model))` makes a table of it."""
    return [count_row(row, model) for row in rows]


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


def _find_encoding(model: str) -> str | None:
    name = model.lower().removeprefix("ft:").removeprefix("openai/")
    matches = (encoding for encoding, names in ENCODINGS.items() if re.match(f"({names}){_NAME_ENDS}", name))
    return next(matches, None)


@lru_cache(maxsize=256)
def _count_repeated(text: str, model: str | Path) -> int:
    """Count a text that many rows share: most files have few system prompts."""
    return _counter(model)(text)


@lru_cache(maxsize=256)
def _count_tools(tools: str, model: str | Path) -> int:
    return _counter(model)(render_tools(json.loads(tools)))


@lru_cache
def _counter(model: str | Path) -> Callable[[str], int]:
    """Return the function that counts the tokens of a text for a model."""
    if not is_local(model):
        encode = _openai_tokenizer(encoding_of(model)).encode_ordinary
        return lambda text: len(encode(text))
    folder = model if isinstance(model, Path) else LOCAL_FOLDER
    tokenizer = _local_tokenizer(folder / "tokenizer.json")
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False))


@lru_cache
def _openai_tokenizer(encoding: str) -> SplintrTokenizer:
    return SplintrTokenizer.from_pretrained(encoding)


@lru_cache
def _local_tokenizer(path: Path) -> Tokenizer:
    if not path.exists():
        raise FineTuneError(f"{path} was not found. A local model's folder holds its tokenizer.json.")
    return Tokenizer.from_file(str(path))
