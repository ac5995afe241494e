"""Validate a JSON Lines dataset, and stop where it cannot be used.

Problems in a file are data: `validate_dataset` returns all of them as a `DatasetReport`.
`require_valid` is a gate: it raises `DatasetError`. The rules for one row are in `rules`, the shapes a
file can have in `jsonlines`.
"""

from collections.abc import Iterator
from pathlib import Path

from finetune_dataset.check.found import Found
from finetune_dataset.check.scan import scan, spans
from finetune_dataset.errors import DatasetError
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue, show
from finetune_dataset.rules.issues.table import KINDS, issue
from finetune_dataset.rules.limits import MAX_FILE_BYTES, MAX_IMAGE_ROWS, MAX_UPLOAD_BYTES, MIN_EXAMPLES
from finetune_dataset.rules.rows import Method
from finetune_dataset.shapes.pieces import pretty_printed_json

# As many hashes as a set may hold; it needs ten times the memory of an array.
_FEW_LINES = 250_000
_TABLES = {".csv", ".tsv", ".xls", ".xlsx"}


def validate_dataset(
    path: str | Path,
    method: Method = "supervised",
    model: str | Path | None = None,
    *,
    workers: int = 1,
) -> DatasetReport:
    """Check a file for fine-tuning a chat model, and report every problem in it.

    The file is streamed: memory holds a few rows at a time, and 8 bytes for each line to
    find copies. Any bytes give a report, never a traceback. All issues are counted; the
    first 10,000 of each code are kept.

    Args:
        path: A JSON Lines file with one example per line.
        method: How the rows train: "supervised" (chats that end in an answer), "dpo" (a prompt and two
            answers) or "reinforcement" (prompts for a grader).
        model: The model to count tokens for: an id, fine-tuned or not, or the folder of a local model.
            It also says how long a row may be. Without it no tokens are counted.
        workers: Number of processes. More than one is worth it from 300 MB on; a script that asks
            for them needs `if __name__ == "__main__":`.

    Returns:
        The report; `report.ok` tells whether a job would accept the file.

    Raises:
        DatasetError: The file does not exist or cannot be opened.
        FineTuneError: There is no such method, or a local model has no tokenizer.
    """
    path = Path(path)
    parts = spans(path, workers)
    found = scan(path, method, model) if len(parts) == 1 else _scan_parts(path, method, model, parts)
    for each in _file_issues(path, found):
        found.log.add(each)
    _add_duplicates(found)
    return DatasetReport(path, method, model, found.rows, found.log, found.statistics)


def _scan_parts(path: Path, method: str, model: str | Path | None, parts: list[tuple[int, int]]) -> Found:
    """Scan each part in a process of its own, and join what they found."""
    # Here, because most files are scanned in one process.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    found = Found()
    # A fresh process for each: one that is forked from a notebook can stop forever.
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        for part in [pool.submit(scan, path, method, model, start, end) for start, end in parts]:
            found.extend(part.result())
    return found


def _file_issues(path: Path, found: Found) -> Iterator[Issue]:
    """Give the problems that only the whole file shows."""
    size = path.stat().st_size
    # What a packed file is has been said; its name is right.
    if path.suffix != ".jsonl" and not found.log.counts["not_json_lines"]:
        fix = "A table is no dataset: rows_from_table makes chats of it, write_jsonl saves them."
        is_table = path.suffix.lower() in _TABLES
        yield issue("wrong_extension", "", show(path.suffix), fix=fix if is_table else None)
    if size > MAX_FILE_BYTES:
        yield issue("file_too_large", "", f"{size:,} bytes")
    elif size > MAX_UPLOAD_BYTES:
        yield issue("large_file", "", f"{size:,} bytes")
    if found.windows_lines and not found.log.counts["not_json_lines"]:
        yield issue("windows_line_ends", "", f"{found.windows_lines} lines that end with \\r\\n")
    if found.spread:
        examples, first, last = found.spread
        yield pretty_printed_json(first, last, examples)
    if found.image_rows > MAX_IMAGE_ROWS:
        yield issue("too_many_image_rows", "", f"{found.image_rows:,} rows")
    blank = found.log.counts["blank_line"]
    if not found.rows and blank == found.lines:
        yield issue("empty_file", "", f"{blank:,} blank lines" if blank > 1 else "an empty file")
    elif found.rows < MIN_EXAMPLES and not found.log.counts["not_json_lines"]:
        unread = found.log.counts["not_utf8"] or found.log.counts["invalid_json"]
        fix = "Correct the lines that cannot be read first: they are not counted."
        what = f"{found.rows} example{'' if found.rows == 1 else 's'}"
        yield issue("too_few_examples", "", what, fix=fix if unread else None)


def _add_duplicates(found: Found) -> None:
    """Find equal rows by their hashes; sorting them takes a small part of the memory of a dict."""
    if len(found.digests) <= _FEW_LINES and len(set(found.digests)) == len(found.digests):
        return
    import numpy as np  # Here, because loading it takes longer than checking most files.

    digests = np.frombuffer(found.digests, np.uint64)
    order = np.argsort(digests, kind="stable")  # Equal rows stand together, the first one first.
    order = order[np.count_nonzero(digests == 0) :]
    again = np.zeros(len(order), bool)
    again[1:] = digests[order[1:]] == digests[order[:-1]]
    firsts = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    pairs = 1 + np.stack([order[again], firsts[again]], axis=1)
    pairs = pairs[np.argsort(pairs[:, 0])]
    for line, first in pairs[:KEPT_PER_CODE].tolist():
        found.log.add(issue("duplicate_row", "", f"the same example as on line {first}", line=line))
    if len(pairs) > KEPT_PER_CODE:
        found.log.counts["duplicate_row"] = len(pairs)


def require_valid(report: DatasetReport) -> None:
    """Stop here if the file of a report cannot be used for training.

    Args:
        report: What `validate_dataset` or `check_quality` found.

    Raises:
        DatasetError: The report has errors; the message lists them, warnings left out.
    """
    if report.ok:
        return
    errors = "\n  ".join(map(str, report.errors))
    # A report may hold issues of another check, with codes of its own.
    kinds = [KINDS.get(error.code) for error in report.errors]
    mendable = any(kind.repairable for kind in kinds if kind)
    hint = " repair_dataset(path, out) does the safe part of it." if mendable else ""
    raise DatasetError(
        f"{report.path} cannot be used for training ({report.n_rows} rows).\n  {errors}\n"
        f"Correct this in the file.{hint}"
    )
