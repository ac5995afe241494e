"""The backends that `connect` knows."""

import difflib
import os

from helpers.errors import UnknownBackend

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
