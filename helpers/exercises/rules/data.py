"""Rules of the notebooks 00 to 02: rows, tokens, files."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil, isclose
from typing import Any, Protocol

from helpers.exercises.answers import Misfit, call, described, number, returned

Row = Mapping[str, Any]


class Score(Protocol):
    """What the rules use of a `helpers.lessons.Score`; that room stands beside this one."""

    name: str
    check: Callable[[str, Row], float]


class Lesson(Protocol):
    """What the rules use of a `helpers.lessons.Lesson`."""

    @property
    def scores(self) -> Sequence[Score]:
        """Of this dataset."""
        ...

    def group(self, row: Row) -> str:
        """Say what a row is about."""
        ...

    def example_row(self, rows: list[Row]) -> Row:
        """Return the row of the course's example."""
        ...


def fair_row(answer: object, lesson: Lesson, rows: Sequence[Row], trained: Sequence[Row]) -> str:
    """A row for a test: about something that no training row is about, and that was not asked before.

    Args:
        answer: The chosen row.
        lesson: The dataset.
        rows: All rows.
        trained: Those of the training file.
    """
    if isinstance(answer, str):
        return "name"
    if not isinstance(answer, Mapping) or "messages" not in answer:
        raise Misfit(f"found {described(answer)}; expected one row of `rows`, a dict with messages")
    group = call(lesson.group, answer)
    if group in {lesson.group(row) for row in trained}:
        return "trained"
    if group == lesson.group(lesson.example_row(list(rows))):
        return "asked"
    return ""


def own_answer(answer: object, lesson: Lesson, row: Row) -> str:
    """An answer in a learner's own words that reaches every score of the dataset.

    Args:
        answer: Its text.
        lesson: The dataset.
        row: The question that it answers.
    """
    if not isinstance(answer, str):
        raise Misfit(f"found {described(answer)}; expected a text")
    if answer.strip() == row["messages"][-1]["content"].strip():
        return "copy"
    return next((score.name for score in lesson.scores if score.check(answer, row) < 1), "")


def triples_that_differ(answer: object) -> str:
    """One word inside a text stands in three triples of neighbors.

    Args:
        answer: How many triples of the text change with one word in its middle.
    """
    given = number(answer)
    return "" if given == 3 else {1: "one", 2: "two", 18: "all", 20: "all"}.get(int(given), "other")


def leaks(function: Callable[..., Any]) -> str:
    """The test rows whose question was trained: capitals and spaces do not count, nor does the answer.

    Args:
        function: `leaks(train, test)`, the learner's.
    """

    def row(user: str, reply: str) -> Row:
        turns = {"system": "Answer shortly.", "user": user, "assistant": reply}
        return {"messages": [{"role": role, "content": text} for role, text in turns.items()]}

    train = [row("What is tin?", "A metal."), row("What is neon?", "A gas.")]
    same, other_answer = row("What is tin?", "A metal."), row("What is neon?", "It glows.")
    other_question, spaced = row("What is iron?", "A metal."), row("what  is TIN?", "Soft.")
    found = returned(list, function, train, [same, other_answer, other_question, spaced])
    if found and not all(isinstance(each, Mapping) for each in found):
        raise Misfit(f"found {described(found[0])} in the list; expected the rows themselves")
    if other_question in found:
        return "answers" if other_answer not in found else "system"
    if other_answer not in found:
        return "whole_row"
    if spaced not in found:
        return "spacing"
    return "" if found == [same, other_answer, spaced] else "other"


def training_usd(answer: object, tokens: int, epochs: int, usd_per_million: float) -> str:
    """Tokens × epochs × price; five per cent are allowed for rounding.

    Args:
        answer: USD.
        tokens: Of the file.
        epochs: Passes over it.
        usd_per_million: Price of one million trained tokens.
    """
    given, right = number(answer), tokens * epochs * usd_per_million / 1_000_000

    def near(factor: float) -> bool:
        return isclose(given, right * factor, rel_tol=0.05)

    if near(1):
        return ""
    factors = {"epochs": 1 / epochs, "million": 1_000_000, "cents": 100, "thousand": 1_000}
    return next((name for name, factor in factors.items() if near(factor)), "other")


def pays_after(function: Callable[..., Any]) -> str:
    """Training cost over what each request saves; never, where a request saves nothing.

    Args:
        function: `pays_after(training, tuned, other)`, the learner's; USD for the training and per request.
    """
    if call(function, 1.0, 0.001, 0.003) == 1000:
        return "ratio"
    for tuned in (0.004, 0.003):  # dearer than the other, and equal
        try:
            never = call(function, 1.0, tuned, 0.003)
        except Misfit as misfit:
            if isinstance(misfit.__cause__, ZeroDivisionError):
                return "zero"
            raise
        if never is not None:
            return "negative"
    worked = number(call(function, 1.0, 0.001, 0.003))
    if worked < 0:
        return "sign"
    if not 499.5 <= worked <= 501:
        return "other"
    rounded = number(call(function, 1.0, 0.001, 0.0017))  # 1428.57: saved with the next request
    return "" if ceil(rounded) == 1429 else "floor"


def copies(function: Callable[..., Any]) -> str:
    """The ids of files whose bytes an earlier file has; the first of each stays.

    Args:
        function: `copies(contents)`, the learner's; id → bytes, oldest first.
    """
    contents = {"a": b"one", "b": b"two", "c": b"one", "d": b"other", "e": b"one"}
    found = call(function, dict(contents))
    if isinstance(found, str | bytes) or not hasattr(found, "__iter__"):
        raise Misfit(f"found {described(found)}; expected a list of ids")
    ids = sorted(found, key=str)
    known = {"bce": "sizes", "ace": "originals", "ac": "keeps_last", "c": "first"}
    return "" if ids == ["c", "e"] else known.get("".join(map(str, ids)), "other")
