"""Jobs that are cancelled, killed or run out of disk: each ends, says why, and leaves nothing running."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import openai
import pytest
from openai.types.fine_tuning import FineTuningJob
from serving import (
    BASE_MODEL,
    NAMES,
    ROOT,
    LocalServer,
    as_jsonl,
    hyperparameters,
    row,
    serve,
    upload,
    wait_until,
)

from local_server.settings import Settings

pytestmark = pytest.mark.slow

ROWS = [row(name) for name in NAMES]


def start_job(client: openai.OpenAI) -> FineTuningJob:
    """A job that is long enough to be interrupted."""
    method = hyperparameters(n_epochs=50, batch_size=1)
    return client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=upload(client, ROWS).id, method=method
    )


def messages_of(client: openai.OpenAI, job_id: str) -> list[str]:
    """The latest messages, newest first."""
    return [event.message for event in client.fine_tuning.jobs.list_events(job_id, limit=20).data]


def wait_for_step(client: openai.OpenAI, job_id: str) -> None:
    wait_until(lambda: messages_of(client, job_id), lambda messages: messages[0].startswith("Step "))


@pytest.fixture(scope="module")
def running(client: openai.OpenAI) -> FineTuningJob:
    job = start_job(client)
    wait_for_step(client, job.id)
    return client.fine_tuning.jobs.retrieve(job.id)


@pytest.fixture(scope="module")
def waiting(client: openai.OpenAI, running: FineTuningJob) -> FineTuningJob:
    return start_job(client)


def test_a_second_job_waits_in_the_queue_and_can_be_cancelled_there(
    client: openai.OpenAI, waiting: FineTuningJob
) -> None:
    wait_until(lambda: client.fine_tuning.jobs.retrieve(waiting.id), lambda job: job.status == "queued")

    place = wait_until(lambda: messages_of(client, waiting.id)[0], lambda text: text.startswith("Waiting"))
    cancelled = client.fine_tuning.jobs.cancel(waiting.id)

    assert place == "Waiting for a free slot: number 1 in the queue"
    assert (cancelled.status, cancelled.error, cancelled.fine_tuned_model) == ("cancelled", None, None)
    assert messages_of(client, waiting.id)[0] == "Fine-tuning job cancelled"


def test_a_running_job_has_an_estimated_finish(client: openai.OpenAI, running: FineTuningJob) -> None:
    job = wait_until(lambda: client.fine_tuning.jobs.retrieve(running.id), lambda job: job.estimated_finish)
    assert job.status == "running"
    assert job.estimated_finish > job.created_at


def test_chat_answers_while_a_job_trains(client: openai.OpenAI, running: FineTuningJob) -> None:
    question = [{"role": "user", "content": "Hello"}]
    answer = client.chat.completions.create(model=BASE_MODEL, messages=question, max_tokens=3)
    assert answer.usage.completion_tokens <= 3
    assert client.fine_tuning.jobs.retrieve(running.id).status == "running"


def test_cancel_stops_the_training_process_and_frees_its_disk_space(
    client: openai.OpenAI, server: LocalServer, running: FineTuningJob, waiting: FineTuningJob
) -> None:
    trainer = server.child("training")

    cancelled = client.fine_tuning.jobs.cancel(running.id)

    assert cancelled.status == "cancelled"
    assert cancelled.finished_at >= cancelled.created_at
    trainer.wait(20)
    folder = server.state / "jobs" / running.id
    wait_until(lambda: (folder / "checkpoints").exists(), lambda exists: not exists)
    assert messages_of(client, running.id)[0] == "Fine-tuning job cancelled"


@pytest.mark.parametrize("call", ["cancel", "pause", "resume"])
def test_a_job_that_has_ended_cannot_be_moved(
    client: openai.OpenAI, waiting: FineTuningJob, call: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=r"is cancelled\. This call needs a job") as error:
        getattr(client.fine_tuning.jobs, call)(waiting.id)
    assert error.value.code == "invalid_job_state"


def test_jobs_start_in_order_and_learn_their_place_in_the_queue(client: openai.OpenAI) -> None:
    # The place is told in one event, and brought up to date whenever it is read.
    first, second, third = (start_job(client) for _ in range(3))
    place = "Waiting for a free slot: number {} in the queue"
    wait_until(lambda: messages_of(client, third.id)[0], lambda text: text == place.format(2))

    client.fine_tuning.jobs.pause(second.id)
    moved_up = wait_until(lambda: messages_of(client, third.id)[0], lambda text: text == place.format(1))
    client.fine_tuning.jobs.resume(second.id)
    back = wait_until(lambda: messages_of(client, third.id)[0], lambda text: text == place.format(2))
    client.fine_tuning.jobs.cancel(first.id)
    statuses = wait_until(
        lambda: [client.fine_tuning.jobs.retrieve(job.id).status for job in (first, second, third)],
        lambda statuses: "running" in statuses,
    )

    assert (moved_up, back) == (place.format(1), place.format(2))
    assert statuses == ["cancelled", "running", "queued"]
    # Cancelled while paused, and cancelled while its process starts.
    client.fine_tuning.jobs.pause(third.id)
    assert client.fine_tuning.jobs.cancel(third.id).status == "cancelled"
    assert client.fine_tuning.jobs.cancel(second.id).status == "cancelled"


def test_a_job_whose_folder_is_deleted_fails_and_says_so(client: openai.OpenAI, server: LocalServer) -> None:
    job = start_job(client)
    wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.status == "running")

    folder = server.state / "jobs" / job.id
    while folder.exists():  # The training may write while its folder is emptied.
        shutil.rmtree(folder, ignore_errors=True)

    failed = wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at)
    assert (failed.status, failed.error.code) == ("failed", "server_error")
    assert failed.error.message.startswith(
        "The folder of this job below the server's state folder was deleted"
    )
    wait_until(lambda: server.child("training"), lambda trainer: trainer is None)


def test_damaged_files_of_one_job_fail_that_job_and_stop_no_other(
    client: openai.OpenAI, server: LocalServer
) -> None:
    running, queued, third = (start_job(client) for _ in range(3))
    retrieve = client.fine_tuning.jobs.retrieve
    wait_for_step(client, running.id)
    wait_until(lambda: retrieve(queued.id), lambda job: job.status == "queued")

    (server.state / "jobs" / queued.id / "job.json").write_text("{ broken")
    with open(server.state / "jobs" / running.id / "events.jsonl", "a", encoding="utf-8") as lines:
        lines.write("garbage\n")

    wait_until(lambda: retrieve(third.id), lambda job: job.status == "running")
    client.fine_tuning.jobs.cancel(third.id)
    for job in (retrieve(running.id), retrieve(queued.id)):
        assert (job.status, job.error.code) == ("failed", "server_error")
        assert job.error.message.startswith(
            "The files in the folder of this job are damaged: JSONDecodeError"
        )


def test_damaged_files_do_not_keep_a_server_from_starting(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        client = server.client()
        job = start_job(client)
        wait_for_step(client, job.id)
        trainer = server.child("training")
        server.process.kill()
        trainer.wait(20)
    with open(tmp_path / "jobs" / job.id / "events.jsonl", "a", encoding="utf-8") as lines:
        lines.write("5\n")

    with serve(tmp_path) as server:
        failed = server.client().fine_tuning.jobs.retrieve(job.id)

    assert failed.status == "failed"
    assert failed.error.message.startswith("The files in the folder of this job are damaged: TypeError")


def test_a_paused_job_that_is_cancelled_frees_its_disk_space(
    client: openai.OpenAI, server: LocalServer
) -> None:
    job = start_job(client)
    wait_for_step(client, job.id)
    client.fine_tuning.jobs.pause(job.id)
    wait_until(lambda: server.child("training"), lambda trainer: trainer is None)
    checkpoints = server.state / "jobs" / job.id / "checkpoints"
    assert any(checkpoints.iterdir())

    client.fine_tuning.jobs.cancel(job.id)

    assert not checkpoints.exists()


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_training_process_that_is_always_killed_fails_its_job_with_a_readable_reason(
    client: openai.OpenAI, server: LocalServer
) -> None:
    # That of a job that was just cancelled would be counted too.
    wait_until(lambda: server.child("training"), lambda trainer: trainer is None)
    job = start_job(client)
    killed = set()

    def kill_each() -> FineTuningJob:
        trainer = server.child("training")
        if trainer and trainer.pid not in killed:
            killed.add(trainer.pid)
            trainer.kill()
        return client.fine_tuning.jobs.retrieve(job.id)

    failed = wait_until(kill_each, lambda job: job.finished_at is not None)
    messages = messages_of(client, job.id)

    assert len(killed) == 5
    assert failed.status == "failed"
    assert failed.error.model_dump() == {
        "code": "server_error",
        "message": "The training process was killed by signal 9 before the job was done. "
        "Create a new job to try again.",
        "param": None,
    }
    assert messages.count("The training process was killed by signal 9; the job is queued again") == 4


def test_a_killed_chat_process_is_replaced(client: openai.OpenAI, server: LocalServer) -> None:
    request = {
        "model": BASE_MODEL,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 3,
        "seed": 1,
    }
    before = client.chat.completions.create(**request)
    os.kill(server.child("generation").pid, signal.SIGKILL)

    after = client.with_options(max_retries=1).chat.completions.create(**request)

    assert after.choices[0].message == before.choices[0].message


def job_folder(folder: Path, **changes) -> Path:
    """A job folder as the server makes it, to run the training program alone."""
    model = str(ROOT / "data" / "base_model")
    spec = {"model_folder": model, "n_epochs": 1, "batch_size": 8, "learning_rate": 3e-4, "seed": 1} | changes
    (folder / "job.json").write_text(json.dumps(spec))
    (folder / "training.jsonl").write_bytes(as_jsonl(ROWS[:10]))
    return folder


def train(folder: Path) -> list[dict]:
    """Run the training program on a folder; returns the lines that it wrote."""
    program = [sys.executable, "-m", "local_server.training", str(folder)]
    environment = Settings(state=folder, base_models=(), api_key="").child_environment()
    subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_job_waits_while_its_disk_is_full_and_its_last_step_is_done_when_there_is_room(
    client: openai.OpenAI, server: LocalServer
) -> None:
    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL,
        training_file=upload(client, ROWS[:10]).id,
        method=hyperparameters(n_epochs=1, batch_size=10),
    )
    folder = server.state / "jobs" / job.id
    folder.mkdir(exist_ok=True)
    (folder / "step_metrics.csv").symlink_to("/dev/full")

    def told(messages: list[str]) -> bool:
        return any(text.startswith("The training stopped") for text in messages)

    wait_until(lambda: messages_of(client, job.id), told)
    waiting = client.fine_tuning.jobs.retrieve(job.id)
    (folder / "step_metrics.csv").unlink()
    done = wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at)

    assert (waiting.status, waiting.error) in (("queued", None), ("running", None))
    assert done.status == "succeeded", done.error
    steps = [text for text in messages_of(client, job.id) if text.startswith("Step ")]
    assert len(steps) == 1


def test_rows_that_the_chat_template_refuses_are_named_with_their_lines(tmp_path: Path) -> None:
    model = shutil.copytree(ROOT / "data" / "base_model", tmp_path / "base")
    refuse = "{%- if 'Uwe' in messages[1].content %}{{ raise_exception('no Uwe') }}{% endif -%}"
    template = model / "chat_template.jinja"
    template.write_text(refuse + template.read_text())
    folder = job_folder(tmp_path, model_folder=str(model))
    uwe = as_jsonl([row("Uwe")])
    (folder / "validation.jsonl").write_bytes(uwe + b"\n" + as_jsonl(ROWS[:1]) + uwe)

    lines = train(folder)

    assert [line | {"time": None} for line in lines] == [
        {
            "kind": "failed",
            "time": None,
            "code": "invalid_validation_file",
            "message": "The job failed due to an invalid validation file. "
            "Example 1 does not fit the chat template of the model: no Uwe",
            "param": "validation_file",
            "further": ["Example 4 does not fit the chat template of the model: no Uwe"],
        }
    ]


def test_damaged_weights_fail_the_job_and_not_the_server(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()

    lines = train(job_folder(tmp_path, model_folder=str(broken)))

    assert [line["kind"] for line in lines] == ["failed"]
    assert lines[0]["message"].startswith("The training process failed: ")


@pytest.fixture
def disk_of(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a disk of so many MB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()

    def make(size: str) -> Path:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)]
        if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
            pytest.skip("this user cannot mount a small disk")
        return disk

    yield make
    subprocess.run(["umount", "-l", str(disk)], capture_output=True)


@pytest.fixture
def small_disk(disk_of: Callable[[str], Path]) -> Path:
    return disk_of("30m")


def fill(path: Path, leave: int) -> None:
    """Take all room of a disk but so many bytes."""
    path.write_bytes(bytes(max(0, shutil.disk_usage(path.parent).free - leave)))


def test_a_job_whose_disk_fills_in_the_middle_goes_on_when_there_is_room_with_the_same_losses(
    disk_of: Callable[[str], Path],
) -> None:
    disk = disk_of("500m")
    with serve(disk / "state") as server:
        client = server.client()
        jobs, file = client.fine_tuning.jobs, upload(client, ROWS)

        def create() -> str:
            method = hyperparameters(n_epochs=4, batch_size=10)
            return jobs.create(model=BASE_MODEL, training_file=file.id, seed=7, method=method).id

        def ended(job_id: str) -> FineTuningJob:
            return wait_until(lambda: jobs.retrieve(job_id), lambda job: job.finished_at)

        def losses(job_id: str) -> list[object]:
            return [event.data for event in jobs.list_events(job_id, limit=100) if event.type == "metrics"]

        quiet = create()
        assert ended(quiet).status == "succeeded"
        # Room for one checkpoint, and half of the next.
        leave = 80 * 1024**2
        (disk / "fill").write_bytes(bytes(shutil.disk_usage(disk).free - leave))
        disturbed, cancelled = create(), create()

        def stopped() -> str | None:
            found = [text for text in messages_of(client, disturbed) if text.startswith("The training stop")]
            return found[0] if found else None

        told = wait_until(stopped, bool)
        waiting = jobs.retrieve(disturbed)
        kept = [path.name for path in (disk / "state" / "jobs" / disturbed).glob("checkpoints/check*")]
        lines = (disk / "state" / "jobs" / disturbed / "events.jsonl").read_text()
        assert jobs.cancel(cancelled).status == "cancelled"
        (disk / "fill").unlink()
        done = ended(disturbed)

        assert re.fullmatch(
            r"The training stopped: the disk is full\. Free about 1\d\d MB; the job then goes on by itself "
            r"from the checkpoint at step 2\. It can be cancelled meanwhile\.",
            told,
        )
        assert (waiting.status, waiting.error, kept) == ("queued", None, ["checkpoint-2"])
        assert all(json.loads(line) for line in lines.splitlines())
        assert lines.endswith("\n")
        assert done.status == "succeeded", done.error
        assert losses(disturbed) == losses(quiet)
        assert "Fine-tuning job resumed from the checkpoint at step 2" in messages_of(client, disturbed)


def test_on_a_full_disk_nothing_is_lost_and_cancel_and_delete_still_work(small_disk: Path) -> None:
    with serve(small_disk / "state") as server:
        client = server.client()
        kept, other = upload(client, ROWS * 20), upload(client, ROWS)
        content = client.files.content(kept.id).read()
        job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=kept.id)
        client.fine_tuning.jobs.pause(job.id)
        with suppress(OSError), open(small_disk / "fill", "wb", buffering=0) as fill:
            while fill.write(bytes(4096)):
                pass

        with pytest.raises(openai.InternalServerError) as refused:
            upload(client, ROWS * 100)
        cancelled = client.fine_tuning.jobs.cancel(job.id)
        deleted = client.files.delete(other.id)

        assert refused.value.status_code == 507
        assert (cancelled.status, deleted.deleted) == ("cancelled", True)
        assert [file.id for file in client.files.list()] == [kept.id]
        assert client.files.content(kept.id).read() == content
        assert [path.name for path in (small_disk / "state" / "files").iterdir()] == [kept.id]
        # The room that was used up is set aside again when there is some.
        (small_disk / "fill").unlink()
        wait_until((small_disk / "state" / "reserve").exists, bool, 20)
