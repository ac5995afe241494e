"""The verdict about a fine-tuned model, from its answers: one word, and the numbers behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

import pandas as pd

from helpers.own_data.evidence.decision import decide
from helpers.own_data.evidence.measured import NOTHING, Measured, Share
from helpers.own_data.evidence.reasons import answers_says, familiar_says, form_says, memory_says
from helpers.own_data.plan import Plan
from helpers.own_data.split import Parts
from helpers.own_data.words import shortened

ADVICE = {
    "learned": "Use it for questions like those of the test. Compare it with a good prompt, too.",
    "form_only": "Do not trust its facts. Look the facts up and write them into the question, in training "
    "and later (retrieval); or train on many more rows, if the task is a skill.",
    "memorized": "Train fewer epochs, and on more different rows. Check that answers follow from their "
    "questions: facts that no question holds belong into the question (retrieval).",
    "not_learned": "Look at the answers and at the loss curve. Check that the answers follow from their "
    "questions; then try more rows, more epochs or a larger base model.",
    "too_few_rows": "Write more rows: with 100 different questions a test says something. The form needs few "
    "rows, a proof needs many.",
}
"""Verdict → what to do next."""


_COLUMNS = 100
"""Of a line in a notebook; a page of it is hardly wider."""

_SIDES = ("question", "your answer", "base", "fine-tuned")


@dataclass
class Verdict:
    """What can be said about a fine-tuned model; printed, it is the verdict with its evidence.

    Attributes:
        verdict: learned, form_only, memorized, not_learned or too_few_rows.
        reasons: The evidence, a sentence each; the last one says what to do.
        rows: Rows of each part.
        base_model: Id of the base model.
        fine_tuned_model: Id of the fine-tuned model; None without a job.
        form: Share of answers in the form of the training answers.
        answers: Share of right answers.
        properties: The properties of the form that count, as sentences.
        table: The answers of both models side by side, one row for each test question.
    """

    verdict: str
    reasons: list[str]
    rows: dict[str, int]
    base_model: str
    fine_tuned_model: str | None
    form: Share
    answers: Share
    properties: list[str] = field(default_factory=list)
    table: pd.DataFrame = field(default_factory=pd.DataFrame)

    def as_json(self) -> dict[str, Any]:
        """Return what `10_verdict.json` holds."""
        return {
            "rows": self.rows,
            "base_model": self.base_model,
            "fine_tuned_model": self.fine_tuned_model,
            "form": vars(self.form),
            "answers": vars(self.answers),
            "verdict": self.verdict,
            "reasons": self.reasons,
        }

    def compared(self, number: int) -> str:
        """Write the first answers of both models one below the other.

        Args:
            number: How many test questions.
        """
        blocks = []
        for _, row in self.table.head(number).iterrows():
            marks = {"form": row["form"], "right": row["right"]}
            said = ", ".join(f"{name} {_mark(value)}" for name, value in marks.items())
            lines = [f"{name + ':':<12} {shortened(row[name], 200)}" for name in _SIDES]
            blocks.append("\n".join([*lines, f"{'':<12} ({said})"]))
        return "\n\n".join(blocks) + "\n" * bool(blocks)

    def __repr__(self) -> str:
        """Return the verdict and its reasons."""
        return "\n".join([self.verdict.replace("_", " ").upper(), *map(_item, self.reasons)])


def _item(text: str) -> str:
    """A text in lines of a page; a notebook breaks longer ones in the middle of a word."""
    return fill(text, _COLUMNS, initial_indent="- ", subsequent_indent="  ")


def judge(
    parts: Parts,
    plan: Plan,
    predictions: Sequence[Mapping[str, str]],
    *,
    base_model: str,
    fine_tuned_model: str | None,
) -> Verdict:
    """Say what a fine-tuned model has learned.

    Args:
        parts: What `split_rows` returned.
        plan: What `plan_job` returned.
        predictions: One for each answer: model ("base" or "fine_tuned"), part ("test" or "training") and
            text; for each model and part in the order of `plan.test` and `plan.sample`.
        base_model: Id of the base model.
        fine_tuned_model: Id of the fine-tuned model; None when there was no job.

    Returns:
        The verdict.

    Raises:
        ValueError: Predictions are missing: a model and part has not one for each question.
    """
    if fine_tuned_model is None:
        return _without_job(parts, plan, base_model)
    texts = {
        (model, part): [
            each["text"] for each in predictions if (each["model"], each["part"]) == (model, part)
        ]
        for model in ("base", "fine_tuned")
        for part in ("test", "training")
    }
    for (model, part), given in texts.items():
        expected = len(plan.test if part == "test" else plan.sample)
        if len(given) != expected:
            raise ValueError(
                f"{len(given)} answers of {model!r} for the {part} part; expected {expected}. Ask again."
            )
    found = Measured(plan, texts)
    word, why = decide(found, plan, texts["fine_tuned", "test"])
    reasons = [
        why,
        form_says(found),
        answers_says(found, texts["fine_tuned", "test"]),
        memory_says(found, len(plan.sample), len(plan.test)),
        *familiar_says(found, len(plan.test)),
        *_more_questions(word, parts, plan),
        ADVICE[word],
    ]
    return Verdict(
        word,
        reasons,
        {"training": len(plan.training), "validation": len(plan.validation), "test": len(plan.test)},
        base_model,
        fine_tuned_model,
        found.form,
        found.answers,
        [each.says for each in found.properties],
        found.table,
    )


def _more_questions(word: str, parts: Parts, plan: Plan) -> list[str]:
    """Say how to get a narrower interval from rows that are there already."""
    asked, there = len(plan.test), len(parts.test)
    if word != "too_few_rows" or asked >= there:
        return []
    return [
        f"Only {asked} of {there} held-out questions were asked, to save time. Before new rows: set "
        "plan.test = parts.test after the plan is made, and run the rest again."
    ]


def _without_job(parts: Parts, plan: Plan, base_model: str) -> Verdict:
    reasons = [
        *parts.says,
        *(plan.says if parts.enough else []),
        "Nothing was trained: no answer could have proved anything.",
        ADVICE["too_few_rows"],
    ]
    return Verdict("too_few_rows", reasons, parts.counts, base_model, None, NOTHING, NOTHING)


def _mark(value: float | bool | None) -> str:
    if value is None or value != value:
        return "not judged"
    return "yes" if value == 1 else "no" if value == 0 else f"{value:.2f}"
