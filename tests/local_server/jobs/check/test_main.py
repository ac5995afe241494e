"""The program that checks files: one line for each step, limits, and an end with its server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from serving import NAMES, ROOT, as_jsonl, row


def command(folder: Path, *options: str) -> list[str]:
    limits = ["--memory", str(2 * 1024**3), "--seconds", "60"]
    return [sys.executable, "-m", "local_server.jobs.check", str(folder), "training_file", *limits, *options]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "training.jsonl").write_bytes(as_jsonl([row(name) for name in NAMES[:3]]) + b"\n{}\n")
    return tmp_path


def lines(folder: Path, *options: str) -> list[dict]:
    with subprocess.Popen(
        command(folder, *options), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        return [json.loads(line) for line in process.stdout]


def test_it_says_what_is_wrong_with_a_file(folder: Path) -> None:
    (said,) = lines(folder)

    assert said["bad"]["code"] == "invalid_training_file"
    assert "Example 5, 'messages': " in said["bad"]["message"]


def test_it_names_each_row_before_it_is_checked_alone(folder: Path) -> None:
    assert lines(folder, "--rows") == [{"line": 1}, {"line": 2}, {"line": 3}, {"line": 5}]


def test_it_ends_when_its_server_has_ended(folder: Path) -> None:
    (folder / "training.jsonl").write_bytes(as_jsonl([row("Anna")]) * 200_000)

    ended = subprocess.run(command(folder), cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True)

    assert (ended.returncode, ended.stdout) == (1, b"")
