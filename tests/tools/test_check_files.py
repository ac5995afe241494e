"""What must not be committed is found, and what the repository holds passes."""

import json
import subprocess
from pathlib import Path

import pytest
from check_files import main, problems

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-proj-" + "aB3" * 10


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook with one output and some metadata."""

    def write(output: str = "0.31", **metadata: object) -> Path:
        outputs = [{"output_type": "stream", "name": "stdout", "text": [output]}]
        cell = {"cell_type": "code", "source": ["1"], "outputs": outputs, "metadata": {}}
        path = tmp_path / "lesson.ipynb"
        path.write_text(json.dumps({"cells": [cell], "metadata": metadata}))
        return path

    return write


def test_a_plain_notebook_passes(notebook, capsys):
    assert main([str(notebook(kernelspec={"name": "python3"}))]) == 0


def test_the_state_of_widgets_is_found(notebook):
    found = list(problems(notebook(widgets={})))

    assert found == ["the state of widgets. Run `make notebooks`, or clear it in Jupyter before you save."]


@pytest.mark.parametrize("key", [KEY, "hf_" + "a" * 34, "ghp_" + "0" * 36, "AKIA" + "A" * 16])
def test_a_key_in_an_output_is_found_and_not_shown(key, notebook, capsys):
    path = notebook(f"OPENAI_API_KEY={key}")

    assert main([str(path)]) == 1

    said = capsys.readouterr().err
    assert said == f"{path}: an API key ({key[:4]}…). Remove it, and revoke it where it was made.\n"


@pytest.mark.parametrize(
    "text", ["AKIA" + "A" * 9 + "EXAMPLE", "sk-redacted", "task-oriented-questions-and-answers"]
)
def test_what_only_looks_like_a_key_passes(text, notebook):
    assert list(problems(notebook(text))) == []


def test_a_large_file_is_found(tmp_path):
    (tmp_path / "model.bin").write_bytes(bytes(3_100_000))

    assert list(problems(tmp_path / "model.bin")) == [
        "3.1 MB; a file has at most 1 MB. Make it smaller, or with a program."
    ]


def test_all_files_of_the_repository_pass(capsys):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git repository")
    names = [name for name in listed.stdout.split("\0") if name and not name.endswith("model.safetensors")]

    assert main([str(ROOT / name) for name in names if (ROOT / name).is_file()]) == 0
