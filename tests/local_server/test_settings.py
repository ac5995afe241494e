"""The id of the base model, and where a server keeps its data."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from serving import ROOT, command

from helpers.paths import server_state
from local_server import settings
from local_server.__main__ import main
from local_server.settings import close_to_others, default_state


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


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_state_folder_that_others_could_read_is_closed_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    state = tmp_path / "runs" / ".server"
    state.mkdir(parents=True)
    (state / "jobs").mkdir()
    for folder in (tmp_path / "runs", state, state / "jobs"):
        folder.chmod(0o755)
    before = os.umask(0o022)

    try:
        notes = close_to_others(state)
        (state / "new").write_text("x")
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (state.parent, state, *state.iterdir())}
    assert modes == dict.fromkeys(("runs", ".server", "files", "jobs", "uploads", "temporary"), 0o700) | {
        "new": 0o600
    }
    assert notes == [
        f"other users of this machine could look into {folder} (mode 755); now only you can (mode 700)."
        for folder in (state.parent, state, state / "jobs")
    ]
    assert close_to_others(state) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_a_folder_that_cannot_be_closed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)

    assert close_to_others(tmp_path) == [
        f"other users of this machine could look into {tmp_path} (mode 755), and it cannot be closed to "
        "them: Operation not permitted. Pass another --state."
    ]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize("name", [".server", "state"])
def test_a_folder_that_others_share_stays_as_it_is(tmp_path: Path, name: str) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    before = os.umask(0o022)

    try:
        inside, itself = close_to_others(shared / name), close_to_others(shared)
    finally:
        os.umask(before)

    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert inside == []
    assert "it is a folder that all share" in itself[0]
