"""Training rows as tokens, with a label on every token that the model should learn."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from local_server.training.rows.forms import form_of
from local_server.training.rows.tools import definitions, shown, with_calls

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# PyTorch's cross entropy leaves this label out.
IGNORED = -100
# Further problems of a file that become events: enough to see a pattern.
MAX_FURTHER = 20
# Characters of a file that are tokenized together: 20 ms of work; a second where chats have a thousand turns.
_AT_ONCE = 64 * 1024


class _Turn(NamedTuple):
    """An answer with what stands between the last answer and it, as text; or why it cannot be written."""

    prompt: str = ""
    answer: str = ""
    learned: bool = False
    error: Exception | None = None


def tokenize_rows(
    rows: list[dict[str, Any]], tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> list[dict[str, list[int]] | Exception]:
    """Turn chats into tokens, and label the answers.

    Every assistant message is learned, calls of tools and its end-of-turn token included, unless it has
    `weight` 0.
    Each answer is tokenized apart from what stands before it: in a chat, the model also reads a
    prompt that ends there. So no special markers are needed in the chat template.

    Args:
        rows: Validated rows with `messages`, so few that all their texts fit into memory.
        tokenizer: A tokenizer with a chat template.
        max_length: Tokens that the model can read.

    Returns:
        For each row `input_ids` and `labels`, equally long; labels are -100 where nothing is learned. More
        than `max_length` tokens, perhaps without the last messages, where the row is too long. An error in
        place of them where the row does not fit the template: one that writes an answer differently when
        more messages follow, for example.
    """
    found: list[dict[str, list[int]] | Exception] = [{"input_ids": [], "labels": []} for _ in rows]
    going = {index: _turns(row, tokenizer) for index, row in enumerate(rows)}
    while going:
        # A token has at least one character, nearly always: so little is written that is not read.
        turns = [(index, turn) for index, left in going.items() for turn in _next(left, max_length)]
        for (index, turn), tokens in zip(turns, _tokens([turn for _, turn in turns], tokenizer), strict=True):
            row = found[index]
            # Whatever follows an error or the last token that the model reads is not looked at.
            if isinstance(row, Exception) or len(row["input_ids"]) > max_length:
                continue
            if isinstance(tokens, Exception):
                found[index] = tokens
                continue
            prompt, answer = tokens
            row["input_ids"] += prompt + answer
            row["labels"] += [IGNORED] * len(prompt)
            row["labels"] += answer if turn.learned else [IGNORED] * len(answer)
        unfinished = {index for index, _ in turns}
        going = {
            index: left
            for index, left in going.items()
            if index in unfinished
            and not isinstance(row := found[index], Exception)
            and len(row["input_ids"]) <= max_length
        }
    return found


def _next(turns: Iterator[_Turn], characters: int) -> Iterator[_Turn]:
    """The next turns of a chat, with this many characters or a little more."""
    for turn in turns:
        yield turn
        characters -= len(turn.prompt) + len(turn.answer)
        if characters < 0:
            # The rest follows in the next round, if it is needed.
            return


def _turns(row: dict[str, Any], tokenizer: "PreTrainedTokenizerBase") -> Iterator[_Turn]:
    done = ""

    def rest(messages: list[dict[str, Any]], add_generation_prompt: bool = False) -> str:
        text = tokenizer.apply_chat_template(
            messages, tools=chat.tools, tokenize=False, add_generation_prompt=add_generation_prompt
        )
        # Always a text, with these options; the type names every form that there is.
        if not isinstance(text, str) or not text.startswith(done):
            raise ValueError("the chat template changes earlier messages when later ones are added")
        return text[len(done) :]

    try:
        chat = shown(with_calls(row["messages"]), definitions(row), form_of(tokenizer))
        messages = chat.messages
        # Results of tools may have become one message.
        answers = (message for message in row["messages"] if message["role"] == "assistant")
        for index, message in enumerate(messages):
            if message["role"] == "assistant":
                given = next(answers)
                prompt = rest(messages[:index], add_generation_prompt=True)
                done += prompt
                answer = rest(messages[: index + 1])
                done += answer
                yield _Turn(prompt, answer, given.get("weight") != 0)
    except Exception as error:
        yield _Turn(error=error)


def _tokens(
    turns: list[_Turn], tokenizer: "PreTrainedTokenizerBase"
) -> Iterator[tuple[list[int], list[int]] | Exception]:
    """The tokens of the prompt and of the answer of each turn, or why there are none."""
    try:
        both = iter(_encoded([text for turn in turns for text in turn[:2]], tokenizer))
    except Exception as error:
        if len(turns) == 1:
            yield turns[0].error or error
            return
        # One text has spoiled it for all.
        for turn in turns:
            yield from _tokens([turn], tokenizer)
        return
    for turn in turns:
        prompt, answer = next(both), next(both)
        yield turn.error or (prompt, answer)


def _encoded(texts: list[str], tokenizer: "PreTrainedTokenizerBase") -> list[list[int]]:
    if not tokenizer.is_fast:
        return [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    # Makes the library behind it leave out padding and special tokens. Called directly, it does not keep
    # where in the text each token stands: a third less time (82 µs a row in place of 123, measured Nov 2026).
    tokenizer("", add_special_tokens=False)
    encodings = tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return [encoding.ids for encoding in encodings]


def tokenize_row(
    row: dict[str, Any], tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> dict[str, list[int]]:
    """Turn one chat into tokens, as `tokenize_rows` does.

    Raises:
        Exception: The row does not fit the chat template.
    """
    (tokens,) = tokenize_rows([row], tokenizer, max_length)
    if isinstance(tokens, Exception):
        raise tokens
    return tokens


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read a validated JSON Lines file.

    Args:
        path: The file; a byte order mark and blank lines do no harm.

    Yields:
        The number of a line, counted from 1 with blank ones, and the row on it.
    """
    return chain.from_iterable(read_chunks(path))


def read_chunks(path: Path) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Read a file as `read_rows` does, as many rows at once as are tokenized together."""
    chunk, characters = [], 0
    with open(path, encoding="utf-8-sig", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                chunk.append((number, json.loads(line)))
                characters += len(line)
            if characters >= _AT_ONCE:
                yield chunk
                chunk, characters = [], 0
    if chunk:
        yield chunk
