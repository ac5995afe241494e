"""The backends that `connect` knows, and the run folder that belongs to each."""

import difflib
import os
import re
from pathlib import Path

from helpers.errors import FineTuneError, UnknownBackend
from helpers.paths import DEFAULT_RUN, runs_dir

BACKENDS = ("replay", "local", "openai", "azure", "compatible")
"""Where the answers come from: recordings, this machine, or one of three kinds of remote services."""


def backend_name(name: str | None = None) -> str:
    """Return the backend that `connect(name)` opens, without opening it.

    Args:
        name: As for `connect`; without it FINETUNE_BACKEND counts, and "replay" without that.

    Raises:
        UnknownBackend: No backend has that name.
    """
    asked = name or os.environ.get("FINETUNE_BACKEND") or "replay"
    if asked.lower() in BACKENDS:
        return asked.lower()
    near = difflib.get_close_matches(asked.lower(), BACKENDS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UnknownBackend(
        f"There is no backend {asked!r}. Backends: {', '.join(BACKENDS)}.{hint} "
        "The name comes from connect(name) or from FINETUNE_BACKEND."
    )


def run_folder(name: str | None = None) -> Path:
    """Return the folder of a run, and make it on first use. Its name is the run's.

    Args:
        name: As for `open_run`.

    Raises:
        FineTuneError: The name cannot be a folder's name, or the folder cannot be made.
        UnknownBackend: FINETUNE_BACKEND names no backend.
    """
    backend = backend_name()
    default = DEFAULT_RUN if backend == "replay" else f"{DEFAULT_RUN}-{backend}"
    name = name or os.environ.get("FINETUNE_RUN") or default
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*", name):
        raise FineTuneError(
            f"{name!r} cannot be the name of a run. Use letters, digits, '-', '_' and '.'; begin with no dot."
        )
    folder = runs_dir() / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise FineTuneError(
            f"The run folder {folder} cannot be made: {error.strerror}. "
            "Set FINETUNE_RUNS_DIR to a folder that you may write to."
        ) from None
    return folder
