"""What a story of the course is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.models import INSTALL_REAL_MODEL, LOCAL_MODEL

Row = Mapping[str, Any]
"""One chat row of a training file: {"messages": [...]}."""


@dataclass(frozen=True)
class Score:
    """One thing that an answer has or has not.

    Attributes:
        name: A short name, such as "form".
        meaning: What counts, as one sentence.
        check: Takes an answer and the row that was asked; returns 0 (wrong) to 1 (right).
    """

    name: str
    meaning: str
    check: Callable[[str, Row], float]


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of a job, as `fine_tuning.jobs.create` takes them.

    Attributes:
        n_epochs: Passes over the training file.
        batch_size: Rows in a step.
    """

    n_epochs: int
    batch_size: int

    def hyperparameters(self) -> dict[str, int]:
        """Return them under the names of the API."""
        return {"n_epochs": self.n_epochs, "batch_size": self.batch_size}


@dataclass(frozen=True)
class Lesson:
    """One of the course's datasets, and what its notebooks must know of it. Get it from `open_lesson`.

    Attributes:
        name: "elle", "sarcastic" or "recipes".
        title: What the bot does, as one sentence.
        file: The rows, as JSON Lines.
        group: Names what a row is about. Rows of one group stay on one side of a split.
        parts: How many groups go to "training", "validation" and "test".
        split_seed: Gives the split in which `example` is in the test part.
        example: The group that the notebooks ask about.
        max_tokens: Room for an answer.
        scores: What is asked of each answer, in the order in which it is shown.
        tiny: For the course's tiny model. Each of these four was measured on several seeds.
        tiny_quick: For the tiny model in notebook 00.
        real: For the real model, and for other ones.
        real_quick: For the real model in notebook 00.
        needs_real_model: The tiny model cannot learn it; see `advice`.
    """

    name: str
    title: str
    file: Path
    group: Callable[[Row], str]
    parts: Mapping[str, int]
    split_seed: int
    example: str
    max_tokens: int
    scores: Sequence[Score]
    tiny: Settings
    tiny_quick: Settings
    real: Settings
    real_quick: Settings
    needs_real_model: bool = False

    def rows(self) -> list[dict[str, Any]]:
        """Read all rows."""
        return read_jsonl(self.file)

    def example_row(self, rows: Sequence[Row]) -> Row:
        """Return the first row about `example`.

        Args:
            rows: Rows of this lesson, at least one of them about `example`.
        """
        return next(row for row in rows if self.group(row) == self.example)

    def quick_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of notebook 00's short job: every second one, without `example`.

        Args:
            rows: All rows of this lesson.
        """
        others = [row for row in rows if self.group(row) != self.example]
        return others[:144:2]

    def settings(self, model: str, *, quick: bool = False) -> dict[str, int]:
        """Return the hyperparameters that were found to work for a base model.

        Args:
            model: The base model. The tiny one of the course learns in smaller steps, more often.
            quick: For notebook 00's short job.
        """
        tiny, real = (self.tiny_quick, self.real_quick) if quick else (self.tiny, self.real)
        return (tiny if LOCAL_MODEL in model else real).hyperparameters()

    def advice(self, model: str) -> str:
        """Return what to know before this dataset meets a base model; an empty text when all is well.

        Args:
            model: The base model.
        """
        if not (self.needs_real_model and LOCAL_MODEL in model):
            return ""
        return (
            f"The dataset {self.name!r} needs the real model: `make real-model` "
            f"(`{INSTALL_REAL_MODEL}`). The tiny model {model} runs it, but is too small for it."
        )
