"""Checks a job's files once the job exists, and says what is wrong in OpenAI's words.

Only the child program calls it: see `checker.py` for the side of the server.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from local_server.training.rows.content import FIX, not_text_in
from local_server.training.rows.tokenize import MAX_FURTHER
from local_server.training.specification import MethodName

if TYPE_CHECKING:
    from finetune_dataset.rules.issues.issue import Issue

# Of one problem; a row may quote itself at any length.
_CHARACTERS = 2000
# Warnings of the checker that mean: this key is not read.
_UNREAD = ("message_unrecognized_key", "row_unrecognized_key", "misplaced_key")
_KEYS = 10
# And: a call that the row's tools do not allow. It is learned, and no chat with these tools can give it.
_UNFIT_CALLS = ("unknown_tool", "arguments_mismatch")
# In the job folder, which is private and goes with the job.
ROW_ALONE = "row.jsonl"


@dataclass(frozen=True)
class BadFile:
    """Why a job cannot train.

    Args:
        code: OpenAI's error code.
        message: OpenAI's words with the first bad row.
        param: `training_file` or `validation_file`.
        further: One line for each further problem.
    """

    code: str
    message: str
    param: str
    further: list[str]


@dataclass(frozen=True)
class GoodFile:
    """A file that can be trained on.

    Args:
        rows: Its rows.
        notes: What the client should know of it; each becomes an event.
    """

    rows: int
    notes: list[str] = field(default_factory=list)


def check_file(path: Path, param: str, method: MethodName = "supervised") -> BadFile | GoodFile:
    """Check every row of a training or validation file.

    Args:
        path: The file on disk.
        param: `training_file` or `validation_file`: what the client calls it. Only a training file
            needs 10 rows.
        method: How the rows train.

    Returns:
        The rows, or what is wrong. Its words were seen in public job logs, Dec 2024 to Nov 2025.
    """
    # Imported here, because the server reads `BadFile` alone.
    from finetune_dataset.rules.limits import MIN_EXAMPLES
    from finetune_dataset.validate import validate_dataset

    name = param.replace("_", " ")
    report = validate_dataset(path, method)
    errors = [issue for issue in report.errors if issue.code != "too_few_examples"]
    if errors:
        first, *further = (
            _describe(issue.line, issue.path, issue.found, issue.expected, issue.fix) for issue in errors
        )
        message = f"The job failed due to an invalid {name}. Invalid file format. {first}"
        return BadFile(f"invalid_{param}", message, param, further[:MAX_FURTHER])
    refused = islice(not_text_in(path, method), 1 + MAX_FURTHER)
    unread = [_describe(line, each.path(), each.found, "text", FIX) for line, each in refused]
    if unread:
        message = f"The job failed due to an invalid {name}. {unread[0]}"
        return BadFile(f"invalid_{param}", message, param, unread[1:])
    minimum = MIN_EXAMPLES if param == "training_file" else 1
    if report.n_rows < minimum:
        message = (
            f"{name.capitalize()} has {report.n_rows} example(s), but must have at least {minimum} examples"
        )
        return BadFile("invalid_n_examples", message, param, [])
    return GoodFile(report.n_rows, _notes(report.problems, name))


def _notes(problems: Iterable["Issue"], name: str) -> list[str]:
    """Say what the rules only warn of, and what matters here: keys not read, calls that do not fit."""
    from finetune_dataset.quality.private_data import mask_private

    rows: dict[str, list[int]] = {}
    unfit: dict[int, Issue] = {}
    for found in problems:
        if found.code in _UNREAD:
            key = found.path.rpartition("].")[2]
            rows.setdefault(f"'{mask_private(key):.60}'", []).append(found.line)
        elif found.code in _UNFIT_CALLS:
            unfit.setdefault(found.line, found)
    notes = []
    if told := [f"{key} (example {_list(lines)})" for key, lines in islice(rows.items(), _KEYS)]:
        notes.append(
            f"The {name} has keys that are not used: {_list(told, _KEYS)}. Look whether they are misspelled."
        )
    if unfit:
        first = next(iter(unfit.values()))
        said = _describe(first.line, first.path, first.found, first.expected, first.fix)
        notes.append(
            f"The {name} has calls that its own tools do not allow, in example {_list(unfit)}. They are "
            f"learned, and a chat with these tools cannot give them. {said}"
        )
    return notes


def _list(values: Collection[object], most: int = 5) -> str:
    return ", ".join(map(str, islice(values, most))) + (", …" if len(values) > most else "")


def check_rows(path: Path, method: MethodName) -> Iterator[int]:
    """Check each row alone: the one that ends the process is the one that cannot be checked.

    Args:
        path: The file on disk.
        method: How the rows train.

    Yields:
        The number of a line, from 1, before it is read and checked. Blank lines are not told.
    """
    from finetune_dataset.validate import validate_dataset

    alone = path.with_name(ROW_ALONE)
    with open(path, "rb") as lines:
        number = 0
        while first := lines.read(1):
            number += 1
            if first != b"\n":
                yield number
                alone.write_bytes(first + lines.readline())
                validate_dataset(alone, method)


def overlap(training: Path, validation: Path) -> list[int]:
    """Find the validation rows that are also trained on: on these, the model only shows its memory.

    Args:
        training: The training file, checked.
        validation: The validation file, checked.

    Returns:
        Their line numbers in the validation file, from 1.
    """
    from finetune_dataset.quality.leaks import trained_lines

    return trained_lines(training, validation)


def _describe(line: int, path: str, found: str, expected: str, fix: str) -> str:
    """Say a problem, with what it quotes of the row masked.

    OpenAI counts messages from 1 (`Example 100, message 2`); `messages[1].role` becomes that.
    """
    from finetune_dataset.quality.private_data import mask_private

    place = f"Example {line}" if line else "Whole file"
    if message := re.match(r"(?:input\.)?messages\[(\d+)\]\.?", path):
        place += f", message {int(message[1]) + 1}"
        path = path[message.end() :]
    if path:
        place += f", '{path}'"
    return mask_private(f"{place}: found {found}, expected {expected}. {fix}"[:_CHARACTERS])
