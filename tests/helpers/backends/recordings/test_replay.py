"""Record a real client against a real loopback server, switch the server off, and play it back."""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import openai
import pytest

from helpers.backends.recordings.record import Recorder, add_to_manifest, write_manifest
from helpers.backends.recordings.replay import REPLAY_URL, NotRecorded, Player, read_manifest
from helpers.errors import BackendUnavailable
from helpers.paths import data_path

KEY = "sk-live-" + "0123456789" * 2
ORGANIZATION = "org-AbCdEfGhIjKlMnOpQrStUvWx"
STATES = ("validating_files", "queued", "running", "succeeded")
EVENTS = [
    {
        "id": f"ftevent-{number}",
        "object": "fine_tuning.job.event",
        "created_at": 1_760_000_000 + number,
        "level": "info",
        "message": f"Step {number}/3: training loss=0.50",
    }
    for number in (3, 2, 1)
]


class Service(BaseHTTPRequestHandler):
    """A throwaway server: one job that moves, one refused chat, one stream, one unreadable file."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/v1/files":
            self._json({"id": "file-1", "object": "file", "bytes": 7, "filename": "train.jsonl"})
        elif b'"stream":true' in content:
            chunks = [{"id": "c", "choices": [{"index": 0, "delta": {"content": word}}]} for word in "abc"]
            events = [f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks] + ["data: [DONE]\r\n\r\n"]
            self._answer(200, "text/event-stream; charset=utf-8", "".join(events).encode())
        elif self._visits() == 1:
            self._json({"error": {"message": "Too many requests"}}, 429, {"retry-after-ms": "1"})
        else:
            question = json.loads(content)["messages"][-1]["content"]
            message = {"role": "assistant", "content": f"You asked: {question}"}
            self._json({"id": "c", "choices": [{"index": 0, "message": message}]})

    def do_GET(self) -> None:
        path = self.path.removeprefix("/v1")
        if path == "/fine_tuning/jobs/ftjob-1":
            status = STATES[min(self._visits(), len(STATES)) - 1]
            self._json({"id": "ftjob-1", "organization_id": ORGANIZATION, "status": status})
        elif path == "/fine_tuning/jobs/ftjob-1/events?limit=2":
            self._json({"object": "list", "data": EVENTS[:2], "has_more": True})
        elif path.startswith("/fine_tuning/jobs/ftjob-1/events?"):
            self._json({"object": "list", "data": EVENTS[2:], "has_more": False})
        elif path == "/files/file-1/content":
            self._answer(200, "application/octet-stream", b"\x89PNG\xff\x00")
        else:
            host, key = self.headers["host"], self.headers["authorization"]
            self._json({"error": {"message": f"{host} gives {key} of {ORGANIZATION} no such model"}}, 404)

    def _visits(self) -> int:
        self.server.visits[self.path] = self.server.visits.get(self.path, 0) + 1
        return self.server.visits[self.path]

    def _json(self, data: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._answer(status, "application/json", json.dumps(data).encode(), headers)

    def _answer(self, status: int, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": kind, "set-cookie": "id=secret", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Callable[[str], openai.OpenAI]]:
    """Clients that record to tmp_path/<step>.json, of a server that ends with the test."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.visits = {}
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    base_url = f"http://127.0.0.1:{server.server_port}/v1"

    def client(step: str) -> openai.OpenAI:
        recorder = Recorder(httpx2.HTTPTransport(), tmp_path / f"{step}.json", base_url)
        return openai.OpenAI(
            base_url=base_url, api_key=KEY, http_client=httpx2.Client(transport=recorder, trust_env=False)
        )

    yield client
    server.shutdown()
    server.server_close()
    thread.join()


def replayed(folder: Path, step: str | None = None) -> openai.OpenAI:
    player = httpx2.Client(transport=Player(folder, step))
    return openai.OpenAI(base_url=REPLAY_URL, api_key="replay", http_client=player)


def ask(client: openai.OpenAI, question: str = "Tell me about Strontium") -> str:
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model="tiny", messages=messages).choices[0].message.content


