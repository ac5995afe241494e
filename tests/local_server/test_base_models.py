"""Base models: what their folders and cards say."""

import lzma
from pathlib import Path

import pytest
from serving import own_model

from local_server import base_models
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


@pytest.fixture
def from_course_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, bytes]:
    """The course's own model with its weights packed, as course.zip brings it; and the weights."""
    folder = own_model(tmp_path / "base_model", {"model_id": "tiny"})
    weights = (folder / "model.safetensors").read_bytes()
    (folder / base_models.PACKED).write_bytes(lzma.compress(weights, preset=0))
    (folder / "model.safetensors").unlink()
    monkeypatch.setattr(base_models, "PERIODIC_TINY", folder)
    return folder, weights


def test_weights_that_came_packed_are_unpacked_once(from_course_zip: tuple[Path, bytes]) -> None:
    folder, weights = from_course_zip

    assert [read_base_model(folder).id for _ in range(2)] == ["tiny", "tiny"]

    assert (folder / "model.safetensors").read_bytes() == weights
    assert [path.name for path in folder.iterdir() if path.suffix == ".xz" or path.name[0] == "."] == []


def test_weights_that_were_damaged_are_mended_by_packed_ones(from_course_zip: tuple[Path, bytes]) -> None:
    folder, weights = from_course_zip
    (folder / "model.safetensors").write_bytes(weights[:-9])

    read_base_model(folder)

    assert (folder / "model.safetensors").read_bytes() == weights


@pytest.mark.parametrize("damage", [lambda packed: packed[:-100], lambda packed: b"not xz" + packed])
def test_packed_weights_that_are_damaged_are_named_and_leave_nothing_half(
    from_course_zip: tuple[Path, bytes], damage
) -> None:
    folder, _ = from_course_zip
    packed = folder / base_models.PACKED
    packed.write_bytes(damage(packed.read_bytes()))
    before = sorted(folder.iterdir())

    with pytest.raises(UnusableModel, match=r"cannot be unpacked from .*Unpack course\.zip again"):
        read_base_model(folder)

    assert sorted(folder.iterdir()) == before


def test_only_the_course_s_own_model_is_unpacked(tmp_path: Path) -> None:
    folder = own_model(tmp_path / "somebody-s")
    (folder / "model.safetensors").rename(folder / base_models.PACKED)

    with pytest.raises(UnusableModel, match=r"is not complete: \*\.safetensors not found"):
        read_base_model(folder)
