"""A fine-tuned model as a plain folder, by its name."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lora import job_folder, trained
from serving import ROOT

from finetune_dataset.models import PERIODIC_TINY
from local_server.jobs.models import MODELS, new_model
from local_server.store import Store

pytestmark = pytest.mark.slow

NAME = "ft:periodic-tiny-2026-11:local::abcdefgh"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of a server that has trained an adapter."""
    state = tmp_path_factory.mktemp("state")
    trained(job_folder(state / "jobs" / "done"))
    store = Store(state / "server.db")
    store.add(MODELS, new_model(NAME, 0, "org-local"), "done")
    store.close()
    return state


def export(state: Path, model: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "local_server.export", model, str(folder), "--state", str(state)]
    return subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_an_adapter_becomes_a_whole_model_that_needs_nothing_else(state: Path, tmp_path: Path) -> None:
    done = export(state, NAME, tmp_path / "taken along")

    config = json.loads((tmp_path / "taken along" / "config.json").read_text())
    base = json.loads((PERIODIC_TINY / "config.json").read_text())
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"{NAME} is in {tmp_path / 'taken along'}\n")
    assert (config["dtype"], config["hidden_size"]) == (base["dtype"], base["hidden_size"])
    assert not (tmp_path / "taken along.new").exists()


@pytest.mark.parametrize(
    ("there", "model", "problem"),
    [
        (False, "ft:unknown", "there is no model 'ft:unknown' in"),
        (True, NAME, "is there already. Give a folder that is not there."),
    ],
)
def test_what_cannot_be_written_is_said(
    state: Path, tmp_path: Path, there: bool, model: str, problem: str
) -> None:
    folder = tmp_path / "out"
    if there:
        folder.mkdir()

    done = export(state, model, folder)

    assert done.returncode == 1
    assert problem in done.stderr


def test_a_folder_without_a_server_is_said(tmp_path: Path) -> None:
    done = export(tmp_path, NAME, tmp_path / "out")

    assert (done.returncode, done.stderr) == (
        1, f"no server has run on {tmp_path}: server.db is not there.\n",
    )  # fmt: skip


def test_an_adapter_whose_base_is_gone_is_said(state: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(state, tmp_path / "state")
    config = moved / "jobs" / "done" / "model" / "adapter_config.json"
    content = json.loads(config.read_text()) | {"base_model_name_or_path": str(tmp_path / "gone")}
    config.write_text(json.dumps(content))

    done = export(moved, NAME, tmp_path / "out")

    assert done.returncode == 1
    assert "its base model is not in" in done.stderr
