"""The checker as a command: `python -m finetune_dataset FILE`."""

import json
import os
import sys
from argparse import ArgumentParser
from pathlib import Path

from finetune_dataset.errors import FineTuneError
from finetune_dataset.rules.rows import METHODS
from finetune_dataset.validate import validate_dataset


def main(arguments: list[str] | None = None) -> int:
    """Print the report of a file: `python -m finetune_dataset FILE`.

    Returns:
        0 for a file that can be used, 1 for one with errors, 2 for one that cannot be read.
    """
    parser = ArgumentParser(prog="python -m finetune_dataset", description="Check a dataset file.")
    parser.add_argument("file", metavar="FILE", help="a JSON Lines file with one example per line")
    parser.add_argument("--method", choices=METHODS, default="supervised", help="how the rows train")
    parser.add_argument("--model", metavar="NAME", help="count tokens for this model (or its folder)")
    parser.add_argument("--json", action="store_true", help="print JSON for another program")
    chosen = parser.parse_args(arguments)
    try:
        model = Path(chosen.model) if chosen.model and Path(chosen.model).is_dir() else chosen.model
        report = validate_dataset(chosen.file, chosen.method, model)
    except FineTuneError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(report.to_dict(), indent=2) if chosen.json else report)
    return 0 if report.ok else 1


def _run() -> int:
    """Call `main` where a console may not know every character, and a reader (`head`) may stop early."""
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = main()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it again at its end.
        return 1


if __name__ == "__main__":
    sys.exit(_run())
