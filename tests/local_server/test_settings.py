"""The id of the base model, and where a server keeps its data."""

import shutil
import sys
from pathlib import Path

import pytest
from serving import ROOT, command

from helpers.paths import server_state
from local_server import settings
from local_server.__main__ import main
from local_server.settings import default_state


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "data" / "base_model", tmp_path / "base")


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (b"{}", "found {}"),
        (b'{"model_id": 5}', "found {'model_id': 5}"),
        (b'{"model_id": "\\ud800"}', "a printable text"),
        (b"[]", "found []"),
        (b"model_id = tiny", "Expecting value"),
        (b"\xff", "invalid start byte"),
    ],
)
def test_a_base_model_without_a_readable_id_is_refused_at_the_start(
    tmp_path: Path,
    model_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    card: bytes,
    words: str,
) -> None:
    (model_folder / "course.json").write_bytes(card)
    monkeypatch.setattr(sys, "argv", command(tmp_path / "state", "--model", str(model_folder))[2:])

    status = main()

    printed = capsys.readouterr()
    assert (status, printed.out) == (1, "")
    assert f"the id of the base model cannot be read from {model_folder / 'course.json'}: " in printed.err
    assert words in printed.err
    assert "delete the file to use the folder's name" in printed.err


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"FINETUNE_LOCAL_STATE": "mine", "FINETUNE_RUNS_DIR": "runs-of-mine"}, Path("mine")),
        ({"FINETUNE_RUNS_DIR": "runs-of-mine"}, Path("runs-of-mine/.server")),
        ({}, ROOT / "runs" / ".server"),
    ],
)
def test_a_server_keeps_its_data_where_connect_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: Path
) -> None:
    for name in ("FINETUNE_LOCAL_STATE", "FINETUNE_RUNS_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert default_state() == server_state() == expected.absolute()


def test_an_installed_server_keeps_its_data_where_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINETUNE_RUNS_DIR", raising=False)
    monkeypatch.setattr(settings, "PACKAGES", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)

    assert default_state() == tmp_path / "runs" / ".server"
