"""Exercises about who is right, prices and columns: each attempt runs in the notebook's own cell."""

import pytest
from solving import EXERCISES, said

from finetune_dataset.jsonlines import read_jsonl
from helpers import lessons, own_data
from helpers.paths import data_path
from helpers.stored_json import read_json

ELLE = lessons.open_lesson("elle")
TABLE = own_data.read_table(data_path("own_example.csv"))
RECORDED = data_path("sample_runs", "elle")
# What the notebooks have set before the cells.
NOTEBOOK = {
    "05.2": {
        "lesson": ELLE,
        "predictions": read_jsonl(RECORDED / "05_predictions.jsonl"),
        "records": read_json(RECORDED / "05_rivals.json", dict, way_out="", error=AssertionError)["rivals"],
    },
    "05b.1": {},
    "10.2": {"table": TABLE, "columns": own_data.choose_columns(TABLE)},
}


def groups(result: str) -> str:
    return f"""
best = max((r for r in records if r["model"] != "fine_tuned"), key=lambda record: record["all"])["model"]
right = {{record["model"]: set() for record in records}}
for p in predictions:
    if all(score.check(p["text"], p) == 1 for score in lesson.scores):
        right[p["model"]].add(p["group"])
tuned, rival, base = right["fine_tuned"], right[best], right["base"]
only_tuned = {result}
"""


def usd(result: str) -> str:
    return f"def usd_per_1000(prompt, answer, price_in, price_out):\n    return {result}"


# Exercise → a typical wrong answer → the mistake that it shows.
WRONG = {
    "05.2": {
        groups("rival - tuned"): "reversed",
        groups("tuned ^ rival"): "both",
        groups("tuned"): "all_right",
        groups("set()"): "other",
    },
    "05b.1": {
        usd("(prompt * price_in + answer * price_out) / 1_000_000"): "one_request",
        usd("prompt * price_in + answer * price_out"): "million",
        usd("(prompt + answer) * price_in / 1_000"): "one_price",
        usd("prompt * price_in / 1_000"): "no_answer",
        usd("(prompt * price_out + answer * price_in) / 1_000"): "swapped",
        usd("1"): "other",
    },
    "10.2": {
        'better = "question"': "question",
        'better = "question+answer"': "answer",
        'better = "facts"': "facts",
    },
}


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


def test_a_column_that_is_not_there_is_named_with_those_that_are():
    printed = said("10.2", 'better = "question, facts"', **NOTEBOOK["10.2"])

    assert printed.endswith(
        "no column is called 'question, facts'; the table has 'question', 'facts', 'answer'."
    )
