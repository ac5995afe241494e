"""Token counts of texts and of chat examples, without a network.

OpenAI's vocabularies come with the package `splintr-rs`; a local model has its
own in `tokenizer.json`. What the tokens cost is in `costs`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from splintr import Tokenizer as SplintrTokenizer
from tokenizers import Tokenizer

from helpers.errors import FineTuneError
from helpers.rows import message_text
from helpers.runs import data_path

LOCAL_MODEL = "periodic-tiny"

# Start of a model's name → its encoding; the longest match counts (as in tiktoken 0.14, 2026-08).
ENCODINGS = {
    "gpt-3.5": "cl100k_base",
    "gpt-35": "cl100k_base",  # as Azure spells it
    "gpt-4": "cl100k_base",
    "gpt-4.1": "o200k_base",
    "gpt-4.5": "o200k_base",
    "gpt-4o": "o200k_base",
}
DEFAULT_ENCODING = "o200k_base"


@dataclass(frozen=True)
class TokenCounts:
    """Tokens of one example.

    Attributes:
        total: The whole example, with the tokens that mark roles and ends of messages.
        answer: Text of the assistant messages that are trained (weight 0 leaves one out).
        messages: Number of messages.
    """

    total: int
    answer: int
    messages: int


def encoding_of(model: str) -> str:
    """Return the encoding of an OpenAI model, fine-tuned or not.

    tiktoken 0.14 answers this wrongly for `ft:gpt-4.1-…`, so the table is our own.

    Returns:
        "o200k_base" or "cl100k_base"; a name that is not in the table gives "o200k_base".
    """
    name = model.removeprefix("ft:")
    return ENCODINGS.get(max(filter(name.startswith, ENCODINGS), key=len, default=""), DEFAULT_ENCODING)


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
    if not is_local(model):
        return len(_openai_tokenizer(encoding_of(model)).encode_ordinary(text))
    folder = model if isinstance(model, Path) else data_path("base_model")
    return len(_local_tokenizer(folder / "tokenizer.json").encode(text, add_special_tokens=False))


def count_row(row: dict, model: str | Path) -> TokenCounts:
    """Count the tokens of one chat example; text only, tools and images are left out.

    A local model is counted in the course's chat template, one token for the
    role and one for the end of each message. OpenAI's models are counted by the
    published estimate: 3 per message + role + content (+ 1 + name), and 3 per
    example (cookbook `How_to_count_tokens_with_tiktoken`). It was published for
    models up to gpt-4o-2024-08-06; for other models it is a guide.

    Args:
        row: A valid example, see `validate_dataset`.
        model: A model id, fine-tuned or not; or the folder of a local model.
    """
    messages = row["messages"]
    trained = [
        message for message in messages if message["role"] == "assistant" and message.get("weight") != 0
    ]
    answer = sum(count_tokens(message_text(message), model) for message in trained)
    if is_local(model):
        chat = "".join(f"<|{message['role']}|>{message_text(message)}<|end|>" for message in messages)
        return TokenCounts(count_tokens(chat, model), answer, len(messages))
    total = 3
    for message in messages:
        total += 3 + count_tokens(message["role"], model) + count_tokens(message_text(message), model)
        total += 1 + count_tokens(message["name"], model) if message.get("name") else 0
    return TokenCounts(total, answer, len(messages))


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


@lru_cache
def _openai_tokenizer(encoding: str) -> SplintrTokenizer:
    return SplintrTokenizer.from_pretrained(encoding)


@lru_cache
def _local_tokenizer(path: Path) -> Tokenizer:
    if not path.exists():
        raise FineTuneError(f"{path} was not found. A local model's folder holds its tokenizer.json.")
    return Tokenizer.from_file(str(path))
