"""The server as a program: how it starts, what it prints, how it ends, what outlives it."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import psutil
import pytest
from serving import (
    BASE_MODEL,
    ENDLESS,
    NAMES,
    ROOT,
    LocalServer,
    command,
    hyperparameters,
    refusal,
    row,
    serve,
    trainers,
    upload,
    wait_until,
)

from local_server.warm.children import FORKS


def refused(arguments: list[str]) -> str:
    """What a server that cannot start says; it must end with status 1 and print no address."""
    result = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert (result.returncode, result.stdout) == (1, "")
    return result.stderr


def test_it_answers_soon_after_its_start_and_leaves_its_address_in_the_state_folder(tmp_path: Path) -> None:
    began = time.monotonic()
    with serve(tmp_path) as server:
        assert server.client().models.retrieve(BASE_MODEL).id == BASE_MODEL
        seconds = time.monotonic() - began
        file = tmp_path / "server.json"
        expected = {"base_url": server.base_url, "api_key": server.api_key, "pid": server.process.pid}

        assert json.loads(file.read_text()) == expected
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        # Loading torch alone would take longer on a machine that trains at the same time.
        assert seconds < 10


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes")
def test_other_users_of_the_machine_cannot_look_into_a_state_folder_that_the_server_made(
    tmp_path: Path,
) -> None:
    made = tmp_path / "course" / "state"
    with serve(tmp_path / "log", "--state", str(made)):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_the_server_process_never_loads_torch(server: LocalServer, client: openai.OpenAI) -> None:
    question = [{"role": "user", "content": "Hello"}]
    client.chat.completions.create(model=BASE_MODEL, messages=question, max_tokens=1)
    maps = Path(f"/proc/{server.process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    assert "libtorch" not in maps.read_text(encoding="utf-8")
    assert "libtorch" in Path(f"/proc/{server.child('generation').pid}/maps").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal_with_its_children(tmp_path: Path, ending: signal.Signals) -> None:
    with serve(tmp_path) as server:
        server.client().chat.completions.create(
            model=BASE_MODEL, messages=[{"role": "user", "content": "Hello"}], max_tokens=1
        )
        children = psutil.Process(server.process.pid).children(recursive=True)
        names = sorted(child.name() for child in children)
        server.process.send_signal(ending)

        assert server.process.wait(20) == 0
        assert names == ["generation", "warm"] if FORKS else len(names) == 1
        assert [child for child in children if child.is_running()] == []
        assert not (tmp_path / "server.json").exists()


@pytest.mark.slow
def test_requests_that_a_stopping_server_cannot_finish_are_told_to_come_again(tmp_path: Path) -> None:
    with serve(tmp_path) as server, ThreadPoolExecutor(1) as pool:
        client = server.client()
        with client.chat.completions.create(**ENDLESS, n=32, stream=True) as stream:
            chunks = iter(stream)
            next(chunks)
            whole = pool.submit(refusal, client.chat.completions.create, **ENDLESS, n=32)
            time.sleep(0.5)
            server.process.terminate()

            assert whole.result() == {
                "status": 503,
                "message": "The server is stopping. Send the request again when it runs.",
                "type": "server_error",
                "param": None,
                "code": None,
            }
            with pytest.raises(openai.APIConnectionError):
                list(chunks)
        assert server.process.wait(20) == 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_everything_is_still_there_after_a_restart(tmp_path: Path) -> None:
    with serve(tmp_path) as first:
        file = upload(first.client(), [row(name) for name in NAMES[:3]])
        job = first.client().fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
        content = first.client().files.content(file.id).read()
    with serve(tmp_path) as second:
        client = second.client()

        assert second.api_key != first.api_key
        assert client.files.retrieve(file.id) == file
        assert client.files.content(file.id).read() == content
        assert client.fine_tuning.jobs.retrieve(job.id).created_at == job.created_at


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        message = refused([*command(tmp_path), "--port", port])
    assert f"port {port} on 127.0.0.1 cannot be used" in message
    assert "another --port" in message


@pytest.mark.slow
def test_two_servers_do_not_share_a_state_folder(server: LocalServer) -> None:
    message = refused(command(server.state))
    assert f"another server already uses the state folder {server.state}" in message


def test_a_state_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    # Permissions would not stop a test that runs as root.
    (tmp_path / "server.lock").mkdir()
    message = refused(command(tmp_path))
    assert f"local_server: the state folder {tmp_path} cannot be written: unable to open" in message
    assert "Pass another folder with --state" in message
    assert "Traceback" not in message


def test_a_missing_base_model_is_named(tmp_path: Path) -> None:
    message = refused([*command(tmp_path), "--model", str(tmp_path / "nothing")])
    assert "config.json, *.safetensors, tokenizer.json not found" in message
    assert "pass another one with --model" in message


@pytest.mark.slow
def test_it_ends_by_itself_when_nobody_needs_it_but_not_in_the_middle_of_a_request(tmp_path: Path) -> None:
    with serve(tmp_path, "--exit-when-idle", "0.01") as server:
        # The first answer takes seconds: the chat process has to start.
        *_, last = server.client().chat.completions.create(**ENDLESS, max_tokens=300, stream=True)

        assert last.choices[0].finish_reason == "length"
        assert server.process.wait(20) == 0
        assert not (tmp_path / "server.json").exists()


@pytest.mark.slow
def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        upload(server.client(), [row(name) for name in NAMES[:3]])
    database = tmp_path / "server.db"
    damaged = b"damaged" * 100 + database.read_bytes()[700:]
    database.write_bytes(damaged)

    said = refused(command(tmp_path))

    assert f"the database {database} cannot be used: file is not a database" in said
    assert "move it away" in said
    assert database.read_bytes() == damaged
    assert len(list((tmp_path / "files").iterdir())) == 1


@pytest.mark.slow
def test_a_clock_that_is_set_back_does_not_turn_a_job_around(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        file = upload(server.client(), [row(name) for name in NAMES])
        job = server.client().fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
        server.client().fine_tuning.jobs.pause(job.id)
    tomorrow = int(time.time()) + 86_400
    with sqlite3.connect(tmp_path / "server.db") as database:
        change = "UPDATE objects SET body = json_set(body, '$.created_at', ?) WHERE kind IN ('job', 'event')"
        database.execute(change, (tomorrow,))
    with serve(tmp_path) as server:
        client = server.client()

        cancelled = client.fine_tuning.jobs.cancel(job.id)

        events = client.fine_tuning.jobs.list_events(job.id).data
        assert cancelled.created_at == cancelled.finished_at == tomorrow
        assert events[0].message == "Fine-tuning job cancelled"
        assert {event.created_at for event in events} == {tomorrow}


@pytest.mark.slow
def test_with_two_slots_two_jobs_train_side_by_side_and_the_third_waits(tmp_path: Path) -> None:
    with serve(tmp_path, "--slots", "2") as server:
        client = server.client()
        jobs = client.fine_tuning.jobs
        file = upload(client, [row(name) for name in NAMES])
        request = {"model": BASE_MODEL, "training_file": file.id, "method": hyperparameters(n_epochs=50)}
        ids = [jobs.create(**request).id for _ in range(3)]

        def statuses() -> list[str]:
            return [jobs.retrieve(job_id).status for job_id in ids]

        first = wait_until(statuses, lambda seen: seen.count("running") == 2)
        wait_until(lambda: trainers(tmp_path), lambda found: len(found) == 2)
        place = wait_until(
            lambda: jobs.list_events(ids[2], limit=1).data[0].message, lambda text: text.startswith("Waiting")
        )
        jobs.cancel(ids[0])
        second = wait_until(statuses, lambda seen: seen.count("running") == 2)
        for job_id in ids[1:]:
            jobs.cancel(job_id)

        assert first == ["running", "running", "queued"]
        assert place == "Waiting for a free slot: number 1 in the queue"
        assert second == ["cancelled", "running", "running"]


def test_training_can_be_switched_off_to_show_what_new_organizations_see(tmp_path: Path) -> None:
    with serve(tmp_path, "--training-not-available") as server:
        client = server.client()
        file = upload(client, [row(name) for name in NAMES])
        with pytest.raises(openai.PermissionDeniedError, match="not available to new organizations") as error:
            client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id)
        assert error.value.code == "training_not_available"
        assert client.fine_tuning.jobs.list().data == []
        assert client.models.retrieve(BASE_MODEL).id == BASE_MODEL


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no 127.0.0.2 until it is set up")
def test_an_own_address_of_this_machine_answers_under_itself_and_no_other(tmp_path: Path) -> None:
    with serve(tmp_path, "--host", "127.0.0.2") as server:
        client = server.client()
        by_name = client.with_options(default_headers={"Host": "LocalHost:80"})
        by_other = client.with_options(default_headers={"Host": "127.0.0.3"})

        assert server.base_url.startswith("http://127.0.0.2:")
        assert client.models.retrieve(BASE_MODEL) == by_name.models.retrieve(BASE_MODEL)
        with pytest.raises(openai.PermissionDeniedError, match=r"Host header is '127\.0\.0\.3'"):
            by_other.models.list()


def test_other_machines_are_let_in_only_when_asked_and_with_a_warning(tmp_path: Path) -> None:
    options = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command(tmp_path, "--host", "0.0.0.0"), **options) as process:
        address = json.loads(process.stdout.readline())
        with openai.OpenAI(max_retries=0, **address) as client:
            by_address = client.with_options(default_headers={"Host": "192.168.7.7:8399"})
            by_own_name = client.with_options(default_headers={"Host": socket.gethostname().upper()})
            by_name = client.with_options(default_headers={"Host": "rebound.example"})
            assert by_own_name.models.retrieve(BASE_MODEL).id == BASE_MODEL
            assert by_address.models.retrieve(BASE_MODEL).id == BASE_MODEL
            with pytest.raises(openai.PermissionDeniedError, match=r"rebound\.example"):
                by_name.models.list()
            with pytest.raises(openai.PermissionDeniedError, match="python graders are switched off"):
                client.fine_tuning.alpha.graders.run(
                    grader={"type": "python", "name": "one", "source": "def grade(sample, item): return 1"},
                    model_sample="",
                )
        process.terminate()
        said = process.stderr.read()
    assert "WARNING: listening on 0.0.0.0. Other machines can reach this server." in said
    assert address["base_url"].startswith("http://127.0.0.1:")
    assert address["api_key"] not in said
