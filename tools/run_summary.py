"""The facts of a run, for summary.json and for the terminal."""

from pathlib import Path
from typing import NotRequired, TypedDict

import pandas as pd

from helpers import lessons
from helpers.errors import MissingArtifact
from helpers.stored_json import Shape, read_json

MODELS = ("base", "few_shot", "retrieval", "fine_tuned")
"""Who is always asked by notebook 05, in the order in which it is shown."""
_WAY_OUT = "Run the notebook that its number names once more, or the whole course under another --name."


class Summary(TypedDict):
    """The facts of a run, as they stand in summary.json; times in seconds, losses in nats per token."""

    backend: str
    model: str
    fine_tuned_model: str
    job_id: str
    rows: dict[str, int]
    n_epochs: int
    steps: int
    first_train_loss: float
    last_train_loss: float
    last_valid_loss: float
    job_seconds: int
    total_seconds: float
    scores: "list[Score]"
    rivals: "list[Rival]"
    seeds: "list[Seed]"
    lost: "list[Lost]"


class Rival(TypedDict):
    """A model with one kind of prompt: means of tokens and seconds per question, and metric → score."""

    model: str
    base_model: str
    prompt_tokens: float | None  # None: the service did not say.
    completion_tokens: float | None
    latency_median: float | None
    latency_p95: float | None
    scores: dict[str, float]


class Seed(TypedDict):
    """A job of this run: with which seed, what came of it, and metric → score of its model."""

    seed: int
    fine_tuned_model: str
    scores: dict[str, float]


class Lost(TypedDict):
    """Questions that are not asked as in training: shares of good answers, and how many questions."""

    set: str
    base: float
    fine_tuned: float
    n: int


class _Job(TypedDict):
    id: str
    model: str
    seed: int
    fine_tuned_model: str
    method: "_Method"
    created_at: int
    finished_at: int


class _Method(TypedDict):
    supervised: "_Supervised"


class _Supervised(TypedDict):
    hyperparameters: "_Hyperparameters"


class _Hyperparameters(TypedDict):
    n_epochs: int


class _Dataset(TypedDict):
    rows: dict[str, int]
    dataset: NotRequired[str]  # Runs of before November 2026 do not say it; they are all of "elle".


class Score(TypedDict):
    """One score: a model's mean by one metric over n groups of questions, and its interval, from 0 to 1."""

    model: str
    metric: str
    value: float
    low: float
    high: float
    n: int


class _Scores(TypedDict):
    scores: list[Score]


class _Rivals(TypedDict):
    rivals: list[Rival]


class _Losses(TypedDict):
    lost: list[Lost]


def summarize(folder: Path, total_seconds: float) -> Summary:
    """Collect the facts of a run from the files that its notebooks left.

    Args:
        folder: The run folder.
        total_seconds: How long all notebooks took.

    Raises:
        MissingArtifact: A file is not there or is damaged; the message says which and where.
    """

    def read(name: str, shape: type[Shape]) -> Shape:
        return read_json(folder / name, shape, way_out=_WAY_OUT, error=MissingArtifact)

    job, dataset = read("04_job.json", _Job), read("01_dataset.json", _Dataset)
    scores = read("05_scores.json", _Scores)["scores"]
    found = {(score["model"], score["metric"]) for score in scores}
    metrics = [score.name for score in lessons.open_lesson(dataset.get("dataset", "elle")).scores]
    if missing := [
        f"{model} {metric}" for model in MODELS for metric in metrics if (model, metric) not in found
    ]:
        raise MissingArtifact(
            f"{folder / '05_scores.json'} is damaged: the scores {', '.join(missing)} are missing. {_WAY_OUT}"
        )
    rivals = read("05_rivals.json", _Rivals)["rivals"]
    if missing := [model for model in MODELS if model not in {rival["model"] for rival in rivals}]:
        raise MissingArtifact(
            f"{folder / '05_rivals.json'} is damaged: {', '.join(missing)} are missing. {_WAY_OUT}"
        )
    steps = _metrics(folder / "04_metrics.csv")
    tuned = {score["metric"]: score["value"] for score in scores if score["model"] == "fine_tuned"}
    return {
        "backend": "local",
        "model": job["model"],
        "fine_tuned_model": job["fine_tuned_model"],
        "job_id": job["id"],
        "rows": dataset["rows"],
        "n_epochs": job["method"]["supervised"]["hyperparameters"]["n_epochs"],
        "steps": int(steps["step"].max()),
        "first_train_loss": float(steps["train_loss"].iloc[0]),
        "last_train_loss": float(steps["train_loss"].iloc[-1]),
        "last_valid_loss": float(steps["full_valid_loss"].dropna().iloc[-1]),
        "job_seconds": job["finished_at"] - job["created_at"],
        "total_seconds": round(total_seconds, 1),
        "scores": scores,
        "rivals": rivals,
        "seeds": [{"seed": job["seed"], "fine_tuned_model": job["fine_tuned_model"], "scores": tuned}],
        "lost": read("05_lost.json", _Losses)["lost"],
    }


def _metrics(path: Path) -> pd.DataFrame:
    """Read the metrics of a job: at least one step, and one full validation loss."""
    try:
        metrics = pd.read_csv(path)[["step", "train_loss", "full_valid_loss"]].astype(float)
    except KeyError as wrong:
        found = f"a column is missing: {wrong.args[0]}"
    except OSError as wrong:
        found = f"it cannot be read ({wrong.strerror or wrong})"
    except (ValueError, OverflowError) as wrong:  # Also no text, no table, a cell that is no number.
        found = " ".join(str(wrong).split())
    else:
        if not metrics[["step", "full_valid_loss"]].isna().all().any():
            return metrics
        found = "it has no step, or no full validation loss"
    raise MissingArtifact(f"{path} is damaged: {found}. {_WAY_OUT}")
