"""Move your own work aside and start afresh: `make reset`, or `python tools/reset.py`. Nothing is deleted.

Your copies of the notebooks and your runs go to set_aside/DATE-TIME/. Installed models stay, and so do keys
in .env. A local server that runs with one of the folders is ended first; its jobs and files move with it.
"""

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from stop_server import stop_server

from finetune_dataset.models import models_dir
from helpers.errors import BackendUnavailable, FineTuneError
from helpers.paths import ROOT, runs_dir, server_state


def work(root: Path) -> list[Path]:
    """Return what a learner has made: the copies of the notebooks, and each run.

    Args:
        root: The course's folder.
    """
    kept = models_dir()
    runs = sorted(runs_dir().iterdir()) if runs_dir().is_dir() else []
    found = [path for path in (root / "my_notebooks", *runs) if path.exists() or path.is_symlink()]
    return [path for path in found if not kept.is_relative_to(path)]


def states(paths: list[Path]) -> Iterator[Path]:
    """Give the folders of servers in them: that of the notebooks, and those of `make run`."""
    for path in paths:
        for state in {path / "server", server_state()}:
            if state.is_relative_to(path) and state.is_dir():
                yield state


def new_folder(root: Path, now: datetime) -> Path:
    """Make the folder that work is moved to; two in one second get two names."""
    name, number = now.strftime("%Y-%m-%d-%H%M%S"), 1
    while True:
        folder = root / "set_aside" / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def reset(root: Path = ROOT) -> Path | None:
    """Move the learner's work aside.

    Args:
        root: The course's folder.

    Returns:
        Where it is now; None when there was none.

    Raises:
        BackendUnavailable: A server that uses the work does not end; nothing was moved.
        FineTuneError: Something cannot be moved. It is where it was; what was moved before is named.
    """
    found = work(root)
    if not found:
        return None
    for state in states(found):
        if stop_server(state):
            print(f"The local server of {state} was running, and has ended. Its jobs and files are kept.")
    moved: list[str] = []
    folder: Path | None = None
    try:
        folder = new_folder(root, datetime.now())
        for path in found:
            target = folder / "my_notebooks" if path.parent == root else folder / "runs" / path.name
            target.parent.mkdir(exist_ok=True)
            # A rename; on another disk it copies the whole before it removes anything.
            shutil.move(path, target)
            moved.append(path.name)
    except OSError as error:
        done = f" Moved to {folder} before: {', '.join(moved)}." if moved else " Nothing was moved."
        if folder and not moved:
            shutil.rmtree(folder, ignore_errors=True)  # Only folders that were made just now.
        raise FineTuneError(
            f"{error.filename or root} cannot be moved: {error.strerror or error}.{done} Close the programs "
            "that use it (JupyterLab, a terminal in that folder), make room, and try again."
        ) from None
    return folder


def main() -> int:
    """Run the command.

    Returns:
        0 when the work is aside, 1 when it is not; then the reason is on standard error.
    """
    try:
        folder = reset()
    except (BackendUnavailable, FineTuneError) as error:
        print(error, file=sys.stderr)
        return 1
    if folder is None:
        print("There is no work to move: no my_notebooks/, and no runs.")
        return 0
    print(f"Your work is in {folder}; nothing was deleted. To have it back, move it to where it was.")
    print("Close the open notebooks. `make lab` (without make: python tools/open_lab.py) starts afresh.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
