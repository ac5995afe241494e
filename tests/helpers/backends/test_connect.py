"""Open each backend for real: a recording, loopback servers in place of the services, the local server."""

import json
import os
import time
from datetime import date

import openai
import pytest

from finetune_dataset.errors import FineTuneError
from helpers.backends.base_models import base_model
from helpers.backends.connect import connect, wait
from helpers.backends.recordings.record import write_manifest
from helpers.errors import BackendUnavailable
from helpers.runs import open_run

KEY = "sk-typed-" + "0123456789" * 2
MODELS = {"object": "list", "data": [{"id": "big", "object": "model", "created": 1, "owned_by": "me"}]}


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


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://api.tokenfactory.nebius.com/v1/", "Nebius trains open models"),
        ("https://bedrock-mantle.us-west-2.api.aws/v1", "by reinforcement only"),
        ("https://llm.example.org/v1", ""),
    ],
)
def test_a_compatible_service_that_the_course_knows_is_told_about(address, words, monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_BASE_URL", address)
    monkeypatch.setenv("FINETUNE_API_KEY", KEY)

    connect("compatible")

    printed = capsys.readouterr().out
    assert words in printed
    assert bool(words) == bool(printed)


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


@pytest.mark.parametrize("before", [None, "replay"])
@pytest.mark.parametrize("name", ["local", "azure", "compatible", "openai"])
def test_a_backend_that_cannot_be_opened_leaves_the_kernel_as_it_was(name, before, recording, monkeypatch):
    if before:
        monkeypatch.setenv("FINETUNE_BACKEND", before)
    monkeypatch.setattr("helpers.backends.local_server.NEEDED", ("no_such_package",))
    monkeypatch.setattr("helpers.backends.api_keys.getpass", lambda prompt: "")
    monkeypatch.setenv("FINETUNE_LOCAL_STATE", str(recording / "state"))

    with pytest.raises(BackendUnavailable):
        connect(name)

    assert os.environ.get("FINETUNE_BACKEND") == before
    assert type(connect()) is openai.OpenAI


@pytest.mark.parametrize("pasted", ["{url}\n", ' "{url}" ', "\ufeff{url}", "FINETUNE_BASE_URL={url}  # mine"])
def test_an_address_is_taken_as_it_was_meant(pasted, service, monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_BASE_URL", pasted.format(url=f"{service.url}/v1"))
    monkeypatch.setenv("FINETUNE_API_KEY", KEY)

    connect("compatible").models.list()

    assert service.asked == [("/v1/models", f"Bearer {KEY}")]
    assert capsys.readouterr().out.startswith("FINETUNE_BASE_URL: removed around its value: ")


@pytest.mark.parametrize(
    "address", ["example.org/v1", "ftp://example.org", "http://", "http://a b/v1", "x\ny"]
)
def test_what_is_no_address_is_refused_at_once(address, monkeypatch):
    monkeypatch.setenv("FINETUNE_BASE_URL", address)

    with pytest.raises(BackendUnavailable, match=r"which is no address of a service\. It should be"):
        connect("compatible")