def upload(client: openai.OpenAI, content: bytes = b"row 1\r\n") -> openai.types.FileObject:
    return client.files.create(file=("train.jsonl", content), purpose="fine-tune")


def whole_run(client: openai.OpenAI) -> dict[str, Any]:
    """Everything that a course run does with a client, as plain data."""
    messages = [{"role": "user", "content": "abc"}]
    stream = client.chat.completions.create(model="tiny", messages=messages, stream=True)
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("ft:gone")
    return {
        "file": upload(client).to_dict(),
        "statuses": [client.fine_tuning.jobs.retrieve("ftjob-1").status for _ in range(6)],
        "events": [event.to_dict() for event in client.fine_tuning.jobs.list_events("ftjob-1", limit=2)],
        "content": client.files.content("file-1").read(),
        "answer": ask(client),
        "stream": [chunk.choices[0].delta.content for chunk in stream],
        "missing": missing.value.status_code,
    }


def test_a_replayed_run_equals_the_recorded_run(recorded, tmp_path):
    live = whole_run(recorded("04_monitor"))

    assert live == {
        "file": {"id": "file-1", "object": "file", "bytes": 7, "filename": "train.jsonl"},
        "statuses": [*STATES, "succeeded", "succeeded"],
        "events": EVENTS,
        "content": b"\x89PNG\xff\x00",
        "answer": "You asked: Tell me about Strontium",
        "stream": ["a", "b", "c"],
        "missing": 404,
    }
    assert whole_run(replayed(tmp_path)) == live


def test_a_notebook_that_connects_twice_has_both_parts_in_its_document(recorded, tmp_path):
    recorded("04_monitor").fine_tuning.jobs.retrieve("ftjob-1")
    recorded("04_monitor").files.content("file-1")

    exchanges = json.loads((tmp_path / "04_monitor.json").read_text(encoding="utf-8"))["exchanges"]
    assert [exchange["request"]["path"] for exchange in exchanges] == [
        "/fine_tuning/jobs/ftjob-1",
        "/files/file-1/content",
    ]


def test_an_answer_that_a_request_has_had_just_before_is_written_once(recorded, tmp_path):
    client = recorded("04_monitor")
    for _ in range(6):
        client.fine_tuning.jobs.retrieve("ftjob-1")

    exchanges = json.loads((tmp_path / "04_monitor.json").read_text(encoding="utf-8"))["exchanges"]
    assert [exchange["response"]["body"]["json"]["status"] for exchange in exchanges] == list(STATES)


def test_a_polled_job_moves_and_holds_at_its_last_state(recorded, tmp_path):
    live = recorded("04_monitor")
    for _ in STATES:
        live.fine_tuning.jobs.retrieve("ftjob-1")
    client = replayed(tmp_path)

    seen = [client.fine_tuning.jobs.retrieve("ftjob-1").status for _ in range(8)]

    assert seen == [*STATES, *["succeeded"] * 4]


def test_a_recorded_429_is_replayed_and_the_sdk_retries_it(recorded, tmp_path):
    ask(recorded("05_evaluate"))

    with pytest.raises(openai.RateLimitError, match="Too many requests"):
        ask(replayed(tmp_path).with_options(max_retries=0))
    assert ask(replayed(tmp_path)) == "You asked: Tell me about Strontium"


def test_a_stream_is_replayed_event_by_event(recorded, tmp_path):
    body = {"model": "tiny", "messages": [], "stream": True}
    for _ in recorded("05_evaluate").chat.completions.create(**body):
        pass

    http = httpx2.Client(transport=Player(tmp_path))
    with http.stream("POST", f"{REPLAY_URL}/chat/completions", json=body) as response:
        events = list(response.iter_raw())

    assert len(events) == 4
    assert events[-1] == b"data: [DONE]\n\n"


