"""What a step needs beside the training: answers of the model, and their rewards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from local_server.training.job_log import Log
from local_server.training.reporter import TrainingFailed
from local_server.training.rewards.grading import Graded, Graders
from local_server.training.rewards.rows import Prompt
from local_server.training.rewards.sampling import Limits, sample

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase
    from trl import GRPOTrainer

# Steps of a job have different seeds, and so have jobs that were numbered one after the other.
_APART = 1_000_003


class Sampled(NamedTuple):
    """Answers with their rewards.

    Args:
        graded: The rewards.
        tokens: Of each answer.
        cut: How many answers had no room for their end.
    """

    graded: Graded
    tokens: list[int]
    cut: int


class Rollouts:
    """Answers and rewards, for TRL's trainer and for the validation.

    TRL hands a prompt on without looking at it: here it is the number of a row, as text.

    Args:
        tokenizer: Of the model.
        rows: To train on.
        graders: Give the rewards.
        limits: When an answer ends.
        seed: Of the job.
        at_once: Answers that grow side by side.
        log: Where a failure of a grader is told.

    Attributes:
        last: The answers of the last step; None before the first one.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        rows: Sequence[Prompt],
        graders: Graders,
        limits: Limits,
        *,
        seed: int,
        at_once: int,
        log: Log,
    ) -> None:
        self._tokenizer = tokenizer
        self._rows = rows
        self._graders = graders
        self._limits = limits
        self._seed = seed
        self._at_once = at_once
        self._log = log
        self._graded_once = any(line["kind"] == "metrics" for line in log.lines)
        self._step = 0
        self.last: Sampled | None = None

    def answer(self, prompts: list[str], trainer: "GRPOTrainer") -> dict[str, Any]:
        """Let the model answer the rows of a step; TRL calls this."""
        self._step = trainer.state.global_step + 1
        rows = [self._rows[int(prompt)].tokens for prompt in prompts]
        # What TRL was given; its type allows to give a name.
        model = cast("PreTrainedModel", trainer.model)
        answers = self._sampled(model, rows, self._step, 0)
        # Of the sampling's own probabilities TRL knows the same as we do: they are those of the model.
        return {"prompt_ids": rows, "completion_ids": answers, "logprobs": None}

    def reward(
        self, prompts: list[str], completions: list[str], completion_ids: list[list[int]], **_: object
    ) -> list[float | None]:
        """Grade the answers of a step; TRL calls this."""
        items = [self._rows[int(prompt)].item for prompt in prompts]
        self.last = self._graded(completion_ids, items)
        self._look_at(self.last.graded)
        return [*self.last.graded.rewards]

    def validate(
        self, model: "PreTrainedModel | PeftModel", rows: Sequence[Prompt], samples: int, step: int
    ) -> Sampled:
        """Let the model answer rows that are not trained on.

        Args:
            model: As the step has left it.
            rows: All of the validation file.
            samples: Answers to each.
            step: Counted from 1.
        """
        asked = [row for row in rows for _ in range(samples)]
        answers = self._sampled(model, [row.tokens for row in asked], step, 1)
        return self._graded(answers, [row.item for row in asked])

    def _sampled(
        self, model: "PreTrainedModel | PeftModel", rows: list[list[int]], step: int, part: int
    ) -> list[list[int]]:
        seed = self._seed * _APART + 2 * step + part
        return sample(model, rows, self._limits, seed=seed, at_once=self._at_once)

    def _graded(self, answers: list[list[int]], items: list[dict[str, Any]]) -> Sampled:
        texts = [self._tokenizer.decode(answer, skip_special_tokens=True) for answer in answers]
        cut = sum(answer[-1] not in self._limits.ends for answer in answers)
        return Sampled(
            self._graders.grade([str(text) for text in texts], items), [len(each) for each in answers], cut
        )

    def _look_at(self, graded: Graded) -> None:
        """Tell the first failure of a grader, and end a job whose grader has never given a reward."""
        count = len(graded.rewards)
        if graded.failed == count and not self._graded_once:
            raise TrainingFailed(
                f"The grader failed on all {count} answers of the first step: {graded.details}. "
                "Try it on an answer with fine_tuning.alpha.graders.run, and create a new job.",
                "grader_failed",
                "method.reinforcement.grader",
            )
        self._graded_once |= graded.failed < count
        if graded.failed:
            self._log.grader_failed(
                f"The grader failed on {graded.failed} of {count} answers of step {self._step}, which have "
                f"the reward 0: {graded.details}. "
                "The data of each step's event counts such failures."
            )
