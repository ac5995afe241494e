"""What is said while a long file is read."""

from pathlib import Path

import pytest

from local_server.training.job_log import Log
from local_server.training.rows.progress import Progress

STEP = {"step": 1, "total_steps": 2, "train_loss": 2.5, "train_mean_token_accuracy": 0.25}


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "events.jsonl")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of 3,000 rows, with blank lines between them."""
    made = tmp_path / "training.jsonl"
    made.write_bytes(b"{}\n\n" * 3000)
    return made


def read(path: Path, log: Log, seconds_each: float) -> None:
    """Read the file in parts of 500 rows, each of which takes so long."""
    now = [0.0]
    progress = Progress(path, log, lambda: now[0])
    for examples in range(500, 3001, 500):
        now[0] += seconds_each
        progress.read(examples)


def said(log: Log) -> list[str]:
    return [line["message"] for line in log.lines if line["kind"] == "reading"]


def test_a_file_that_is_read_within_two_seconds_has_no_line(path: Path, log: Log) -> None:
    read(path, log, 0.3)

    assert log.lines == []


def test_a_long_file_says_every_two_seconds_how_many_of_its_examples_are_read(path: Path, log: Log) -> None:
    read(path, log, 1.0)

    assert said(log) == [
        "Preparing the training file: 1,000 of 3,000 examples read",
        "Preparing the training file: 2,000 of 3,000 examples read",
        "Preparing the training file: 3,000 of 3,000 examples read",
    ]


def test_a_job_that_is_tried_again_goes_on_where_it_was_said_to_be(path: Path, log: Log) -> None:
    log.reads("training", 2000, "2,000 were read before the server ended")

    for _ in range(9):
        read(path, Log(path.with_name("events.jsonl")), 1.0)

    assert said(Log(path.with_name("events.jsonl"))) == [
        "2,000 were read before the server ended",
        "Preparing the training file: 3,000 of 3,000 examples read",
    ]


def test_a_job_that_has_made_steps_says_it_again_when_it_goes_on(path: Path, log: Log) -> None:
    log.reads("training", 3000, "before")
    log.step(STEP, estimated_finish=10.0)

    read(path, log, 3.0)

    assert len(said(log)) == 1 + 6


def test_the_validation_file_has_lines_of_its_own(path: Path, log: Log) -> None:
    log.reads("training", 3000, "before")

    read(path.rename(path.with_name("validation.jsonl")), log, 3.0)

    assert said(log)[1] == "Preparing the validation file: 500 of 3,000 examples read"


def test_a_job_that_waits_for_memory_says_so_once_though_it_reads_its_file_again(
    path: Path, log: Log
) -> None:
    log.waits("no memory")
    log.reads("training", 500, "a little further than before")
    log.waits("no memory")

    assert [line["kind"] for line in log.lines] == ["waiting", "reading"]
