"""The words of a step's event."""

from typing import Any

import pytest

from local_server.training.measured.metrics import in_words

LOSS = {"step": 1, "total_steps": 9, "train_loss": 2.5, "train_mean_token_accuracy": 0.25}
REWARD = {
    "step": 10,
    "total_steps": 20,
    "train_mean_reward": 0.4231,
    "completion_tokens_mean": 9.5,
    "reasoning_tokens_mean": 0.0,
    "mean_cut_answers": 0.0,
}


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (LOSS, "Step 1/9: training loss=2.50"),
        (
            LOSS | {"valid_loss": 3.0, "full_valid_loss": 3.256},
            "Step 1/9: training loss=2.50, validation loss=3.00, full validation loss=3.26",
        ),
        (REWARD, "Step 10/20 , train mean reward=0.42"),
        (
            REWARD | {"full_valid_mean_reward": 0.675},
            "Step 10/20 , train mean reward=0.42, full validation mean reward=0.68",
        ),
    ],
)
def test_a_step_is_told_in_openais_words(metrics: Any, words: str) -> None:
    assert in_words(metrics) == words
