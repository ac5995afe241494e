"""When an answer is right, without a judge: the way to see it depends on the kind of the answers.

Each way is strict where it can be, and says what it misses. Beside it stands a control: the same answers
scored against the right answers of *other* questions. What only sounds right scores the same there.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from finetune_dataset.chat import JsonObject
from helpers.own_data.evidence.structured import f1, flat, is_code, read_answer, same_code
from helpers.own_data.split import closed_set
from helpers.own_data.table.examples import answer_of, question_of
from helpers.own_data.words import Telling, is_echo, numbers, plain, tokens

FOUND = 0.8
"""Share of the facts of the right answer that an answer must state."""

WORDS_FOUND = 0.6
"""Share of the words that matter, where these stand in the question and only have to be kept."""

OWN_WORDS_FOUND = 0.5
"""The same where they do not; the answer must then also fit its own question better than any other."""

FROM_QUESTION = 0.6
"""From this share on, what matters in the answers comes from the question."""

_FACTS = ("facts", "numbers", "facts and words")  # Kinds that look for facts.
_WHOLE = ("labels", "short", "code", "json")  # Kinds that compare an answer as a whole.
_SHORT = 3  # Words up to which an answer is compared as a whole.
_AROUND = 12  # Words that may stand around a short answer, as in "The capital is Paris."

MEANINGS = {
    "labels": "names the right label, and no other one",
    "short": "is the same text or number as the right answer; capitals, signs and a short sentence around it "
    "do not count",
    "code": "is the same code; capitals, spaces and quotes do not count, another way to write it is counted "
    "as wrong",
    "json": "has the same fields and values as the right answer: F1, 0 to 1, of each row",
    "facts": f"states {FOUND:.0%} of the numbers and names of the right answer, and no number that is in "
    "neither question nor right answer",
    "numbers": f"states {FOUND:.0%} of the numbers of the right answer, no number that is neither there nor "
    f"in the question, and {OWN_WORDS_FOUND:.0%} of the words that matter (capitals mark no names here)",
    "facts and words": f"states {FOUND:.0%} of the numbers and names of the right answer, which stand in the "
    f"question, and {OWN_WORDS_FOUND:.0%} of the words that matter and do not",
    "kept words": f"keeps {WORDS_FOUND:.0%} of the words that matter; they stand in the question",
    "own words": f"has {OWN_WORDS_FOUND:.0%} of the words that matter and are not in the question, and more "
    "of them than of any other held-out answer; another wording counts as wrong",
    "none": "cannot be judged by a program: the right answers share all their words",
}
"""Kind of the answers → when one is right."""


@dataclass(frozen=True)
class Example:
    """A question with its right answer.

    Attributes:
        question: What is asked.
        answer: The right answer.
        needed: Facts or words of it that are looked for.
        words: Words that are looked for beside numbers.
    """

    question: str
    answer: str
    needed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Measure:
    """How right answers are told from wrong ones. Make it with `find_measure`.

    Attributes:
        kind: A key of MEANINGS.
        labels: The closed set, for that kind.
        examples: The test part.
        in_question: Share of what matters in the right answers that stands in their questions, 0 to 1.
        always_first: Share right if every answer were the most frequent label; 0 for other kinds.
        telling: Which words and facts tell one answer from the others.
    """

    kind: str
    labels: tuple[str, ...]
    examples: tuple[Example, ...]
    in_question: float
    always_first: float
    telling: Telling

    @property
    def meaning(self) -> str:
        """When an answer is right, as the end of a sentence "An answer is right if it …"."""
        return MEANINGS[self.kind]

    def score(self, text: str, example: Example) -> float | None:
        """Say how right an answer is.

        Args:
            text: The answer.
            example: The question that was asked, with the right answer.

        Returns:
            0 to 1; only JSON has values between. None where nothing can be looked for. A repeated question
            is no answer, and gets 0.
        """
        if is_echo(text, example.question) and not is_echo(example.answer, example.question):
            return 0.0 if example.needed or self.kind in _WHOLE else None
        if self.kind == "labels":
            return float(self._named(text) == {plain(example.answer)})
        if self.kind == "short":
            return float(_is_same(text, example.answer))
        if self.kind == "code":
            return float(same_code(text, example.answer))
        if self.kind == "json":
            return f1(read_answer(text), read_answer(example.answer))
        if not example.needed and not (example.words and self.kind == "facts and words"):
            return None
        said = set(tokens(text))
        share = len(example.needed & said) / len(example.needed) if example.needed else 1.0
        if self.kind in _FACTS:
            made_up = numbers(text) - numbers(example.answer) - numbers(example.question)
            worded = len(example.words & said) >= OWN_WORDS_FOUND * len(example.words)
            return float(share >= FOUND and not made_up and worded)
        if self.kind == "kept words":
            return float(share >= WORDS_FOUND)
        others = [each for each in self.examples if each.needed and each.answer != example.answer]
        # Of two answers that are said in full, the longer one is meant.
        fits = [(len(each.needed & said) / len(each.needed), len(each.needed)) for each in others]
        best = max(fits, default=(0.0, 0))
        fit = share >= OWN_WORDS_FOUND and (share, len(example.needed)) > best
        return float(fit or plain(text) == plain(example.answer))

    def control(self, texts: Sequence[str]) -> float:
        """Score each answer of the test part against the right answers of the other questions.

        Args:
            texts: Answers, in the order of `examples`.

        Returns:
            The mean, 0 to 1: what answers get that have nothing to do with their questions. With labels at
            least what always naming the most frequent one would get.
        """
        found = [
            score
            for number, text in enumerate(texts)
            for other, example in enumerate(self.examples)
            if other != number and (score := self.score(text, example)) is not None
        ]
        return max(self.always_first, sum(found) / len(found) if found else 0.0)

    def example(self, row: JsonObject) -> Example:
        """Return what of a row, of any part, is needed for `score`."""
        return _example(row, self.kind, self.telling)

    def _named(self, text: str) -> set[str]:
        """The labels that an answer names; a label inside a longer one does not count twice."""
        rest, found = f" {plain(text)} ", set()
        for label in sorted(self.labels, key=lambda label: -len(label)):
            pattern = rf"(?<!\w){re.escape(label)}(?!\w)"
            if re.search(pattern, rest):
                found.add(label)
                rest = re.sub(pattern, " ", rest)
        return found


def find_measure(training: Sequence[JsonObject], test: Sequence[JsonObject]) -> Measure:
    """Choose how the answers of a learner's data can be judged.

    Args:
        training: Rows to train; they say which words belong to all answers.
        test: Held-out rows; they are scored.

    Returns:
        The measure.
    """
    answers = [answer_of(row) for row in training]
    telling, every = Telling(answers), [*answers, *map(answer_of, test)]
    if labels := closed_set(every):
        usual = Counter(map(plain, answers)).most_common(1)[0][0] if answers else ""
        first = sum(plain(answer_of(row)) == usual for row in test) / max(1, len(test))
        examples = tuple(_example(row, "labels", telling) for row in test)
        return Measure("labels", tuple(labels), examples, 0.0, first, telling)
    kind = _kind(every, test, telling)
    examples = tuple(_example(row, kind, telling) for row in test)
    return Measure(kind, (), examples, _inside(examples, kind), 0.0, telling)


def _kind(every: list[str], test: Sequence[JsonObject], telling: Telling) -> str:
    if sum(read_answer(answer) is not None for answer in every) >= 0.95 * len(every):
        return "json"
    if is_code(every):
        return "code"
    if sum(len(tokens(answer)) <= _SHORT for answer in every) >= 0.9 * len(every):
        return "short"
    with_facts = [_example(row, "facts", telling) for row in test]
    if sum(bool(each.needed) for each in with_facts) * 2 >= len(test):
        if not telling.names:
            return "numbers"
        both = [_example(row, "facts and words", telling) for row in test]
        # Facts that only have to be copied say little of an answer that says more.
        more = sum(bool(each.words) for each in both) * 2 >= len(test)
        return "facts and words" if more and _inside(with_facts, "facts") >= FROM_QUESTION else "facts"
    with_words = [_example(row, "kept words", telling) for row in test]
    if not any(each.needed for each in with_words):
        return "none"
    return "kept words" if _inside(with_words, "kept words") >= FROM_QUESTION else "own words"


def _example(row: JsonObject, kind: str, telling: Telling) -> Example:
    question, answer = question_of(row), answer_of(row)
    needed: set[str] = set()
    words: set[str] = set()
    if kind in _FACTS:
        needed = telling.facts(answer)
    if kind in _FACTS[1:]:
        words = telling.words(answer) - needed
        words -= set(tokens(question)) if kind == "facts and words" else set()
    elif kind in ("kept words", "own words"):
        needed = telling.words(answer)
    if kind == "own words":
        needed -= set(tokens(question))
    return Example(question, answer, frozenset(needed), frozenset(words))


def _inside(examples: Sequence[Example], kind: str) -> float:
    """Share of what matters in the answers that stands in their questions."""
    needed = [(each.needed, each.question) for each in examples]
    if kind == "json":
        needed = [
            (frozenset(value for _, value in flat(read_answer(each.answer))), each.question)
            for each in examples
        ]
    elif kind == "short":
        needed = [(frozenset([plain(each.answer)]), each.question) for each in examples]
    found = sum(set(tokens(part)) <= set(tokens(asked)) for parts, asked in needed for part in parts)
    return found / max(1, sum(len(parts) for parts, _ in needed))


def _is_same(text: str, answer: str) -> bool:
    right, said = tokens(answer), tokens(text)
    if plain(text) == plain(answer) or said == right:
        return bool(right) or plain(text) == plain(answer)
    if not right or len(said) > len(right) + _AROUND:
        return False
    return any(said[start:][: len(right)] == right for start in range(len(said) - len(right) + 1))
