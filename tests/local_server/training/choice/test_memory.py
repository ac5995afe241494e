"""How much memory a training needs, against what was measured, and how much there is."""

from pathlib import Path

import pytest

from finetune_dataset.models import PERIODIC_TINY
from local_server.training.choice import memory
from local_server.training.choice.memory import Load, Size

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

SMOLLM2 = Size(parameters=134_515_008, layers=30, hidden=576, intermediate=1536, vocabulary=49_152)
# Resident memory of the process at its highest, less that of the imports (MB; Nov 2026, Linux, torch 2.13).
MEASURED = [
    (SMOLLM2, "full", "float32", Load(1, 120, 60), 2600),
    (SMOLLM2, "full", "float32", Load(4, 120, 60), 2866),
    (SMOLLM2, "full", "float32", Load(4, 250, 60), 3884),
    (SMOLLM2, "lora", "float32", Load(4, 120, 60), 2220),
    (SMOLLM2, "lora", "bfloat16", Load(4, 120, 60), 1245),
    (SMOLLM2, "lora", "bfloat16", Load(4, 250, 250), 2362),
]


@pytest.mark.parametrize(("size", "method", "precision", "load", "measured"), MEASURED)
def test_the_estimate_is_within_a_tenth_of_what_was_measured(
    size: Size, method: str, precision: str, load: Load, measured: int
) -> None:
    estimate = memory.needed_bytes(size, method, precision, 16, load) - memory._PROGRAM

    assert estimate / 1e6 == pytest.approx(measured, rel=0.1)


def test_the_size_of_a_model_is_read_without_its_weights() -> None:
    assert memory.size_of(PERIODIC_TINY) == Size(4_479_744, 5, 256, 688, 2048)


def test_an_adapter_has_about_the_numbers_that_peft_counted() -> None:
    assert memory.adapter_parameters(SMOLLM2, 16) == pytest.approx(4_884_480, rel=0.1)


def test_the_free_memory_is_more_than_nothing_and_less_than_all() -> None:
    assert 0 < memory.free_bytes() < memory.total_bytes() + memory._PROGRAM


@pytest.mark.parametrize(
    ("folder", "names"),
    [
        ("", ("memory.max", "memory.current", "inactive_file")),
        ("memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")),
    ],
    ids=["cgroup 2", "cgroup 1"],
)
def test_the_limit_of_a_container_counts_and_pages_of_files_do_not(
    tmp_path: Path, folder: str, names: tuple[str, str, str]
) -> None:
    group = tmp_path / folder
    group.mkdir(exist_ok=True)
    most, used, cache = names
    (group / most).write_text("2000000000\n")
    (group / used).write_text("700000000\n")
    (group / "memory.stat").write_text(f"anon 1\n{cache} 200000000\n")

    assert memory._limits(tmp_path) == [(2_000_000_000, 500_000_000)]


def test_a_container_without_a_limit_has_that_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")

    assert memory._limits(tmp_path) == []
