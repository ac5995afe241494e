"""Where a key is looked for, and that it is never shown."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from helpers.backends.api_keys import find_key
from helpers.errors import BackendUnavailable

KEY = "sk-typed-" + "0123456789" * 2
ROOT = Path(__file__).resolve().parents[3]


def test_a_key_is_taken_from_the_env_file_when_the_environment_has_none(tmp_path):
    (tmp_path / ".env").write_text(f"# keys\nOTHER=1\nexport OPENAI_API_KEY='{KEY}'\n")

    assert find_key("OPENAI_API_KEY") == KEY


def test_a_key_is_taken_from_the_secrets_of_colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", colab({"OPENAI_API_KEY": KEY}))

    assert find_key("OPENAI_API_KEY") == KEY


def test_a_key_that_is_nowhere_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", colab({}))
    monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: "")

    with pytest.raises(BackendUnavailable, match=r"OPENAI_API_KEY was not found: .* FINETUNE_BACKEND=local"):
        find_key("OPENAI_API_KEY")


def test_without_a_terminal_the_prompt_is_a_refusal_and_not_a_hang(tmp_path):
    program = "from helpers.backends.api_keys import find_key; find_key('NO_SUCH_KEY')"

    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        timeout=30,
    )

    assert "BackendUnavailable: NO_SUCH_KEY was not found" in ended.stderr


def colab(secrets: dict[str, str]) -> ModuleType:
    """Colab's own module, as far as it gives secrets."""

    class SecretNotFoundError(Exception):
        pass

    class NotebookAccessError(Exception):
        pass

    def get(name: str) -> str:
        if name not in secrets:
            raise SecretNotFoundError(name)
        return secrets[name]

    module, userdata = ModuleType("google.colab"), ModuleType("userdata")
    userdata.get = get
    userdata.SecretNotFoundError, userdata.NotebookAccessError = SecretNotFoundError, NotebookAccessError
    module.userdata = userdata
    return module
