"""The verdict about a fine-tuned model, from its answers: one word, and the numbers behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from helpers.evaluation import wilson
from helpers.own_data.checks import is_unrelated
from helpers.own_data.evidence.measured import NOTHING, Measured, Share
from helpers.own_data.evidence.reasons import amount, answers_says, form_says, memory_says
from helpers.own_data.plan import Plan
from helpers.own_data.split import Parts
from helpers.own_data.words import shortened

HALF = 0.5
"""An answer should be right more often than not, before one says that a model answers right."""

ENOUGH_FORM = 0.8
"""Share of your own held-out answers' form that the fine-tuned model's must reach."""

WIDE = 20
"""With fewer answers, an interval with the limit inside it says "too few rows", not "no"."""

ADVICE = {
    "learned": "Use it for questions like those of the test. Compare it with a good prompt, too.",
    "form_only": "Do not trust its facts. Look the facts up and write them into the question, in training "
    "and later (retrieval); or train on many more rows, if the task is a skill.",
    "memorized": "Train fewer epochs, and on more different rows. Facts that no question holds belong into "
    "the question (retrieval).",
    "not_learned": "Look at the answers and at the loss curve. Check that the answers follow from their "
    "questions; then try more rows, more epochs or a larger base model.",
    "too_few_rows": "Write more rows: with 100 different questions a test says something. The form needs few "
    "rows, a proof needs many.",
}
"""Verdict → what to do next."""


_WEAK = {"length", "sign", "case"}  # Properties that random texts have, too.
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
        return "\n".join(
            [self.verdict.replace("_", " ").upper(), *(f"- {reason}" for reason in self.reasons)]
        )


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
        return _without_job(parts, base_model)
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
    word, why = _decide(found, plan, texts["fine_tuned", "test"])
    reasons = [
        why,
        form_says(found),
        answers_says(found, texts["fine_tuned", "test"]),
        memory_says(found, len(plan.sample), len(plan.test)),
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


def _without_job(parts: Parts, base_model: str) -> Verdict:
    reasons = [
        *parts.says,
        "Nothing was trained: no answer could have proved anything.",
        ADVICE["too_few_rows"],
    ]
    return Verdict("too_few_rows", reasons, parts.counts, base_model, None, NOTHING, NOTHING)


def _decide(found: Measured, plan: Plan, texts: list[str]) -> tuple[str, str]:
    form, right = _has_form(found), _answers_right(found)
    if not found.answers.n:
        word, why = ("form_only", "was") if form else ("not_learned", "was not")
        return (
            word,
            f"The form {why} learned. Whether answers are right, no program can tell here: read them.",
        )
    if right is None:
        return "too_few_rows", (
            f"Only {found.answers.n} test answers were scored: more than half may be right, or less."
        )
    if right and (form or not found.properties):
        return "learned", "Form and answers are right, for questions that were not trained." + _not_needed(
            found
        )
    if right:
        return "not_learned", "The answers are right, but they do not have the form of your answers."
    if (said := _memorized(found, len(plan.sample), len(texts))) and (form or not found.properties):
        return "memorized", f"The rows are known by heart: {said}. Answers to new questions are not right."
    if form and found.measure.kind == "labels":
        return "not_learned", "It names your labels, but not better than without looking at the question."
    if form and {each.kind for each in found.properties} <= _WEAK and is_unrelated(plan.training):
        return "not_learned", (
            "Only the length of your answers was learned. As far as words show, your answers have nothing to "
            "do with their questions."
        )
    if form:
        return (
            "form_only",
            "The form was learned, the answers are not right: it sounds like you, and is wrong.",
        )
    return "not_learned", "Neither the form nor the answers were learned."


def _has_form(found: Measured) -> bool:
    share, enough = found.form, ENOUGH_FORM * found.reference_form
    if share.fine_tuned is None or share.base is None:
        return False
    return share.fine_tuned >= enough and (share.low > share.base or share.base >= enough)


def _answers_right(found: Measured) -> bool | None:
    """True, False, or None where so few answers leave it open."""
    share = found.answers
    if share.fine_tuned is None:
        return False
    if share.n < WIDE and share.low < HALF < share.high:
        return None
    return share.fine_tuned >= HALF and share.low > found.control


def _memorized(found: Measured, asked: int, tested: int) -> str:
    """Say what shows that rows are known by heart; "" where nothing does."""
    scores, labels = found.trained_scores, found.measure.kind == "labels"
    if asked and 2 * found.repeated >= asked and not labels:
        return f"{found.repeated} of {asked} trained answers are repeated almost word for word"
    if (
        scores
        and sum(scores) >= HALF * len(scores)
        and wilson(sum(scores), len(scores))[0] > found.answers.high
    ):
        return f"{amount(scores)} right on trained questions"
    if 2 * found.copies >= tested and 5 * found.expected_copies <= found.copies and not labels:
        return f"{found.copies} of {tested} answers to new questions are nearly a trained answer"
    return ""


def _not_needed(found: Measured) -> str:
    answers, form = found.answers, found.form
    as_right = answers.base is not None and answers.base >= (answers.fine_tuned or 0)
    as_formed = form.base is None or form.base >= (form.fine_tuned or 0)
    return " The base model was as good: these rows need no fine-tuning." if as_right and as_formed else ""


def _mark(value: float | bool | None) -> str:
    if value is None or value != value:
        return "not judged"
    return "yes" if value == 1 else "no" if value == 0 else f"{value:.2f}"
