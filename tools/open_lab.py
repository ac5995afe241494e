"""JupyterLab on the whole course: `make lab`, and `python tools/open_lab.py` where there is no make.

The file list shows the course's folder: your copies of the notebooks, your runs, the data, the README.
Further arguments go to JupyterLab (`python tools/open_lab.py --no-browser`).
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from jupyterlab.labapp import LabApp
from jupyterlab_server.workspaces_handler import WorkspacesManager

from helpers.__main__ import copy_notebooks
from helpers.paths import ROOT, runs_dir

MY_NOTEBOOKS = ROOT / "my_notebooks"
"""The learner's copies: never replaced here, and not in git."""

CONFIG = Path(__file__).with_name("lab_config")
"""Switches off what asks about news: with `LabApp.news_url=None` it still asks (JupyterLab 4.6)."""

FIRST = "my_notebooks/00_start.ipynb"
LAYOUT = {
    "metadata": {"id": "default"},
    "data": {
        "layout-restorer:data": {
            "main": {
                "dock": {"type": "tab-area", "currentIndex": 0, "widgets": [f"notebook:{FIRST}"]},
                "current": f"notebook:{FIRST}",
            },
            "left": {"collapsed": False, "current": "filebrowser", "widgets": ["filebrowser"]},
        },
        f"notebook:{FIRST}": {"data": {"path": FIRST, "factory": "Notebook"}},
        "file-browser-filebrowser:cwd": {"path": ""},
    },
}
"""How Lab looks at first. The notebook's address alone would list its folder, and not the course's."""


def prepare(notebooks: Path, layouts: Path) -> None:
    """Copy the notebooks that are missing, without the course's answers, and lay Lab out at the first time.

    Args:
        notebooks: Where the copies go; what is there stays as it is.
        layouts: Where Lab keeps what is open: of the course alone, and not of the learner's other folders.

    Raises:
        OSError: They cannot be written.
    """
    copied = copy_notebooks(notebooks, keep=True, outputs=False)
    print(f"{len(copied)} notebooks copied to {notebooks.name}/; those that were there stay as they are.")
    layouts.mkdir(parents=True, exist_ok=True)
    if not any(layouts.iterdir()):
        WorkspacesManager(str(layouts)).save("default", json.dumps(LAYOUT))


def refuse_root(options: Sequence[str]) -> None:
    """JupyterLab refuses root, and names an option that `make lab` does not take: say where it goes.

    Args:
        options: For JupyterLab.

    Raises:
        SystemExit: root runs it, and has not said that this is meant.
    """
    if getattr(os, "geteuid", lambda: 1)() == 0 and not {"--allow-root", "--help", "-h"} & set(options):
        sys.exit(
            "You are root: whoever reaches JupyterLab could change everything on this computer, so it does "
            "not start. Use another account. In a container that is yours alone, start it with\n"
            f"    {sys.executable} tools/open_lab.py --allow-root"
        )


def main() -> None:
    """Start JupyterLab; it ends with Ctrl-C."""
    refuse_root(sys.argv[1:])
    layouts = runs_dir() / ".lab"
    try:
        prepare(MY_NOTEBOOKS, layouts)
    except OSError as error:
        sys.exit(
            f"{error.filename} cannot be written: {error.strerror}. Make room, or get write access to it."
        )
    own = filter(None, [str(CONFIG), os.environ.get("JUPYTER_CONFIG_PATH")])
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(own)
    options = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.workspaces_dir={layouts}"]
    # A class may have no network: nothing asks it for a list of extensions.
    options += ["--LabApp.extension_manager=readonly"]
    LabApp.launch_instance([*options, *sys.argv[1:]])


if __name__ == "__main__":
    main()
