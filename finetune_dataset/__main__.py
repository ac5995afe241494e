"""The checker as a command: `python -m finetune_dataset check|repair|quality|tokens FILE`."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable
from io import TextIOWrapper
from itertools import accumulate
from pathlib import Path
from typing import Any

from finetune_dataset.errors import FineTuneError
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.rows import METHODS

# Of the tokens in a row: name → share of the rows that have at most so many.
_SHARES = {"min": 0, "median": 0.5, "max": 1}
_EXIT = "Exit status: 0 {good}, 1 {bad}, 2 for a file that cannot be read or written."


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `python -m finetune_dataset`; those of this process without it.

    Returns:
        0 when all is well, 1 when something is wrong in the data, 2 when a file cannot be read or written.
    """
    chosen = _parser().parse_args(arguments)
    run: Callable[[Namespace], int] = chosen.run
    try:
        return run(chosen)
    except BrokenPipeError:
        raise
    except (FineTuneError, OSError) as error:  # Such as a disk that is full.
        print(error, file=sys.stderr)
        return 2


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="python -m finetune_dataset",
        description="Check, repair and count chat datasets for fine-tuning. Nothing leaves this computer.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Callable[[Namespace], int], text: str, good: str, bad: str) -> ArgumentParser:
        status = _EXIT.format(good=good, bad=bad)
        command = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=status
        )
        command.add_argument("file", metavar="FILE", help="a JSON Lines file with one example per line")
        command.add_argument("--json", action="store_true", help="print JSON for another program")
        command.set_defaults(run=run)
        return command

    check = add(
        "check",
        _check,
        "report every problem that makes a job fail, or train on nothing",
        "for a file that can be used",
        "for one with errors",
    )
    check.add_argument("--model", metavar="NAME", help="count tokens for this model (or its folder)")
    repair = add(
        "repair",
        _repair,
        "write a copy in which every line is a good example; FILE itself is never changed",
        "when every example was written",
        "when some were left out",
    )
    repair.add_argument(
        "out",
        metavar="OUT",
        nargs="?",
        help="the copy, a new file; train.fixed.jsonl beside train.jsonl without it",
    )
    quality = add(
        "quality",
        _quality,
        "report what makes a valid dataset a bad one: copies, leaks, private data, unfinished answers",
        "for a file without errors",
        "for one with errors",
    )
    quality.add_argument("--validation", metavar="FILE", help="the validation file, to find examples in both")
    quality.add_argument("--test", metavar="FILE", help="the test file, to find examples in both")
    tokens = add(
        "tokens",
        _tokens,
        "count the tokens of a file, per row and per role",
        "when every example was counted",
        "when some have errors and were left out",
    )
    tokens.add_argument(
        "--model", metavar="NAME", required=True, help="the model that counts (or its folder)"
    )
    for command in (check, repair, tokens):
        command.add_argument("--method", choices=METHODS, default="supervised", help="how the rows train")
    return parser


def _check(chosen: Namespace) -> int:
    # Each command loads only what it needs: here no library for phone numbers, there no tokenizer.
    from finetune_dataset.validate import validate_dataset

    report = validate_dataset(chosen.file, chosen.method, _model(chosen.model))
    _print(report.to_dict() if chosen.json else report)
    return 0 if report.ok else 1


def _repair(chosen: Namespace) -> int:
    from finetune_dataset.repair.mend import repair_dataset

    path = Path(chosen.file)
    repair = repair_dataset(path, chosen.out or path.with_name(f"{path.stem}.fixed.jsonl"), chosen.method)
    if chosen.json:
        _print(repair.to_dict())
    else:
        _print("\n  ".join([repair.headline, *repair.notes, *repair.more]))
        if repair.changes:
            _print(repair.diff)
    return 1 if repair.n_left_out else 0


def _quality(chosen: Namespace) -> int:
    from finetune_dataset.quality.check import check_quality

    report = check_quality(chosen.file, validation=chosen.validation, test=chosen.test)
    _print(report.to_dict() if chosen.json else report)
    return 0 if report.ok else 1


def _tokens(chosen: Namespace) -> int:
    from finetune_dataset.validate import validate_dataset

    report = validate_dataset(chosen.file, chosen.method, _model(chosen.model))
    counts = _token_counts(report)
    _print(counts if chosen.json else _as_text(counts, report.notes))
    return 1 if counts["rows_left_out"] else 0


def _token_counts(report: DatasetReport) -> dict[str, Any]:
    per_row, rows = report.statistics.tokens_per_row, report.statistics.tokens_per_row.total()
    unread = report.counts["invalid_json"] + report.counts["not_utf8"]
    return {
        "path": str(report.path),
        "model": str(report.model),
        "rows": rows,
        "rows_left_out": report.n_rows - rows + unread,
        "tokens": report.tokens,
        "per_row": {name: _value_at(share, per_row) for name, share in _SHARES.items() if rows},
        "by_role": dict(report.statistics.tokens_by_role),
        "too_long": report.counts["row_too_long"],
    }


def _value_at(share: float, histogram: Counter[int]) -> int:
    """Return the least value that at least a share of all values do not exceed."""
    values = sorted(histogram)
    up_to = accumulate(histogram[value] for value in values)
    enough = share * histogram.total()
    return next(value for value, rows in zip(values, up_to, strict=True) if rows >= enough)


def _as_text(counts: dict[str, Any], notes: list[str]) -> str:
    lines = [f"{Path(counts['path']).name}: {counts['tokens']:,} tokens in {counts['rows']:,} rows"]
    for title, name in (("a row", "per_row"), ("texts by role", "by_role")):
        if counts[name]:
            lines.append(f"{title}: " + ", ".join(f"{key} {value:,}" for key, value in counts[name].items()))
    if counts["rows_left_out"]:
        lines.append(f"left out: {counts['rows_left_out']:,} with errors, see the command check")
    if counts["too_long"]:
        lines.append(f"longer than the model reads: {counts['too_long']:,}")
    return "\n  ".join([*lines, *notes])


def _model(name: str | None) -> str | Path | None:
    return Path(name) if name and Path(name).is_dir() else name


def _print(what: object) -> None:
    print(json.dumps(what, indent=2) if isinstance(what, dict) else what)


def _run() -> int:
    """Call `main` where a console may not know every character, and a reader (`head`) may stop early."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = main()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it again at its end.
        return 1


if __name__ == "__main__":
    sys.exit(_run())
