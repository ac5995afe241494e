"""The store with what is special about jobs: every change of a job's status, and its events."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Unpack

from fastapi import Depends, Request

from local_server.jobs.answers import EVENTS, JOBS, Event, Job, JobChanges, Level, Status
from local_server.store import Store, new_id

ACTIVE: tuple[Status, ...] = ("validating_files", "queued", "running")
# A paused job waits for its owner: it can go on, but the server has nothing to do for it.
UNFINISHED: tuple[Status, ...] = (*ACTIVE, "paused")
FINAL: tuple[Status, ...] = ("succeeded", "failed", "cancelled")
_QUEUED = "kind = 'job' AND json_extract(body, '$.status') = 'queued'"
# With the number that a job has in its project, behind those that run. First the project that has least
# before the job, then the one whose last turn is the longest ago. What was stopped in its turn goes on first.
_FAIR = f"""
WITH running AS (SELECT project, count(*) AS jobs FROM objects WHERE kind = 'job'
    AND json_extract(body, '$.status') = 'running' GROUP BY project)
SELECT id, nth FROM (
    SELECT id, seq, turn, turns.job_id IS id AS stopped, coalesce(running.jobs, 0)
        + row_number() OVER (PARTITION BY project ORDER BY turns.job_id IS id DESC, seq) AS nth
    FROM (SELECT id, seq, project FROM objects WHERE {_QUEUED})
    LEFT JOIN turns USING (project) LEFT JOIN running USING (project)
) ORDER BY stopped DESC, nth, coalesce(turn, 0), seq
"""


class JobStore(Store):
    """The rows of one server. Every change of a job's status goes through `move_job`.

    Args:
        path: The SQLite file; made when missing.

    Attributes:
        on_end: Called with each job that ends, inside the transaction that ends it. Set by webhooks.py.
        most_running: How many jobs of each project may run, which then take turns; None without projects.

    Raises:
        sqlite3.DatabaseError: The file is damaged, or it is something else.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.on_end: Callable[[Job], None] | None = None
        self.most_running: int | None = None

    def job(self, job_id: str) -> Job:
        """Read a job that exists: nothing deletes one.

        Raises:
            KeyError: There is no such job.
        """
        job = self.get(JOBS, job_id)
        if job is None:
            raise KeyError(job_id)
        return job

    def job_is_seen(self, job_id: str) -> bool:
        """Whether a job exists in this view."""
        return self.text(JOBS, job_id) is not None

    def jobs(self, *statuses: Status) -> list[Job]:
        """The jobs in any of these statuses, oldest first."""
        marks = ", ".join("?" * len(statuses))
        where, values = self.mine(f"kind = 'job' AND json_extract(body, '$.status') IN ({marks})", *statuses)
        rows = self.rows(f"SELECT body FROM objects WHERE {where} ORDER BY seq", *values)
        return [json.loads(body) for (body,) in rows]

    def move_job(self, job_id: str, expected: tuple[Status, ...], **changes: Unpack[JobChanges]) -> bool:
        """Change a job, but only if it is still in a status that the caller expects.

        A final status sets `finished_at`.

        Args:
            job_id: The job.
            expected: Statuses from which this change is allowed.
            **changes: New values, `status` among them when it moves.

        Returns:
            False when it is in another status by now; then nothing changed.
        """
        with self.transaction():
            job = self.get(JOBS, job_id)
            ends = job is not None and changes.get("status") in FINAL
            if job is not None and ends:
                # The clock may have been set back since the job was created.
                changes["finished_at"] = max(int(time.time()), job["created_at"])
                changes["estimated_finish"] = None
            moved = self.move(JOBS, job_id, expected, **changes)
            if moved and ends and self.on_end is not None:
                self.on_end(self.job(job_id))
            return moved

    def add_event(
        self,
        job_id: str,
        message: str,
        *,
        level: Level = "info",
        data: Mapping[str, Any] | None = None,
        type: Literal["message", "metrics"] = "message",
        created_at: float | None = None,
    ) -> None:
        """Append one event to a job.

        Args:
            job_id: The job.
            message: For people.
            level: How bad it is.
            data: For programs.
            type: `metrics` for a step of the training.
            created_at: Unix seconds: now by default. It is never before that of the last event.
        """
        before = self.last_event(job_id)
        event: Event = {
            "object": "fine_tuning.job.event",
            "id": new_id("ftevent-", 24),
            "created_at": max(int(created_at or time.time()), before["created_at"] if before else 0),
            "level": level,
            "message": message,
            "data": None if data is None else dict(data),
            "type": type,
        }
        self.add(EVENTS, event, job_id)

    def last_event(self, job_id: str) -> Event | None:
        """The newest event of a job, or None."""
        events, _ = self.page(EVENTS, job_id=job_id, limit=1)
        return events[0] if events else None

    def bytes_taken(self, job_id: str) -> int:
        """How much of the trainer's events.jsonl has become events here."""
        rows = self.rows("SELECT bytes FROM taken WHERE job_id = ?", job_id)
        return rows[0][0] if rows else 0

    def begin_attempt(self, job_id: str) -> int:
        """Count that the files of a job are about to be checked, before it is done; returns the number."""
        sql = "INSERT INTO attempts VALUES (?, 1) ON CONFLICT (job_id) DO UPDATE SET number = number + 1"
        return self.rows(sql + " RETURNING number", job_id)[0][0]

    def forgive_attempt(self, job_id: str) -> None:
        """Do not count an attempt that was stopped for a reason that has nothing to do with the files."""
        self.rows("UPDATE attempts SET number = number - 1 WHERE job_id = ?", job_id)

    def queued(self) -> list[str]:
        """The ids of the jobs in the queue, in the order in which they are to start."""
        if self.most_running is None:
            return [job_id for (job_id,) in self.rows(f"SELECT id FROM objects WHERE {_QUEUED} ORDER BY seq")]
        return [job_id for job_id, _ in self.rows(_FAIR)]

    def may_start(self, queued: list[str]) -> list[str]:
        """Those of the queued jobs whose project has not as many running ones as it may have."""
        most = self.most_running
        if most is None:
            return queued
        others = {job_id for job_id, nth in self.rows(_FAIR) if nth > most}
        return [job_id for job_id in queued if job_id not in others]

    def place(self, job_id: str) -> int:
        """The place of a job in the queue, from 1; 0 for one that is not in it."""
        if self.most_running is not None:
            return next((at for at, queued in enumerate(self.queued(), start=1) if queued == job_id), 0)
        own = f"SELECT seq FROM objects WHERE {_QUEUED} AND id = ?"
        return self.rows(f"SELECT count(*) FROM objects WHERE {_QUEUED} AND seq <= ({own})", job_id)[0][0]

    def take_turn(self, job_id: str) -> None:
        """Note that a job begins: its project waits behind the others from now on."""
        if self.most_running is not None:
            turn = "(SELECT coalesce(max(turn), 0) + 1 FROM turns)"
            new = f"SELECT project, {turn}, id FROM objects WHERE id = ?"
            self.rows(f"INSERT OR REPLACE INTO turns (project, turn, job_id) {new}", job_id)

    def forget_job(self, job_id: str) -> None:
        """Remove a job with its events, checkpoints, models and unsent webhooks; call it in a transaction."""
        self.delete(JOBS, job_id)
        for table in ("objects", "taken", "attempts", "damaged"):
            self.rows(f"DELETE FROM {table} WHERE job_id = ?", job_id)
        self.rows("DELETE FROM damaged WHERE id = ?", job_id)

    def set_bytes_taken(self, job_id: str, position: int) -> None:
        """Remember the reading position; call it in the transaction that stores the events."""
        self.rows("INSERT OR REPLACE INTO taken (job_id, bytes) VALUES (?, ?)", job_id, position)


# Asynchronous, because FastAPI would call a plain function in another thread.
async def _job_store(request: Request) -> JobStore:
    store: JobStore = request.app.state.store
    return store.of(request.state.project)


TheJobs = Annotated[JobStore, Depends(_job_store)]
