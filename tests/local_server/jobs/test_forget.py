"""A job with all that is kept of it can be removed, by a call and by a command."""

import subprocess
import sys

import openai
import pytest
from serving import BASE_MODEL, NAMES, ROOT, LocalServer, failed_job, refusal, row, upload


def left_of(server: LocalServer, text: str) -> list[str]:
    """The files below the state folder that hold a text."""
    return [
        str(path.relative_to(server.state))
        for path in server.state.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


def test_after_a_job_and_its_file_are_deleted_no_row_is_left_in_any_folder(
    client: openai.OpenAI, server: LocalServer
) -> None:
    rows = [row("Zacharias")] * 3
    job = failed_job(client, rows)

    client.files.delete(job.training_file)
    answer = client.delete(f"/fine_tuning/jobs/{job.id}", cast_to=object)

    assert answer == {"id": job.id, "object": "fine_tuning.job", "deleted": True}
    assert left_of(server, "Zacharias went to the sea") == []
    assert not (server.state / "jobs" / job.id).exists()
    with pytest.raises(openai.NotFoundError):
        client.fine_tuning.jobs.retrieve(job.id)
    assert job.id not in [each.id for each in client.fine_tuning.jobs.list()]


def test_a_job_that_has_not_ended_is_not_forgotten(client: openai.OpenAI) -> None:
    file = upload(client, [row(name) for name in NAMES])
    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
    client.fine_tuning.jobs.pause(job.id)

    refused = refusal(client.delete, f"/fine_tuning/jobs/{job.id}", cast_to=object)

    assert (refused["status"], refused["code"]) == (400, "invalid_job_state")
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"


def test_the_command_forgets_a_job_of_the_running_server(client: openai.OpenAI, server: LocalServer) -> None:
    job = failed_job(client, [row("Anna")])
    command = [sys.executable, "-m", "local_server.jobs.forget", "--state", str(server.state), job.id]

    first, second = (subprocess.run(command, cwd=ROOT, capture_output=True, text=True) for _ in range(2))

    assert (first.returncode, first.stdout) == (
        0,
        f"{job.id}: its events, models, result files and rows are deleted.\n",
    )
    assert (second.returncode, second.stderr) == (1, f"{job.id}: Could not find fine tune: {job.id}\n")
