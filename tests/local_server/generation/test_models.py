"""Models that cannot be read, and models that nobody asks for any more."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from chatting import ask
from serving import ENDLESS, ROOT, LocalServer

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation import models as module
from local_server.generation.models import Models
from local_server.jobs.models import MODELS, new_model
from local_server.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture
def damaged(server: LocalServer, client: openai.OpenAI) -> Iterator[list[str]]:
    """Models with damaged weights, put into the store and the folders behind the server's back."""
    store = Store(server.state / "server.db")
    names = ["cut", "garbled", "gone"]
    for name in names:
        folder = server.state / "jobs" / name / "model"
        shutil.copytree(ROOT / "data" / "base_model", folder)
        weights = folder / "model.safetensors"
        content = weights.read_bytes()
        if name == "cut":
            weights.write_bytes(content[: len(content) // 2])
        elif name == "garbled":
            weights.write_bytes(content[:-9_000_000] + b"\xff" * 9_000_000)
        else:
            weights.unlink()
        store.add(MODELS, new_model(f"ft:{name}", 0, "org-local"), name)
    store.close()
    models = [f"ft:{name}" for name in names]
    yield models
    for model in models:
        client.models.delete(model)


def test_damaged_weights_are_said_and_other_models_go_on(client: openai.OpenAI, damaged: list[str]) -> None:
    expected = ask(client, **ENDLESS, max_tokens=300)

    with client.chat.completions.create(**ENDLESS, max_tokens=300, stream=True) as stream:
        for model in damaged:
            with pytest.raises(openai.InternalServerError) as caught:
                ask(client, model=model, temperature=0)
            assert caught.value.code == "model_error"
            assert "Its weights may be damaged" in caught.value.message
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    assert [text] == expected


def test_the_memory_of_idle_models_is_given_back_and_a_running_one_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    idle, running = str(PERIODIC_TINY), str(shutil.copytree(PERIODIC_TINY, tmp_path / "running"))
    models = Models(capacity=4, idle_seconds=60)
    first = models.get(idle)
    models.get(running)

    now += 59
    models.give_back(running=())
    assert models.get(running) is models.get(running)
    assert models._whole.keys() == {idle, running}
    now += 61
    models.give_back(running=(running,))

    assert models._whole.keys() == {running}
    assert models.get(idle) is not first


def test_more_models_than_there_is_room_for_leave_in_turn(tmp_path: Path) -> None:
    folders = [str(shutil.copytree(PERIODIC_TINY, tmp_path / name)) for name in "abc"]
    models = Models(capacity=2, idle_seconds=60)

    for folder in [*folders[:2], folders[0], folders[2]]:
        models.get(folder)

    assert list(models._whole) == [folders[0], folders[2]]
