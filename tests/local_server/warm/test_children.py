"""Forks of the warm process: they work, they end as told, and what happens when the warm process is gone."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from serving import as_jsonl, row, wait_until
from states import TINY, empty_state

from local_server.settings import Settings
from local_server.warm import children as module
from local_server.warm.child import Child
from local_server.warm.children import Children

pytestmark = [
    # The real run and the kills have their forks in the daily tests.
    pytest.mark.slow,
    pytest.mark.skipif(not module.FORKS, reason="only Linux forks safely"),
]

NAMES = ["Anna", "Ben", "Carla", "David"]


@pytest.fixture(scope="module")
def children(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    children = Children(empty_state(tmp_path_factory.mktemp("state")))
    children.prepare("training")
    yield children
    children.stop()


def job_folder(folder: Path, **changes: object) -> Path:
    folder.mkdir(exist_ok=True)
    spec = {
        "model_folder": str(TINY.folder),
        "n_epochs": 2,
        "batch_size": 2,
        "learning_rate": 3e-4,
        "seed": 1,
    }
    (folder / "job.json").write_text(json.dumps(spec | changes))
    (folder / "training.jsonl").write_bytes(as_jsonl([row(name) for name in NAMES]))
    return folder


def losses(folder: Path) -> list[float]:
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [line["metrics"]["train_loss"] for line in lines if line["kind"] == "metrics"]


def answers(children: Children) -> bool:
    """Whether a chat process can be started, and ends when nobody can ask it any more."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        number = theirs.fileno()
        process = children.start("generation", ["1", "600"], stdin=number, stdout=number, stderr=2)
    return process.wait(30) == 0


def warm_process(children: Children) -> psutil.Process:
    return psutil.Process(children._warm.pid)


def started(children: Children, folder: Path) -> tuple[Child, psutil.Process]:
    """A training that goes on for long, and its process."""
    trainer = children.train(job_folder(folder, n_epochs=500))
    wait_until(lambda: (folder / "events.jsonl").exists() and losses(folder), bool)
    (process,) = warm_process(children).children()
    return trainer, process


def test_a_fork_trains_with_the_losses_of_a_process_of_its_own(children: Children, tmp_path: Path) -> None:
    forked, alone = job_folder(tmp_path / "forked"), job_folder(tmp_path / "alone")

    trainer = children.train(forked)
    command = [sys.executable, "-m", "local_server.training", str(alone)]
    environment = Settings(tmp_path, (TINY,), "").child_environment()
    subprocess.run(command, env=environment, check=True, capture_output=True)

    assert trainer.process.wait(60) == 0
    assert losses(forked) == losses(alone)
    assert len(losses(forked)) == 4


def test_the_warm_process_has_one_thread_and_a_fork_nothing_of_its_neighbors(
    children: Children, tmp_path: Path
) -> None:
    first, one = started(children, tmp_path / "first")
    second = children.train(job_folder(tmp_path / "second", n_epochs=500))
    other = wait_until(lambda: [p for p in warm_process(children).children() if p.pid != one.pid], bool)[0]
    wait_until(other.name, lambda name: name == "training")

    sockets = [
        target
        for link in Path(f"/proc/{other.pid}/fd").iterdir()
        if "socket:" in (target := os.readlink(link))
    ]
    threads = warm_process(children).num_threads()
    for trainer in (first, second):
        trainer.kill()

    assert (threads, sockets) == (1, [])


def test_a_fork_stops_at_its_next_step_when_its_standard_input_closes(
    children: Children, tmp_path: Path
) -> None:
    trainer, _ = started(children, tmp_path / "job")

    trainer.stdin.close()

    assert trainer.process.wait(30) == 0
    assert list((tmp_path / "job" / "checkpoints").glob("checkpoint-*"))


def test_a_killed_fork_is_told_by_its_signal(children: Children, tmp_path: Path) -> None:
    trainer, process = started(children, tmp_path / "job")
    running = trainer.process.poll()

    process.send_signal(signal.SIGSEGV)

    assert running is None
    assert trainer.process.wait(30) == -signal.SIGSEGV


def test_a_fork_can_be_killed_before_the_warm_process_has_made_it(children: Children, tmp_path: Path) -> None:
    warm = warm_process(children)
    warm.suspend()
    trainer = children.train(job_folder(tmp_path / "job", n_epochs=500))
    trainer.process.kill()
    warm.resume()

    assert trainer.process.wait(30) == -signal.SIGKILL
    assert warm.children() == []


def test_a_program_that_fails_gives_its_status_and_writes_its_traceback(
    children: Children, tmp_path: Path
) -> None:
    trainer = children.train(job_folder(tmp_path / "job", model_folder=str(tmp_path / "nowhere")))

    assert trainer.process.wait(30) == 1
    assert "nowhere" in (tmp_path / "job" / "trainer.log").read_text()


def test_when_the_warm_process_is_killed_its_forks_go_on_and_the_next_start_makes_a_new_one(
    children: Children, tmp_path: Path
) -> None:
    trainer, process = started(children, tmp_path / "job")
    trainer.process.poll()
    warm_process(children).kill()
    wait_until(lambda: children._warm.poll(), lambda status: status is not None)

    still_there = trainer.process.poll(), process.is_running()
    trainer.process.kill()
    killed = trainer.process.wait(30)
    after = children.train(job_folder(tmp_path / "after"))

    assert still_there == (None, True)
    assert killed == -signal.SIGKILL
    assert after.process.wait(60) == 0


def test_an_idle_warm_process_ends_and_comes_back_for_the_next_job(tmp_path: Path) -> None:
    state = empty_state(tmp_path)
    children = Children(Settings(state.state, (TINY,), "", keep_warm_seconds=0.01))
    children.prepare("training")
    wait_until(lambda: children._warm.poll(), lambda status: status is not None)

    trainer = children.train(job_folder(tmp_path / "job"))

    assert trainer.process.wait(60) == 0
    children.stop()


def test_nothing_is_kept_where_nobody_wants_it(tmp_path: Path) -> None:
    children = Children(Settings(empty_state(tmp_path).state, (TINY,), "", keep_warm_seconds=0))
    children.prepare("training")

    trainer = children.train(job_folder(tmp_path / "job"))

    assert isinstance(trainer.process, subprocess.Popen)
    assert trainer.process.wait(60) == 0
    assert children._warm is None


def test_a_training_stack_that_cannot_be_loaded_is_told_in_the_log_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "trl.py").write_text("raise ImportError('trl is not here')\n")
    monkeypatch.setattr(
        Settings,
        "child_environment",
        lambda self: os.environ | {"PYTHONPATH": f"{tmp_path / 'broken'}{os.pathsep}{module.PACKAGES}"},
    )
    children = Children(empty_state(tmp_path))

    trainer = children.train(job_folder(tmp_path / "job"))

    assert trainer.process.wait(60) == 1
    assert "trl is not here" in (tmp_path / "job" / "trainer.log").read_text()
    assert answers(children)
    children.stop()
