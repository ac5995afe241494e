"""Jobs that train an adapter on the tiny model, and what their folders hold."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from serving import NAMES, ROOT, as_jsonl, row, wait_until

from finetune_dataset.models import PERIODIC_TINY
from local_server.settings import Settings

ROWS = [row(name) for name in NAMES[:8]]


def job_folder(folder: Path, **changes: object) -> Path:
    """A job folder as the server makes it; without changes, 32 steps that train an adapter of rank 4."""
    folder.mkdir(parents=True, exist_ok=True)
    job = {
        "model_folder": str(PERIODIC_TINY), "n_epochs": 4, "batch_size": 1, "learning_rate": 2e-3, "seed": 1,
        "training_method": "lora", "lora_rank": 4,
    }  # fmt: skip
    kept = {name: value for name, value in (job | changes).items() if value is not None}
    (folder / "job.json").write_text(json.dumps(kept))
    (folder / "training.jsonl").write_bytes(as_jsonl(ROWS))
    return folder


def trained(folder: Path) -> list[dict]:
    """Run the training program on a folder; the lines that it has written."""
    environment = Settings(state=folder, base_models=(), api_key="").child_environment()
    program = [sys.executable, "-m", "local_server.training", str(folder)]
    subprocess.run(program, cwd=ROOT, env=dict(os.environ) | environment, capture_output=True, timeout=120)
    return lines_of(folder)


def interrupted(folder: Path, after: int, how: Callable[[subprocess.Popen], None]) -> list[dict]:
    """Run the training program, and interrupt it when it has told so many steps; what it has told by then."""
    environment = Settings(state=folder, base_models=(), api_key="").child_environment()
    program = [sys.executable, "-m", "local_server.training", str(folder), "--watch-stdin"]
    process = subprocess.Popen(
        program,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    events = folder / "events.jsonl"
    wait_until(
        lambda: events.exists() and events.read_text().count("train_loss"), lambda count: count >= after
    )
    how(process)
    process.wait(60)
    return lines_of(folder)


def lines_of(folder: Path) -> list[dict]:
    """The whole lines; a killed process may leave half of one."""
    lines = (folder / "events.jsonl").read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def losses(lines: list[dict]) -> list[float]:
    return [line["metrics"]["train_loss"] for line in lines if line["kind"] == "metrics"]
