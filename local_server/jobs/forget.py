"""Forget a job: `python -m local_server.jobs.forget JOB_ID`, or DELETE on the job's address.

OpenAI has no such call: there, a job stays for ever. Here its events, models, checkpoints and copies of the
training data lie on the learner's own disk, and it must be possible to be rid of them.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Literal

from local_server import disk
from local_server.files.answers import FILES
from local_server.http.answers import Answer
from local_server.http.errors import ApiError
from local_server.http.requests import TheSettings
from local_server.jobs.answers import JOBS, Job
from local_server.jobs.models import MODELS, in_use
from local_server.jobs.store import FINAL, UNFINISHED, JobStore, TheJobs
from local_server.settings import Settings, default_state


class JobDeleted(Answer):
    """What a client reads when it has deleted a job."""

    id: str
    object: Literal["fine_tuning.job"]
    deleted: Literal[True]


def delete(settings: TheSettings, store: TheJobs, job_id: str) -> JobDeleted:
    """Delete a job that has ended, with its events, checkpoints, models, result files and copies of rows.

    The uploaded files stay: delete them with DELETE /v1/files/{file_id}. OpenAI has no such call.
    """
    job = store.get(JOBS, job_id)
    if job is None:
        message = f"Could not find fine tune: {job_id}"
        raise ApiError(404, message, code="fine_tune_not_found", param="fine_tune_id")
    if job["status"] not in FINAL:
        message = (
            f"The job {job_id} is {job['status']}. Cancel it first: only a job that has ended can be deleted."
        )
        raise ApiError(400, message, code="invalid_job_state")
    user = _user_of_models(store, job_id)
    if user is not None:
        other = user["id"] if store.job_is_seen(user["id"]) else "of the server's owner"
        message = (
            f"A model of the job {job_id} is the base of the job {other}, which is {user['status']}. "
            f"Cancel that job, or delete {job_id} when it has ended."
        )
        raise ApiError(400, message, code="model_in_use")
    if use := in_use(settings, store, settings.job_folder(job_id)):
        raise ApiError(400, f"The job {job_id} {use}", code="model_in_use")
    forget(settings, store, job)
    return {"id": job_id, "object": "fine_tuning.job", "deleted": True}


def forget(settings: Settings, store: JobStore, job: Job) -> None:
    """Remove what is kept of a job that has ended.

    Args:
        settings: Folders.
        store: Where the job is.
        job: The job.
    """

    def rows() -> None:
        with store.transaction():
            store.forget_job(job["id"])
            for file_id in job["result_files"]:
                if store.get(FILES, file_id) is not None:
                    store.delete(FILES, file_id)

    # The list first, the bytes after: what a crash leaves of them is removed at the next start.
    disk.with_reserve(settings.reserve, rows)
    disk.gone(disk.remove_tree, settings.job_folder(job["id"]))
    for file_id in job["result_files"]:
        disk.gone(disk.remove, settings.file_path(file_id))


def _user_of_models(store: JobStore, job_id: str) -> Job | None:
    """The unfinished job that starts from a model of this one."""
    models, _ = store.page(MODELS, job_id=job_id, limit=100_000)
    names = {model["id"] for model in models}
    return next((job for job in store.of(None).jobs(*UNFINISHED) if job["model"] in names), None)


def main() -> int:
    """Ask the running server to forget jobs; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_server.jobs.forget", description=__doc__)
    parser.add_argument("jobs", nargs="+", metavar="JOB_ID", help="a job that has ended, ftjob-…")
    parser.add_argument(
        "--state", type=Path, default=default_state(), help="folder of the server (default: runs/.server)"
    )
    arguments = parser.parse_args()
    address = arguments.state / "server.json"
    try:
        server = json.loads(address.read_text())
        base_url, key = str(server["base_url"]), str(server["api_key"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(
            f"no server runs on {arguments.state} ({address.name}: {error}). Start it, and try again.",
            file=sys.stderr,
        )
        return 1
    return max(_ask(base_url, key, job_id) for job_id in arguments.jobs)


def _ask(base_url: str, key: str, job_id: str) -> int:
    request = urllib.request.Request(
        f"{base_url}/fine_tuning/jobs/{urllib.parse.quote(job_id, safe='')}",
        method="DELETE",
        headers={"Authorization": f"Bearer {key}"},
    )
    # No proxy: the server is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=60).close()
    except urllib.error.HTTPError as error:
        problem = json.loads(error.read())["error"]["message"]
    except OSError as error:
        problem = f"the server does not answer: {error}"
    else:
        print(f"{job_id}: its events, models, result files and rows are deleted.")
        return 0
    print(f"{job_id}: {problem}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
