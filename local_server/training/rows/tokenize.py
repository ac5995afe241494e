"""Training rows as tokens, with a label on every token that the model should learn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_server.training.rows.content import plain

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# PyTorch's cross entropy leaves this label out.
IGNORED = -100
# Further problems of a file that become events: enough to see a pattern.
MAX_FURTHER = 20


def tokenize_row(
    row: dict[str, Any], tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> dict[str, list[int]]:
    """Turn one chat into tokens, and label the answers.

    Every assistant message is learned, its end-of-turn token included, unless it has `weight` 0.
    Each answer is tokenized apart from what stands before it: in a chat, the model also reads a
    prompt that ends there. So no special markers are needed in the chat template.

    Args:
        row: A validated row with `messages`.
        tokenizer: A tokenizer with a chat template.
        max_length: Tokens that the model can read.

    Returns:
        `input_ids` and `labels`, equally long; labels are -100 where nothing is learned. More than
        `max_length` tokens, perhaps without the last messages, where the row is too long.

    Raises:
        ValueError: The template writes an answer differently when more messages follow.
    """
    messages = plain(row["messages"])
    done = ""
    input_ids: list[int] = []
    labels: list[int] = []

    def add(text: str, learned: bool) -> None:
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
        input_ids.extend(tokens)
        labels.extend(tokens if learned else [IGNORED] * len(tokens))

    def rest(messages: list[dict[str, str]], add_generation_prompt: bool = False) -> str:
        text = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=add_generation_prompt
        )
        # Always a text, with these options; the type names every form that there is.
        if not isinstance(text, str) or not text.startswith(done):
            raise ValueError("the chat template changes earlier messages when later ones are added")
        return text[len(done) :]

    for index, message in enumerate(messages):
        if len(input_ids) > max_length:
            # Too long already; a chat of a thousand turns would be written out a thousand times.
            break
        if message["role"] == "assistant":
            prompt = rest(messages[:index], add_generation_prompt=True)
            add(prompt, learned=False)
            done += prompt
            answer = rest(messages[: index + 1])
            add(answer, learned=row["messages"][index].get("weight") != 0)
            done += answer
    return {"input_ids": input_ids, "labels": labels}


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a validated JSON Lines file.

    Args:
        path: The file; a byte order mark and blank lines do no harm.

    Yields:
        The number of a line, counted from 1 with blank ones, and the row on it.
    """
    with open(path, encoding="utf-8-sig", newline="\n") as lines:
        yield from ((number, json.loads(line)) for number, line in enumerate(lines, start=1) if line.strip())
