"""A job of the method `reinforcement`: the model learns from the rewards of its own answers."""

import threading
from pathlib import Path

import torch

from local_server.training import frame, specification
from local_server.training.adapters import load
from local_server.training.job_log import Log
from local_server.training.measured.metrics import is_loss
from local_server.training.rewards.grading import Graders, Limits as GraderLimits
from local_server.training.rewards.reporter import RewardReporter, Validation
from local_server.training.rewards.rollouts import Rollouts
from local_server.training.rewards.rows import ANSWER_TOKENS, order, prompts
from local_server.training.rewards.sampling import Limits, ends_of
from local_server.training.rewards.trainer import answers_of, config, load_of, part, trainer_of
from local_server.training.specification import SMALL_PARAMETERS

# Answers that grow side by side, of a small model and of others: what has been read of each is kept in memory
# (15 MB of SmolLM2-135M for 320 tokens), less than the training of a step needs after them.
_GROWING_AT_ONCE = {True: 64, False: 16}


def train(folder: Path, job: specification.Specification, log: Log, stop: threading.Event) -> int | None:
    """Train on the rewards of a grader; arguments, result and errors as in `__main__.py`."""
    start = frame.start_of(job)
    rows = prompts(folder / "training.jsonl", start.tokenizer, start.context)
    held_out = prompts(folder / "validation.jsonl", start.tokenizer, start.context)
    limit = min(ANSWER_TOKENS, start.context - max(len(row.tokens) for row in [*rows, *held_out]))
    batch_size = job["batch_size"]
    steps_per_epoch = len(rows) // batch_size
    trained = list(order(len(rows), batch_size, job["n_epochs"], job["seed"]))
    answers = answers_of(job)

    def tokens() -> int:
        """Prompts and answers of all steps; from the log, which outlives this process."""
        written = sum(each["completion_tokens_mean"] for each in log.metrics() if not is_loss(each))
        return round(answers * (sum(len(rows[row].tokens) for row in trained) + batch_size * written))

    if frame.has_ended(folder, start.size):
        return tokens()
    if stop.is_set():
        return None
    longest = max(len(row.tokens) for row in rows) + limit
    at_once = part(batch_size * answers, longest, start.size.parameters)
    chosen = frame.chosen_way(log, job, start.base, load_of(rows, limit, at_once), products=False)
    torch.set_num_threads(chosen["threads"])
    model = load(start.model, chosen, job["seed"])
    graders = Graders(
        job["grader"],
        folder.parents[1],
        GraderLimits(job["grader_seconds"], job["grader_memory_bytes"], "project" in job),
        job.get("project"),
    )
    rollouts = Rollouts(
        start.tokenizer,
        rows,
        graders,
        Limits(ends_of(model, start.tokenizer.eos_token_id), limit),
        seed=job["seed"],
        at_once=_GROWING_AT_ONCE[start.size.parameters < SMALL_PARAMETERS],
        log=log,
    )
    rate = specification.learning_rate(job, chosen["training_method"])
    trainer = trainer_of(
        model,
        start.tokenizer,
        config(folder, job, rate, chosen, at_once=at_once, limit=limit),
        rollouts,
        trained,
    )
    trainer.add_callback(
        RewardReporter(
            log,
            stop,
            None,
            folder / "checkpoints",
            steps_per_epoch,
            start.size,
            dict,
            rollouts=rollouts,
            held_out=Validation(held_out, job["eval_interval"], job["eval_samples"]),
            names=graders.names,
        )
    )
    return tokens() if frame.run(trainer, folder, log, start.size) else None
