"""A service that answers, a recording, and an environment that names none."""

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from helpers.backends.recordings.record import write_manifest

MODELS = {"object": "list", "data": [{"id": "big", "object": "model", "created": 1, "owned_by": "me"}]}


class Service(BaseHTTPRequestHandler):
    """Answers every request with a list of its models, and notes what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["authorization"]))
        models = [{**MODELS["data"][0], "id": name} for name in self.server.models]
        content = json.dumps(MODELS | {"data": models}).encode()
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
    monkeypatch.setattr("helpers.backends.api_keys.env_file", lambda: tmp_path / ".env")


@pytest.fixture
def service() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.asked, server.models = [], ["big"]
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
