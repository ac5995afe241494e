"""Validate a JSON Lines dataset, and stop where it cannot be used.

Problems in a file are data: `validate_dataset` returns all of them as a `DatasetReport`.
`require_valid` is a gate: it raises `DatasetError`. The rules for one row are in `rules`, the shapes a
file can have in `jsonlines`.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, starmap as one_by_one
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
    return _reports([path], [found], method, model)[0]


def validate_files(
    paths: Iterable[str | Path],
    method: Method = "supervised",
    model: str | Path | None = None,
    *,
    starmap: Callable[[Callable[..., Found], list[tuple[Path, str, str | Path | None]]], Iterable[Found]]
    | None = None,
) -> list[DatasetReport]:
    """Check the files of one dataset, each in a call of its own that may run anywhere.

    Args:
        paths: JSON Lines files.
        method: As for `validate_dataset`.
        model: As for `validate_dataset`.
        starmap: Makes the calls: that of a pool of processes, or of a pool on a cluster
            (`ray.util.multiprocessing.Pool`), where every machine sees the files at these paths. By default
            they are made here, one after another. Whoever makes them, the reports are the same.

    Returns:
        The report of each file, in their order, as `validate_dataset` gives it. In addition, a row that an
        earlier file has, too, is a `duplicate_row`: 8 bytes for each line of all files come together here.

    Raises:
        DatasetError: A file does not exist or cannot be opened.
        FineTuneError: There is no such method, or a local model has no tokenizer.
    """
    files = [Path(path) for path in paths]
    calls = [(path, str(method), model) for path in files]
    return _reports(files, list((starmap or one_by_one)(scan, calls)), method, model)


def _reports(
    paths: list[Path], found: list[Found], method: Method, model: str | Path | None
) -> list[DatasetReport]:
    for path, each in zip(paths, found, strict=True):
        for problem in _file_issues(path, each):
            each.log.add(problem)
    _add_duplicates(paths, found)
    return [
        DatasetReport(path, method, model, each.rows, each.log, each.statistics)
        for path, each in zip(paths, found, strict=True)
    ]


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


def _add_duplicates(paths: Sequence[Path], found: Sequence[Found]) -> None:
    """Find equal rows by their hashes; sorting them takes a small part of the memory of a dict."""
    digests = found[0].digests if len(found) == 1 else array("Q")
    if len(found) > 1:
        for each in found:
            digests.extend(each.digests)
    if len(digests) <= _FEW_LINES and len(set(digests)) == len(digests):
        return
    import numpy as np  # Here, because loading it takes longer than checking most files.

    values = np.frombuffer(digests, np.uint64)
    order = np.argsort(values, kind="stable")  # Equal rows stand together, the first one first.
    order = order[np.count_nonzero(values == 0) :]
    again = np.zeros(len(order), bool)
    again[1:] = values[order[1:]] == values[order[:-1]]
    firsts = order[np.maximum.accumulate(np.where(again, 0, np.arange(len(order))))]
    pairs = np.stack([order[again], firsts[again]], axis=1)
    pairs = pairs[np.argsort(pairs[:, 0])]
    # Lines are counted over all files; each file has those between its start and that of the next one.
    starts = [0, *accumulate(len(each.digests) for each in found)]
    bounds = np.searchsorted(pairs[:, 0], starts).tolist()
    for number, each in enumerate(found):
        own = pairs[bounds[number] : bounds[number + 1]]
        for line, first in own[:KEPT_PER_CODE].tolist():
            file = int(np.searchsorted(starts, first, side="right")) - 1
            other = "" if file == number else f" of {paths[file].name}"
            what = f"the same example as on line {first - starts[file] + 1}{other}"
            each.log.add(issue("duplicate_row", "", what, line=line - starts[number] + 1))
        if len(own) > KEPT_PER_CODE:
            each.log.counts["duplicate_row"] = len(own)


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
