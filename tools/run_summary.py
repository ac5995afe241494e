"""The facts of a run, for summary.json and for the terminal."""

import json
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd


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
    scores: list[dict[str, Any]]


def summarize(folder: Path, total_seconds: float) -> Summary:
    """Collect the facts of a run from the files that its notebooks left.

    Args:
        folder: The run folder.
        total_seconds: How long all notebooks took.
    """

    def read(name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
        return content

    job, dataset = read("04_job.json"), read("01_dataset.json")
    metrics = pd.read_csv(folder / "04_metrics.csv")
    return {
        "backend": "local",
        "model": job["model"],
        "fine_tuned_model": job["fine_tuned_model"],
        "job_id": job["id"],
        "rows": dataset["rows"],
        "n_epochs": job["method"]["supervised"]["hyperparameters"]["n_epochs"],
        "steps": int(metrics["step"].max()),
        "first_train_loss": float(metrics["train_loss"].iloc[0]),
        "last_train_loss": float(metrics["train_loss"].iloc[-1]),
        "last_valid_loss": float(metrics["full_valid_loss"].dropna().iloc[-1]),
        "job_seconds": job["finished_at"] - job["created_at"],
        "total_seconds": round(total_seconds, 1),
        "scores": read("05_scores.json")["scores"],
    }
