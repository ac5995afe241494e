"""Find an API key without printing or storing it."""

import os
import sys
from getpass import getpass

from helpers.errors import BackendUnavailable
from helpers.paths import env_file


def find_key(name: str) -> str:
    """Return the key `name` from the environment, Colab's secrets, the file .env, or a prompt.

    Args:
        name: The variable, such as "OPENAI_API_KEY".

    Raises:
        BackendUnavailable: The key is nowhere, and nobody typed one.
    """
    key = os.environ.get(name) or _from_colab(name) or _from_env_file(name) or _from_prompt(name)
    if not key:
        raise BackendUnavailable(
            f"{name} was not found: not in the environment, not in {env_file()}, and none was typed. "
            "Set it, or set FINETUNE_BACKEND=local, which needs no key."
        )
    return key


def _from_colab(name: str) -> str | None:
    if "google.colab" not in sys.modules:
        return None
    from google.colab import userdata

    try:
        return userdata.get(name)
    except (userdata.SecretNotFoundError, userdata.NotebookAccessError):
        return None


def _from_env_file(name: str) -> str | None:
    file = env_file()
    if not file.is_file():
        return None
    for line in file.read_text(encoding="utf-8").splitlines():
        variable, _, value = line.strip().removeprefix("export ").partition("=")
        if variable.strip() == name:
            return value.strip().strip("'\"")
    return None


def _from_prompt(name: str) -> str | None:
    try:
        return getpass(f"{name} (not shown, not stored): ").strip()
    except (EOFError, NotImplementedError):  # No terminal; a kernel without input raises the second.
        return None
