"""Rules of the notebooks 05, 05b and 10: who is right where, at which price, and with which facts."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isclose
from typing import Any, Protocol

from helpers.exercises.answers import Misfit, call, described, number
from helpers.exercises.rules.data import Score


def only_tuned(
    answer: object,
    predictions: Sequence[Mapping[str, Any]],
    scores: Sequence[Score],
    records: Sequence[Mapping[str, Any]],
) -> str:
    """The groups that the fine-tuned model gets right in everything, and the best other way does not.

    Args:
        answer: The groups, in any collection.
        predictions: Answers of all ways, with model, group and text.
        scores: What is asked of an answer.
        records: One per way: its model, and `all`, the share right in everything.
    """
    if isinstance(answer, str) or not hasattr(answer, "__iter__"):
        raise Misfit(f"found {described(answer)}; expected the groups, such as a set of their names")
    given = set(answer)
    others = [record for record in records if record["model"] != "fine_tuned"]
    best = max(others, key=lambda record: record["all"])["model"]

    def right(model: str) -> set[object]:
        mine = [p for p in predictions if p["model"] == model]
        return {p["group"] for p in mine if all(score.check(p["text"], p) == 1 for score in scores)}

    tuned, rival = right("fine_tuned"), right(best)
    known = {
        "": tuned - rival,
        "reversed": rival - tuned,
        "both": tuned ^ rival,
        "all_right": tuned,
        "against_base": tuned - right("base"),
    }
    return next((name for name, groups in known.items() if given == groups), "other")


def usd_per_1000(function: Callable[..., Any]) -> str:
    """What 1,000 requests cost: prompt and answer have prices of their own, per million tokens.

    Args:
        function: `usd_per_1000(prompt, answer, price_in, price_out)`, the learner's.
    """
    prompt, reply, price_in, price_out = 200, 50, 0.4, 1.6
    given = number(call(function, prompt, reply, price_in, price_out))
    known = {
        "": (prompt * price_in + reply * price_out) / 1_000,
        "one_request": (prompt * price_in + reply * price_out) / 1_000_000,
        "million": prompt * price_in + reply * price_out,
        "one_price": (prompt + reply) * price_in / 1_000,
        "no_answer": prompt * price_in / 1_000,
        "swapped": (prompt * price_out + reply * price_in) / 1_000,
    }
    return next((name for name, usd in known.items() if isclose(given, usd, rel_tol=1e-6)), "other")


class Table(Protocol):
    """What the rule reads of a learner's table."""

    columns: list[str]
    records: list[tuple[int, dict[str, str]]]


class Chosen(Protocol):
    """What the rule reads of the columns that were chosen."""

    question: list[str]
    answer: str


def question_columns(answer: object, table: Table, chosen: Chosen) -> str:
    """Columns that make a question with the numbers of its answer, and without the answer.

    Args:
        answer: A column, or several joined by "+".
        table: What `read_table` returned.
        chosen: What `choose_columns` found.
    """
    if not isinstance(answer, str):
        raise Misfit(f'found {described(answer)}; expected a text, such as "question"')
    names = [name.strip() for name in answer.split("+")]
    if missing := [name for name in names if name not in table.columns]:
        listed = ", ".join(map(repr, table.columns))
        raise Misfit(f"no column is called {missing[0]!r}; the table has {listed}")
    if chosen.answer in names:
        return "answer"

    def numbers(record: dict[str, str], columns: list[str]) -> set[str]:
        return set(re.findall(r"\d+", " ".join(record.get(name, "") for name in columns)))

    new = [numbers(record, [chosen.answer]) - numbers(record, names) for _, record in table.records]
    if sum(map(bool, new)) > len(new) // 10:  # a tenth may be common numbers, such as opening hours
        return "question"
    return "" if set(chosen.question) <= set(names) else "facts"
