"""What is reported of each step of a reinforcement job, with the fields of OpenAI's events."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from transformers import PreTrainedModel, TrainerControl, TrainerState, TrainingArguments

from local_server.training.measured.metrics import GraderMetrics
from local_server.training.reporter import Reporter, TrainingFailed
from local_server.training.rewards.rollouts import Rollouts, Sampled
from local_server.training.rewards.rows import Prompt


class Validation(NamedTuple):
    """When and how much is validated.

    Args:
        rows: Of the validation file.
        interval: Steps from one validation to the next; the end of an epoch has one, too.
        samples: Answers to each row.
    """

    rows: Sequence[Prompt]
    interval: int
    samples: int


class RewardReporter(Reporter):
    """As `Reporter`, with mean rewards in place of losses: the loss of this training says nothing.

    Args:
        rollouts: Has the answers of the last step.
        held_out: What is validated.
        names: Name and type of each grader.
        base: Makes the part that is the same for every method.
    """

    def __init__(
        self,
        *given: object,
        rollouts: Rollouts,
        held_out: Validation,
        names: Sequence[tuple[str, str]],
    ) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self._rollouts = rollouts
        self._held_out = held_out
        self._names = names

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, float] = MappingProxyType({}),
        model: PreTrainedModel | None = None,
        **kwargs: object,
    ) -> None:
        """Report the step that has just ended."""
        step, last = state.global_step, self._rollouts.last
        if "loss" not in logs or step <= self._reported or last is None or model is None:
            return
        if not math.isfinite(logs["loss"]) or not math.isfinite(logs.get("grad_norm", 0.0)):
            message = f"The gradient of step {step} is not a number: the model has diverged. "
            raise TrainingFailed(message + "Use a smaller learning_rate_multiplier and start a new job.")
        metrics: GraderMetrics = {
            "step": step,
            "total_steps": state.max_steps,
            "train_mean_reward": last.graded.mean,
            "completion_tokens_mean": sum(last.tokens) / len(last.tokens),
            "reasoning_tokens_mean": 0.0,
            "mean_cut_answers": last.cut / len(last.tokens),
        }
        parts = {"train": last}
        # Where an epoch ends, too: there a checkpoint is made, and somebody may choose among them.
        if step % self._held_out.interval == 0 or step % self._steps_per_epoch == 0:
            parts["full_valid"] = self._rollouts.validate(
                model, self._held_out.rows, self._held_out.samples, step
            )
            metrics["full_valid_mean_reward"] = parts["full_valid"].graded.mean
        metrics["scores"] = {"graders": self._per_grader(lambda name: _rewards(parts, name))}
        metrics["errors"] = _errors(parts)
        first, began = self._began
        now = time.time()
        self._log.step(metrics, now + (state.max_steps - step) * (now - began) / (step - first))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Save also where the rows of an epoch end: for TRL's trainer all epochs are one."""
        super().on_step_end(args, state, control, **kwargs)
        if state.global_step % self._steps_per_epoch == 0:
            control.should_save = True

    def _per_grader(self, measured: Callable[[str], dict[str, float]]) -> list[dict[str, float | str]]:
        return [{"name": name, "type": kind, **measured(name)} for name, kind in self._names]


def _rewards(parts: Mapping[str, Sampled], name: str) -> dict[str, float]:
    """The mean reward of a member of a multi grader, or of the only grader."""
    means = {}
    for part, sampled in parts.items():
        rewards = sampled.graded.sub_rewards.get(name, sampled.graded.rewards)
        means[f"{part}_reward_mean"] = sum(rewards) / len(rewards)
    return means


def _errors(parts: Mapping[str, Sampled]) -> dict[str, float]:
    """The share of answers with each flag, of those that were set."""
    return {
        f"{part}_{flag}_mean": count / len(sampled.graded.rewards)
        for part, sampled in parts.items()
        for flag, count in sorted(sampled.graded.errors.items())
    }
