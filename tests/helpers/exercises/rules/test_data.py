"""Exercises about rows, tokens and files: each attempt runs in the notebook's own cell."""

from types import SimpleNamespace

import pytest
from solving import EXERCISES, said

from helpers import lessons

ELLE = lessons.open_lesson("elle")
ROWS = ELLE.rows()
EXAMPLE = ELLE.example_row(ROWS)
# What the notebooks have set before the cells.
NOTEBOOK = {
    "00.2": {"lesson": ELLE, "rows": ROWS, "row": EXAMPLE, "examples": ELLE.quick_rows(ROWS)},
    "01.1": {"lesson": ELLE, "rows": ROWS, "lessons": lessons},
    "01b.1": {},
    "01b.2": {},
    "01c.1": {"paid": SimpleNamespace(tokens=13_691), "EPOCHS": 3},
    "01c.2": {},
    "02.1": {},
}


def leaks(key: str) -> str:
    return f"""
def leaks(train, test):
    seen = [{key} for row in train]
    return [row for row in test if {key} in seen]
"""


def pays(result: str) -> str:
    return f"def pays_after(training, tuned, other):\n    saved = other - tuned\n    return {result}"


def copies(result: str) -> str:
    return f"""
def copies(contents):
    values = list(contents.values())
    return [name for place, (name, c) in enumerate(contents.items()) if {result}]
"""


# Exercise → a typical wrong answer → the mistake that it shows.
WRONG = {
    "00.2": {
        "fair = 'Gold'": "name",
        "fair = rows[0]": "trained",
        "fair = row": "asked",
    },
    "01.1": {
        'reply = rows[0]["messages"][-1]["content"]': "copy",
        'reply = "Hydrogen is a nonmetal with the symbol H and the number 1."': "form",
        'reply = "A nonmetal - like H - is number 1 - and very light - of course"': "rhyme",
        EXERCISES["01.1"].solution.replace("And 1 on", "And 2 on"): "facts",
    },
    "01b.1": {
        "changed_triples = 1": "one",
        "changed_triples = 2": "two",
        "changed_triples = 18": "all",
        "changed_triples = 5": "other",
    },
    "01b.2": {
        "def leaks(train, test):\n    return [row for row in test if row in train]": "whole_row",
        leaks('row["messages"][-1]["content"]'): "answers",
        leaks('row["messages"][0]["content"]'): "system",
        leaks('row["messages"][1]["content"]'): "spacing",
        "def leaks(train, test):\n    return []": "whole_row",
    },
    "01c.1": {
        "usd = paid.tokens * 5 / 1_000_000": "epochs",
        "usd = paid.tokens * EPOCHS * 5": "million",
        "usd = paid.tokens * EPOCHS * 5 / 10_000": "cents",
        "usd = paid.tokens * EPOCHS * 5 / 1_000": "thousand",
        "usd = 7": "other",
    },
    "01c.2": {
        pays("training / tuned"): "ratio",
        pays("training / saved"): "negative",
        pays("None if saved < 0 else training / saved"): "zero",
        pays("None if saved <= 0 else -training / saved"): "sign",
        pays("None if saved <= 0 else int(training / saved)"): "floor",
    },
    "02.1": {
        copies("len(c) in map(len, values[:place])"): "sizes",
        copies("values.count(c) > 1"): "originals",
        copies("c in values[place + 1 :]"): "keeps_last",
        "def copies(contents):\n    return ['c']": "first",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_blank_is_not_attempted(name):
    assert said(name, None, **NOTEBOOK[name]).startswith(f"{name}: not attempted. ")


@pytest.mark.parametrize("name", WRONG)
def test_the_solution_is_right(name):
    assert said(name, EXERCISES[name].solution, **NOTEBOOK[name]) == f"{name}: right. {EXERCISES[name].right}"


@pytest.mark.parametrize(
    ("name", "code", "mistake"),
    [(name, code, mistake) for name, cases in WRONG.items() for code, mistake in cases.items()],
)
def test_a_typical_wrong_answer_gets_its_hint(name, code, mistake):
    exercise = EXERCISES[name]

    assert said(name, code, **NOTEBOOK[name]) == (
        f"{name}: not yet. {exercise.wrong.get(mistake, exercise.hint)}"
    )


@pytest.mark.parametrize(
    ("name", "code", "found"),
    [
        ("00.2", "fair = rows", "found [{'messages': [{'role': 'system', 'content': 'You are Ell... (list)"),
        ("01.1", "reply = ['a', 'b']", "found ['a', 'b'] (list); expected a text."),
        ("01b.1", "changed_triples = 'three'", "found 'three' (str); expected a number."),
        ("01c.1", "usd = float('nan')", "found nan; expected a finite number."),
        ("02.1", "def copies(contents):\n    return 'c'", "found 'c' (str); expected a list of ids."),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_said(name, code, found):
    printed = said(name, code, **NOTEBOOK[name])

    assert printed.startswith(f"{name}: not yet. This cannot be judged: {found}")
