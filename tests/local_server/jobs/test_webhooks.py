"""Webhooks: what a receiver gets, and what happens when it does not answer."""

import asyncio
import json
import logging
import stat
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import openai
import pytest
from openai.types.webhooks import FineTuningJobCancelledWebhookEvent, FineTuningJobFailedWebhookEvent
from serving import BASE_MODEL, NAMES, command, row, serve, upload, wait_until
from states import TINY

from local_server.__main__ import main
from local_server.jobs.answers import JOBS
from local_server.jobs.store import JobStore
from local_server.jobs.webhooks import WEBHOOKS, Webhooks
from local_server.settings import Settings

Received = list[tuple[str, dict[str, str], bytes]]


@contextmanager
def receiver(*statuses: int, port: int = 0) -> Iterator[tuple[str, Received]]:
    """A web server that answers with these statuses in turn, then 200, and keeps path, headers and body."""
    received: Received = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((self.path, dict(self.headers), body))
            self.send_response(left.pop(0) if left else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", received
        server.shutdown()


def failing_job(client: openai.OpenAI) -> str:
    file = upload(client, [row(name) for name in NAMES[:3]])
    return client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id).id


@pytest.mark.slow
def test_the_sdk_accepts_the_events_of_a_failed_and_of_a_cancelled_job(tmp_path: Path) -> None:
    with receiver() as (url, received), serve(tmp_path, "--webhook-url", url) as server:
        client = server.client()
        failed = failing_job(client)
        wait_until(lambda: len(received), lambda count: count == 1)
        file = upload(client, [row(name) for name in NAMES[:12]])
        cancelled = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=file.id).id
        ended_at = client.fine_tuning.jobs.cancel(cancelled).finished_at
        wait_until(lambda: len(received), lambda count: count == 2)
        secret_file = tmp_path / "webhook_secret"
        secret = secret_file.read_text()

        events = [client.webhooks.unwrap(body, headers, secret=secret) for _, headers, body in received]
        FineTuningJobFailedWebhookEvent.model_validate_json(received[0][2])
        FineTuningJobCancelledWebhookEvent.model_validate_json(received[1][2])
        assert [(event.type, event.object, event.data.id) for event in events] == [
            ("fine_tuning.job.failed", "event", failed),
            ("fine_tuning.job.cancelled", "event", cancelled),
        ]
        assert events[1].created_at == ended_at
        assert all(event.id.startswith("evt_") for event in events)
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
        _, headers, body = received[0]
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body.replace(b"failed", b"passed"), headers, secret=secret)


@pytest.mark.slow
def test_an_event_waits_for_its_receiver_over_a_restart_of_the_server(tmp_path: Path) -> None:
    with receiver() as (url, _):
        port = int(url.split(":")[2].split("/")[0])
    with serve(tmp_path, "--webhook-url", url) as server:
        client = server.client()
        job = failing_job(client)
        wait_until(lambda: client.fine_tuning.jobs.retrieve(job).status, lambda status: status == "failed")
    with receiver(port=port) as (_, received), serve(tmp_path, "--webhook-url", url):
        wait_until(lambda: len(received), bool)
        assert [json.loads(body)["data"]["id"] for _, _, body in received] == [job]


def deliver(state: Path, url: str, pauses: list[float], *, jobs: int = 1, left: int = 0) -> None:
    """Let jobs end, and deliver until this number of events is left."""
    store = JobStore(state / "server.db")
    webhooks = Webhooks(Settings(state, (TINY,), "key", webhook_url=url), store, pauses)
    for number in range(jobs):
        store.add(JOBS, {"id": f"ftjob-{number}", "status": "queued", "created_at": 0})
        store.move_job(f"ftjob-{number}", ("queued",), status="running")
        store.move_job(f"ftjob-{number}", ("running",), status="succeeded")

    async def until_done() -> None:
        webhooks.start()
        async with asyncio.timeout(30):
            while len(store.page(WEBHOOKS, limit=10)[0]) > left:
                await asyncio.sleep(0.02)
        await webhooks.stop()

    asyncio.run(until_done())
    store.close()


def test_an_event_is_sent_again_until_the_receiver_accepts_it(tmp_path: Path) -> None:
    with receiver(500, 302, 410) as (url, received):
        deliver(tmp_path, url, [0, 0, 0])

    assert [path for path, _, _ in received] == ["/hook"] * 4
    assert len({headers["webhook-id"] for _, headers, _ in received}) == 1
    assert {json.loads(body)["type"] for _, _, body in received} == {"fine_tuning.job.succeeded"}


def test_an_event_that_nobody_takes_is_given_up_with_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), receiver(500, 500, 500) as (url, received):
        deliver(tmp_path, url.replace("http://", "http://user:password@"), [0, 0])

    assert len(received) == 3
    assert caplog.messages[-1].endswith(
        "(fine_tuning.job.succeeded of ftjob-0) was given up after 3 tries: the receiver answered 500"
    )
    assert "password" not in caplog.text
    assert (tmp_path / "webhook_secret").read_text() not in caplog.text


def test_an_event_that_waits_for_its_next_try_does_not_delay_another_one(tmp_path: Path) -> None:
    with receiver(500) as (url, received):
        deliver(tmp_path, url, [1000], jobs=2, left=1)

    assert [json.loads(body)["data"]["id"] for _, _, body in received] == ["ftjob-0", "ftjob-1"]


def test_the_end_of_a_learners_job_is_told_to_the_address_of_the_servers_owner(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "server.db")
    Webhooks(Settings(tmp_path, (TINY,), "key", webhook_url="http://127.0.0.1:9/"), store)
    anna = store.of("anna")
    anna.add(JOBS, {"id": "ftjob-1", "status": "queued", "created_at": 0})

    anna.move_job("ftjob-1", ("queued",), status="cancelled")

    (event,), _ = store.page(WEBHOOKS, limit=9)
    assert (event["type"], event["data"]) == ("fine_tuning.job.cancelled", {"id": "ftjob-1"})


def test_without_the_option_nothing_is_queued_and_no_secret_is_made(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "server.db")
    Webhooks(Settings(tmp_path, (TINY,), "key"), store)
    store.add(JOBS, {"id": "ftjob-1", "status": "queued", "created_at": 0})
    store.move_job("ftjob-1", ("queued",), status="cancelled")

    assert store.page(WEBHOOKS, limit=1) == ([], False)
    assert not (tmp_path / "webhook_secret").exists()


@pytest.mark.parametrize("url", ["receiver", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:port/"])
def test_an_address_that_cannot_be_sent_to_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, url: str
) -> None:
    monkeypatch.setattr(sys, "argv", command(tmp_path, "--webhook-url", url)[2:])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert f"argument --webhook-url: '{url}' is no web address" in capsys.readouterr().err
