"""Numbers in the place of "auto"."""

from pathlib import Path

import pytest

from local_server.training import specification


def test_auto_becomes_the_numbers_for_the_rows_of_the_file() -> None:
    small = specification.settled("auto", "auto", "auto", rows=16, seed=7)
    large = specification.settled("auto", "auto", "auto", rows=200_000, seed=7)

    assert small == {
        "n_epochs": 6,
        "batch_size": 1,
        "learning_rate_multiplier": 2.0,
        "seed": 7,
        "method": "supervised",
    }
    assert (large["n_epochs"], large["batch_size"]) == (1, 256)


def test_a_large_model_reads_at_least_four_rows_in_a_step() -> None:
    sizes = [specification.auto_batch_size(rows, 135_000_000) for rows in (10, 1000, 5000, 500_000)]

    assert sizes == [4, 4, 10, 256]


def test_a_step_on_pairs_reads_at_least_four_and_takes_a_smaller_rate() -> None:
    job = specification.settled("auto", "auto", "auto", rows=80, seed=7, method="dpo")

    rate = specification.learning_rate(job | {"learning_rates": {"full": 2e-4, "lora": 2e-3}}, "full")

    assert (job["n_epochs"], job["batch_size"]) == (3, 4)
    assert rate == pytest.approx(1e-5)


def test_what_was_asked_for_stays_and_survives_the_disk(tmp_path: Path) -> None:
    asked = specification.settled(2, 4, 0.5, rows=16, seed=7)

    specification.write(tmp_path, asked | {"model_folder": "base"})

    assert specification.read(tmp_path) == {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 0.5,
        "seed": 7,
        "method": "supervised",
        "model_folder": "base",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]


def test_the_rate_is_that_of_the_base_model_for_the_method_times_the_multiplier() -> None:
    job = specification.settled(2, 4, 0.5, rows=16, seed=7) | {"learning_rates": {"full": 1e-4, "lora": 1e-3}}

    rates = [specification.learning_rate(job, method) for method in ("full", "lora")]

    assert rates == [5e-5, 5e-4]
    assert specification.learning_rate(job | {"learning_rate": 3e-4}, "lora") == 3e-4


def test_a_job_with_a_grader_takes_a_quarter_of_the_rate() -> None:
    job = specification.settled(2, 4, 0.5, rows=16, seed=7) | {"learning_rates": {"full": 1e-4}}

    assert specification.learning_rate(job | {"method": "reinforcement"}, "full") == 1.25e-5
