"""Write the set-up cell into every notebook: `python tools/setup_cell.py`, after a change of it.

The cell runs before the course is there, so it imports nothing of it, and each notebook has it whole. On
Google Colab it takes the course from the first of these: the folder `course`; an uploaded `course.zip`; the
archive of this version's release at the project's own address, which is Repository in pyproject.toml's
[project.urls] and nowhere else. Without one of them it stops with one sentence.
"""

import sys
import tomllib
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
HEADING = "## Setup"

TEXT = """\
## Setup

The next cell does something on Google Colab only. There, drop `course.zip` on the list of files first; \
`make course-zip` makes it. The cell unpacks and installs it."""

CODE = """\
import importlib.util
import shutil
import sys
import urllib.request
from pathlib import Path

RELEASE = "{release}"  # a released course.zip; empty while the project has no address
if "google.colab" in sys.modules and importlib.util.find_spec("helpers") is None:
    try:
        if not any(Path("course").rglob("requirements.txt")):
            if RELEASE and not Path("course.zip").is_file():
                shutil.move(urllib.request.urlretrieve(RELEASE)[0], "course.zip")
            shutil.unpack_archive("course.zip", "course")
        found = min(Path("course").rglob("helpers/paths.py"), key=lambda path: len(path.parts))
    except Exception:
        sys.exit("Drop course.zip (made by `make course-zip`) on Colab's list of files; run this cell again.")
    %cd -q {{found.absolute().parents[1]}}
    %pip install --quiet -r requirements.txt
    %cd -q notebooks
    sys.path.insert(0, str(Path.cwd().parent))"""


def release(project: dict[str, object]) -> str:
    """Return the address of the archive of this version's release; empty while the project has no address.

    Args:
        project: The table [project] of pyproject.toml.
    """
    urls = project.get("urls")
    repository = urls.get("Repository", "") if isinstance(urls, dict) else ""
    return (
        f"{repository.rstrip('/')}/releases/download/v{project['version']}/course.zip" if repository else ""
    )


def code(address: str) -> str:
    """Return the set-up cell.

    Args:
        address: Of a released archive, or empty.
    """
    return CODE.format(release=address)


def write(notebook: Path, address: str) -> bool:
    """Give a notebook the set-up cell and the text above it; nothing else of it changes.

    Args:
        notebook: The file.
        address: Of a released archive, or empty.

    Returns:
        Whether the file has changed.
    """
    read = nbformat.read(notebook, as_version=4)
    place = next(number for number, cell in enumerate(read.cells) if cell.source.startswith(HEADING))
    before = [cell.source for cell in read.cells[place : place + 2]]
    read.cells[place].source, read.cells[place + 1].source = TEXT, code(address)
    if before == [TEXT, code(address)]:
        return False
    nbformat.write(read, notebook)
    return True


def main() -> int:
    """Write the cell into each notebook, and say which have changed."""
    address = release(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])
    changed = [path.name for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if write(path, address)]
    print("\n".join(changed) or "Every notebook has the set-up cell.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
