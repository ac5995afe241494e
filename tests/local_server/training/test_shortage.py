"""What counts as a passing shortage, and how much room a job needs."""

import errno
import json
from pathlib import Path

import pytest

from local_server.training import shortage
from local_server.training.shortage import LACKING, NO_ROOM, status_of


def raised(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NO_ROOM),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), NO_ROOM),
        # The words of safetensors and of PyTorch 2.12.
        (Exception('Error while serializing: Os { code: 28, "No space left on device" }'), NO_ROOM),
        (RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing"), NO_ROOM),
        (raised(ValueError("cannot save"), OSError(errno.ENOSPC, "full")), NO_ROOM),
        (MemoryError(), LACKING),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), LACKING),
        (OSError(errno.EMFILE, "Too many open files"), LACKING),
        (RuntimeError("can't start new thread"), LACKING),
        (OSError(errno.EACCES, "Permission denied"), None),
        (ValueError("a row that is too long"), None),
    ],
)  # fmt: skip
def test_a_passing_shortage_is_told_from_a_fault_of_the_job(
    error: Exception, status: int | None, tmp_path: Path
) -> None:
    assert status_of(error, tmp_path) == status


def test_whatever_fails_on_a_full_disk_is_for_want_of_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortage, "disk_is_full", lambda _: True)

    assert status_of(ValueError("something"), tmp_path) == NO_ROOM


@pytest.mark.parametrize(("dtype", "room"), [("float32", 300), ("bfloat16", 600), (None, 300)])
def test_a_checkpoint_needs_three_numbers_of_four_bytes_for_each_weight(
    tmp_path: Path, dtype: str | None, room: int
) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(100))
    (tmp_path / "config.json").write_text(json.dumps({"dtype": dtype}))

    assert shortage.checkpoint_bytes(tmp_path, tmp_path) == room


def test_a_whole_checkpoint_tells_the_room_of_the_next(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoints" / "checkpoint-3"
    checkpoint.mkdir(parents=True)
    (checkpoint / "model.safetensors").write_bytes(bytes(1000))

    assert shortage.checkpoint_bytes(tmp_path, tmp_path) == 1000
    assert [shortage.checkpoints_to_come(kept) for kept in (0, 1, 3, 4)] == [4, 3, 1, 1]
