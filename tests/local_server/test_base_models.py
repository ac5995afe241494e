"""Base models: what their folders and cards say, and which of them a server offers."""

import json
import shutil
from pathlib import Path

import pytest
from serving import BASE_MODEL, ROOT, refusal, serve

from finetune_dataset.models import PERIODIC_TINY, models_dir
from local_server.base_models import BaseModel, UnusableModel, chosen, installed, read_base_model


def copy(folder: Path, card: object = None) -> Path:
    """A base model of its own: the course's small one under another name."""
    shutil.copytree(PERIODIC_TINY, folder)
    (folder / "course.json").unlink()
    if card is not None:
        (folder / "course.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def test_a_folder_without_a_card_has_its_name_and_the_rates_of_its_size(tmp_path: Path) -> None:
    folder = copy(tmp_path / "my-model")

    assert read_base_model(folder) == BaseModel(
        id="my-model",
        folder=folder,
        created=int((folder / "config.json").stat().st_mtime),
        learning_rates={"full": 2e-4, "lora": 2e-3},
    )


def test_a_card_names_the_model_and_its_rates_and_may_leave_one_out(tmp_path: Path) -> None:
    folder = copy(tmp_path / "a", {"model_id": "b", "learning_rates": {"full": 5e-5}, "origin": "here"})

    model = read_base_model(folder)

    assert (model.id, model.learning_rates) == ("b", {"full": 5e-5, "lora": 2e-3})


@pytest.mark.parametrize("rates", [[], {"full": 0}, {"full": True}, {"qlora": 1e-4}, {"lora": float("nan")}])
def test_rates_that_are_none_are_refused(tmp_path: Path, rates: object) -> None:
    folder = copy(tmp_path / "a", {"model_id": "b", "learning_rates": rates})

    with pytest.raises(UnusableModel, match="expected numbers above 0 and up to 1 under 'learning_rates'"):
        read_base_model(folder)


@pytest.mark.parametrize("weights", [b"", b"not safetensors", b"\xff" * 8, b"\2" + bytes(7) + b"[]"])
def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, weights: bytes) -> None:
    folder = copy(tmp_path / "a")
    (folder / "model.safetensors").write_bytes(weights)

    with pytest.raises(UnusableModel, match=r"model\.safetensors is no safetensors file"):
        read_base_model(folder)


def test_without_a_choice_a_server_offers_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path))
    copy(tmp_path / "zebra", {"model_id": "zebra"})
    copy(tmp_path / ".draft", {"model_id": "half-written"})

    assert [model.id for model in installed()] == [BASE_MODEL, "zebra"]
    assert chosen([]) == tuple(installed())
    assert [model.id for model in chosen(["zebra", BASE_MODEL])] == ["zebra", BASE_MODEL]


def test_installed_models_lie_beside_the_runs_unless_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FINETUNE_RUNS_DIR")
    assert models_dir() == ROOT / "runs" / ".models"
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    assert models_dir() == tmp_path / ".models"
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "mine"))
    assert models_dir() == tmp_path / "mine"


def test_the_same_folder_twice_is_one_model_and_two_of_one_id_are_refused(tmp_path: Path) -> None:
    first, second = copy(tmp_path / "a" / "twin"), copy(tmp_path / "b" / "twin")

    assert len(chosen([str(first), str(first)])) == 1
    with pytest.raises(UnusableModel, match="two base models have the id 'twin'"):
        chosen([str(first), str(second)])


def test_a_name_that_is_nowhere_is_refused_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnusableModel, match=rf"'gpt-4' is no folder .* Installed: {BASE_MODEL}\."):
        chosen(["gpt-4"])
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UnusableModel, match="'nobody/nothing' is no folder and not in the local"):
        chosen(["nobody/nothing"])


def test_a_hub_name_is_found_in_the_local_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    cache, commit = tmp_path / "models--somebody--something", "a" * 40
    snapshot = copy(cache / "snapshots" / commit)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit)

    model = chosen(["somebody/something"])[0]

    assert (model.id, model.folder) == ("somebody/something", snapshot)


def test_one_server_serves_several_base_models_and_answers_with_each(tmp_path: Path) -> None:
    folders = copy(tmp_path / "first"), copy(tmp_path / "second")

    with serve(tmp_path / "state", "--model", str(folders[0]), "--model", str(folders[1])) as server:
        client = server.client()
        unknown = refusal(client.fine_tuning.jobs.create, model="third", training_file="file-1")

        assert [model.id for model in client.models.list()] == ["first", "second"]
        assert client.models.retrieve("second").id == "second"
        assert "This server trains first, second and models made from them." in unknown["message"]
