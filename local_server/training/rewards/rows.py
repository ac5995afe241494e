"""Rows of a reinforcement job: a prompt as tokens, and what the grader knows of it."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from local_server.training.reporter import TrainingFailed
from local_server.training.rows.forms import form_of
from local_server.training.rows.tokenize import MAX_FURTHER, read_rows
from local_server.training.rows.tools import definitions, shown, with_calls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# An answer has room for so many tokens: more cost a laptop minutes, and the answers of a model that does not
# end them are no worse at their beginning.
ANSWER_TOKENS = 256
# Less room than this is none.
FEWEST_ANSWER_TOKENS = 16
_RESERVED = ("messages", "tools")


class Prompt(NamedTuple):
    """A row.

    Args:
        tokens: Of its messages, ready for an answer.
        item: Its other fields, which graders see as `item`.
    """

    tokens: list[int]
    item: dict[str, Any]


def prompts(path: Path, tokenizer: "PreTrainedTokenizerBase", context: int) -> list[Prompt]:
    """Read the rows of a file.

    Args:
        path: Of validated rows, named after the file's part in the job.
        tokenizer: Of the model.
        context: Tokens that the model can read.

    Returns:
        One for each row.

    Raises:
        TrainingFailed: A row does not fit the model.
    """
    found, problems = [], []
    for line, row in read_rows(path):
        try:
            tokens = _tokens(row, tokenizer)
        except Exception as error:
            problems.append(f"Example {line} does not fit the chat template of the model: {error}")
            continue
        if len(tokens) > context - FEWEST_ANSWER_TOKENS:
            problems.append(
                f"Example {line} has {len(tokens):,} tokens, and the model reads {context:,}: there is no "
                f"room for an answer of {FEWEST_ANSWER_TOKENS} tokens. Shorten it or leave it out."
            )
        item = {name: value for name, value in row.items() if name not in _RESERVED}
        found.append(Prompt(tokens, item))
    if problems:
        first, *further = problems
        message = f"The job failed due to an invalid {path.stem} file. {first}"
        param = f"{path.stem}_file"
        raise TrainingFailed(message, f"invalid_{param}", param, further[:MAX_FURTHER])
    return found


def _tokens(row: dict[str, Any], tokenizer: "PreTrainedTokenizerBase") -> list[int]:
    chat = shown(with_calls(row["messages"]), definitions(row), form_of(tokenizer))
    text = tokenizer.apply_chat_template(
        chat.messages, tools=chat.tools, tokenize=False, add_generation_prompt=True
    )
    tokens: list[int] = tokenizer(str(text), add_special_tokens=False)["input_ids"]
    return tokens


def order(rows: int, batch_size: int, epochs: int, seed: int) -> Iterator[int]:
    """In which order rows are trained: shuffled anew in each epoch, in whole steps only.

    Args:
        rows: How many there are, at least a batch.
        batch_size: Rows of a step.
        epochs: How often each is read; what is left of an epoch below a batch is left out there.
        seed: The same one gives the same order.

    Yields:
        The number of a row, from 0.
    """
    shuffle = random.Random(seed)
    for _ in range(epochs):
        places = list(range(rows))
        shuffle.shuffle(places)
        yield from places[: rows // batch_size * batch_size]
