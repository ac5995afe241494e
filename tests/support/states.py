"""State folders for tests that use the code of the server without its process."""

from pathlib import Path

from local_server.settings import DEFAULT_MODEL, Settings


def empty_state(folder: Path) -> Settings:
    """The settings of a server whose folder has just been made."""
    for part in ("files", "jobs", "uploads", "temporary"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    return Settings(folder, DEFAULT_MODEL, "key")
