"""Open each backend for real: a recording, loopback servers in place of the services, the local server."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import openai
import pytest

from finetune_dataset.errors import FineTuneError
from helpers.backends import api_keys as keys, local_server as launch
from helpers.backends.connect import base_model, connect, openai_notice, wait
from helpers.backends.names import backend_name
from helpers.backends.replay import write_manifest
from helpers.errors import BackendUnavailable, UnknownBackend
from helpers.runs import open_run

KEY = "sk-typed-" + "0123456789" * 2
ROOT = Path(__file__).resolve().parents[3]
MODELS = {"object": "list", "data": [{"id": "big", "object": "model", "created": 1, "owned_by": "me"}]}


class Service(BaseHTTPRequestHandler):
    """Answers every request with a list of one model, and notes what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        content = json.dumps(MODELS).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("FINETUNE_", "OPENAI_", "AZURE_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(keys, "ENV_FILE", tmp_path / ".env")


@pytest.fixture
def service() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.asked = []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def recording(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "mine"
    write_manifest(folder, backend="local", model="tiny-1", command="make record", notebooks=["02_upload"])
    request = {"method": "GET", "path": "/models", "query": {}, "body": {}}
    response = {"status": 200, "headers": {"content-type": "application/json"}, "body": {"json": MODELS}}
    exchange = {"request": request, "response": response, "seconds": 0.0}
    (folder / "02_upload.json").write_text(json.dumps({"step": "02_upload", "exchanges": [exchange]}))
    monkeypatch.setenv("FINETUNE_RECORDING", str(folder))
    return folder


def test_replay_is_the_default_and_says_what_it_plays(recording, capsys):
    client = connect(step="02_upload")

    assert type(client) is openai.OpenAI
    assert [model.id for model in client.models.list()] == ["big"]
    assert base_model(client) == "tiny-1"
    today = json.loads((recording / "manifest.json").read_text())["recorded_at"][:10]
    assert capsys.readouterr().out == (
        f"Replay: recorded from a real run against the backend 'local' on {today} "
        "(model tiny-1). Nothing leaves this machine.\n"
    )


def test_a_recording_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("FINETUNE_RECORDING", "no-such-recording")

    with pytest.raises(BackendUnavailable, match=r"No recording at .*data.recordings.no-such-recording"):
        connect("replay")


def test_an_unknown_backend_lists_the_names_and_the_nearest(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "lokal")

    with pytest.raises(UnknownBackend) as refused:
        connect()

    assert str(refused.value) == (
        "There is no backend 'lokal'. Backends: replay, local, openai, azure, compatible. "
        "Did you mean 'local'? The name comes from connect(name) or from FINETUNE_BACKEND."
    )


def test_the_argument_counts_more_than_the_environment(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "azure")

    assert (backend_name("local"), backend_name()) == ("local", "azure")


def test_a_backend_named_in_connect_holds_for_the_run_opened_after_it(recording, monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_BACKEND", "local")
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))

    connect("replay")

    assert open_run().backend == "replay"


def test_compatible_asks_its_server_with_its_key(service, monkeypatch):
    monkeypatch.setenv("FINETUNE_BASE_URL", f"{service.url}/v1/")
    monkeypatch.setenv("FINETUNE_API_KEY", KEY)

    connect("compatible").models.list()

    assert service.asked == [("/v1/models", f"Bearer {KEY}")]


@pytest.mark.parametrize("ending", ["", "/", "/openai/v1", "/openai/v1/"])
def test_azure_asks_the_v1_route_of_its_endpoint(service, monkeypatch, ending):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", service.url + ending)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)

    connect("azure").models.list()

    assert service.asked == [("/openai/v1/models", f"Bearer {KEY}")]


@pytest.mark.skipif(date.today() >= date(2027, 1, 6), reason="OpenAI has ended fine-tuning")
def test_openai_is_the_sdks_own_client_with_a_notice(service, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_BASE_URL", f"{service.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    connect("openai").models.list()

    assert service.asked == [("/v1/models", f"Bearer {KEY}")]
    notice = capsys.readouterr().out
    assert "OpenAI ends fine-tuning on 2027-01-06" in notice
    assert KEY not in notice


def test_the_notice_becomes_a_refusal_on_the_day_that_job_creation_ends():
    assert "training_not_available" in openai_notice(date(2027, 1, 5))
    with pytest.raises(BackendUnavailable, match=r"since 2027-01-06 .* Set FINETUNE_BACKEND=local"):
        openai_notice(date(2027, 1, 6))


@pytest.mark.parametrize(
    ("backend", "variable"), [("azure", "AZURE_OPENAI_ENDPOINT"), ("compatible", "FINETUNE_BASE_URL")]
)
def test_a_missing_address_names_the_variable(backend, variable):
    with pytest.raises(BackendUnavailable, match=f"{variable} is not set"):
        connect(backend)


def test_live_exchanges_are_recorded_under_the_name_of_the_step(service, monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_RECORD", str(tmp_path / "taken"))
    monkeypatch.setenv("FINETUNE_BASE_URL", f"{service.url}/v1")
    monkeypatch.setenv("FINETUNE_API_KEY", KEY)
    connect("compatible", step="02_upload").models.list()
    write_manifest(tmp_path / "taken", backend="compatible", model="big", command="make record", notebooks=[])
    monkeypatch.setenv("FINETUNE_RECORDING", str(tmp_path / "taken"))

    again = connect("replay", step="02_upload").models.list()

    assert again.to_dict() == MODELS
    assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("base_url", "model"),
    [
        ("https://api.openai.com/v1", "gpt-4.1-mini-2025-04-14"),
        ("https://name.openai.azure.com/openai/v1/", "gpt-4.1-mini"),
        ("https://name.services.ai.azure.com/api/projects/p/openai/v1/", "gpt-4.1-mini"),
        ("http://127.0.0.1:8399/v1", "periodic-tiny-2026-11"),
    ],
)
def test_each_backend_has_its_base_model(base_url, model):
    assert base_model(openai.OpenAI(base_url=base_url, api_key=KEY)) == model


def test_a_compatible_server_needs_the_name_of_a_model(monkeypatch):
    monkeypatch.setenv("FINETUNE_BASE_URL", "http://127.0.0.1:8000/v1/")
    client = openai.OpenAI(base_url="http://127.0.0.1:8000/v1", api_key=KEY)

    with pytest.raises(BackendUnavailable, match="FINETUNE_MODEL is not set"):
        base_model(client)
    monkeypatch.setenv("FINETUNE_MODEL", "llama-3")
    assert base_model(client) == "llama-3"


def test_a_key_is_taken_from_the_env_file_when_the_environment_has_none(tmp_path):
    (tmp_path / ".env").write_text(f"# keys\nOTHER=1\nexport OPENAI_API_KEY='{KEY}'\n")

    assert keys.find_key("OPENAI_API_KEY") == KEY


def test_a_key_is_taken_from_the_secrets_of_colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", colab({"OPENAI_API_KEY": KEY}))

    assert keys.find_key("OPENAI_API_KEY") == KEY


def test_a_key_that_is_nowhere_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", colab({}))
    monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: "")

    with pytest.raises(BackendUnavailable, match=r"OPENAI_API_KEY was not found: .* FINETUNE_BACKEND=local"):
        keys.find_key("OPENAI_API_KEY")


def test_without_a_terminal_the_prompt_is_a_refusal_and_not_a_hang(tmp_path):
    program = "from helpers.backends.api_keys import find_key; find_key('NO_SUCH_KEY')"

    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        timeout=30,
    )

    assert "BackendUnavailable: NO_SUCH_KEY was not found" in ended.stderr


def colab(secrets: dict[str, str]) -> ModuleType:
    """Colab's own module, as far as it gives secrets."""

    class SecretNotFoundError(Exception):
        pass

    class NotebookAccessError(Exception):
        pass

    def get(name: str) -> str:
        if name not in secrets:
            raise SecretNotFoundError(name)
        return secrets[name]

    module, userdata = ModuleType("google.colab"), ModuleType("userdata")
    userdata.get = get
    userdata.SecretNotFoundError, userdata.NotebookAccessError = SecretNotFoundError, NotebookAccessError
    module.userdata = userdata
    return module


@pytest.mark.parametrize(("speed", "slept"), [("instant", 0.0), ("4", 0.5), (None, 0.2)])
def test_replay_waits_shorter(recording, monkeypatch, speed, slept):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    if speed:
        monkeypatch.setenv("FINETUNE_REPLAY_SPEED", speed)

    wait(connect("replay"), 2)

    assert waits == [slept]


def test_a_live_backend_waits_in_full(monkeypatch):
    waits = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setenv("FINETUNE_REPLAY_SPEED", "instant")

    wait(openai.OpenAI(base_url="http://127.0.0.1:8399/v1", api_key=KEY), 2)

    assert waits == [2]


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan"])
def test_a_speed_that_is_none_is_refused(recording, monkeypatch, speed):
    monkeypatch.setenv("FINETUNE_REPLAY_SPEED", speed)

    with pytest.raises(FineTuneError, match=f"FINETUNE_REPLAY_SPEED is '{speed}'. Expected \"instant\" or"):
        wait(connect("replay"), 1)


@pytest.fixture
def state(tmp_path, monkeypatch) -> Iterator[Path]:
    """A state folder; the server that the test starts in it ends with the test."""
    folder = tmp_path / "state"
    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(folder))
    yield folder
    file = folder / "server.json"
    if file.exists():
        os.kill(json.loads(file.read_text())["pid"], signal.SIGTERM)
    for _ in range(400):
        if not file.exists():
            break
        time.sleep(0.05)
    assert not file.exists(), "the server did not end on SIGTERM"


