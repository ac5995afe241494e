"""How long a learner waits for the first training step, against a bare script that takes one step.

`python benchmarks/first_step.py` takes the time from `jobs.create` until a client that asks ten times a
second has the first step's event. Each time the server has just been started: its first job loads what
checks files. The bare script is a new Python process: it imports torch, transformers and trl, loads the
model and trains on two rows once. Both in turns. Takes about three minutes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import openai
from common import (
    BATCH_SIZE,
    EPOCHS,
    SEED,
    TRAINING,
    VALIDATION,
    child_environment,
    machine,
    reached,
    serve,
)

LIMIT = 1.5
POLL_SECONDS = 0.1
BARE = """
import sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
from finetune_dataset.models import PERIODIC_TINY

tokenizer = AutoTokenizer.from_pretrained(PERIODIC_TINY)
model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-4)
batch = tokenizer(sys.argv[1:], return_tensors="pt", padding=True)
model(**batch, labels=batch["input_ids"], use_cache=False).loss.backward()
optimizer.step()
"""


def bare_script(rows: list[str]) -> float:
    """Seconds that a new process needs for imports, model and one step."""
    with tempfile.TemporaryDirectory() as state:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", BARE, *rows],
            env=child_environment(Path(state)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - began


def first_step() -> dict[str, float]:
    """Seconds from `jobs.create` until each stage of the course's job, on a new server."""
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        (model, *_) = client.models.list()
        files = {
            name: client.files.create(file=path, purpose="fine-tune").id
            for name, path in (("training_file", TRAINING), ("validation_file", VALIDATION))
        }
        settings = {"n_epochs": EPOCHS, "batch_size": BATCH_SIZE}
        method = {"type": "supervised", "supervised": {"hyperparameters": settings}}
        began = time.time()
        job = client.fine_tuning.jobs.create(model=model.id, **files, method=method, seed=SEED)
        while all(event.type != "metrics" for event in client.fine_tuning.jobs.list_events(job.id).data):
            time.sleep(POLL_SECONDS)
        seen = time.time()
        folder = server.state / "jobs" / job.id
        with open(folder / "events.jsonl", encoding="utf-8") as lines:
            step = json.loads(lines.readline())["time"]
        stages = {
            # Each file is written at the moment that its line names.
            "files checked, trainer begins": (folder / "job.json").stat().st_mtime,
            "trainer has its imports": (folder / "trainer.lock").stat().st_mtime,
            "first step is done": step,
            "client has the event": seen,
        }
    return {name: moment - began for name, moment in stages.items()}


def main() -> None:
    """Measure both `--repeat` times and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=7, help="times that each is measured (default: 7)")
    arguments = parser.parse_args()
    print(machine("torch", "transformers", "trl") + "; one training thread")
    with open(TRAINING, encoding="utf-8") as lines:
        rows = ["\n".join(message["content"] for message in json.loads(line)["messages"]) for line in lines]
    jobs, scripts = [], []
    for _ in range(arguments.repeat):
        scripts.append(bare_script(rows[:BATCH_SIZE]))
        jobs.append(first_step())
    print(f"\nseconds, medians of {arguments.repeat}, in turns\n")
    print(f"{'bare script':<34}{median(scripts):>6.2f}")
    print("jobs.create until")
    for stage in jobs[0]:
        print(f"  {stage:<32}{median(job[stage] for job in jobs):>6.2f}")
    ratios = [list(job.values())[-1] / script for job, script in zip(jobs, scripts, strict=True)]
    ratio = median(ratios)
    print(f"{'ratio, median of the pairs':<34}{ratio:>6.2f}   {reached(ratio, LIMIT, at_least=False)}")


if __name__ == "__main__":
    main()
