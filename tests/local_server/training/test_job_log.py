"""The lines of events.jsonl."""

import errno
from pathlib import Path

import pytest

from local_server.training.job_log import Log

FIRST = {"step": 1, "total_steps": 2, "train_loss": 2.5, "train_mean_token_accuracy": 0.25}
SECOND = FIRST | {"step": 2, "train_loss": 1.5, "valid_loss": 2.0, "valid_mean_token_accuracy": 0.5}


def test_a_log_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    Log(path).step(FIRST, estimated_finish=10.0)
    with open(path, "ab") as file:
        file.write(b'{"kind": "che')

    second = Log(path)
    second.checkpoint(1)

    assert second.metrics() == [FIRST]
    assert [line["kind"] for line in Log(path).lines] == ["metrics", "checkpoint"]


def test_a_log_removes_what_a_killed_process_has_left_half_written(tmp_path: Path) -> None:
    log = Log(tmp_path / "events.jsonl")
    for step in (1, 2):
        (tmp_path / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
    log.checkpoint(1)

    Log(tmp_path / "events.jsonl")

    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["checkpoint-1"]


def test_a_line_for_which_there_is_no_room_is_not_there_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path / "events.jsonl")
    log.step(FIRST, estimated_finish=10.0)
    before, file = (tmp_path / "events.jsonl").read_bytes(), log._file

    class Full:
        """Takes half of a line, then nothing."""

        taken = False

        def write(self, content: bytes) -> int:
            if self.taken:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.taken = True
            return file.write(content[: len(content) // 2])

        truncate = file.truncate

    log._file = Full()
    with pytest.raises(OSError, match="No space left"):
        log.step(SECOND, estimated_finish=10.0)

    assert (tmp_path / "events.jsonl").read_bytes() == before
    log._file = file
    log.step(SECOND, estimated_finish=10.0)
    assert Log(tmp_path / "events.jsonl").metrics() == [FIRST, SECOND]