def test_a_changed_prompt_shows_the_difference_and_the_way_to_a_real_answer(recorded, tmp_path):
    live = recorded("05_evaluate")
    ask(live, "Tell me about Radon")
    ask(live, "Tell me about Strontium")

    with pytest.raises(NotRecorded) as refused:
        ask(replayed(tmp_path), "Tell me about Strontjum")

    assert str(refused.value) == (
        "The recording has no answer for POST /chat/completions.\n"
        "The nearest request that it holds differs from yours:\n"
        "--- recorded\n"
        "+++ yours\n"
        "         {\n"
        '-          "content": "Tell me about Strontium",\n'
        '+          "content": "Tell me about Strontjum",\n'
        '           "role": "user"\n'
        "Undo the change in your cell to see the recorded answer. For a real answer, write "
        'connect("local", ...) in the cell that connects, and run the notebooks in order.'
    )


def test_a_refusal_reaches_the_notebook_without_frames_retries_or_wrapping(recorded, tmp_path):
    ask(recorded("05_evaluate"))

    with pytest.raises(openai.OpenAIError) as refused:
        ask(replayed(tmp_path), "Something else")

    assert type(refused.value) is NotRecorded
    assert refused.value._render_traceback_() == [f"NotRecorded: {refused.value}"]


def test_another_training_file_is_named_as_such(recorded, tmp_path):
    upload(recorded("02_upload"))

    with pytest.raises(NotRecorded) as refused:
        upload(replayed(tmp_path), b"row 2\r\n")

    assert '-        "sha256": "' in str(refused.value)
    assert "The recorded answers belong to the recorded training file" in str(refused.value)


def test_a_request_of_another_kind_names_what_the_recording_holds(recorded, tmp_path):
    upload(recorded("02_upload"))

    with pytest.raises(NotRecorded, match=r"The nearest that it holds: POST /files.") as refused:
        replayed(tmp_path).files.list()

    assert str(refused.value).startswith("The recording has no answer for GET /files.\n")


def test_a_notebook_that_the_recording_lacks_is_named_and_where_it_is_recorded():
    player = Player(data_path("recordings", "recipes"), "05c_lost")

    with pytest.raises(NotRecorded) as refused:
        player.handle_request(httpx2.Request("GET", f"{REPLAY_URL}/files/file-unknown"))

    assert str(refused.value) == (
        "The recording recipes does not hold 05c_lost; it holds 00_start, 02_upload, 03_job, 04_monitor, "
        "05_evaluate.\n"
        "That of elle does. To see it, put this into a new cell at the top, and run all cells:\n"
        "%env FINETUNE_DATASET=elle\n%env FINETUNE_RUN=elle\n%env FINETUNE_MODEL=\n"
        'For real answers, write connect("local", ...) in the cell that connects, and run the notebooks in '
        "order."
    )


def test_an_empty_recording_is_refused_and_says_that_it_holds_nothing(tmp_path):
    with pytest.raises(NotRecorded, match=r"The nearest that it holds: nothing."):
        replayed(tmp_path).models.list()


def test_a_step_plays_its_own_document_first_and_falls_back_on_the_others(recorded, tmp_path):
    first, second = recorded("03_job"), recorded("04_monitor")
    upload(first)
    first.fine_tuning.jobs.retrieve("ftjob-1")
    second.fine_tuning.jobs.retrieve("ftjob-1")
    client = replayed(tmp_path, "04_monitor")

    statuses = [client.fine_tuning.jobs.retrieve("ftjob-1").status for _ in range(2)]

    assert statuses == ["queued", "queued"]
    assert upload(client).id == "file-1"


def test_nothing_private_is_written(recorded, tmp_path):
    live = recorded("05_evaluate")
    upload(live, b"private row")
    live.fine_tuning.jobs.retrieve("ftjob-1")
    with pytest.raises(openai.NotFoundError):
        live.models.retrieve("ft:gone")

    text = (tmp_path / "05_evaluate.json").read_text()

    for private in (KEY, ORGANIZATION, "127.0.0.1", "set-cookie", "secret", "authorization", "private row"):
        assert private not in text
    assert '"replay.invalid gives Bearer sk-redacted of org-redacted no such model"' in text


