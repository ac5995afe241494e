"""The backend: a name that is none, a key or an address that is missing; nothing of a key is shown."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from helpers.backends.names import BACKENDS
from helpers.doctor import setting
from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.setting import backend, backend_setting
from helpers.doctor.word import SETTINGS

SECRET = "sk-" + "abc" * 9


@pytest.fixture(autouse=True)
def env_file(tmp_path, monkeypatch):
    monkeypatch.setattr(setting, "env_file", lambda: tmp_path / ".env")
    return tmp_path / ".env"


def test_the_doctor_knows_the_backends_of_the_course():
    assert [*BACKENDS, "unknown"] == list(SETTINGS)


@pytest.mark.parametrize("value", [None, "", "replay", "Replay"])
def test_without_a_setting_it_is_replay(value, monkeypatch):
    monkeypatch.delenv("FINETUNE_BACKEND", raising=False)
    if value is not None:
        monkeypatch.setenv("FINETUNE_BACKEND", value)

    assert backend() == Finding(OK, "replay")


def test_a_name_that_is_no_backend_is_bad(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "repaly")

    assert backend_setting() == "unknown"
    assert backend() == Finding(
        BAD,
        "FINETUNE_BACKEND is 'repaly'",
        "Set it to one of replay, local, openai, azure, compatible, or unset it: that is replay.",
    )


def test_a_missing_key_is_a_note_because_a_notebook_asks_for_it(monkeypatch, env_file):
    monkeypatch.setenv("FINETUNE_BACKEND", "openai")

    assert backend() == Finding(
        NOTE,
        "openai, without OPENAI_API_KEY",
        f"Set OPENAI_API_KEY in the environment; a key may also stand in {env_file} (OPENAI_API_KEY=...), "
        "or a notebook asks for it.",
    )


def test_a_missing_address_is_bad(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "azure")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", SECRET)

    found = backend()

    assert (found.level, found.found) == (BAD, "azure, without AZURE_OPENAI_ENDPOINT")


def test_a_key_in_the_environment_is_enough_and_is_not_shown(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "openai")
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)

    assert backend() == Finding(OK, "openai, with OPENAI_API_KEY")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_key_in_the_file_is_found_and_not_shown(encoding, env_file, monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "openai")
    env_file.write_text(f"OTHER=1\nexport OPENAI_API_KEY={SECRET}\n", encoding=encoding)

    assert backend() == Finding(OK, "openai, with OPENAI_API_KEY")


@pytest.mark.parametrize("content", [b"OPENAI_API_KEY=\n", b"\xff\xfe\x00", b"\xff"])
def test_a_file_without_the_value_has_no_key(content, env_file, monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "openai")
    env_file.write_bytes(content)

    assert backend().level == NOTE


@pytest.mark.parametrize(("secret", "level"), [(SECRET, OK), (None, NOTE), (TimeoutError(), NOTE)])
def test_colabs_secrets_count(secret, level, monkeypatch):
    def get(name):
        if isinstance(secret, Exception):
            raise secret
        return secret

    colab = ModuleType("google.colab")
    colab.userdata = SimpleNamespace(get=get)
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    monkeypatch.setenv("FINETUNE_BACKEND", "openai")

    assert backend().level == level
