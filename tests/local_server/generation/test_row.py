"""The next token of one choice."""

import pytest
import torch

from local_server.generation.row import Row

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow


def row(**options: object) -> Row:
    values = {
        "request": 1, "prompt": [1], "cells": 9, "index": 0, "answer": None, "temperature": 1.0, "top_p": 1.0,
        "rng": torch.Generator().manual_seed(5),
    }  # fmt: skip
    return Row(**values | options)


def test_temperature_zero_takes_the_best_token_and_a_seed_draws_the_same_again() -> None:
    scores = torch.tensor([0.0, 3.0, 1.0])

    assert row(temperature=0).pick(scores) == 1
    assert [row().pick(scores) for _ in range(3)] == [row().pick(scores)] * 3


def test_a_token_that_was_chosen_costs_its_penalties() -> None:
    scores = torch.tensor([2.0, 3.0, 0.0])

    assert row(temperature=0, chosen=[1], presence_penalty=1.5).pick(scores) == 0
    assert row(temperature=0, chosen=[1], frequency_penalty=0.5).pick(scores) == 1
    assert row(temperature=0, chosen=[1] * 3, frequency_penalty=0.5).pick(scores) == 0


def test_top_p_leaves_out_what_is_unlikely() -> None:
    scores = torch.tensor([0.0, 10.0, 0.0])

    assert {row(top_p=0.5, rng=torch.Generator().manual_seed(seed)).pick(scores) for seed in range(50)} == {1}


def test_a_turn_counts_from_where_the_row_joined() -> None:
    assert row(chosen=[1] * 7, joined=4).turn == 3
