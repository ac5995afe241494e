"""Which base model the course trains, on each backend and for each dataset."""

import openai
import pytest

from helpers.backends.base_models import base_model
from helpers.backends.connect import connect
from helpers.backends.recordings.chosen import recording_name
from helpers.errors import BackendUnavailable

KEY = "sk-made-up-for-tests"


@pytest.mark.parametrize(
    ("base_url", "model"),
    [
        ("https://api.openai.com/v1", "gpt-4.1-mini-2025-04-14"),
        ("https://name.openai.azure.com/openai/v1/", "gpt-4.1-mini"),
        ("https://name.services.ai.azure.com/api/projects/p/openai/v1/", "gpt-4.1-mini"),
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


@pytest.fixture
def local(service):
    return openai.OpenAI(base_url=f"{service.url}/v1", api_key=KEY)


def test_the_local_server_trains_the_real_model_where_it_is_installed(local, service, capsys):
    service.models = ["periodic-tiny-2026-11", "smollm2-135m-instruct"]

    assert base_model(local) == "smollm2-135m-instruct"

    assert capsys.readouterr().out == ""


def test_without_the_real_model_the_tiny_one_is_used_and_one_line_says_how_to_install_the_other(
    local, service, capsys
):
    service.models = ["periodic-tiny-2026-11"]

    assert base_model(local) == "periodic-tiny-2026-11"

    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "smollm2-135m-instruct, is not installed" in said
    assert "`python -m local_server.real_model`" in said


@pytest.mark.parametrize(
    ("environment", "recording"),
    [
        ({}, "elle"),
        ({"FINETUNE_MODEL": "periodic-tiny-2026-11"}, "elle-tiny"),
        ({"FINETUNE_DATASET": "Recipes"}, "recipes"),
        ({"FINETUNE_DATASET": "recipes", "FINETUNE_RECORDING": "elle"}, "elle"),
    ],
)
def test_replay_takes_the_recording_of_the_dataset_and_the_model(environment, recording, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert recording_name() == recording


def test_replay_follows_the_dataset_that_notebook_01_has_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    (tmp_path / "my-run").mkdir()
    (tmp_path / "my-run" / "01_dataset.json").write_text('{"dataset": "sarcastic"}')

    assert recording_name() == "sarcastic"


def test_a_recording_that_there_is_not_names_those_that_there_are(monkeypatch):
    monkeypatch.setenv("FINETUNE_DATASET", "haiku")

    with pytest.raises(BackendUnavailable, match=r"Recordings in .*: .*elle-tiny"):
        connect("replay")
