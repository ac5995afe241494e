"""State folders for tests that use the code of the server without its process."""

from pathlib import Path

from finetune_dataset.models import PERIODIC_TINY
from local_server.base_models import read_base_model
from local_server.settings import Settings

TINY = read_base_model(PERIODIC_TINY)


def empty_state(folder: Path) -> Settings:
    """The settings of a server whose folder has just been made."""
    for part in ("files", "jobs", "uploads", "temporary"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    return Settings(folder, (TINY,), "key")
