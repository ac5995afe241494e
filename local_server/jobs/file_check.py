"""Checks a job's files once the job exists, and says what is wrong in OpenAI's words."""

import re
from dataclasses import dataclass
from pathlib import Path

from local_server.training.tokenize import MAX_FURTHER


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


def check_file(path: Path, param: str) -> BadFile | int:
    """Check every row of a training or validation file.

    Args:
        path: The file on disk.
        param: `training_file` or `validation_file`: what the client calls it. Only a training file
            needs 10 rows.

    Returns:
        The number of rows, or what is wrong. Its words were seen in public job logs, Dec 2024 to Nov 2025.
    """
    # Imported at the first job: the server must answer within a second after its start.
    from finetune_dataset.rules.limits import MIN_EXAMPLES
    from finetune_dataset.validate import validate_dataset

    name = param.replace("_", " ")
    report = validate_dataset(path)
    errors = [issue for issue in report.errors if issue.code != "too_few_examples"]
    if errors:
        first, *further = (
            _describe(issue.line, issue.path, issue.found, issue.expected, issue.fix) for issue in errors
        )
        message = f"The job failed due to an invalid {name}. Invalid file format. {first}"
        return BadFile(f"invalid_{param}", message, param, further[:MAX_FURTHER])
    minimum = MIN_EXAMPLES if param == "training_file" else 1
    if report.n_rows < minimum:
        message = (
            f"{name.capitalize()} has {report.n_rows} example(s), but must have at least {minimum} examples"
        )
        return BadFile("invalid_n_examples", message, param, [])
    return report.n_rows


def overlap(training: Path, validation: Path) -> list[int]:
    """Find the validation rows that are also trained on: on these, the model only shows its memory.

    Args:
        training: The training file, checked.
        validation: The validation file, checked.

    Returns:
        Their line numbers in the validation file, from 1.
    """
    # Imported at the first job, as above.
    from finetune_dataset.quality.leaks import trained_lines

    return trained_lines(training, validation)


def _describe(line: int, path: str, found: str, expected: str, fix: str) -> str:
    """OpenAI counts messages from 1 (`Example 100, message 2`); `messages[1].role` becomes that."""
    place = f"Example {line}" if line else "Whole file"
    if message := re.match(r"messages\[(\d+)\]\.?", path):
        place += f", message {int(message[1]) + 1}"
        path = path[message.end() :]
    if path:
        place += f", '{path}'"
    return f"{place}: found {found}, expected {expected}. {fix}"
