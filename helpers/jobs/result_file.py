"""Read the table of metrics that a service leaves when a job has ended.

OpenAI sends base64 of CSV (observed 2024), Azure plain CSV (observed 2026), and
each spells the columns in its own way.
"""

import base64
import binascii
import csv
import io
from collections.abc import Iterator

import pandas as pd

from helpers.errors import UnreadableContent
from helpers.jobs.event_messages import METRICS, PREFERENCE_METRICS, real_number, whole_number
from helpers.jobs.events import numeric

_NAMES = {
    # OpenAI (public code, 2023 and 2024).
    "train_accuracy": "train_mean_token_accuracy",
    # Azure's fine-tuning guide, Oct 2026.
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
    # The first fine-tunes of OpenAI and Azure, 2022 and 2023 (headers in public code). Their other columns
    # (elapsed_tokens, training_sequence_accuracy, classification/accuracy, ...) have no name here.
    "training_loss": "train_loss",
    "training_token_accuracy": "train_mean_token_accuracy",
    "validation_loss": "valid_loss",
    "validation_token_accuracy": "valid_mean_token_accuracy",
}
# Written for "not measured" by Azure's fine-tunes (public code for API version 2022-06-01-preview). A
# reward can be -1; a loss and an accuracy cannot.
_NOT_MEASURED = -1
_KNOWN = frozenset((*METRICS, *PREFERENCE_METRICS))


def read_result_file(content: bytes | str) -> pd.DataFrame:
    """Read the result file of a job, whichever service wrote it, and when.

    Args:
        content: What `client.files.content(file_id).read()` gives, or its text. CSV, or base64 of CSV;
            with or without a byte order mark.

    Returns:
        The columns of `metrics_frame`, ascending by step: step, total_steps (missing: no service writes
        it here) and the metrics (see METRICS), NaN where absent. A step that has several rows gets the
        last value that is not empty, for each column. Columns that are none of these are left out; read
        the file with pandas if you need them.

    Raises:
        UnreadableContent: The content is not a table with a step column.
    """
    if not isinstance(content, bytes | str):
        raise UnreadableContent(
            f"Result file: expected bytes or text; found {type(content).__name__}. "
            "Give client.files.content(file_id).read()."
        )
    raw = content.encode(errors="replace") if isinstance(content, str) else content
    steps: dict[int, dict[str, float]] = {}
    for step, row in _rows(_decoded(raw).decode("utf-8-sig", errors="replace")):
        steps.setdefault(step, {}).update(row)
    frame = pd.DataFrame.from_dict(steps, orient="index").rename_axis("step").reset_index()
    columns = ["step", "total_steps", *METRICS, *(name for name in PREFERENCE_METRICS if name in frame)]
    return numeric(frame.reindex(columns=columns)).sort_values("step").reset_index(drop=True)


def _rows(text: str) -> Iterator[tuple[int, dict[str, float]]]:
    """Give the step of each row of a CSV, and its metrics that are not empty."""
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(lines, [])]
        if "step" not in header:
            found = text.partition("\n")[0].strip()
            raise UnreadableContent(
                f"Result file: expected CSV, or base64 of CSV, with a column 'step'; found {found[:60]!r}. "
                "Give the content of a file named in job.result_files."
            )
        names = [_NAMES.get(name, name) for name in header]
        # Steps of a table that measures something else would look like steps whose loss is no number.
        for line in lines if set(names) & _KNOWN else ():
            cells = list(zip(names, line, strict=False))
            step = next((whole_number(cell) for name, cell in cells if name == "step"), None)
            if step is not None:
                yield step, _metrics(cells)
    except csv.Error as error:
        raise UnreadableContent(f"Result file: line {lines.line_num} is not CSV: {error}.") from error


def _metrics(cells: list[tuple[str, str]]) -> dict[str, float]:
    numbers = {name: real_number(cell) for name, cell in cells if name in _KNOWN and cell.strip()}
    return {
        name: number
        for name, number in numbers.items()
        if number is not None and (number != _NOT_MEASURED or "reward" in name)
    }


def _decoded(raw: bytes) -> bytes:
    try:
        # A CSV holds commas, which strict base64 refuses: nothing can be both.
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        return raw
