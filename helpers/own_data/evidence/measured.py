"""All that is measured of a base model and the model that was trained from it, on one test part."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from finetune_dataset.chat import JsonObject
from helpers.evaluation import wilson
from helpers.own_data.evidence.answers import Measure, find_measure
from helpers.own_data.evidence.form import find_properties, unlike_base
from helpers.own_data.evidence.properties import HELD, Property, has_form, that_count
from helpers.own_data.plan import Plan
from helpers.own_data.table.examples import answer_of, question_of
from helpers.own_data.words import is_echo, plain, similarity, tokens

COPY = 0.9
"""Two answers that share this part of their words count as one text."""

COLUMNS = ["question", "your answer", "base", "fine-tuned", "form", "right"]
"""Of the table of answers side by side."""

Texts = dict[tuple[str, str], list[str]]
"""Model ("base", "fine_tuned") and part ("test", "training") → answers, in the order of the plan's rows."""


@dataclass(frozen=True)
class Share:
    """A mean of both models on the test part.

    Attributes:
        base: The base model's, 0 to 1; None when it was not asked.
        fine_tuned: The fine-tuned model's; None without one.
        n: Test answers that were scored.
        low: Low end of the 95 % interval around the fine-tuned model's. It is Wilson's; for scores between
            0 and 1, as of JSON, it is wider than needed, because these vary less than yes and no.
        high: High end.
    """

    base: float | None
    fine_tuned: float | None
    n: int
    low: float
    high: float


NOTHING = Share(None, None, 0, 0.0, 1.0)
"""What is known where nothing was asked."""


class Measured:
    """The numbers of one pair of models.

    The properties of the form are chosen by the base model's answers to *trained* questions, which it has
    never seen either, and scored on the test part. So the choice does not flatter the score.

    Args:
        plan: What was trained and asked.
        texts: The answers.

    Attributes:
        measure: When an answer is right.
        properties: The properties of the form that count.
        apart: Whether one of them tells the base model's answers from the learner's.
        form: Share of answers with all properties.
        reference_form: The same for the learner's own held-out answers, 0 to 1: the most one can expect.
        answers: Share of right answers.
        control: The fine-tuned answers against the right answers of other questions, 0 to 1.
        trained_scores: How right the fine-tuned answers to trained questions are, each 0 to 1.
        repeated: How many of them repeat the trained answer almost word for word.
        repeated_new: How many fine-tuned answers to test questions are the right answer almost word for word.
        copies: Fine-tuned answers to test questions that are nearly some trained answer.
        expected_copies: The same for the right answers.
        echoes: How many more of them than of the right answers only repeat the question.
        same: How often the most frequent of them is given.
        familiar: Test questions that share more than half of their words with a trained question.
    """

    def __init__(self, plan: Plan, texts: Texts) -> None:
        self._plan, self._texts = plan, texts
        right = list(map(answer_of, plan.test))
        self.measure: Measure = find_measure(plan.training, plan.test)
        self._trained = [self._marks(answer_of(row)) for row in plan.training]
        found = find_properties(list(map(answer_of, plan.training)), list(map(question_of, plan.training)))
        asked = list(map(question_of, plan.test))
        self.properties: list[Property]
        self.properties, self.apart = that_count(found, right, texts["base", "training"], asked)
        if not self.apart:
            style = unlike_base(list(map(answer_of, plan.training)), texts["base", "training"])
            if style := [each for each in style if each.share(right) >= HELD]:
                self.properties, self.apart = [*self.properties, *style], True
        base, tuned = texts["base", "test"], texts["fine_tuned", "test"]
        self.form = _share(self._forms(base), self._forms(tuned))
        own = self._forms(right)
        self.reference_form = sum(own) / len(own) if own else 1.0
        self.answers = _share(self._scores(base, plan.test), self._scores(tuned, plan.test))
        self.control = self.measure.control(tuned)
        self.trained_scores = self._scores(texts["fine_tuned", "training"], plan.sample)
        self.repeated = self._repeated(texts["fine_tuned", "training"], plan.sample)
        self.repeated_new = self._repeated(tuned, plan.test)
        self.copies = sum(map(self._is_trained, tuned))
        self.echoes = sum(map(is_echo, tuned, asked)) - sum(map(is_echo, right, asked))
        self.same = Counter(tuned).most_common(1)[0][1] if tuned else 0
        self.expected_copies = sum(map(self._is_trained, right))
        trained = [set(tokens(question_of(row))) for row in plan.training]
        self.familiar = sum(_is_familiar(set(tokens(question)), trained) for question in asked)

    @property
    def table(self) -> pd.DataFrame:
        """The answers side by side: question, your answer, base, fine-tuned, form, right."""
        rows = []
        sides = [self._texts[model, "test"] for model in ("base", "fine_tuned")]
        for row, base, tuned in zip(self._plan.test, *sides, strict=True):
            form = has_form(tuned, self.properties) if self.properties else None
            right = self.measure.score(tuned, self.measure.example(row))
            rows.append((question_of(row), answer_of(row), base, tuned, form, right))
        return pd.DataFrame(rows, columns=COLUMNS)

    def _forms(self, texts: list[str]) -> list[float]:
        return [float(has_form(text, self.properties)) for text in texts] if self.properties else []

    def _scores(self, texts: Sequence[str], rows: Sequence[JsonObject]) -> list[float]:
        pairs = zip(texts, map(self.measure.example, rows), strict=True)
        return [score for text, example in pairs if (score := self.measure.score(text, example)) is not None]

    def _repeated(self, texts: Sequence[str], rows: Sequence[JsonObject]) -> int:
        pairs = zip(texts, map(answer_of, rows), strict=True)
        return sum(_alike(self._marks(text), self._marks(answer)) for text, answer in pairs)

    def _is_trained(self, text: str) -> bool:
        marks = self._marks(text)
        return any(_alike(marks, trained) for trained in self._trained)

    def _marks(self, text: str) -> "_Marks":
        telling = self.measure.telling
        return plain(text), tokens(text), telling.facts(text) | telling.words(text)


_Marks = tuple[str, list[str], set[str]]


def _is_familiar(words: set[str], trained: list[set[str]]) -> bool:
    return any(2 * len(words & other) > len(words | other) for other in trained)


def _share(base: list[float], fine_tuned: list[float]) -> Share:
    n = len(fine_tuned)
    if not n:
        return NOTHING
    low, high = wilson(sum(fine_tuned), n)
    return Share(sum(base) / n, sum(fine_tuned) / n, n, low, high)


def _alike(one: _Marks, other: _Marks) -> bool:
    """Tell whether two answers are one text, but for a word that says nothing.

    Answers that fill one frame share most words; only the same facts and rare words make one of them a copy.
    """
    return one[0] == other[0] or (one[2] == other[2] and similarity(one[1], other[1]) >= COPY)
