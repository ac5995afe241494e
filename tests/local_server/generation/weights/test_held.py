"""One copy of the weights for a model and its adapters."""

from pathlib import Path

import peft
import pytest
import torch
from lora import job_folder, trained
from transformers import AutoModelForCausalLM

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.models import Models
from local_server.generation.weights import held
from local_server.generation.weights.cache import Cache
from local_server.generation.weights.held import Held
from local_server.training import merge
from local_server.training.choice.memory import Size

pytestmark = pytest.mark.slow

PROMPT = torch.tensor([[5, 300, 41, 7, 900]])


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two adapters of different rank."""
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    for folder, rank in zip(folders, (4, 8), strict=True):
        trained(job_folder(folder, lora_rank=rank))
    return [folder / "model" for folder in folders]


@torch.inference_mode()
def alone(adapter: Path | None) -> torch.Tensor:
    """The scores as Transformers and PEFT give them."""
    model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, str(adapter))
    return model.eval()(PROMPT).logits[:, -1]


@torch.inference_mode()
def scores(models: Models, folder: Path) -> torch.Tensor:
    cache = Cache()
    places = torch.arange(PROMPT.shape[1]).unsqueeze(0)
    return models.get(str(folder)).model(PROMPT, torch.ones_like(PROMPT), places, cache)


def test_a_base_and_its_adapters_answer_in_turns_as_peft_does(adapters: list[Path]) -> None:
    models = Models(1, 600)
    one, two = adapters

    for folder, expected in [
        (PERIODIC_TINY, None), (one, one), (two, two), (PERIODIC_TINY, None), (two, two), (one, one),
    ]:  # fmt: skip
        torch.testing.assert_close(scores(models, folder), alone(expected), rtol=1e-4, atol=1e-4)

    held = {id(models.get(str(folder)).held) for folder in (PERIODIC_TINY, one, two)}
    assert len(held) == 1


def test_idle_adapters_leave_the_weights_and_come_back(adapters: list[Path]) -> None:
    models = Models(1, 600)
    one, two = adapters
    expected = [scores(models, folder) for folder in (one, two)]
    base = models.get(str(PERIODIC_TINY))
    models._adapters.clear()

    models._remove_unused()

    assert not any("lora" in name for name, _ in base.held._whole.model.named_parameters())
    torch.testing.assert_close(scores(models, PERIODIC_TINY), alone(None), rtol=1e-4, atol=1e-4)
    assert [
        torch.equal(scores(models, folder), was) for folder, was in zip((one, two), expected, strict=True)
    ]


def test_an_adapter_with_missing_numbers_is_refused_and_the_base_answers(
    adapters: list[Path], tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "adapter_config.json").write_text((adapters[0] / "adapter_config.json").read_text())
    numbers = load_file(adapters[0] / "adapter_model.safetensors")
    numbers.popitem()
    save_file(numbers, broken / "adapter_model.safetensors")
    models = Models(1, 600)

    with pytest.raises(ValueError, match="numbers are missing"):
        models.get(str(broken))

    torch.testing.assert_close(scores(models, PERIODIC_TINY), alone(None), rtol=1e-4, atol=1e-4)


def test_a_merged_adapter_is_a_plain_folder_that_answers_the_same_within_rounding(
    adapters: list[Path], tmp_path: Path
) -> None:
    merge.write(adapters[0], tmp_path / "whole")

    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "whole", dtype=torch.float32).eval()
    with torch.inference_mode():
        difference = (whole(PROMPT).logits[:, -1] - alone(adapters[0])).abs().max()
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    # The base is kept in bfloat16, with 8 bits of precision.
    assert difference < 0.1
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= names
    assert not any("adapter" in name for name in names)
    with pytest.raises(FileExistsError):
        merge.write(adapters[0], tmp_path / "whole")


def test_other_programs_do_not_change_the_precision_in_which_a_model_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def faster(size: Size, tokens: int, threads: int) -> bool:
        asked.append(threads)
        return True

    monkeypatch.setattr(held, "SMALL_PARAMETERS", 0)
    monkeypatch.setattr(held.speed, "best_threads", lambda *arguments: 2)
    monkeypatch.setattr(held.speed, "bfloat16_is_faster", faster)

    assert Held(PERIODIC_TINY).precision == torch.bfloat16
    assert asked == [1]
