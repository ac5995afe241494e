"""Split a learner's rows: what is nearly the same question stays together."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import ceil

from finetune_dataset.chat import JsonObject
from finetune_dataset.quality.near_duplicates import normalized
from finetune_dataset.split import split_dataset
from helpers.own_data.table.examples import answer_of, question_of
from helpers.own_data.words import plain, tokens

MIN_QUESTIONS = 20
"""Fewer different questions are not split: a job needs ten rows, and of less than eight test answers even
all right ones leave open whether half of all answers would be (Wilson's interval for 7 of 7: 65 to 100 %)."""

MAX_ROWS = 2_000
"""Rows that this notebook looks at; of more, so many are drawn at random."""

TEST, MAX_TEST, MIN_TEST = 0.3, 40, 8
"""Share of the questions that is held out for the test, and its bounds."""

VALIDATION, MAX_VALIDATION, MIN_VALIDATION = 0.1, 20, 2
"""Share of the questions that is held out for the validation loss, and its bounds."""

NEAR = 0.8
"""Share of common words from which two questions count as one. Words of most questions are left out."""

_SAME_ANSWER = 6  # Words from which one answer for two questions makes them one group.


@dataclass
class Parts:
    """The parts of a learner's rows.

    Attributes:
        training: Rows to train.
        validation: Rows for the validation loss.
        test: Rows that no training sees, one for each question: the verdict stands on them.
        left_out: How many rows were not used.
        says: How it was split, in sentences.
    """

    training: list[JsonObject] = field(default_factory=list)
    validation: list[JsonObject] = field(default_factory=list)
    test: list[JsonObject] = field(default_factory=list)
    left_out: int = 0
    says: list[str] = field(default_factory=list)

    @property
    def enough(self) -> bool:
        """True when a job with a test makes sense."""
        return bool(self.test)

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each part."""
        return {"training": len(self.training), "validation": len(self.validation), "test": len(self.test)}

    def __repr__(self) -> str:
        """Return the sentences."""
        return "\n".join(self.says)


def closed_set(answers: list[str]) -> dict[str, int]:
    """Return the labels of a file whose answers are few texts that repeat; {} for other files.

    Args:
        answers: All answers.

    Returns:
        Label, as `plain` gives it → how often it is the answer; the most frequent first.
    """
    counts = Counter(plain(answer) for answer in answers)
    if 2 <= len(counts) <= 50 and len(counts) * 4 <= len(answers):
        return dict(counts.most_common())
    return {}


def split_rows(rows: list[JsonObject], seed: int = 1) -> Parts:
    """Split rows by question, so that near copies never stand on both sides.

    Two rows belong together when their questions are equal but for capitals, spacing and signs; when they
    share 80 % of their words, words of most questions left out; or when their answers are the same text of
    six words or more (not where answers are a closed set, such as labels).

    Args:
        rows: The examples.
        seed: The same seed and rows give the same split.

    Returns:
        The parts; with fewer than 20 different questions all rows are training rows, and there is no test.
    """
    parts = Parts()
    if len(rows) > MAX_ROWS:
        names = {id(row): number for number, row in enumerate(rows)}
        (kept,) = split_dataset(rows, by=lambda row: names[id(row)], sizes={"kept": MAX_ROWS}, seed=seed)
        parts.left_out = len(rows) - len(kept)
        parts.says.append(
            f"{len(rows):,} rows are more than this notebook looks at: {MAX_ROWS:,} of them, drawn at random."
        )
        rows = kept
    groups = _groups(rows)
    number = len(set(groups.values()))
    if number < MIN_QUESTIONS:
        parts.training = list(rows)
        parts.says.append(
            f"{len(rows)} rows with {number} different questions: too few to split. At least {MIN_QUESTIONS} "
            "are needed."
        )
        return parts
    sizes = {
        "test": min(MAX_TEST, max(MIN_TEST, round(TEST * number))),
        "validation": min(MAX_VALIDATION, max(MIN_VALIDATION, round(VALIDATION * number))),
    }
    sizes["training"] = number - sum(sizes.values())
    test, parts.validation, parts.training = split_dataset(
        rows, by=lambda row: groups[id(row)], sizes=sizes, seed=seed
    )
    # One row for each question: near copies are answered alike, and would make the interval too narrow.
    parts.test = list({groups[id(row)]: row for row in reversed(test)}.values())[::-1]
    parts.left_out += len(test) - len(parts.test)
    parts.says.append(
        f"{len(rows):,} rows, {number:,} different questions: {len(parts.training)} rows to train, "
        f"{len(parts.validation)} for the validation loss, {len(parts.test)} held out for the test."
    )
    if len(rows) > number:
        parts.says.append(
            f"{len(rows) - number} rows repeat a question (or a long answer) of another row: near copies "
            "stay on one side. In the test each question counts once; "
            f"{len(test) - len(parts.test)} rows are left out."
        )
    else:
        parts.says.append("No two rows have nearly the same question.")
    return parts


def _groups(rows: list[JsonObject]) -> dict[int, str]:
    """Return id of a row → its group: the first of the questions in it, whatever the order of the rows."""
    leader = list(range(len(rows)))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    questions, answers = [question_of(row) for row in rows], [answer_of(row) for row in rows]
    labels = closed_set(answers)
    first: dict[tuple[str, str], int] = {}
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        keys = [("question", plain(question) or normalized(question))]
        if not labels and len(tokens(answer)) >= _SAME_ANSWER:
            keys.append(("answer", plain(answer)))
        for key in keys:
            leader[find(number)] = find(first.setdefault(key, number))
    for one, other in _near(questions):
        leader[find(one)] = find(other)
    names: dict[int, str] = {}
    for number, question in enumerate(questions):
        names[find(number)] = min(names.get(find(number), question), question)
    return {id(row): names[find(number)] for number, row in enumerate(rows)}


def _near(questions: list[str]) -> list[tuple[int, int]]:
    """Return the pairs of questions that share most of their words."""
    words = [set(tokens(question)) for question in questions]
    spread = Counter(word for each in words for word in each)
    usual = {word for word, count in spread.items() if count * 2 > len(questions)}
    words = [each - usual for each in words]
    holders: dict[str, list[int]] = defaultdict(list)
    pairs = []
    for number, each in enumerate(words):
        # Two sets that share 80 % share one of the rarest of each: only these are looked up.
        rarest = sorted(each, key=lambda word: (spread[word], word))[: len(each) - ceil(NEAR * len(each)) + 1]
        for other in {other for word in rarest for other in holders[word]}:
            if len(each & words[other]) >= NEAR * len(each | words[other]) and len(each) > 1:
                pairs.append((number, other))
        for word in rarest:
            holders[word].append(number)
    return pairs
