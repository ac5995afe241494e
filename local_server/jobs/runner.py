"""Moves jobs along: checks their files, starts training processes, ends them, takes over what they write.

Three threads, so that neither checking a large file nor deleting one delays a running job. Nothing is kept
in memory that a restart would miss: status and reading position are in the store, the
rest is in the job folder.
"""

import logging
import subprocess
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial

from local_server import disk
from local_server.files.expiry import remove_expired
from local_server.jobs import lifecycle
from local_server.jobs.answers import Job
from local_server.jobs.check.preparing import Preparing
from local_server.jobs.models import start_of
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.patience import Patience
from local_server.jobs.upkeep.shortages import Shortages
from local_server.settings import Settings
from local_server.training import specification
from local_server.warm.child import Trainer
from local_server.warm.children import Children

log = logging.getLogger("local_server")

_PAUSE_SECONDS = 0.1
_STOP_SECONDS = 10
# A process that is killed again and again before it reports a step (out of memory, for example) is given up.
_FUTILE_STARTS = 5
# What reading a file raises that holds something else than the server or the training program wrote.
_DAMAGED = (ValueError, TypeError, LookupError, AttributeError, OSError, RecursionError)
_GONE = "The folder of this job below the server's state folder was deleted. Create a new job to try again."


class Runner:
    """The part of the server that works while nobody asks.

    Args:
        settings: Folders, and how many jobs train at once.
        store: Where jobs and events are.
        children: Starts the training processes.
    """

    def __init__(self, settings: Settings, store: JobStore, children: Children) -> None:
        self._settings = settings
        self._store = store
        self._children = children
        self._stopping = threading.Event()
        self._trainers: dict[str, Trainer] = {}
        self._began_at: dict[str, int] = {}
        self._futile_starts: Counter[str] = Counter()
        self._told: set[str] = set()
        self._patience = Patience(store)
        self._shortages = Shortages(settings, store)
        self._preparing = Preparing(settings, store, self._stopping)
        self._threads = [
            threading.Thread(target=self._repeat, args=(step,), daemon=True)
            for step in (self._prepare, self._train, self._keep_house)
        ]

    def start(self) -> None:
        """Begin. Jobs that the last server left running are queued again; their checkpoints are kept."""
        for job in self._store.jobs("running"):
            try:
                lifecycle.take_over(self._settings, self._store, job["id"])
            except Exception as error:
                if disk.is_passing(error):
                    log.warning("the events of %s are read later: %s", job["id"], error)
                elif isinstance(error, _DAMAGED):
                    self._give_up(job["id"], error)
                else:
                    raise
            disk.with_reserve(self._settings.reserve, partial(self._requeue, job["id"]))
        for thread in self._threads:
            thread.start()

    def _requeue(self, job_id: str) -> None:
        lifecycle.requeue(self._store, job_id, "The server was restarted; the job is queued again")

    def stop(self) -> None:
        """End the training processes at their next step. Their jobs stay as they are, for the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        for trainer in self._trainers.values():
            trainer.stdin.close()
        deadline = time.monotonic() + _STOP_SECONDS
        for trainer in self._trainers.values():
            try:
                trainer.process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                trainer.kill()

    def _repeat(self, step: Callable[[], None]) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            try:
                step()
            except Exception as error:
                # A full disk, for example. The state is as before, so the next round tries again. Without the
                # traceback's words, which may quote rows.
                place = traceback.extract_tb(error.__traceback__)[-1]
                what = lifecycle.masked(f"{type(error).__name__}: {error}")
                log.error(
                    "the runner could not finish a round: %s (%s:%s)", what, place.filename, place.lineno
                )
                self._stopping.wait(1)

    def _prepare(self) -> None:
        if self._store.jobs("validating_files"):
            self._children.prepare("training")
        self._preparing.round()

    def _keep_house(self) -> None:
        """Remove what has expired, and set room aside again that was used up."""
        remove_expired(self._settings, self._store)
        disk.keep_reserve(self._settings.reserve)

    def _train(self) -> None:
        """Look after running processes, then fill the free slots."""
        for job_id, trainer in list(self._trainers.items()):
            try:
                ended = self._look_after(job_id, trainer)
            except Exception as error:
                if disk.is_passing(error):
                    log.warning("%s is looked after again: %s", job_id, error)
                    continue
                if not isinstance(error, _DAMAGED):
                    raise
                trainer.kill()
                self._give_up(job_id, error)
                ended = True
            if ended:
                trainer.stdin.close()
                del self._trainers[job_id]
        # Who waits for room on the disk holds up nobody who needs none.
        queued = [
            job_id
            for job_id in self._store.queued()
            if job_id not in self._trainers and not self._shortages.waits(job_id)
        ]
        free = max(0, self._children.slots - len(self._trainers))
        next_ones = self._store.may_start(queued)[:free]
        for job_id in next_ones:
            if not self._patience.waits(job_id):
                self._try_to_start(self._store.job(job_id))
        self._told &= set(queued)
        for place, job_id in enumerate([one for one in queued if one not in next_ones], start=1):
            if job_id not in self._told:
                lifecycle.announce_place(self._store, job_id, place)
                self._told.add(job_id)

    def _try_to_start(self, job: Job) -> None:
        try:
            self._start(job)
            self._patience.succeeded(job["id"])
        except Exception as error:
            what = "The training process could not be started"
            if disk.is_passing(error) and self._patience.try_again(job["id"], what, error):
                return
            if not isinstance(error, _DAMAGED) and not disk.is_passing(error):
                raise
            if isinstance(error, OSError) or disk.is_passing(error):
                lifecycle.fail(self._store, job["id"], "server_error", f"{what}: {error}")
            else:
                self._give_up(job["id"], error)
        if self._store.job(job["id"])["status"] == "failed":
            lifecycle.discard(self._settings, job["id"])

    def _give_up(self, job_id: str, error: Exception) -> None:
        """Fail one job, so that its damaged files stop no other job."""
        # Without the traceback: it would quote what stands in the files.
        log.error("the files of %s cannot be read: %s", job_id, lifecycle.masked(repr(error)))
        message = (
            f"The files in the folder of this job are damaged: {type(error).__name__}: {error}. "
            "Create a new job to try again."
        )
        lifecycle.fail(self._store, job_id, "server_error", message)
        lifecycle.discard(self._settings, job_id)

    def _look_after(self, job_id: str, trainer: Trainer) -> bool:
        """Move one job along with its process; True when the process has ended."""
        status = self._store.job(job_id)["status"]
        if status == "cancelled" or not self._has_folder(job_id):
            trainer.kill()
            lifecycle.discard(self._settings, job_id)
            lifecycle.fail(self._store, job_id, "server_error", _GONE)
            return True
        exit_status = trainer.process.poll()
        if exit_status is not None and self._shortages.stopped(job_id, exit_status):
            return True
        if status == "running" and exit_status is not None:
            self._conclude(job_id, exit_status)
            return True
        if status != "running":
            # Paused, and perhaps resumed by now: it stops at its next step, with a checkpoint.
            trainer.stdin.close()
        lifecycle.take_over(self._settings, self._store, job_id)
        return exit_status is not None

    def _conclude(self, job_id: str, exit_status: int) -> None:
        lifecycle.take_over(self._settings, self._store, job_id)
        events = self._settings.job_folder(job_id) / "events.jsonl"
        told, _ = lifecycle.new_lines(events, self._began_at[job_id])
        futile = not any(line["kind"] == "metrics" for line in told)
        self._futile_starts[job_id] = self._futile_starts[job_id] + 1 if futile else 0
        retry = self._futile_starts[job_id] < _FUTILE_STARTS
        lifecycle.conclude(self._settings, self._store, job_id, exit_status, retry=retry)

    def _has_folder(self, job_id: str) -> bool:
        return (self._settings.job_folder(job_id) / "job.json").exists()

    def _start(self, job: Job) -> None:
        folder = self._settings.job_folder(job["id"])
        if not self._has_folder(job["id"]):
            lifecycle.fail(self._store, job["id"], "server_error", _GONE)
            return
        found = start_of(self._settings, self._store, job)
        if found is None:
            message = f"The model {job['model']} was deleted before the job could start from it."
            lifecycle.fail(self._store, job["id"], "model_not_available", message, "model")
            return
        start: specification.Start = {
            "model_folder": str(found.folder),
            "base_folder": str(found.base.folder),
            "learning_rates": dict(found.base.learning_rates),
            "grader_seconds": self._settings.grader_seconds,
            "grader_memory_bytes": self._settings.grader_memory_bytes,
        }
        if (project := self._store.project_of(job["id"])) is not None:
            start["project"] = project
        specification.write(folder, {**specification.read(folder), **start})
        trainer = self._children.train(folder)
        try:
            self._began_at[job["id"]] = self._store.bytes_taken(job["id"])
            begun = lifecycle.begin(self._store, job, folder)
        except BaseException:
            trainer.kill()
            raise
        # Also where the job was cancelled just now: its process is ended in the next round.
        self._trainers[job["id"]] = trainer
        if not begun:
            trainer.process.kill()
