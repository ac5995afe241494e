"""Starts real servers in processes of their own, for tests that drive them with the real SDK."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import openai
import psutil
import pytest
from openai.types.fine_tuning import FineTuningJob

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
BASE_MODEL = "periodic-tiny-2026-11"
# Rewarding what was said before makes the model repeat itself until the context is full.
ENDLESS = {
    "model": BASE_MODEL,
    "messages": [{"role": "user", "content": "la la la la la la"}],
    "temperature": 0,
    "frequency_penalty": -2,
    "presence_penalty": -2,
}
NAMES = (
    "Anna", "Ben", "Carla", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas",
    "Klara", "Leo", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tina", "Uwe",
)  # fmt: skip


def own_model(folder: Path, card: object = None) -> Path:
    """A base model of its own: the course's small one in another folder, with another card or none."""
    shutil.copytree(ROOT / "data" / "base_model", folder)
    (folder / "course.json").unlink()
    if card is not None:
        (folder / "course.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


@dataclass
class LocalServer:
    """A running server, as a test sees it."""

    process: subprocess.Popen
    state: Path
    base_url: str
    api_key: str

    def client(self, **options) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.base_url, api_key=self.api_key, max_retries=0, **options)

    def child(self, program: str) -> psutil.Process | None:
        """The training or chat process, if it runs."""
        return next(iter(running(program, psutil.Process(self.process.pid).children(recursive=True))), None)


def running(program: str, processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that are the training or the chat program: by their command, or by the name of a fork."""
    found = []
    for process in processes:
        # One that has just ended has no command line any more.
        with suppress(psutil.Error):
            if process.name() == program or f"local_server.{program}" in process.cmdline():
                found.append(process)
    return found


def trainers(state: Path) -> list[int]:
    """The ids of all training processes that work below a state folder, whoever is their parent."""
    found = []
    for process in running("training", psutil.process_iter()):
        with suppress(psutil.Error):
            if any(Path(file.path).is_relative_to(state) for file in process.open_files()):
                found.append(process.pid)
    return found


def command(state: Path, *options: str) -> list[str]:
    # Most of these servers are never asked: to load PyTorch for each would take minutes.
    lazy = (*options, "--chat-on-demand")
    return [sys.executable, "-m", "local_server", "--port", "0", "--state", str(state), *lazy]


@contextmanager
def serve(state: Path, *options: str) -> Iterator[LocalServer]:
    """Run a server on `state` until the block ends."""
    state.mkdir(parents=True, exist_ok=True)
    with open(state / "server.log", "ab") as log:
        process = subprocess.Popen(
            command(state, *options), cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
        )
    with process.stdout:
        line = process.stdout.readline()
    try:
        yield LocalServer(process, state, **json.loads(line))
    finally:
        process.terminate()
        process.wait(20)


def wait_until(read: Callable[[], T], done: Callable[[T], bool], seconds: float = 120) -> T:
    """Read again and again until it is done; the last value is the result."""
    deadline = time.monotonic() + seconds
    while not done(value := read()):
        assert time.monotonic() < deadline, f"still {value} after {seconds} s"
        time.sleep(0.05)
    return value


def row(name: str) -> dict:
    answer = (
        f"{name} went to the sea - and drank a hot cup of tea - the sun was so bright - "
        f"it shone until night - and {name} was home before three"
    )
    messages = [
        {"role": "system", "content": "You answer in five short lines."},
        {"role": "user", "content": f"Tell me about {name}"},
        {"role": "assistant", "content": answer},
    ]
    return {"messages": messages}


def as_jsonl(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def upload(
    client: openai.OpenAI, rows: list[dict] | bytes, name: str = "train.jsonl"
) -> openai.types.FileObject:
    content = rows if isinstance(rows, bytes) else as_jsonl(rows)
    return client.files.create(file=(name, content), purpose="fine-tune")


def failed_job(client: openai.OpenAI, rows: list[dict] | bytes, **request) -> FineTuningJob:
    """Create a job that its files make fail."""
    job = client.fine_tuning.jobs.create(model=BASE_MODEL, training_file=upload(client, rows).id, **request)
    return wait_until(
        lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at is not None
    )


def hyperparameters(**values) -> dict:
    return {"type": "supervised", "supervised": {"hyperparameters": values}}


def refusal(call: Callable, *arguments, **options) -> dict:
    """The status and error body of a call that must be refused."""
    with pytest.raises(openai.APIStatusError) as caught:
        call(*arguments, **options)
    return {"status": caught.value.status_code, **caught.value.body}


def let_expire(server: LocalServer, object_id: str, at: float) -> None:
    """Bring an end that lies at least an hour away to another moment, behind the server's back."""
    with contextlib.closing(sqlite3.connect(server.state / "server.db", timeout=10)) as database, database:
        database.execute(
            "UPDATE objects SET body = json_set(body, '$.expires_at', ?) WHERE id = ?", (at, object_id)
        )
