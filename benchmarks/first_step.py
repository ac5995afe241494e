"""How long a learner waits for the first training step, against a fork of a process that has imported all.

`python benchmarks/first_step.py` takes the time from `jobs.create` until a client that asks ten times a
second has the first step's event. The server is warm: one job has trained before. The peer is a bare script
that has imported torch, transformers and trl, and forks for each job: the fork loads the model and trains on
two rows once. It checks no file, keeps no state and answers nobody. Both in turns. Processor time of all
processes stands beside the clock. Takes about a minute.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import openai
from chat_engines import running, said
from common import (
    BATCH_SIZE,
    EPOCHS,
    SEED,
    TRAINING,
    VALIDATION,
    Line,
    Server,
    child_environment,
    machine,
    options,
    processor_seconds,
    report,
    serve,
)
from openai.types.fine_tuning import FineTuningJob

LIMIT_SECONDS = 1
POLL_SECONDS = 0.1
# For each line on stdin, a fork takes one step; then the parent writes a line.
FORKS = """
import gc
import os
import sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.models.llama import modeling_llama
from trl import SFTConfig, SFTTrainer
from finetune_dataset.models import PERIODIC_TINY

gc.freeze()
for _ in sys.stdin:
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        print(status, flush=True)
        continue
    tokenizer = AutoTokenizer.from_pretrained(PERIODIC_TINY)
    model = AutoModelForCausalLM.from_pretrained(PERIODIC_TINY, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-4)
    batch = tokenizer(sys.argv[1:], return_tensors="pt", padding=True)
    model(**batch, labels=batch["input_ids"], use_cache=False).loss.backward()
    optimizer.step()
    os._exit(0)
"""


class Bare:
    """The bare script.

    Args:
        process: It, running.
    """

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.first_step()

    def first_step(self) -> tuple[float, float]:
        """Seconds of a fork until its first step is done: of the clock and of the processor."""
        spent, began = processor_seconds(self._process.pid), time.perf_counter()
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        if status := said(self._process, "its imports fail"):
            raise RuntimeError(f"the bare script failed with status {status}")
        return time.perf_counter() - began, processor_seconds(self._process.pid) - spent


@contextlib.contextmanager
def bare_script(rows: list[str]) -> Iterator[Bare]:
    """Run the bare script until the block ends."""
    with (
        tempfile.TemporaryDirectory() as state,
        running([sys.executable, "-c", FORKS, *rows], child_environment(Path(state))) as process,
    ):
        yield Bare(process)


class Course:
    """The server, warm, with the course's files.

    Args:
        server: It, running.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        self._files = {
            name: self._client.files.create(file=path, purpose="fine-tune").id
            for name, path in (("training_file", TRAINING), ("validation_file", VALIDATION))
        }
        (self._model, *_) = self._client.models.list()
        self.first_step()

    def _create(self) -> FineTuningJob:
        settings = {"n_epochs": EPOCHS, "batch_size": BATCH_SIZE}
        method = {"type": "supervised", "supervised": {"hyperparameters": settings}}
        return self._client.fine_tuning.jobs.create(
            model=self._model.id, **self._files, method=method, seed=SEED
        )

    def first_step(self) -> tuple[dict[str, float], float]:
        """Seconds from `jobs.create` until each stage, and what all processes used until the last."""
        jobs, spent, began = self._client.fine_tuning.jobs, processor_seconds(self._server.pid), time.time()
        job = self._create()
        while all(event.type != "metrics" for event in jobs.list_events(job.id).data):
            time.sleep(POLL_SECONDS)
        seen, spent = time.time(), processor_seconds(self._server.pid) - spent
        folder = self._server.state / "jobs" / job.id
        with open(folder / "events.jsonl", encoding="utf-8") as lines:
            step = next(line["time"] for line in map(json.loads, lines) if line["kind"] == "metrics")
        stages = {
            # Each file is written at the moment that its line names.
            "files checked, trainer begins": (folder / "job.json").stat().st_mtime,
            "trainer has what it needs": (folder / "trainer.lock").stat().st_mtime,
            "first step is done": step,
            "client has the event": seen,
        }
        jobs.cancel(job.id)
        # Until its processes have ended: they would take time from the next.
        while not self._idle():
            pass
        return {name: moment - began for name, moment in stages.items()}, spent

    def whole_job(self) -> float:
        """Seconds from `jobs.create` to `succeeded`."""
        began = time.perf_counter()
        job = self._create()
        while job.status != "succeeded":
            time.sleep(POLL_SECONDS)
            job = self._client.fine_tuning.jobs.retrieve(job.id)
            if job.status == "failed":
                raise RuntimeError(f"the job failed: {job.error}")
        return time.perf_counter() - began

    def _idle(self) -> bool:
        """Whether a second costs next to nothing."""
        spent = processor_seconds(self._server.pid)
        time.sleep(1)
        return processor_seconds(self._server.pid) - spent < 0.05


def main() -> None:
    """Measure both `--repeat` times and print the medians."""
    parser = options(__doc__)
    parser.add_argument("--repeat", type=int, default=7, help="times that each is measured (default: 7)")
    arguments = parser.parse_args()
    print(machine("torch", "transformers", "trl") + "; one training thread")
    with open(TRAINING, encoding="utf-8") as file:
        rows = ["\n".join(message["content"] for message in json.loads(line)["messages"]) for line in file]
    jobs, forks = [], []
    with bare_script(rows[:BATCH_SIZE]) as bare, serve() as server:
        course = Course(server)
        for _ in range(arguments.repeat):
            forks.append(bare.first_step())
            jobs.append(course.first_step())
    waits, spent = [list(stages.values())[-1] for stages, _ in jobs], [processor for _, processor in jobs]
    their_waits, their_spent = zip(*forks, strict=True)
    print(f"\nseconds, medians of {arguments.repeat}, in turns; jobs.create until")
    for stage in jobs[0][0]:
        print(f"  {stage:<32}{median(stages[stage] for stages, _ in jobs):>6.2f}")

    def line(work: str, ours: list[float], theirs: tuple[float, ...], **limit: object) -> Line:
        ratio = median(mine / other for mine, other in zip(ours, theirs, strict=True))
        return Line(work, "s", median(ours), "fork of a bare script", median(theirs), ratio, **limit)

    clock = line("first step", waits, their_waits, reach=LIMIT_SECONDS, at_least=False, limits="ours")
    report([clock, line("first step, processor time", spent, their_spent)], arguments.lines)


if __name__ == "__main__":
    main()
