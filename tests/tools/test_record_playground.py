"""Whatever the playground of notebook 05c offers is answered from what the recorder has asked."""

import json
import shutil
import time
from types import SimpleNamespace

import httpx2
import nbformat
import openai
import pytest
from record_playground import STEP, ask_all
from serving import BASE_MODEL

from finetune_dataset import read_jsonl
from helpers import lessons, lost
from helpers.backends.recordings.record import Recorder
from helpers.backends.recordings.replay import REPLAY_URL, Player
from helpers.paths import ROOT, data_path


def cell(start: str) -> str:
    """The cell of notebook 05c that has such a line."""
    cells = nbformat.read(ROOT / "notebooks" / "05c_lost.ipynb", as_version=4).cells
    [found] = [
        each.source for each in cells if each.cell_type == "code" and f"\n{start}" in f"\n{each.source}"
    ]
    return found


def playground_of(client: openai.OpenAI, lesson: lessons.Lesson, model: str) -> lost.Playground:
    """What the cells of the notebook make of a client in replay."""
    names = {
        "client": client,
        "time": time,
        "lesson": lesson,
        "lessons": lessons,
        "lost": lost,
        "run": SimpleNamespace(backend="replay"),
        "models": {"base": model, "fine_tuned": model},
        "train": read_jsonl(data_path("sample_runs", "elle-tiny", "train.jsonl")),
        "test": read_jsonl(data_path("sample_runs", "elle-tiny", "test.jsonl")),
    }
    exec(cell("def ask("), names)
    exec(cell("def ask_way("), names)
    return names["playground"]


@pytest.mark.slow
def test_every_question_of_the_playground_is_answered_in_replay(server, tmp_path):
    run = shutil.copytree(data_path("sample_runs", "elle-tiny"), tmp_path / "run")
    job = json.loads((run / "04_job.json").read_text(encoding="utf-8"))
    (run / "04_job.json").write_text(json.dumps({**job, "fine_tuned_model": BASE_MODEL}), encoding="utf-8")
    document, lesson = tmp_path / "recording" / f"{STEP}.json", lessons.open_lesson("elle")
    recorder = Recorder(httpx2.HTTPTransport(), document, server.base_url)
    recording = server.client(http_client=openai.DefaultHttpxClient(transport=recorder))

    asked = ask_all(recording, run)

    player = httpx2.Client(transport=Player(document.parent))
    playground = playground_of(
        openai.OpenAI(base_url=REPLAY_URL, api_key="replay", http_client=player), lesson, BASE_MODEL
    )
    train, test = (read_jsonl(run / f"{part}.jsonl") for part in ("train", "test"))
    names = list(lessons.playground_questions(lesson, train, test))
    tables = {name: playground.table(name) for name in names}
    assert asked == len(names) * 3
    assert repr(playground) == f"A playground with {len(names)} questions. Run this cell to use it."
    assert all(table.index.tolist() == ["base", "few_shot", "fine_tuned"] for table in tables.values())
    assert tables["greetings: Hello"]["facts"].tolist() == ["–"] * 3
    assert document.stat().st_size < 2**20