def left_behind(state: Path, base_url: str) -> str:
    """Write the file of a server that is not there any more, or that is something else."""
    state.mkdir()
    address = {"base_url": base_url, "api_key": "old", "pid": 4_711_000}
    (state / "server.json").write_text(json.dumps(address))
    return base_url


def test_local_starts_a_server_once_and_finds_it_again(state):
    first, second = connect("local"), connect("local")

    assert first.base_url == second.base_url
    assert first.models.retrieve(base_model(first)).id == "periodic-tiny-2026-11"


def test_two_notebooks_that_connect_at_once_get_one_server(state):
    program = "from helpers.backends.connect import connect; print(connect('local').base_url)"
    command = [sys.executable, "-c", program]

    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    addresses = {process.communicate(timeout=90)[0].strip() for process in started}

    assert len(addresses) == 1
    assert connect("local").base_url == addresses.pop()
    # Nobody else on this machine can read the training data.
    assert os.name != "posix" or stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_file_left_by_a_killed_server_does_not_stop_a_new_one(state):
    left_behind(state, "http://127.0.0.1:9/v1")

    assert connect("local").models.list().data


def test_a_server_that_does_not_know_the_key_is_not_reused(state, service, monkeypatch):
    monkeypatch.setattr(Service, "do_GET", lambda self: self.send_error(401))
    other = left_behind(state, f"{service.url}/v1")

    assert connect("local").base_url != other


def test_a_server_that_hangs_is_reported_and_no_second_one_is_started(state, service, monkeypatch):
    monkeypatch.setattr(launch, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(Service, "do_GET", lambda self: time.sleep(1))
    left_behind(state, f"{service.url}/v1")

    with pytest.raises(BackendUnavailable, match=r"process 4711000\) did not answer within 0.2 s"):
        connect("local")
    assert not (state / "server.log").exists()
    (state / "server.json").unlink()


def test_a_server_that_cannot_start_shows_its_last_log_lines(state, monkeypatch, tmp_path):
    package = tmp_path / "course" / "local_server"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("raise SystemExit('no space left for the store')")
    monkeypatch.setattr(launch, "ROOT", package.parent)

    with pytest.raises(BackendUnavailable, match=r"(?s)did not start: .*no space left for the store"):
        connect("local")


def test_missing_packages_are_named_before_anything_starts(state, monkeypatch):
    monkeypatch.setattr(launch, "NEEDED", ("json", "no_such_package"))

    with pytest.raises(BackendUnavailable, match=r"not installed: no_such_package.*requirements-local.txt"):
        connect("local")
    assert not (state / "server.log").exists()
