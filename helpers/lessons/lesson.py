"""What a story of the course is made of."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.models import INSTALL_REAL_MODEL, LOCAL_MODEL
from finetune_dataset.split import split_dataset
from helpers.lessons.beside.probes import Probe, about_rows, beside_the_task, politely
from helpers.lessons.rivals import Rival, Table, rivals
from helpers.lessons.ways import ALWAYS, Row, Way


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
        learning_rate_multiplier: Of the base model's rate, above 0; None leaves it to the service.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: int | None = None

    def hyperparameters(self) -> dict[str, int]:
        """Return those that are chosen, under the names of the API."""
        return {name: value for name, value in asdict(self).items() if value is not None}


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
        tiny: For the course's tiny model.
        tiny_quick: For the tiny model in notebook 00.
        real: For the real model, and for other ones.
        real_quick: For the real model in notebook 00.
        held_out: Rows for evaluation alone, one per group, in a wording and a shape that `file` has not.
        ways: Other ways to ask than training did.
        slots: The words of a row that an answer repeats: what is different between two answers of one shape.
        manner: The name of the score that shows what was trained, and that nobody asks for elsewhere.
        own_probes: Takes rows and returns further sets of `probes`.
        needs_real_model: The tiny model cannot learn it; see `advice`.
        table: Where the facts of a question are looked up; None where a question needs none.
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
    held_out: Path | None = None
    ways: Sequence[Way] = ALWAYS
    slots: Callable[[Row], Sequence[str]] = lambda row: ()
    manner: str = "form"
    own_probes: Callable[[Sequence[Row]], list[Probe]] = lambda rows: []
    needs_real_model: bool = False
    table: Table | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Read all rows."""
        return read_jsonl(self.file)

    def example_row(self, rows: Sequence[Row]) -> Row:
        """Return the first row about `example`; the first of all where a learner has split them otherwise.

        Args:
            rows: Rows of this lesson, at least one.
        """
        return next((row for row in rows if self.group(row) == self.example), rows[0])

    def split(self, rows: Sequence[Row]) -> list[list[dict[str, Any]]]:
        """Return the training, validation and test rows of the course.

        Args:
            rows: All rows of this lesson.
        """
        return split_dataset(map(dict, rows), by=self.group, sizes=self.parts, seed=self.split_seed)

    def quick_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows of notebook 00's short job: the first of each training group.

        Args:
            rows: All rows of this lesson.
        """
        first: dict[str, Row] = {}
        for row in self.split(rows)[0]:
            first.setdefault(self.group(row), row)
        return list(first.values())

    def held_out_rows(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return the rows of `held_out` about the same groups; none when the lesson has no such file.

        Args:
            rows: Rows of this lesson, such as the test part.
        """
        groups = {self.group(row) for row in rows}
        return (
            [row for row in read_jsonl(self.held_out) if self.group(row) in groups] if self.held_out else []
        )

    def rivals(self, train: Sequence[Row], seed: int | None = None) -> list[Rival]:
        """Return the ways to ask that a fine-tuned model has to beat, and the fine-tuned one as the last.

        Args:
            train: The training rows; solved examples come from them.
            seed: Draws the solved examples; without it, those of the first groups are taken.
        """
        return rivals(train, self.group, self.table, seed)

    def probes(self, rows: Sequence[Row], samples: int = 3) -> list[Probe]:
        """Return the sets of questions that show what fine-tuning on this lesson may lose.

        Args:
            rows: Held-out rows of this lesson, at least one; of each group, the first is asked about.
            samples: How often each question of the set `temperature_1` is asked, at least once.
        """
        first = list({self.group(row): row for row in reversed(rows)}.values())[::-1]
        manner = next(score.check for score in self.scores if score.name == self.manner)

        def good(answer: str, row: Row) -> float:
            return min(score.check(answer, row) for score in self.scores)

        reworded = next((way.messages for way in self.ways if way.name == "wording"), politely)
        system, own = first[0]["messages"][0], self.own_probes(first)
        return [
            *about_rows(
                first, group=self.group, good=good, manner=manner, reworded=reworded,
                max_tokens=self.max_tokens, samples=samples,
            ),
            *beside_the_task(system, own, manner=manner),
        ]  # fmt: skip

    def likeness(self, answer: str, row: Row, training: Sequence[Row]) -> float:
        """Say how near an answer is to the nearest trained one, apart from the words in the slots.

        At 0.9 or more the model has filled a shape that it learned by heart. Form and rhyme say nothing then.

        Args:
            answer: What the model wrote.
            row: The row that was asked.
            training: The rows that it was trained on.

        Returns:
            Share of equal characters, 0 to 1 (`difflib.SequenceMatcher.ratio`).
        """
        shape = _emptied(answer, self.slots(row))
        trained = {_emptied(each["messages"][-1]["content"], self.slots(each)) for each in training}
        if shape in trained:
            return 1.0
        best, matcher = 0.0, SequenceMatcher(None, autojunk=False)
        matcher.set_seq2(shape)
        for each in trained:
            matcher.set_seq1(each)
            if matcher.quick_ratio() > best:  # An upper bound, and cheap.
                best = max(best, matcher.ratio())
        return best

    def format_string(self, row: Row) -> str:
        """Return a row's answer as a format string: what a program without a model could fill in.

        Args:
            row: A row with the expected answer.

        Returns:
            The answer with {0}, {1} and so on in place of its slots. `format(*slots(other_row))` fills it.
        """
        answer = row["messages"][-1]["content"].replace("{", "{{").replace("}", "}}")
        places = {slot.lower(): place for place, slot in enumerate(self.slots(row))}
        return _slots(self.slots(row)).sub(lambda found: f"{{{places[found[0].lower()]}}}", answer)

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


def _emptied(text: str, slots: Sequence[str]) -> str:
    """A text without the words in its slots."""
    return _slots(slots).sub("_", text)


def _slots(slots: Sequence[str]) -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted(slots, key=len, reverse=True))
    return re.compile(rf"(?i:\b(?:{words})\b)" if words else r"(?!)")
