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


@pytest.mark.parametrize(
    ("pasted", "removed"),
    [
        (f"{KEY}\n", "a line break"),
        (f"  {KEY}\t", "spaces"),
        (f"\u00a0{KEY}", "spaces"),
        (f"\ufeff{KEY}\u200b", "an invisible mark"),
        (f'"{KEY}"', "quotes"),
        (f"\u201c{KEY}\u201d\r\n", "a line break, quotes"),
        (f"'{KEY}", "quotes"),
        (f"Bearer {KEY}", '"Bearer"'),
        (f"Authorization: bearer {KEY}", '"Bearer"'),
        (f"{KEY}  # my key", "a comment"),
        (f'"{KEY}" # mine', "quotes and a comment"),
        (f"export OPENAI_API_KEY='{KEY}'", "the name of the variable, quotes"),
        (f'"{KEY}",', "quotes, a comma"),
    ],
)
@pytest.mark.parametrize("source", ["environment", "colab", ".env", "prompt"])
def test_a_key_is_taken_as_it_was_meant_and_that_is_said(
    source, pasted, removed, monkeypatch, tmp_path, capsys
):
    if source == "environment":
        monkeypatch.setenv("OPENAI_API_KEY", pasted)
    elif source == "colab":
        monkeypatch.setitem(sys.modules, "google.colab", colab({"OPENAI_API_KEY": pasted}))
    elif source == ".env":
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY={pasted}", encoding="utf-8")
    else:
        monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: pasted)

    assert find_key("OPENAI_API_KEY") == KEY
    said = capsys.readouterr().out
    assert KEY not in said
    # A line of a file has its own end, and blanks around a value belong to its form.
    assert source == ".env" or f"removed around the key: {removed}" in said


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeffOPENAI_API_KEY={KEY}\r\n".encode(),
        f"OPENAI_API_KEY={KEY}\r\n".encode("utf-16"),
        f'export OPENAI_API_KEY="{KEY}"   # the new one\n'.encode(),
        f"OPENAI_API_KEY=\nOPENAI_API_KEY = {KEY}\n".encode(),
        f"# OPENAI_API_KEY=old\nOPENAI_API_KEY={KEY} # \u2014 mine\n".encode(),
    ],
)
def test_a_key_is_read_from_an_env_file_of_any_form(content, tmp_path):
    (tmp_path / ".env").write_bytes(content)

    assert find_key("OPENAI_API_KEY") == KEY


FAILURES = ("SecretNotFoundError", "NotebookAccessError", "TimeoutException", "ImportError")


@pytest.mark.parametrize("error", FAILURES)
def test_secrets_that_fail_are_passed_over(error, monkeypatch, tmp_path, capsys):
    def fail(name: str) -> str:
        raise type(error, (Exception,), {})(name)

    module = colab({})
    module.userdata.get = fail
    monkeypatch.setitem(sys.modules, "google.colab", module)
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}")

    assert find_key("OPENAI_API_KEY") == KEY
    told = f"OPENAI_API_KEY: Colab's secrets cannot be read ({error}); looking further.\n"
    assert capsys.readouterr().out == ("" if error == "SecretNotFoundError" else told)


@pytest.mark.parametrize("empty", ["", " ", '""', "\n", "# none yet"])
def test_an_empty_value_is_passed_over(empty, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", empty)
    monkeypatch.setitem(sys.modules, "google.colab", colab({"OPENAI_API_KEY": empty}))
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={empty}\n")
    monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: KEY)

    assert find_key("OPENAI_API_KEY") == KEY


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"OPENAI_API_KEY=\xe4\xf6"])
def test_an_env_file_that_is_no_text_is_passed_over_and_named(content, tmp_path, monkeypatch, capsys):
    (tmp_path / ".env").write_bytes(content)
    monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: KEY)

    assert find_key("OPENAI_API_KEY") == KEY
    assert f"{tmp_path / '.env'} cannot be read (UnicodeDecodeError)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "character"),
    [
        ("sk-abc\ndef", "U+000A"),
        ("sk-abc def", "U+0020"),
        ("sk-abc\u2013def", "U+2013"),
        ("sk-\x00abc", "U+0000"),
        ("schlüssel", "U+00FC"),
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_at_once_without_showing_it(key, character, monkeypatch):
    monkeypatch.setattr("helpers.backends.api_keys.os.environ", {"OPENAI_API_KEY": key})

    with pytest.raises(BackendUnavailable) as caught:
        find_key("OPENAI_API_KEY")

    assert "OPENAI_API_KEY from the environment cannot be a key: character " in str(caught.value)
    assert character in str(caught.value)
    assert key not in str(caught.value)


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
