"""The rows of a file as tokens, with what is wrong with them in the words of the job."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerBase

from local_server.training.job_log import Log
from local_server.training.reporter import TrainingFailed
from local_server.training.rows.progress import Progress
from local_server.training.rows.tokenize import IGNORED, MAX_FURTHER, read_chunks, tokenize_rows

Tokens = dict[str, list[int]]


def read_tokens(
    path: Path,
    tokenizer: PreTrainedTokenizerBase,
    context: int,
    log: Log,
    chats: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> list[list[Tokens]]:
    """Read the rows of a file as tokens. Chats that are too long are cut off at the end, as at OpenAI.

    Args:
        path: Of validated rows, named after the file's part in the job.
        tokenizer: Of the model.
        context: Tokens that the model can read.
        log: Where it is said that rows were cut off, and how far the reading is when it takes long.
        chats: Gives the chats of a row: one for each answer that is learned from the same row.

    Returns:
        For each row the tokens of its chats, from `tokenize_rows`.

    Raises:
        TrainingFailed: A row has no answer that fits the model.
    """
    rows: list[list[Tokens]] = []
    problems, cut = [], []
    progress = Progress(path, log)
    examples = 0
    for chunk in read_chunks(path):
        given = [chats(row) for _, row in chunk]
        found = iter(tokenize_rows(list(chain.from_iterable(given)), tokenizer, context))
        for (line, _), of_row in zip(chunk, given, strict=True):
            whole = [next(found) for _ in of_row]
            error = next((each for each in whole if isinstance(each, Exception)), None)
            if error is not None:
                problems.append(f"Example {line} does not fit the chat template of the model: {error}")
                continue
            tokens = [each for each in whole if not isinstance(each, Exception)]
            if any(len(each["input_ids"]) > context for each in tokens):
                cut.append(line)
            rows.append([{name: values[:context] for name, values in each.items()} for each in tokens])
            if any(all(label == IGNORED for label in each["labels"]) for each in rows[-1]):
                problems.append(
                    f"Example {line} has no answer within the first {context} tokens. "
                    "Shorten it or leave it out."
                )
        examples += len(chunk)
        progress.read(examples)
    if problems:
        first, *further = problems
        message = f"The job failed due to an invalid {path.stem} file. {first}"
        param = f"{path.stem}_file"
        raise TrainingFailed(message, f"invalid_{param}", param, further[:MAX_FURTHER])
    if cut:
        log.cut(_cut_message(path.stem, cut, len(rows), context))
    return rows


def _cut_message(part: str, cut: list[int], count: int, context: int) -> str:
    named = ", ".join(map(str, cut[:MAX_FURTHER])) + (", …" if len(cut) > MAX_FURTHER else "")
    examples = f"Example {named} was" if len(cut) == 1 else f"Examples {named} ({len(cut)} of {count}) were"
    return (
        f"{examples} cut off at the end: the model reads {context:,} tokens, and more were found in the "
        f"{part} file. What was cut off is not learned. Shorten or split them to keep it."
    )
