"""Catch up: `make step N=04`, or `python tools/step.py 04`. The run folder gets what notebook 04 needs.

The files are those of the sample run: what the earlier notebooks have left there. Files of your own that
differ are never overwritten: the program stops, or, with --replace (make step N=04 REPLACE=1), it moves them
aside first.
"""

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from helpers.backends.recordings.chosen import DEFAULT_DATASET, TINY, recording_name
from helpers.errors import FineTuneError
from helpers.paths import data_path, notebooks_dir
from helpers.runs import Run, open_run

OF_ANY_BACKEND = ("01_dataset.json", "train.jsonl", "validation.jsonl", "test.jsonl")
"""What holds no ids of a service, so that every backend can use it."""


def notebook(number: str) -> str:
    """Return the name of a notebook.

    Args:
        number: "04", "4", "04b", or the whole name.

    Raises:
        FineTuneError: There is none; the message lists those that there are.
    """
    names = sorted(path.stem for path in notebooks_dir().glob("[0-9]*.ipynb"))
    asked = number.strip().lower().removesuffix(".ipynb")
    for name in names:
        start = name.partition("_")[0]
        if asked in (name, start) or (start[0] == "0" and asked == start[1:]):
            return name
    starts = ", ".join(name.partition("_")[0] for name in names)
    raise FineTuneError(f"There is no notebook {number!r}. Choose one of {starts}: `make step N=04`.")


def sample_run() -> Path:
    """Return the sample run that fits the chosen dataset and model.

    Without one, it is that of the same dataset on the real model, or else that of the course's story.

    Raises:
        FineTuneError: The course's own files are not there.
    """
    for name in (recording_name(), recording_name().removesuffix(TINY), DEFAULT_DATASET):
        if data_path("sample_runs", name).is_dir():
            return data_path("sample_runs", name)
    raise FineTuneError(f"{data_path('sample_runs')} has no sample run. Get the course's folder again.")


def files_before(name: str, sample: Path) -> list[Path]:
    """Return the files of a sample run that the notebooks before one have made.

    Args:
        name: The notebook ("04_monitor").
        sample: The sample run.
    """
    number = name.partition("_")[0]
    parts = {"train.jsonl", "validation.jsonl", "test.jsonl"}

    def made_by(path: Path) -> str:
        return "01" if path.name in parts else path.name.partition("_")[0]

    return [path for path in sorted(sample.iterdir()) if made_by(path) < number]


def catch_up(name: str, run: Run, *, replace: bool = False) -> list[str]:
    """Give a run what a notebook needs.

    Args:
        name: The notebook ("04_monitor").
        run: Where the files go.
        replace: Move files of the same name that differ aside; without it, nothing is changed then.

    Returns:
        The names of the files that were copied. The others were the same already.

    Raises:
        FineTuneError: Own files differ and `replace` is not set; or on a live backend, which does not know
            the job of the sample run, other files than those of the dataset are needed.
        OSError: The folder cannot be written.
    """
    wanted = files_before(name, sample_run())
    if run.backend != "replay":
        wanted = [path for path in wanted if path.name in OF_ANY_BACKEND]
    new = [path for path in wanted if not _same(path, run.path(path.name))]
    own = [path.name for path in new if run.path(path.name).exists()]
    if own and not replace:
        raise FineTuneError(
            f"Nothing was changed: {run.folder} has files of your own that differ from the sample run's "
            f"({', '.join(own)}). To move them aside and go on: `make step N={name.partition('_')[0]} "
            f"REPLACE=1` (without make: python tools/step.py {name.partition('_')[0]} --replace)."
        )
    if own:
        aside = run.path(f"own-{datetime.now():%Y-%m-%d-%H%M%S}")
        aside.mkdir()
        for filename in own:
            run.path(filename).rename(aside / filename)
        print(f"Your own {', '.join(own)}: moved to {aside}.")
    for path in new:
        part = run.path(f".{path.name}.part")
        shutil.copyfile(path, part)
        part.replace(run.path(path.name))
    return [path.name for path in new]


def _same(sample: Path, own: Path) -> bool:
    return own.is_file() and own.read_bytes() == sample.read_bytes()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line after the program's name; that of this process without it.

    Returns:
        0 when the files are there, 1 when not; then the reason is on standard error.
    """
    parser = ArgumentParser(description="Give the run folder what a notebook needs, from the sample run.")
    parser.add_argument("number", nargs="?", default="", metavar="N", help="the notebook, such as 04")
    parser.add_argument("--replace", action="store_true", help="move own files that differ aside")
    options = parser.parse_args(arguments)
    try:
        name, run = notebook(options.number), open_run()
        copied = catch_up(name, run, replace=options.replace)
        used = sample_run().name
    except FineTuneError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"{error.filename} cannot be written: {error.strerror}. Make room, and try again.",
            file=sys.stderr,
        )
        return 1
    print(f"{run.folder} is ready for {name}: {len(copied)} files copied from the sample run {used!r}.")
    if run.backend != "replay" and name[:2] > "02":
        print(
            f"The backend is {run.backend!r}, which does not know the sample run's job: only the dataset "
            "was copied. Run 02_upload and 03_job, or take recorded answers: FINETUNE_BACKEND=replay."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
