"""What the starting model finds of each answer is read once."""

import threading
from pathlib import Path

import pytest
import torch
from pairs import PAIRS
from serving import as_jsonl
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from finetune_dataset.models import PERIODIC_TINY
from local_server.training.job_log import Log
from local_server.training.preferences import reference
from local_server.training.preferences.pairs import Collator, Pair, read_pairs
from local_server.training.preferences.reference import reference_of, with_reference

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    return AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32).train()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "events.jsonl")


@pytest.fixture
def pairs(tmp_path: Path, log: Log) -> list[Pair]:
    path = tmp_path / "training.jsonl"
    path.write_bytes(as_jsonl(PAIRS[:5]))
    return read_pairs(path, AutoTokenizer.from_pretrained(PERIODIC_TINY), 1024, log)


def read(model: PreTrainedModel, pairs: list[Pair], log: Log, kept: Path, stop: threading.Event) -> object:
    return reference_of(model, pairs, Collator(0, None), 2, kept, log, stop)


def test_the_numbers_are_those_of_transformers(
    model: PreTrainedModel, pairs: list[Pair], log: Log, tmp_path: Path
) -> None:
    found = read(model, pairs, log, tmp_path / "training.reference.json", threading.Event())

    alone = []
    for pair in pairs:
        both = []
        for side in pair:
            with torch.no_grad():
                inputs = {name: torch.tensor([values]) for name, values in side.items()}
                output = model(**inputs)
            count = sum(label != -100 for label in side["labels"])
            both.append(-float(output.loss) * count)
        alone.append(both)
    torch.testing.assert_close(torch.tensor(found), torch.tensor(alone), rtol=1e-4, atol=1e-4)
    assert model.training


def test_a_job_that_goes_on_takes_the_kept_numbers_to_the_last_digit(
    model: PreTrainedModel, pairs: list[Pair], log: Log, tmp_path: Path
) -> None:
    kept = tmp_path / "training.reference.json"
    first = read(model, pairs, log, kept, threading.Event())

    again = read(torch.nn.Linear(1, 1), pairs, log, kept, threading.Event())

    assert again == first


def test_a_job_that_is_stopped_keeps_no_half(
    model: PreTrainedModel, pairs: list[Pair], log: Log, tmp_path: Path
) -> None:
    stop, kept = threading.Event(), tmp_path / "training.reference.json"
    stop.set()

    assert read(model, pairs, log, kept, stop) is None
    assert not kept.exists()


def test_a_long_reading_says_how_far_it_is(
    model: PreTrainedModel, pairs: list[Pair], log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "PERIOD_SECONDS", 0)

    read(model, pairs, log, tmp_path / "training.reference.json", threading.Event())

    assert [line["message"] for line in log.lines] == [
        "Reading the training file with the starting model: 2 of 5 pairs",
        "Reading the training file with the starting model: 4 of 5 pairs",
    ]


def test_rows_and_numbers_must_belong_together(pairs: list[Pair]) -> None:
    with pytest.raises(ValueError, match="zip"):
        with_reference(pairs, [(0.0, 0.0)])
