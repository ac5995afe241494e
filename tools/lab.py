"""JupyterLab on the whole course: `make lab`, and `python tools/lab.py` where there is no make.

The file list shows the course's folder: your copies of the notebooks, your runs, the data, the README. Further
arguments go to JupyterLab (`python tools/lab.py --no-browser`).
"""

import sys
from pathlib import Path

from jupyterlab.labapp import LabApp

from helpers.__main__ import copy_notebooks
from helpers.paths import ROOT, runs_dir

MY_NOTEBOOKS = ROOT / "my_notebooks"
"""The learner's copies: never replaced here, and not in git."""

OPTIONS = (
    f"--ServerApp.root_dir={ROOT}",
    # No question about news, and nothing that asks the network: a class may have none.
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def prepare(folder: Path = MY_NOTEBOOKS) -> Path:
    """Copy the notebooks that are missing, without the course's answers, and make the folder of the runs.

    Args:
        folder: Where the copies go; what is there stays as it is.

    Returns:
        The first notebook.
    """
    copied = copy_notebooks(folder, keep=True, outputs=False)
    runs_dir().mkdir(parents=True, exist_ok=True)
    print(f"{len(copied)} notebooks copied to {folder.name}/; those that were there stay as they are.")
    return folder / "00_start.ipynb"


if __name__ == "__main__":
    try:
        first = prepare()
    except OSError as error:
        sys.exit(
            f"The notebooks cannot be copied: {error.filename}: {error.strerror}. Make room, or get write access."
        )
    LabApp.launch_instance([*OPTIONS, *sys.argv[1:], str(first)])