def test_a_document_can_be_read_as_plain_exchanges(recorded, tmp_path):
    live = recorded("02_upload")
    upload(live)
    list(live.fine_tuning.jobs.list_events("ftjob-1", limit=2))

    document = json.loads((tmp_path / "02_upload.json").read_text())

    assert document["step"] == "02_upload"
    assert [exchange["request"] for exchange in document["exchanges"]] == [
        {
            "method": "POST",
            "path": "/files",
            "query": {},
            "body": {
                "parts": [
                    {"name": "purpose", "value": "fine-tune"},
                    {
                        "name": "file",
                        "filename": "train.jsonl",
                        "sha256": hashlib.sha256(b"row 1\r\n").hexdigest(),
                        "bytes": 7,
                    },
                ]
            },
        },
        {"method": "GET", "path": "/fine_tuning/jobs/ftjob-1/events", "query": {"limit": "2"}, "body": {}},
        {
            "method": "GET",
            "path": "/fine_tuning/jobs/ftjob-1/events",
            "query": {"limit": "2", "after": "ftevent-2"},
            "body": {},
        },
    ]
    assert document["exchanges"][1]["response"] == {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"json": {"object": "list", "data": EVENTS[:2], "has_more": True}},
    }


def test_an_interrupted_run_keeps_every_exchange_so_far(recorded, tmp_path):
    live = recorded("04_monitor")
    counts = []
    for _ in range(3):
        live.fine_tuning.jobs.retrieve("ftjob-1")
        counts.append(len(json.loads((tmp_path / "04_monitor.json").read_text())["exchanges"]))

    assert counts == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["04_monitor.json"]


def test_requests_of_several_threads_are_all_recorded_and_replayed(recorded, tmp_path):
    live = recorded("05_evaluate")
    questions = [f"Tell me about element {number}" for number in range(20)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda question: ask(live, question), questions))
        client = replayed(tmp_path)
        again = list(pool.map(lambda question: ask(client, question), questions))

    assert answers == again == [f"You asked: {question}" for question in questions]


def test_a_server_that_went_away_is_the_sdks_own_error(tmp_path):
    recorder = Recorder(httpx2.HTTPTransport(), tmp_path / "04_monitor.json", "http://127.0.0.1:9/v1")
    client = openai.OpenAI(
        base_url="http://127.0.0.1:9/v1",
        api_key=KEY,
        max_retries=0,
        http_client=httpx2.Client(transport=recorder, trust_env=False),
    )

    with pytest.raises(openai.APIConnectionError):
        client.models.list()
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_says_how_the_recording_was_made(tmp_path):
    write_manifest(tmp_path, backend="local", model="tiny", command="make record", notebooks=["02_upload"])

    manifest = read_manifest(tmp_path)

    assert manifest.pop("recorded_at").endswith("+00:00")
    assert manifest.pop("python").startswith("3.")
    assert manifest == {
        "label": "recorded from a real run against the backend 'local'",
        "backend": "local",
        "model": "tiny",
        "sdk_version": openai.__version__,
        "command": "make record",
        "notebooks": ["02_upload"],
    }


def test_a_manifest_says_which_notebooks_were_recorded_later_by_themselves(tmp_path):
    write_manifest(tmp_path, backend="local", model="tiny", command="make record", notebooks=["02_upload"])
    before = read_manifest(tmp_path)

    for number in ("06b", "10", "06b"):
        add_to_manifest(tmp_path, command=f"make record ONLY={number}", notebooks=[f"{number}_new"])

    manifest = read_manifest(tmp_path)
    later = manifest.pop("later")
    assert manifest == before | {"notebooks": ["02_upload", "06b_new", "10_new"]}
    assert [(part["command"], part["notebooks"]) for part in later] == [
        ("make record ONLY=10", ["10_new"]),
        ("make record ONLY=06b", ["06b_new"]),
    ]
    assert all(part.keys() < before.keys() and part["recorded_at"] for part in later)


def test_a_missing_recording_lists_the_recordings_that_are_there(tmp_path):
    write_manifest(tmp_path / "elle", backend="local", model="tiny", command="make record", notebooks=[])

    with pytest.raises(BackendUnavailable, match=r"No recording at .*ella: .* Recordings in .*: elle\."):
        read_manifest(tmp_path / "ella")
