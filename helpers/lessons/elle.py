"""Elle: answers questions about a chemical element with a limerick. The facts stand in the question."""

import re
from typing import NamedTuple

from helpers.evaluation import has_facts, has_form, rhymes
from helpers.lessons.lesson import Lesson, Row, Score, Settings
from helpers.paths import data_path

_ABOUT = re.compile(
    r"(?P<name>[A-Z][a-z]+)[.?]?\nSymbol: (?P<symbol>[A-Z][a-z]?)\. "
    r"Atomic number: (?P<number>\d+)\. Category: (?P<category>[a-z -]+)\."
)


class Facts(NamedTuple):
    """What a question about an element says."""

    name: str
    symbol: str
    number: int
    category: str


def facts_of(row: Row) -> Facts:
    """Read the facts out of a row's question.

    Args:
        row: A row of data/limericks.jsonl, or one in its form.

    Raises:
        ValueError: The question does not name an element with its facts.
    """
    question = next(message["content"] for message in row["messages"] if message["role"] == "user")
    if not (found := _ABOUT.search(question)):
        raise ValueError(
            f"Expected a question with the facts of an element, found {question!r}. "
            "data/limericks.jsonl shows the form."
        )
    return Facts(found["name"], found["symbol"], int(found["number"]), found["category"])


def elle() -> Lesson:
    """Return the lesson of the limericks about elements."""

    def facts(answer: str, row: Row) -> float:
        about = facts_of(row)
        right = has_facts(answer, symbol=about.symbol, number=about.number)
        return float(right and about.category in answer.lower())

    return Lesson(
        name="elle",
        title="Elle answers a question about a chemical element with a limerick",
        file=data_path("limericks.jsonl"),
        group=lambda row: facts_of(row).name,
        parts={"training": 72, "validation": 12, "test": 34},
        split_seed=6,
        example="Strontium",
        max_tokens=90,
        scores=(
            Score("form", 'five parts, joined by " - "', lambda answer, row: float(has_form(answer))),
            Score("rhyme", "the last words rhyme AABBA", lambda answer, row: float(rhymes(answer))),
            Score("facts", "the right symbol, atomic number and category", facts),
        ),
        tiny=Settings(n_epochs=3, batch_size=2),
        tiny_quick=Settings(n_epochs=3, batch_size=2),
        real=Settings(n_epochs=1, batch_size=4),
        real_quick=Settings(n_epochs=1, batch_size=4),
    )
