"""The commands for a class, without a server. `test_owner.py` has those that ask one."""

from pathlib import Path

import pytest
from class_server import made

from local_server.access import keys
from local_server.projects.__main__ import main


def test_make_writes_two_files_and_says_what_each_is_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.toml"

    status = main(["make", "30", "--file", str(file)])

    assert status == 0
    assert capsys.readouterr().out == (
        f"{file} is for the server: python -m local_server --projects {file}\n"
        f"{tmp_path}/class.keys.csv has the keys of 30 learners. Hand each its own, and delete that file.\n"
    )
    assert len(keys.read(file).names) == 30
    assert (
        (tmp_path / "class.keys.csv").read_text(encoding="utf-8").startswith("project,key\nlearner-01,local-")
    )


@pytest.mark.parametrize("there", ["projects.toml", "projects.keys.csv"])
def test_make_writes_over_nothing(tmp_path: Path, there: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")

    status = main(["make", "2", "--file", str(tmp_path / "projects.toml")])

    assert status == 1
    assert capsys.readouterr().err == (
        f"local_server.projects: {tmp_path / there} is there already. Pass another name, or move it away.\n"
    )
    assert {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {there: "mine"}


def test_a_new_key_ends_the_old_one_and_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, drawn = made(tmp_path, "anna", "ben", queued_jobs=3)
    capsys.readouterr()

    assert main(["key", "anna", "--file", str(file)]) == 0
    assert main(["key", "carla", "--file", str(file)]) == 0

    said = capsys.readouterr()
    new = dict(line.split(",") for line in said.out.splitlines())
    projects = keys.read(file)
    found = {key: projects.of_key(key) for key in (*drawn.values(), *new.values())}
    assert found == {drawn["anna"]: None, drawn["ben"]: "ben", new["anna"]: "anna", new["carla"]: "carla"}
    assert projects.limits.queued_jobs == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert "start it again; jobs go on" in said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["make", "0"], "expected 1 to 10,000 learners, found 0"),
        (["make", "two words"], "is no name for a project"),
        (["key", "anna"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*arguments, "--file", str(tmp_path / "projects.toml")])

    assert status == 1
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["grid"], ["end", "anna"], ["purge", "anna"]])
def test_without_a_server_the_commands_say_so(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main([*command, "--state", str(tmp_path)])

    assert status == 1
    assert capsys.readouterr().err.startswith(f"local_server.projects: no server runs on {tmp_path} (")
