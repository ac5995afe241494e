"""What a job trains, by the memory that is there; and the words that say why."""

import json
import struct
from pathlib import Path

import pytest

from finetune_dataset.models import PERIODIC_TINY
from local_server.training.choice import memory, plan, speed
from local_server.training.choice.memory import Load

GB = 10**9
LOAD = Load(rows=4, tokens=120, trained=60)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """The size of SmolLM2-135M, without its weights."""
    head = json.dumps({"all": {"dtype": "BF16", "shape": [134_515_008], "data_offsets": [0, 0]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    config = {"hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30, "vocab_size": 49_152}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


@pytest.fixture(autouse=True)
def two_threads_and_bfloat16_gain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "device_for", lambda size: "cpu")
    monkeypatch.setattr(speed, "best_threads", lambda *arguments: 2)
    monkeypatch.setattr(speed, "bfloat16_is_faster", lambda *arguments: True)
    monkeypatch.setattr(speed, "bfloat16_products_are_faster", lambda *arguments: False)


def there_are(monkeypatch: pytest.MonkeyPatch, free: float, total: float = 16) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: int(free * GB))
    monkeypatch.setattr(memory, "total_bytes", lambda: int(total * GB))


@pytest.mark.parametrize(
    ("free", "asked", "way", "message"),
    [
        (
            8, {}, ("full", None, "float32"),
            "Full training in float32 on 2 threads, about 3.3 GB of memory; 8.0 GB are free",
        ),
        (
            2.1, {}, ("lora", 16, "bfloat16"),
            "LoRA r16 in bfloat16 on 2 threads, about 1.7 GB of memory, because 2.1 GB are free; "
            "full training in float32 would need 3.3 GB",
        ),
        (
            8, {"training_method": "lora", "lora_rank": 8}, ("lora", 8, "bfloat16"),
            "LoRA r8 in bfloat16 on 2 threads, about 1.7 GB of memory, as asked for; 8.0 GB are free",
        ),
        (
            8, {"lora_rank": 8, "precision": "float32"}, ("lora", 8, "float32"),
            "LoRA r8 in float32 on 2 threads, about 2.7 GB of memory, as asked for; 8.0 GB are free",
        ),
        (
            8, {"training_method": "full", "precision": "bfloat16"}, ("full", None, "bfloat16"),
            "Full training in bfloat16 on 2 threads, about 2.0 GB of memory, as asked for; 8.0 GB are free",
        ),
    ],
)  # fmt: skip
def test_what_fits_is_chosen_and_said(
    monkeypatch: pytest.MonkeyPatch, real: Path, free: float, asked: plan.Asked, way: tuple, message: str
) -> None:
    there_are(monkeypatch, free)

    chosen, said = plan.choose(real, asked, LOAD, None)

    assert (chosen["training_method"], chosen["lora_rank"], chosen["precision"]) == way
    assert said == message


def test_where_bfloat16_gains_nothing_it_is_taken_for_want_of_memory_only(
    monkeypatch: pytest.MonkeyPatch, real: Path
) -> None:
    monkeypatch.setattr(speed, "bfloat16_is_faster", lambda *arguments: False)
    there_are(monkeypatch, 3.2)
    roomy, _ = plan.choose(real, {}, LOAD, None)
    there_are(monkeypatch, 2.1)
    tight, _ = plan.choose(real, {}, LOAD, None)

    assert (roomy["training_method"], roomy["precision"]) == ("lora", "float32")
    assert (tight["training_method"], tight["precision"]) == ("lora", "bfloat16")


def test_an_adapter_keeps_its_rank(monkeypatch: pytest.MonkeyPatch, real: Path) -> None:
    there_are(monkeypatch, 8)

    chosen, said = plan.choose(real, {"training_method": "lora", "lora_rank": 8}, LOAD, adapter_rank=32)

    assert chosen["lora_rank"] == 32
    assert said.endswith("8.0 GB are free. It goes on with an adapter, whose rank stays 32")


@pytest.mark.parametrize(("total", "refusal"), [(1.2, plan.DoesNotFit), (16, plan.NotNow)])
def test_what_does_not_fit_is_refused_with_the_numbers(
    monkeypatch: pytest.MonkeyPatch, real: Path, total: float, refusal: type[Exception]
) -> None:
    there_are(monkeypatch, 1.0, total)

    with pytest.raises(refusal) as caught:
        plan.choose(real, {}, LOAD, None)

    assert str(caught.value) == (
        "There is not enough memory for this job: full training in float32 needs about 3.3 GB, LoRA r16 in "
        f"bfloat16 needs about 1.7 GB, LoRA r16 in float32 needs about 2.7 GB; 1.0 GB of {total:.1f} GB are "
        "free. Close other programs, use a smaller batch_size (now 4), shorten the rows (the longest has 120 "
        "tokens), or train a smaller model."
    )


def test_a_small_model_is_trained_whole_on_the_threads_of_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there_are(monkeypatch, 8)
    monkeypatch.setattr(plan.torch, "get_num_threads", lambda: 1)

    chosen, said = plan.choose(PERIODIC_TINY, {}, LOAD, None)

    assert (chosen["training_method"], chosen["precision"], chosen["threads"]) == ("full", "float32", 1)
    assert "products" not in chosen
    assert said == "Full training in float32 on 1 thread, about 0.6 GB of memory; 8.0 GB are free"


@pytest.mark.parametrize(
    ("asked", "device", "products"),
    [
        ({}, "cpu", "bfloat16"),
        ({"training_method": "full"}, "cpu", "bfloat16"),
        ({"precision": "float32"}, "cpu", None),
        ({"training_method": "lora"}, "cpu", None),
        ({}, "cuda", None),
    ],
)
def test_products_are_in_bfloat16_where_that_is_faster_and_float32_was_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, asked: plan.Asked, device: str, products: str | None
) -> None:
    there_are(monkeypatch, 8)
    monkeypatch.setattr(plan, "device_for", lambda size: device)
    monkeypatch.setattr(plan, "_free", lambda device: 8 * GB)
    monkeypatch.setattr(plan, "_total", lambda device: 16 * GB)
    monkeypatch.setattr(speed, "bfloat16_products_are_faster", lambda *arguments: True)

    chosen, said = plan.choose(PERIODIC_TINY, asked, LOAD, None)

    assert chosen.get("products") == products
    assert (" with matrix products in bfloat16, on " in said) is (products is not None)


def test_products_of_a_model_of_another_shape_stay_in_float32(
    monkeypatch: pytest.MonkeyPatch, real: Path
) -> None:
    there_are(monkeypatch, 8)
    monkeypatch.setattr(speed, "bfloat16_products_are_faster", lambda *arguments: True)

    chosen, _ = plan.choose(real, {}, LOAD, None)

    assert "products" not in chosen


def test_a_job_goes_on_only_when_its_memory_is_there_again(
    monkeypatch: pytest.MonkeyPatch, real: Path
) -> None:
    there_are(monkeypatch, 8)
    chosen, _ = plan.choose(real, {}, LOAD, None)
    plan.still_fits(chosen)
    there_are(monkeypatch, 1)

    with pytest.raises(plan.NotNow) as caught:
        plan.still_fits(chosen)

    assert str(caught.value) == (
        "There is not enough memory for this job to go on: it needs 3.3 GB, 1.0 GB are free."
    )


def test_a_method_that_cannot_train_with_narrow_products_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    there_are(monkeypatch, 8)
    monkeypatch.setattr(speed, "bfloat16_products_are_faster", lambda *arguments: True)

    chosen, said = plan.choose(PERIODIC_TINY, {}, LOAD, None, products=False)

    assert "products" not in chosen
    assert said == "Full training in float32 on 1 thread, about 0.6 GB of memory; 8.0 GB are free"
