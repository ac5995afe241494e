"""Elle: answers questions about a chemical element with a limerick. The facts stand in the question."""

import csv
import re
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from helpers.evaluation import has_facts, has_form, rhymes
from helpers.lessons.beside.elements import element_probes
from helpers.lessons.lesson import Lesson, Score, Settings
from helpers.lessons.rivals import Table
from helpers.lessons.ways import ALWAYS, Row, Way, question
from helpers.paths import data_path

_ABOUT = re.compile(
    r"(?P<name>[A-Z][a-z]+)[.?]\nSymbol: (?P<symbol>[A-Z][a-z]?)\. "
    r"Atomic number: (?P<number>\d+)\. Category: (?P<category>[a-z -]+)\."
)
CATEGORIES: Final = (
    "actinide",
    "alkali metal",
    "alkaline earth metal",
    "halogen",
    "lanthanide",
    "metalloid",
    "noble gas",
    "nonmetal",
    "post-transition metal",
    "transition metal",
)
"""Of data/elements.csv."""

HELD_OUT_QUESTION: Final = "Say something about {name}."
"""The wording of data/limericks_held_out.jsonl."""


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


def stated_categories(text: str) -> set[str]:
    """Return the categories that a text names; the longer name wins where it holds another.

    Args:
        text: An answer.
    """
    longest_first = sorted(CATEGORIES, key=len, reverse=True)
    return set(re.findall("|".join(longest_first), text.lower()))


def has_all_facts(answer: str, row: Row) -> float:
    """Tell whether an answer states the symbol, the number and the category, and no other number or category.

    Args:
        answer: What a model wrote.
        row: The row that was asked.

    Returns:
        1 or 0.
    """
    about = facts_of(row)
    stated = has_facts(answer, symbol=about.symbol, number=about.number)
    return float(stated and stated_categories(answer) == {about.category})


def _in_other_words(row: Row) -> list[dict[str, str]]:
    system, user = row["messages"][:2]
    facts = user["content"].partition("\n")[2]
    return [
        system,
        {"role": "user", "content": f"{HELD_OUT_QUESTION.format(name=facts_of(row).name)}\n{facts}"},
    ]


def _with_a_new_first_line(row: Row) -> list[dict[str, str]]:
    system, user = row["messages"][:2]
    line = f"First line: Here {facts_of(row).name} works in a shop,"
    return [system, {"role": "user", "content": f"{user['content']}\n{line}"}]


def bare(row: Row) -> Row:
    """Return a row with its question as a user types it: "Tell me about Strontium.", without the facts.

    Args:
        row: A row of data/limericks.jsonl, or one in its form.
    """
    system, user, *answer = row["messages"]
    return {**row, "messages": [system, {**user, "content": user["content"].partition("\n")[0]}, *answer]}


@cache
def elements() -> Sequence[dict[str, str]]:
    """Read data/elements.csv: one entry per element."""
    with data_path("elements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def written_facts(place: int) -> str:
    """Write the facts of an element as the training rows do.

    Args:
        place: The place of its entry in `elements()`.
    """
    entry = elements()[place]
    return f"Symbol: {entry['symbol']}. Atomic number: {entry['number']}. Category: {entry['category']}."


TABLE: Final = Table(
    bare=bare,
    # No symbols: "am" in "I am curious" would find americium.
    texts=lambda: [f"{entry['name']}: {entry['category']}, for {entry['use']}" for entry in elements()],
    facts=written_facts,
)
"""A question names an element; data/elements.csv knows its facts."""


def _without_facts(row: Row) -> list[dict[str, str]]:
    return question(bare(row))


WAYS: Final = (
    Way("wording", "asked in words that no training row has", _in_other_words, held_out=True),
    Way(
        "first_line",
        "given the first line of a limerick that no training row has",
        _with_a_new_first_line,
        held_out=True,
    ),
    Way("no_facts", "asked without the facts", _without_facts),
    *ALWAYS,
)


def elle() -> Lesson:
    """Return the lesson of the limericks about elements."""
    return Lesson(
        name="elle",
        title="Elle answers a question about a chemical element with a limerick",
        file=data_path("limericks.jsonl"),
        group=lambda row: facts_of(row).name,
        parts={"training": 72, "validation": 12, "test": 34},
        split_seed=6,
        example="Strontium",
        max_tokens=70,
        scores=(
            Score("form", 'five parts, joined by " - "', lambda answer, row: float(has_form(answer))),
            Score("rhyme", "the last words rhyme AABBA", lambda answer, row: float(rhymes(answer))),
            Score("facts", "the right symbol, atomic number and category", has_all_facts),
        ),
        tiny=Settings(n_epochs=3, batch_size=2),
        tiny_quick=Settings(n_epochs=4, batch_size=2, learning_rate_multiplier=3),
        real=Settings(n_epochs=1, batch_size=4),
        real_quick=Settings(n_epochs=1, batch_size=2),
        held_out=data_path("limericks_held_out.jsonl"),
        ways=WAYS,
        slots=lambda row: [str(fact) for fact in facts_of(row)],
        table=TABLE,
        own_probes=lambda rows: element_probes(
            {about.number: about.name for about in map(facts_of, rows[:16])}, rows[0]["messages"][0]
        ),
    )
