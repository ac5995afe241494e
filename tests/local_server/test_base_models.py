"""Base models: what their folders and cards say."""

from pathlib import Path

import pytest
from serving import own_model

from local_server.base_models import BaseModel, UnusableModel, read_base_model


def test_a_folder_without_a_card_has_its_name_and_the_rates_of_its_size(tmp_path: Path) -> None:
    folder = own_model(tmp_path / "my-model")

    assert read_base_model(folder) == BaseModel(
        id="my-model",
        folder=folder,
        created=int((folder / "config.json").stat().st_mtime),
        learning_rates={"full": 1e-4, "lora": 1e-3},
    )


def test_a_card_names_the_model_and_its_rates_and_may_leave_one_out(tmp_path: Path) -> None:
    folder = own_model(tmp_path / "a", {"model_id": "b", "learning_rates": {"full": 5e-5}, "origin": "here"})

    model = read_base_model(folder)

    assert (model.id, model.learning_rates) == ("b", {"full": 5e-5, "lora": 1e-3})


@pytest.mark.parametrize("rates", [[], {"full": 0}, {"full": True}, {"qlora": 1e-4}, {"lora": float("nan")}])
def test_rates_that_are_none_are_refused(tmp_path: Path, rates: object) -> None:
    folder = own_model(tmp_path / "a", {"model_id": "b", "learning_rates": rates})

    with pytest.raises(UnusableModel, match="expected numbers above 0 and up to 1 under 'learning_rates'"):
        read_base_model(folder)


@pytest.mark.parametrize("weights", [b"", b"not safetensors", b"\xff" * 8, b"\2" + bytes(7) + b"[]"])
def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, weights: bytes) -> None:
    folder = own_model(tmp_path / "a")
    (folder / "model.safetensors").write_bytes(weights)

    with pytest.raises(UnusableModel, match=r"model\.safetensors is no safetensors file"):
        read_base_model(folder)
