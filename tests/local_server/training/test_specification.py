"""Numbers in the place of "auto"."""

from pathlib import Path

from local_server.training import specification


def test_auto_becomes_the_numbers_for_the_rows_of_the_file() -> None:
    small = specification.settled("auto", "auto", "auto", rows=16, seed=7)
    large = specification.settled("auto", "auto", "auto", rows=200_000, seed=7)

    assert small == {
        "n_epochs": 6,
        "batch_size": 1,
        "learning_rate_multiplier": 2.0,
        "learning_rate": 4e-4,
        "seed": 7,
    }
    assert (large["n_epochs"], large["batch_size"]) == (1, 256)


def test_what_was_asked_for_stays_and_survives_the_disk(tmp_path: Path) -> None:
    asked = specification.settled(2, 4, 0.5, rows=16, seed=7)

    specification.write(tmp_path, asked | {"model_folder": "base"})

    assert specification.read(tmp_path) == {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 0.5,
        "learning_rate": 1e-4,
        "seed": 7,
        "model_folder": "base",
    }
    assert [path.name for path in tmp_path.iterdir()] == ["job.json"]
