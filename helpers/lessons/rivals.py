"""What a fine-tuned model has to beat: the same base model with a better prompt. All get the same questions.

Two things can be missing in a prompt: how an answer should look, and what it should say. Solved examples
show the first; a search brings the second. Where a lesson looks facts up in a table, `base`, `few_shot` and
`few_shot_10` ask without them, and the others with what was found. Where it has no table, a search brings the
solved training rows that are most like the question.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from helpers.lessons.retrieval import Index
from helpers.lessons.ways import Row, conversation, question

Messages = list[dict[str, str]]

NEAREST = 3
"""Solved rows that a search brings; as many as the short prompt with examples has."""


@dataclass(frozen=True)
class Rival:
    """One model with one kind of prompt.

    Attributes:
        name: A short name, such as "few_shot".
        meaning: What is sent, as a few words.
        fine_tuned: True: it asks the fine-tuned model; False: the base model.
        messages: Takes a row and returns the messages to send.
    """

    name: str
    meaning: str
    fine_tuned: bool
    messages: Callable[[Row], Messages]


@dataclass(frozen=True)
class Table:
    """Facts that a lesson's questions need, and where they are looked up.

    Attributes:
        bare: Takes a row; returns it with its question as a user types it, without facts.
        texts: Returns what is searched, one text per entry of the table.
        facts: Takes the place of an entry; returns its facts, as the rows of the lesson write them.
    """

    bare: Callable[[Row], Row]
    texts: Callable[[], Sequence[str]]
    facts: Callable[[int], str]


def rivals(
    train: Sequence[Row], group: Callable[[Row], str], table: Table | None, seed: int | None = None
) -> list[Rival]:
    """Return the ways to ask that are compared; see `Lesson.rivals`.

    Args:
        train: The training rows, at least one.
        group: Names what a row is about.
        table: Where facts are looked up; None without such a table.
        seed: See `examples`.
    """
    few, many = (examples(train, group, count, seed) for count in (3, 10))
    if table is None:
        index = Index([_asked(row) for row in train])

        def near(row: Row) -> Messages:
            # The nearest one stands last, beside the question.
            return with_examples(row, [train[place] for place in index.nearest(_asked(row), NEAREST)][::-1])

        return [
            Rival("base", "the question", False, question),
            Rival("few_shot", "3 solved examples", False, lambda row: with_examples(row, few)),
            Rival("few_shot_10", "10 solved examples", False, lambda row: with_examples(row, many)),
            Rival("retrieval", f"the {NEAREST} solved examples that are most like it", False, near),
            Rival("fine_tuned", "the question", True, question),
        ]
    bare, found = table.bare, lookup(table)
    bare_few, bare_many = ([bare(row) for row in some] for some in (few, many))
    return [
        Rival("base", "the bare question", False, lambda row: question(bare(row))),
        Rival("few_shot", "3 examples, no facts", False, lambda row: with_examples(bare(row), bare_few)),
        Rival("few_shot_10", "10 examples, no facts", False, lambda row: with_examples(bare(row), bare_many)),
        Rival("retrieval", "facts looked up", False, lambda row: question(found(row))),
        Rival(
            "few_shot_retrieval",
            "3 examples with facts, facts looked up",
            False,
            lambda row: with_examples(found(row), few),
        ),
        Rival("fine_tuned", "facts looked up", True, lambda row: question(found(row))),
    ]


def examples(train: Sequence[Row], group: Callable[[Row], str], count: int, seed: int | None) -> list[Row]:
    """Choose solved examples for a prompt, one per group.

    Args:
        train: The training rows.
        group: Names what a row is about.
        count: How many; fewer where there are not as many groups.
        seed: Draws groups; without it, the first ones.
    """
    first: dict[str, Row] = {}
    for row in train:
        first.setdefault(group(row), row)
    rows = list(first.values())
    return rows[:count] if seed is None else random.Random(seed).sample(rows, min(count, len(rows)))


def with_examples(row: Row, shown: Iterable[Row]) -> Messages:
    """Return a row's question after solved examples: system prompt, examples, question.

    Args:
        row: A row with a system prompt.
        shown: Solved rows; their system prompts are left out.
    """
    system, *asked = question(row)
    return [system, *(message for each in shown for message in conversation(each)[1:]), *asked]


def lookup(table: Table) -> Callable[[Row], Row]:
    """Return a function that looks the facts of a row's bare question up, and writes them below it.

    Args:
        table: Where the facts are.
    """
    index = Index(table.texts())

    def found(row: Row) -> Row:
        bare = table.bare(row)
        if not (places := index.nearest(_asked(bare))):
            return bare  # No entry shares a word with the question: nothing is found, and nothing is made up.
        *before, user, answer = bare["messages"]
        asked = {**user, "content": f"{user['content']}\n{table.facts(places[0])}"}
        return {**bare, "messages": [*before, asked, answer]}

    return found


def _asked(row: Row) -> str:
    """What the user says in a row."""
    return "\n".join(message["content"] for message in row["messages"] if message["role"] == "user")
