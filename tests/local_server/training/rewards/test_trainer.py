"""How many answers a step has, and how many of them are read at once."""

import pytest

from local_server.training.rewards.rows import Prompt
from local_server.training.rewards.trainer import answers_of, load_of, part


@pytest.mark.parametrize(("multiplier", "answers"), [(1.0, 8), (0.25, 2), (1e-4, 2), (10.0, 80)])
def test_a_multiplier_scales_the_answers_to_a_prompt(multiplier: float, answers: int) -> None:
    assert answers_of({"compute_multiplier": multiplier}) == answers  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("answers", "longest", "parameters", "at_once"),
    [(32, 100, 4_000_000, 32), (32, 400, 4_000_000, 16), (32, 100, 135_000_000, 8), (7, 9_000, 1, 1)],
)
def test_a_step_is_read_in_equal_parts_that_fit(
    answers: int, longest: int, parameters: int, at_once: int
) -> None:
    assert part(answers, longest, parameters) == at_once


def test_memory_is_reckoned_with_the_longest_prompt_and_a_whole_answer() -> None:
    rows = [Prompt([1] * 10, {}), Prompt([1] * 30, {})]

    load = load_of(rows, 50, 4)

    assert (load.rows, load.tokens, load.trained) == (4, 80, 50)
