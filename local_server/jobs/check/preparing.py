"""From `validating_files` to `queued`: copy the files of a job, have them checked, settle its numbers."""

import logging
import threading
from pathlib import Path

from local_server import disk
from local_server.base_models import parameters
from local_server.jobs import lifecycle
from local_server.jobs.answers import Job
from local_server.jobs.check.checker import Checked, check_job
from local_server.jobs.check.file_check import BadFile
from local_server.jobs.creation.limits import too_long
from local_server.jobs.methods import settle
from local_server.jobs.models import start_of
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.patience import Patience
from local_server.settings import Settings
from local_server.training import specification

log = logging.getLogger("local_server")

# A check that ends its server with it would end the next one, too.
_ATTEMPTS = 3
_KEPT_RESULTS = 1000


class Preparing:
    """Prepares new jobs, one at a time.

    Args:
        settings: Folders and limits.
        store: Where the jobs are.
        stopping: Set when the server ends.
    """

    def __init__(self, settings: Settings, store: JobStore, stopping: threading.Event) -> None:
        self._settings = settings
        self._store = store
        self._stopping = stopping
        self._patience = Patience(store)
        # A file never changes. Many jobs on one file are checked once, and each start of the program costs
        # 0.2 seconds (measured Nov 2026).
        self._results: dict[tuple[str, str | None, str], Checked] = {}

    def round(self) -> None:
        """Prepare the jobs that are new, oldest first."""
        for job in self._store.jobs("validating_files"):
            if self._stopping.is_set():
                return
            if self._patience.waits(job["id"]):
                continue
            try:
                problem = self._prepare(job)
                self._patience.succeeded(job["id"])
            except Exception as error:
                what = "The files could not be checked"
                if disk.is_passing(error) and self._patience.try_again(job["id"], what, error):
                    continue
                log.error("checking the files of %s failed: %s", job["id"], type(error).__name__)
                message = f"{what}: {type(error).__name__}: {error}"
                problem = BadFile("server_error", message, "training_file", [])
            if problem is not None:
                self._fail(job, problem)

    def _fail(self, job: Job, problem: BadFile) -> None:
        lifecycle.fail(self._store, job["id"], problem.code, problem.message, problem.param, problem.further)
        lifecycle.discard(self._settings, job["id"])

    def _prepare(self, job: Job) -> BadFile | None:
        """Check both files, copy them into the job folder and queue the job."""
        folder = self._settings.job_folder(job["id"])
        names = ["training_file"] + ["validation_file"] * (job["validation_file"] is not None)
        # Counted first: what follows may be the end of this process.
        number = self._store.begin_attempt(job["id"])
        if number > _ATTEMPTS:
            message = (
                f"The job failed due to an invalid training file. The server has ended {_ATTEMPTS} times "
                "while it checked the files of this job, so they are not checked again. Look for a row that "
                "is very large or deeply nested, and create a new job."
            )
            return BadFile("invalid_training_file", message, "training_file", [])
        try:
            disk.make_folder(folder)
            for param in names:
                file_id = job["training_file"] if param == "training_file" else job["validation_file"]
                try:
                    disk.copy(self._settings.file_path(str(file_id)), _copy(folder, param))
                except FileNotFoundError:
                    message = f"The file {file_id} was deleted before the job could read it. Upload it again."
                    return BadFile(f"invalid_{param}", message, param, [])
            checked = self._checked(job, folder, names)
        except Exception as error:
            if disk.is_passing(error):
                self._store.forgive_attempt(job["id"])
            raise
        if checked.stopped:
            self._store.forgive_attempt(job["id"])
            return None
        if checked.bad is not None:
            return checked.bad
        for note in checked.notes:
            self._store.add_event(job["id"], note, level="warn", data={})
        if len(names) > 1:
            warn_of_overlap(self._store, job["id"], checked.overlap)
        found = start_of(self._settings, self._store, job)
        # One that was deleted meanwhile is told when the job is about to start.
        size = 0 if found is None else parameters(found.base.folder)
        if (problem := too_long(self._settings, self._store, job, checked.rows[0], size)) is not None:
            return BadFile("steps_limit_exceeded", problem, "hyperparameters", [])
        queue(self._store, job, folder, checked.rows[0], size)
        return None

    def _checked(self, job: Job, folder: Path, names: list[str]) -> Checked:
        key = job["training_file"], job["validation_file"], job["method"]["type"]
        if key not in self._results:

            def stopped() -> bool:
                return self._stopping.is_set() or self._store.job(job["id"])["status"] != "validating_files"

            def tell(message: str) -> None:
                with self._store.transaction():
                    if not stopped():
                        self._store.add_event(job["id"], message, data={})

            checked = check_job(self._settings, folder, names, stopped, tell, method=job["method"]["type"])
            if checked.stopped:
                return checked
            if len(self._results) >= _KEPT_RESULTS:
                self._results.clear()
            self._results[key] = checked
        return self._results[key]


def _copy(folder: Path, param: str) -> Path:
    return folder / f"{param.removesuffix('_file')}.jsonl"


def queue(store: JobStore, job: Job, folder: Path, rows: int, of_base: int) -> None:
    """Settle the hyperparameters in job.json, and move a checked job to the queue.

    Args:
        store: Where the job is.
        job: The job.
        folder: The job folder, with copies of the files.
        rows: Rows of the training file.
        of_base: Parameters of the base model.
    """
    settled = settle.settled(job["method"], rows=rows, seed=job["seed"], parameters=of_base)
    if "training_method" in job:
        settled["training_method"] = job["training_method"]
    if "lora_rank" in job:
        settled["lora_rank"] = job["lora_rank"]
    if "precision" in job:
        settled["precision"] = job["precision"]
    specification.write(folder, settled)
    with store.transaction():
        if store.move_job(job["id"], ("validating_files",), status="queued"):
            store.add_event(job["id"], "Files validated, moving job to queued state", data={})


def warn_of_overlap(store: JobStore, job_id: str, rows: list[int] | None) -> None:
    """Say which validation rows the model is also trained on; the job goes on, as at OpenAI.

    Args:
        store: Where the events are.
        job_id: The job.
        rows: Row numbers in the validation file, from 1; None when the files could not be compared.
    """
    if rows is None:
        message = "The validation file could not be compared with the training file: that takes too much."
        store.add_event(job_id, message, level="warn", data={})
    if rows:
        first = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        message = (
            f"{len(rows)} example(s) of the validation file are also in the training file: {first}. "
            "The validation loss will look better than it is. Leave them out of one of the files."
        )
        store.add_event(job_id, message, level="warn", data={"examples": rows[:100]})
