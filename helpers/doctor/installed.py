"""The packages: there, in range, and not damaged; and what shows widgets."""

from __future__ import annotations

import importlib.metadata
import os
import site
import subprocess
import sys
from pathlib import Path

from helpers.doctor.finding import BAD, OK, Finding, how_to_install
from helpers.doctor.versions import Requirement, fits, required

IMPORTED = (
    "openai",
    "httpx2",
    "msgspec",
    "pandas",
    "matplotlib.pyplot",
    "PIL.Image",
    "ipywidgets",
    "tokenizers",
)
"""What the notebooks load first, and most of it compiled: a damaged package shows itself here."""

IMPORT_SECONDS = 120
"""How long these imports may take; on two cores about two seconds (Nov 2026), the first time more."""

_PROBE = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        print(f"{name} ({type(error).__name__}: {(str(error).splitlines() or [''])[0]})", flush=True)
print("done")
"""


def packages() -> Finding:
    """Look at what every notebook needs."""
    needed = required()
    wrong = out_of_range(needed) or broken(IMPORTED)
    if wrong:
        return Finding(BAD, "; ".join(wrong), how_to_install(training=False))
    return Finding(OK, f"all {len(needed)} are there, in the versions that fit")


def training(local: bool) -> Finding:
    """Look at the training stack.

    Args:
        local: Whether the chosen backend needs it.
    """
    needed = required("local")
    wrong = out_of_range(needed)
    if not local:
        state = "not installed" if wrong else "installed"
        return Finding(OK, f"{state}; only the backend local needs it")
    wrong = wrong or broken(("torch", "transformers"))
    if wrong:
        return Finding(BAD, "; ".join(wrong), how_to_install(training=True))
    return Finding(OK, f"all {len(needed)} packages are there, in the versions that fit")


def widgets() -> Finding:
    """Look whether progress bars and live curves can be shown, where JupyterLab runs in this environment."""
    version = version_of("ipywidgets")
    if version is None:
        return Finding(BAD, "ipywidgets is not installed", how_to_install(training=False))
    if version_of("jupyterlab") is None:
        return Finding(OK, f"ipywidgets {version}; JupyterLab is not in this environment")
    prefixes = (sys.prefix, sys.base_prefix, site.getuserbase() or sys.prefix)
    places = [Path(prefix, "share", "jupyter") for prefix in prefixes]
    places += map(Path, filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep)))
    manager = Path("labextensions", "@jupyter-widgets", "jupyterlab-manager", "package.json")
    if not any((place / manager).is_file() for place in places):
        return Finding(BAD, f"ipywidgets {version}, but JupyterLab's part (jupyterlab_widgets) is missing",
                       how_to_install(training=False))  # fmt: skip
    return Finding(OK, f"ipywidgets {version}, and JupyterLab shows them")


def version_of(name: str) -> str | None:
    """Return the installed version of a package; None when it is not there, or its files are damaged."""
    try:
        return importlib.metadata.version(name) or None
    except Exception:
        return None


def out_of_range(needed: list[Requirement]) -> list[str]:
    """Say which packages are missing, or in a version that does not fit.

    Args:
        needed: What `required` gives.
    """
    versions = [(name, bounds, version_of(name)) for name, bounds in needed]
    missing = [name for name, _, version in versions if version is None]
    more = f" and {len(missing) - 4} more" if len(missing) > 4 else ""
    wrong = [f"not installed: {', '.join(missing[:4])}{more}"] if missing else []
    return wrong + [
        f"{name} is {version}, expected {bounds}"
        for name, bounds, version in versions
        if version is not None and not fits(version, bounds)
    ]


def broken(names: tuple[str, ...]) -> list[str]:
    """Import modules in a process of their own, which may crash, and say which fail.

    Args:
        names: Of the modules.
    """
    command = [sys.executable, "-c", _PROBE, *names]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=IMPORT_SECONDS, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return [f"the imports did not end ({type(error).__name__})"]
    *wrong, last = done.stdout.splitlines() or [""]
    if last != "done":
        return [*wrong, f"an import ended Python (exit status {done.returncode})"]
    return [f"{line.partition(' (')[0]} cannot be imported ({line.partition(' (')[2]}" for line in wrong]
