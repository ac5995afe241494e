"""Which base models a server offers: installed ones, folders, names of the hub."""

from pathlib import Path

import pytest
from serving import BASE_MODEL, ROOT, own_model, refusal, serve

from finetune_dataset.models import models_dir
from local_server.base_models import UnusableModel
from local_server.offered.choice import chosen, installed


def test_without_a_choice_a_server_offers_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path))
    own_model(tmp_path / "zebra", {"model_id": "zebra"})
    own_model(tmp_path / ".draft", {"model_id": "half-written"})

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
    first, second = own_model(tmp_path / "a" / "twin"), own_model(tmp_path / "b" / "twin")

    assert len(chosen([str(first), str(first)])) == 1
    with pytest.raises(UnusableModel, match="two base models have the id 'twin'"):
        chosen([str(first), str(second)])


def test_a_name_that_is_nowhere_is_refused_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnusableModel, match=rf"'gpt-4' is no folder .* Installed: {BASE_MODEL}\."):
        chosen(["gpt-4"])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UnusableModel, match="'nobody/nothing' is no folder and not in the local"):
        chosen(["nobody/nothing"])


def test_a_hub_name_is_found_in_the_local_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    cache, commit = tmp_path / "models--somebody--something", "a" * 40
    snapshot = own_model(cache / "snapshots" / commit)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text(commit)

    model = chosen(["somebody/something"])[0]

    assert (model.id, model.folder) == ("somebody/something", snapshot)


def test_one_server_serves_several_base_models_and_answers_with_each(tmp_path: Path) -> None:
    folders = own_model(tmp_path / "first"), own_model(tmp_path / "second")

    with serve(tmp_path / "state", "--model", str(folders[0]), "--model", str(folders[1])) as server:
        client = server.client()
        unknown = refusal(client.fine_tuning.jobs.create, model="third", training_file="file-1")

        assert [model.id for model in client.models.list()] == ["first", "second"]
        assert client.models.retrieve("second").id == "second"
        assert "This server trains first, second and models made from them." in unknown["message"]


def test_a_model_that_is_installed_later_is_offered_by_the_server_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "models"))
    with serve(tmp_path / "state") as server:
        client = server.client()
        before = [model.id for model in client.models.list()]
        own_model(tmp_path / "models" / "later", {"model_id": "later"})

        assert before == [BASE_MODEL]
        assert [model.id for model in client.models.list()] == [BASE_MODEL, "later"]
        assert client.models.retrieve("later").id == "later"
