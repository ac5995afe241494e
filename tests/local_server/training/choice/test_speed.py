"""Threads and precision, chosen by a measurement."""

import pytest
import torch

from local_server.training.choice import speed
from local_server.training.choice.memory import Size

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

SIZE = Size(parameters=1, layers=1, hidden=64, intermediate=128, vocabulary=100)


@pytest.mark.parametrize(
    ("one", "both", "chosen"), [(2.0, 1.0, 2), (1.0, 1.0, 1), (1.0, 6.0, 1), (1.1, 1.0, 1)]
)
def test_a_second_thread_is_taken_where_it_clearly_gains(
    monkeypatch: pytest.MonkeyPatch, one: float, both: float, chosen: int
) -> None:
    monkeypatch.setattr(speed, "processors", lambda: 2)
    monkeypatch.setattr(speed, "seconds", lambda size, tokens, precision, threads: {1: one, 2: both}[threads])

    assert speed.best_threads(SIZE, 480, "float32") == chosen


@pytest.mark.parametrize(
    ("wide", "narrow", "faster"), [(2.0, 1.0, True), (1.0, 1.0, False), (1.0, 9.0, False)]
)
def test_bfloat16_is_taken_where_it_clearly_gains(
    monkeypatch: pytest.MonkeyPatch, wide: float, narrow: float, faster: bool
) -> None:
    times = {"float32": wide, "bfloat16": narrow}
    monkeypatch.setattr(speed, "multiplies_bfloat16", lambda: None)
    monkeypatch.setattr(speed, "seconds", lambda size, tokens, precision, threads: times[precision])

    assert speed.bfloat16_is_faster(SIZE, 480, 1) is faster


@pytest.mark.parametrize(("narrow", "faster"), [(1.0, True), (2.0, False), (9.0, False)])
def test_products_in_bfloat16_are_taken_where_they_clearly_gain(
    monkeypatch: pytest.MonkeyPatch, narrow: float, faster: bool
) -> None:
    times = {"float32": 2.0, "bfloat16": narrow}
    monkeypatch.setattr(speed, "multiplies_bfloat16", lambda: None)
    monkeypatch.setattr(speed, "seconds", lambda *arguments, products: times[products])

    assert speed.bfloat16_products_are_faster(SIZE, 480, 1) is faster


def test_a_measurement_takes_a_moment_and_leaves_the_threads_as_they_were() -> None:
    before = torch.get_num_threads()

    assert 0 < speed.seconds(SIZE, 32, "bfloat16", 1) < 1
    assert 0 < speed.seconds(SIZE, 32, "float32", 1, products="bfloat16") < 1

    assert torch.get_num_threads() == before
    assert speed.processors() >= 1


def test_on_one_thread_what_other_programs_do_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def wall() -> float:
        raise AssertionError("a busy machine would change this time")

    monkeypatch.setattr("time.perf_counter", wall)

    assert 0 < speed.seconds(SIZE, 32, "bfloat16", 1) < 1


@pytest.mark.parametrize("native", [True, False])
def test_where_the_processor_tells_nothing_is_measured(monkeypatch: pytest.MonkeyPatch, native: bool) -> None:
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(speed, "seconds", None)

    assert speed.bfloat16_is_faster(SIZE, 480, 1) is native
    assert speed.bfloat16_products_are_faster(SIZE, 480, 1) is native


def test_another_kind_of_processor_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "arm64")

    assert speed.multiplies_bfloat16() is None
