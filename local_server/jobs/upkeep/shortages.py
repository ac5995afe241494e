"""Jobs whose training stopped because the machine lacked something: they wait in the queue, and go on."""

import shutil
from pathlib import Path

from local_server import disk
from local_server.jobs import lifecycle
from local_server.jobs.store import FINAL, JobStore
from local_server.jobs.upkeep.patience import Patience
from local_server.settings import Settings
from local_server.training import shortage, specification
from local_server.training.job_log import half_written, whole_steps

_FULL = "the disk is full"
_LACKING = "the machine had too little memory, or too many open files or processes"
_MEGABYTE = 1024**2


class Shortages:
    """What is to be done with a job whose training process says that the machine lacks something.

    Args:
        settings: Folders.
        store: Where the jobs are.
    """

    def __init__(self, settings: Settings, store: JobStore) -> None:
        self._settings = settings
        self._store = store
        self._patience = Patience(store)
        # By job: what is missing, and the step of its last whole checkpoint at that time.
        self._stopped: dict[str, tuple[str, int]] = {}

    def stopped(self, job_id: str, exit_status: int) -> bool:
        """Queue a job again whose process lacked something. It may be called again after an error.

        Args:
            job_id: The job; its process has ended.
            exit_status: Of the process; negative for the signal that killed it.

        Returns:
            False when the process ended for another reason; then nothing was done.
        """
        folder = self._settings.job_folder(job_id)
        full = exit_status == shortage.NO_ROOM or (exit_status != 0 and shortage.disk_is_full(folder))
        if not full and exit_status != shortage.LACKING:
            self._forget(job_id)
            return False
        lines, _ = lifecycle.new_lines(folder / "events.jsonl", 0)
        if lines and lines[-1]["kind"] in ("finished", "failed"):
            self._forget(job_id)
            return False
        step = max(whole_steps(lines), default=0)
        what = _FULL if full else _LACKING
        goes_on = f"from the checkpoint at step {step}" if step else "from the first step"
        message = (
            f"The training stopped: {what}. {self._advice(job_id, full=full)}; "
            f"the job then goes on by itself {goes_on}. It can be cancelled meanwhile."
        )

        def record() -> None:
            lifecycle.take_over(self._settings, self._store, job_id)
            with self._store.transaction():
                self._store.move_job(job_id, ("running",), status="queued", estimated_finish=None)
                # One that was cancelled or ended just now does not go on.
                if self._store.job(job_id)["status"] not in FINAL:
                    self._store.add_event(job_id, message, level="warn", data={})

        disk.with_reserve(self._settings.reserve, record)
        # Only now: when the record fails, all of this is done once more.
        if step > self._stopped.get(job_id, ("", -1))[1]:
            self._patience.succeeded(job_id)
        self._stopped[job_id] = what, step
        self._wait(job_id, what)
        return True

    def waits(self, job_id: str) -> bool:
        """Whether a queued job still has to wait for what was missing. One that waited too long is failed."""
        if job_id not in self._stopped:
            return False
        if self._patience.waits(job_id):
            return True
        what, _ = self._stopped[job_id]
        try:
            if what != _FULL or self._room_missing(job_id) <= 0:
                return False
        except (ValueError, TypeError, LookupError, AttributeError, OSError):
            # A damaged job folder is told when the process is started.
            return False
        self._wait(job_id, what)
        return True

    def _wait(self, job_id: str, what: str) -> None:
        if not self._patience.note(job_id, "The training stopped", what):
            self._give_up(job_id, full=what == _FULL)

    def _give_up(self, job_id: str, *, full: bool) -> None:
        code = "insufficient_storage" if full else "server_error"
        message = (
            f"The training could not go on for an hour: {_FULL if full else _LACKING}. "
            f"{self._advice(job_id, full=full)} and create a new job."
        )

        def record() -> None:
            lifecycle.fail(self._store, job_id, code, message)

        # On a full disk, the checkpoints make the room for the record.
        lifecycle.discard(self._settings, job_id)
        disk.with_reserve(self._settings.reserve, record)
        self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        self._stopped.pop(job_id, None)
        self._patience.succeeded(job_id)

    def _advice(self, job_id: str, *, full: bool) -> str:
        if not full:
            return "Close other programs"
        missing = max(self._one_checkpoint(job_id), self._room_missing(job_id, all_to_come=True))
        return f"Free about {-(-missing // _MEGABYTE)} MB"

    def _one_checkpoint(self, job_id: str) -> int:
        folder = self._settings.job_folder(job_id)
        if (folder / "model").exists():
            # Only the result file is missing.
            return _MEGABYTE
        return shortage.checkpoint_bytes(folder, Path(specification.read(folder)["model_folder"]))

    def _room_missing(self, job_id: str, *, all_to_come: bool = False) -> int:
        """Bytes that have to be freed before the next checkpoint, or all further ones, can be written."""
        folder = self._settings.job_folder(job_id)
        lines, _ = lifecycle.new_lines(folder / "events.jsonl", 0)
        # They go when the training program starts.
        half = sum(map(shortage.size_of, half_written(folder, lines)))
        number = shortage.checkpoints_to_come(len(whole_steps(lines))) if all_to_come else 1
        needed = number * self._one_checkpoint(job_id) + _MEGABYTE
        return needed - half - shutil.disk_usage(folder).free
