"""The verdict about a fine-tuned model, from its answers: one word, and the numbers behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from finetune_dataset.chat import JsonObject
from helpers.evaluation import wilson
from helpers.own_data.answers import Measure, find_measure
from helpers.own_data.checks import is_unrelated
from helpers.own_data.columns import answer_of, question_of
from helpers.own_data.form import Property, find_properties, has_form, that_count
from helpers.own_data.plan import Plan
from helpers.own_data.split import Parts
from helpers.own_data.words import plain, shortened, similarity, tokens

HALF = 0.5
"""An answer should be right more often than not, before one says that a model answers right."""

COPY = 0.9
"""Two answers that share this part of their words count as one text."""

WIDE = 20
"""With fewer answers, an interval with the limit inside it says "too few rows", not "no"."""

ADVICE = {
    "learned": "Use it on questions like those of the test. Compare it with a good prompt before you pay for more.",
    "form_only": "Do not trust its facts. Look the facts up and write them into the question, in training and "
    "later (retrieval); or train on many more rows if the task is a skill.",
    "memorized": "Train fewer epochs, and on more different rows. Facts that no question holds belong into the prompt.",
    "not_learned": "Look at the answers below, and at the loss curve. Check that the answers follow from their "
    "questions; then more rows, more epochs or a larger base model.",
    "too_few_rows": "Write more rows: with 100 different questions a test says something. The form needs few "
    "rows, a proof needs many.",
}
"""Verdict → what to do next."""


@dataclass(frozen=True)
class Share:
    """A mean of both models on the test part.

    Attributes:
        base: The base model's, 0 to 1; None when it was not asked.
        fine_tuned: The fine-tuned model's; None without one.
        n: Test answers that were scored.
        low: Low end of the 95 % interval (Wilson) around the fine-tuned model's.
        high: High end.
    """

    base: float | None
    fine_tuned: float | None
    n: int
    low: float
    high: float


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
    for (model, part), found in texts.items():
        expected = len(plan.test if part == "test" else plan.sample)
        if len(found) != expected:
            raise ValueError(
                f"{len(found)} answers of {model!r} for the {part} part; expected {expected}. Ask again."
            )
    return _Case(parts, plan, texts).verdict(base_model, fine_tuned_model)


def _without_job(parts: Parts, base_model: str) -> Verdict:
    nothing = Share(None, None, 0, 0.0, 1.0)
    reasons = [
        *parts.says,
        "Nothing was trained, because no answer could have proved anything.",
        ADVICE["too_few_rows"],
    ]
    return Verdict("too_few_rows", reasons, parts.counts, base_model, None, nothing, nothing)


class _Case:
    """All that is measured of one pair of models."""

    def __init__(self, parts: Parts, plan: Plan, texts: dict[tuple[str, str], list[str]]) -> None:
        self.parts, self.plan, self.texts = parts, plan, texts
        self.trained = [answer_of(row) for row in plan.training]
        self.right = [answer_of(row) for row in plan.test]
        self.measure: Measure = find_measure(plan.training, plan.test)
        found = find_properties(self.trained, list(map(question_of, plan.training)))
        asked = [question_of(row) for row in plan.test]
        self.properties: list[Property]
        self.properties, self.apart = that_count(found, self.right, texts["base", "training"], asked)
        self.form = _share(*(self._forms(texts[model, "test"]) for model in ("base", "fine_tuned")))
        self.answers = _share(*(self._scores(texts[model, "test"]) for model in ("base", "fine_tuned")))
        self.control = self.measure.control(texts["fine_tuned", "test"])
        # Of the trained questions: how often is the trained answer repeated, almost word for word?
        pairs = zip(texts["fine_tuned", "training"], map(answer_of, plan.sample), strict=True)
        self.repeated = sum(_alike(text, answer) for text, answer in pairs)
        self.copies = sum(self._is_trained(text) for text in texts["fine_tuned", "test"])
        self.expected_copies = sum(map(self._is_trained, self.right))

    def verdict(self, base_model: str, fine_tuned_model: str) -> Verdict:
        word, why = self._decide()
        reasons = [why, self._form_says(), self._answers_says(), *self._memory_says(), ADVICE[word]]
        names = [each.says for each in self.properties]
        table = self._table()
        return Verdict(
            word,
            reasons,
            self.parts.counts,
            base_model,
            fine_tuned_model,
            self.form,
            self.answers,
            names,
            table,
        )

    def _decide(self) -> tuple[str, str]:
        form, answers = self._has_form(), self._answers_right()
        if answers is None and self.answers.n < WIDE:
            return "too_few_rows", (
                f"With {self.answers.n} scored test answers the interval is too wide: it may be more than half "
                "that are right, or less."
            )
        if answers and (form or not self.properties):
            return "learned", "Form and answers are right, for questions that were not trained."
        if answers:
            return "not_learned", "The answers are right, but they do not have the form of your answers."
        if (said := self._is_memorized()) and (form or not self.properties):
            return (
                "memorized",
                f"The trained rows are known by heart: {said}. New questions get no right answer.",
            )
        if form and self.measure.kind == "labels":
            return "not_learned", "It names your labels, but no better than without looking at the question."
        if form and self._is_weak():
            return "not_learned", (
                "Only the length of your answers was learned, and your answers have nothing to do with their questions "
                "as far as words show."
            )
        if form:
            return (
                "form_only",
                "The form was learned, and the answers are not right: it sounds like you, and is wrong.",
            )
        return "not_learned", "Neither the form nor the answers were learned."

    def _has_form(self) -> bool:
        share, enough = self.form, 0.8 * self._reference_form()
        if not self.properties or share.fine_tuned is None or share.base is None:
            return False
        return share.fine_tuned >= enough and (share.low > share.base or share.base >= enough)

    def _answers_right(self) -> bool | None:
        """True, False, or None where the interval leaves it open."""
        share = self.answers
        if not share.n or share.fine_tuned is None:
            return False
        if share.n < WIDE and share.low < HALF < share.high:
            return None
        return share.fine_tuned >= HALF and share.low > self.control

    def _is_memorized(self) -> str:
        """Say what shows that rows are known by heart; "" where nothing does."""
        n, test = len(self.plan.sample), len(self.plan.test)
        scores = self._scores(self.texts["fine_tuned", "training"], self.plan.sample)
        if n and 2 * self.repeated >= n and self.measure.kind != "labels":
            return f"{self.repeated} of {n} trained answers are repeated almost word for word"
        if (
            scores
            and sum(scores) / len(scores) >= HALF
            and wilson(sum(scores), len(scores))[0] > self.answers.high
        ):
            return f"{_amount(scores)} right on trained questions"
        if (
            self.measure.kind != "labels"
            and 2 * self.copies >= test
            and 5 * self.expected_copies <= self.copies
        ):
            return f"{self.copies} of {test} answers to new questions are copies of trained answers"
        return ""

    def _is_weak(self) -> bool:
        """Tell whether only length and final sign make the form, in answers that fit no question."""
        kinds = {each.kind for each in self.properties}
        return kinds <= {"length", "sign", "case"} and is_unrelated(self.plan.training)

    def _form_says(self) -> str:
        if not self.properties:
            return "Form: your answers have no form in common that could be checked."
        names = "; ".join(each.says for each in self.properties)
        base = f"base {_percent(self.form.base)}, fine-tuned {_percent(self.form.fine_tuned)}"
        right = f"your own held-out answers {self._reference_form():.0%}"
        text = f"Form ({names}): {base} {_interval(self.form)}, {right}."
        return text if self.apart else f"{text} The base model has this form already."

    def _answers_says(self) -> str:
        share, kind = self.answers, self.measure.kind
        if not share.n:
            return f"Answers: not judged. An answer {self.measure.meaning}."
        text = f"Answers: base {_percent(share.base)}, fine-tuned {_percent(share.fine_tuned)} {_interval(share)}. "
        text += f"An answer is right if it {self.measure.meaning}. "
        guess = (
            "always naming the most frequent label, or chance"
            if kind == "labels"
            else "fitting another question"
        )
        text += f"Control ({guess}): {self.control:.0%}."
        if kind in ("facts", "json", "short"):
            text += f" Of what is asked for, {self.measure.in_question:.0%} stands in the questions."
        if share.base is not None and share.base >= HALF and (share.fine_tuned or 0) <= share.base:
            text += " The base model is as good at this: fine-tuning was not needed for it."
        texts = self.texts["fine_tuned", "test"]
        same = max(texts, key=texts.count)
        if texts.count(same) > 0.8 * len(texts):
            text += (
                f" {texts.count(same)} of {len(texts)} answers are the same text, {shortened(same, 40)!r}."
            )
        return text

    def _memory_says(self) -> list[str]:
        if self.measure.kind == "labels":
            scores = self._scores(self.texts["fine_tuned", "training"], self.plan.sample)
            return [f"Trained questions: {_amount(scores)} right."]
        said = f"Memory: {self.repeated} of {len(self.plan.sample)} trained answers are repeated almost word for word"
        said += f"; {self.copies} of {len(self.plan.test)} test answers are copies of a trained answer"
        return [f"{said} (of the right answers {self.expected_copies} are)."]

    def _forms(self, texts: list[str]) -> list[float]:
        return [float(has_form(text, self.properties)) for text in texts] if self.properties else []

    def _reference_form(self) -> float:
        found = self._forms(self.right)
        return sum(found) / len(found) if found else 1.0

    def _scores(self, texts: list[str], rows: list[JsonObject] | None = None) -> list[float]:
        pairs = zip(texts, map(self.measure.example, rows or self.plan.test), strict=True)
        return [score for text, example in pairs if (score := self.measure.score(text, example)) is not None]

    def _is_trained(self, text: str) -> bool:
        return any(_alike(text, answer) for answer in self.trained)

    def _table(self) -> pd.DataFrame:
        rows = []
        for row, base, tuned in zip(
            self.plan.test, self.texts["base", "test"], self.texts["fine_tuned", "test"], strict=True
        ):
            score = self.measure.score(tuned, self.measure.example(row))
            rows.append(
                {
                    "question": question_of(row),
                    "your answer": answer_of(row),
                    "base": base,
                    "fine-tuned": tuned,
                    "form": has_form(tuned, self.properties) if self.properties else None,
                    "right": score,
                }
            )
        return pd.DataFrame(rows)


def _share(base: list[float], fine_tuned: list[float]) -> Share:
    n = len(fine_tuned)
    if not n:
        return Share(None, None, 0, 0.0, 1.0)
    low, high = wilson(sum(fine_tuned), n)
    return Share(sum(base) / n, sum(fine_tuned) / n, n, low, high)


def _alike(text: str, answer: str) -> bool:
    return plain(text) == plain(answer) or similarity(tokens(text), tokens(answer)) >= COPY


def _amount(scores: Sequence[float]) -> str:
    total = sum(scores)
    return f"{total:.0f} of {len(scores)}" if total == int(total) else f"{total / max(1, len(scores)):.0%}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _interval(share: Share) -> str:
    return f"(of {share.n}; 95 % interval {share.low:.0%} to {share.high:.0%})"
