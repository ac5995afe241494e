"""The course's notebooks for somebody who has no clone: `python -m helpers notebooks FOLDER`."""

import filecmp
import importlib.util
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from helpers.errors import FineTuneError
from helpers.paths import notebooks_dir


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line after the program's name; that of this process without it.

    Returns:
        0 when the notebooks are there, 2 when they are not; then the reason is on standard error.
    """
    parser = ArgumentParser(prog="python -m helpers", description="The files of the fine-tuning course.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    notebooks = commands.add_parser("notebooks", help="copy the notebooks into a folder")
    notebooks.add_argument("folder", metavar="FOLDER", type=Path, help="where they go; made when missing")
    notebooks.add_argument(
        "--overwrite", action="store_true", help="replace notebooks of the same name that you changed"
    )
    chosen = parser.parse_args(arguments)
    try:
        copied = copy_notebooks(chosen.folder, overwrite=chosen.overwrite)
    except (FineTuneError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    total = len(list(chosen.folder.glob("*.ipynb")))
    print(f"{len(copied)} notebooks copied to {chosen.folder}; it holds {total}. Next:")
    if importlib.util.find_spec("jupyterlab") is None:
        print("  pip install jupyterlab")
    print(f"  jupyter lab {chosen.folder / '00_start.ipynb'}")
    return 0


def copy_notebooks(folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Copy the course's notebooks, to read and run them without a clone.

    A notebook that is there and equal stays as it is. One that differs holds somebody's own work: it is
    never replaced without `overwrite`, and then nothing at all is copied.

    Args:
        folder: Where they go; it is made when it is missing.
        overwrite: Replace notebooks of the same name that differ.

    Returns:
        The copies that were made, in the order of the course.

    Raises:
        FineTuneError: A notebook of the same name differs, and `overwrite` is not set.
        OSError: The folder cannot be made or written.
    """
    new = [
        notebook
        for notebook in sorted(notebooks_dir().glob("*.ipynb"))
        if not _equal(notebook, folder / notebook.name)
    ]
    changed = [notebook.name for notebook in new if (folder / notebook.name).exists()]
    if changed and not overwrite:
        raise FineTuneError(
            f"Nothing was copied: {folder} holds notebooks that differ from the course's "
            f"({', '.join(changed)}). Choose another folder, or add --overwrite to replace them."
        )
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copyfile(notebook, folder / notebook.name)) for notebook in new]


def _equal(notebook: Path, copy: Path) -> bool:
    return copy.is_file() and filecmp.cmp(notebook, copy, shallow=False)


if __name__ == "__main__":
    sys.exit(main())
