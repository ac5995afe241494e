"""What the owner of a running server asks it about projects, over the wire."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_SECONDS = 60
_PROJECTS = "/organization/projects"
_JOBS = "/fine_tuning/jobs"
_ENDED = ("succeeded", "failed", "cancelled")


class NotAnswered(Exception):
    """The server does not run, or has refused; the message says why."""


class Owner:
    """A connection with the server's own key.

    Args:
        state: The state folder of a server that runs; its server.json has address and key.

    Raises:
        NotAnswered: No server runs there.
    """

    def __init__(self, state: Path) -> None:
        try:
            server = json.loads((state / "server.json").read_text(encoding="utf-8"))
            address, self._key = urlsplit(str(server["base_url"])), str(server["api_key"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise NotAnswered(f"no server runs on {state} (server.json: {error}). Start it first.") from None
        self._path = address.path
        self._connection = http.client.HTTPConnection(address.netloc, timeout=_SECONDS)

    def _ask(self, method: str, path: str, project: str | None = None) -> Any:  # noqa: ANN401 (any JSON)
        headers = {"Authorization": f"Bearer {self._key}"}
        if project is not None:
            headers["OpenAI-Project"] = project
        try:
            self._connection.request(method, self._path + path, headers=headers)
            answer = self._connection.getresponse()
            body = json.load(answer)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NotAnswered(f"the server does not answer: {error}") from None
        if answer.status != 200:
            raise NotAnswered(body["error"]["message"])
        return body

    def projects(self) -> Iterator[str]:
        """The names of all projects.

        Yields:
            Each name.

        Raises:
            NotAnswered: The server has no projects, or does not answer.
        """
        more, after = True, ""
        while more:
            page = self._ask("GET", f"{_PROJECTS}?limit=100{after}")
            yield from (project["id"] for project in page["data"])
            more, after = page["has_more"], f"&after={page['last_id']}"

    def grid(self) -> list[tuple[str, str, str, str]]:
        """What each learner's newest job does.

        Returns:
            For each project: its name, the status of the job, its step with the number of all steps or its
            place in the queue, and its id. A project without a job has "-" there.

        Raises:
            NotAnswered: The server has no projects, or does not answer.
        """
        lines = []
        for project in self.projects():
            jobs = self._ask("GET", f"{_JOBS}?limit=20", project)["data"]
            # The one that trains tells more than one that waits behind it.
            order = ("running", "queued", "validating_files", "paused")
            job = min(jobs, key=lambda job: (*order, job["status"]).index(job["status"]), default=None)
            if job is None:
                lines.append((project, "-", "-", "-"))
            else:
                lines.append((project, job["status"], self._step(project, job["id"]), job["id"]))
        return lines

    def _step(self, project: str, job_id: str) -> str:
        events = self._ask("GET", f"{_JOBS}/{job_id}/events?limit=20", project)["data"]
        for event in events:
            told = event["data"] or {}
            if "queue_position" in told:
                return f"number {told['queue_position']}"
            if event["type"] == "metrics":
                return f"{told['step']}/{told['total_steps']}"
        return "-"

    def end(self, project: str) -> list[str]:
        """Cancel the jobs of a project that have not ended.

        Args:
            project: Its name.

        Returns:
            The ids of the jobs.

        Raises:
            NotAnswered: There is no such project, or the server does not answer.
        """
        jobs = self._ask("GET", f"{_JOBS}?limit=1000", project)["data"]
        ended = [job["id"] for job in jobs if job["status"] not in _ENDED]
        for job_id in ended:
            self._ask("POST", f"{_JOBS}/{job_id}/cancel", project)
        return ended

    def purge(self, project: str) -> tuple[int, int]:
        """Remove all that a project keeps; its jobs are ended.

        Args:
            project: Its name.

        Returns:
            How many jobs and files there were.

        Raises:
            NotAnswered: There is no such project, or the server does not answer.
        """
        purged = self._ask("POST", f"{_PROJECTS}/{quote(project, safe='')}/purge")
        return purged["jobs"], purged["files"]
