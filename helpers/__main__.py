"""The course's notebooks for somebody who has no clone, and a look whether the computer is ready for them.

python -m helpers notebooks FOLDER   copies the notebooks
python -m helpers doctor             says what is missing, and how to mend it; `doctor WORD` explains a word

Nothing is imported at the top that the doctor may find missing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from helpers.paths import notebooks_dir


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line after the program's name; that of this process without it.

    Returns:
        0 when the notebooks are there, 2 when they are not; then the reason is on standard error. The
        doctor's are those of `helpers.doctor.report.main`.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given[:1] == ["doctor"] and not {"-h", "--help"} & set(given):
        from helpers.doctor.report import main as doctor

        return doctor(given[1:])
    parser = ArgumentParser(prog="python -m helpers", description="The files of the fine-tuning course.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    notebooks = commands.add_parser("notebooks", help="copy the notebooks into a folder")
    notebooks.add_argument("folder", metavar="FOLDER", type=Path, help="where they go; made when missing")
    notebooks.add_argument(
        "--overwrite", action="store_true", help="replace notebooks of the same name that you changed"
    )
    notebooks.add_argument(
        "--keep",
        action="store_true",
        help="leave notebooks of the same name as they are, and copy the others",
    )
    notebooks.add_argument(
        "--without-outputs", action="store_true", help="copy the cells without the course's own answers"
    )
    looks = commands.add_parser("doctor", help="say whether this computer is ready, and how to mend it")
    looks.add_argument(
        "word", nargs="?", metavar="WORD", help="a code word that a doctor has said: explain it"
    )
    chosen = parser.parse_args(given)
    from helpers.errors import FineTuneError

    try:
        copied = copy_notebooks(
            chosen.folder,
            overwrite=chosen.overwrite,
            keep=chosen.keep,
            outputs=not chosen.without_outputs,
        )
    except (FineTuneError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    total = len(list(chosen.folder.glob("*.ipynb")))
    print(f"{len(copied)} notebooks copied to {chosen.folder}; it holds {total}. Next:")
    if importlib.util.find_spec("jupyterlab") is None:
        print("  pip install jupyterlab")
    print(f"  jupyter lab {chosen.folder / '00_start.ipynb'}")
    return 0


def copy_notebooks(
    folder: Path, *, overwrite: bool = False, keep: bool = False, outputs: bool = True
) -> list[Path]:
    """Copy the course's notebooks, to read, run and save them beside the course's own.

    A notebook that is there and equal stays as it is. One that differs holds somebody's own work: it is
    never replaced without `overwrite`, and without `keep` nothing at all is copied then.

    Args:
        folder: Where they go; it is made when it is missing.
        overwrite: Replace notebooks of the same name that differ.
        keep: Leave notebooks of the same name as they are, and copy the others.
        outputs: Copy the stored answers, too.

    Returns:
        The copies that were made, in the order of the course.

    Raises:
        FineTuneError: A notebook of the same name differs, and neither `overwrite` nor `keep` is set.
        OSError: The folder cannot be made or written.
    """
    texts = {
        path.name: path.read_bytes() if outputs else _without_outputs(path)
        for path in sorted(notebooks_dir().glob("*.ipynb"))
    }
    new = [name for name, text in texts.items() if not _holds(folder / name, text)]
    changed = [name for name in new if (folder / name).exists()]
    if keep:
        new = [name for name in new if name not in changed]
    elif changed and not overwrite:
        from helpers.errors import FineTuneError

        raise FineTuneError(
            f"Nothing was copied: {folder} holds notebooks that differ from the course's "
            f"({', '.join(changed)}). Choose another folder, or add --overwrite to replace them, "
            "or --keep to copy only the others."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in new:
        (folder / name).write_bytes(texts[name])
    return [folder / name for name in new]


def _without_outputs(path: Path) -> bytes:
    """A notebook as it is before it was run: the questions, without the course's answers."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _holds(copy: Path, text: bytes) -> bool:
    return copy.is_file() and copy.read_bytes() == text


if __name__ == "__main__":
    sys.exit(main())
