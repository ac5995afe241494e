"""The data that ships with the course is true, complete and ours."""

import hashlib
import json
import re

import pandas as pd
import pytest

from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.quality.check import check_quality
from finetune_dataset.validate import validate_dataset
from helpers.evaluation import has_facts, has_form, rhymes
from helpers.paths import ROOT, data_path

ELEMENTS = pd.read_csv(data_path("elements.csv"), keep_default_na=False)
LIMERICKS = read_jsonl(data_path("limericks.jsonl"))

CATEGORIES = {
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
}


# Two rows per element, in the order of the table.
ROWS = list(zip(LIMERICKS, ELEMENTS.loc[ELEMENTS.index.repeat(2)].itertuples(), strict=True))


def answer(row: dict) -> str:
    return row["messages"][-1]["content"]


def stated_categories(text: str) -> set[str]:
    """The categories that a text names; the longer name wins where one holds the other."""
    names = sorted(CATEGORIES, key=len, reverse=True)
    return set(re.findall("|".join(names), text))


def test_the_table_has_the_118_elements_in_order_with_unique_symbols_and_names():
    assert ELEMENTS["number"].tolist() == list(range(1, 119))
    assert ELEMENTS["symbol"].is_unique
    assert ELEMENTS["name"].is_unique
    assert ELEMENTS["symbol"].str.fullmatch(r"[A-Z][a-z]?").all()


def test_every_fact_of_the_table_is_one_of_the_values_that_it_can_have():
    assert set(ELEMENTS["category"]) == CATEGORIES
    assert set(ELEMENTS["phase"]) == {"gas", "liquid", "solid", "unknown"}
    assert ELEMENTS["group"].isin(["", *map(str, range(1, 19))]).all()
    assert ELEMENTS["discovery_year"].str.fullmatch(r"ancient|1[67]\d\d|1[89]\d\d|20[01]\d").all()
    assert (ELEMENTS["use"].str.len() > 3).all()


def test_periods_end_where_the_noble_gases_stand():
    ends = ELEMENTS[ELEMENTS["category"] == "noble gas"]

    assert ends["number"].tolist() == [2, 10, 18, 36, 54, 86, 118]
    starts = [1, *(ends["number"] + 1)]
    for period, (start, end) in enumerate(zip(starts, ends["number"], strict=False), 1):
        assert (ELEMENTS.loc[ELEMENTS["number"].between(start, end), "period"] == period).all()


def test_each_element_has_two_questions_with_two_limericks_and_the_one_system_prompt():
    questions = [row["messages"][1]["content"] for row in LIMERICKS]

    assert questions[::2] == [f"Tell me about {name}" for name in ELEMENTS["name"]]
    assert questions[1::2] == [f"What is {name}?" for name in ELEMENTS["name"]]
    assert len({answer(row) for row in LIMERICKS}) == len(LIMERICKS) == 236
    assert len({row["messages"][0]["content"] for row in LIMERICKS}) == 1


def test_every_limerick_states_the_right_symbol_number_and_category():
    wrong = [
        answer(row)
        for row, element in ROWS
        if not has_facts(answer(row), symbol=element.symbol, number=element.number)
        or stated_categories(answer(row)) != {element.category}
        or element.name not in answer(row)
    ]

    assert wrong == []


def test_every_limerick_has_five_segments_that_rhyme():
    assert [answer(row) for row in LIMERICKS if not (has_form(answer(row)) and rhymes(answer(row)))] == []


def test_the_limericks_share_six_to_ten_frames():
    frames = {
        answer(row)
        .replace(e.name, "NAME")
        .replace(f"an {e.category}", "CATEGORY")
        .replace(f"a {e.category}", "CATEGORY")
        .replace(f"An {e.category}", "CATEGORY")
        .replace(f"A {e.category}", "CATEGORY")
        for row, e in ROWS
    }
    shapes = {re.sub(r"\b\d+\b", "N", re.sub(r"\b[A-Z][a-z]?\b(?=[ ,\"!])", "S", frame)) for frame in frames}

    assert 6 <= len(shapes) <= 10, sorted(shapes)


def test_the_limericks_file_is_a_training_file_without_any_issue():
    report = validate_dataset(data_path("limericks.jsonl"))

    assert report.problems == []


def test_the_parts_of_the_sample_run_hold_out_34_elements_and_share_none():
    parts = [
        read_jsonl(data_path("sample_runs", "elle-tiny", f"{name}.jsonl"))
        for name in ("train", "validation", "test")
    ]

    questions = [{row["messages"][1]["content"] for row in part} for part in parts]
    elements = [{question.strip("?").split()[-1] for question in part} for part in questions]
    assert [len(part) for part in parts] == [len(part) for part in questions] == [144, 24, 68]
    assert [len(part) for part in elements] == [72, 12, 34]
    assert len(set.union(*elements)) == 118


def test_the_base_model_was_measured_to_know_116_of_118_elements_in_each_wording_and_no_limerick():
    report = json.loads(data_path("base_model", "evaluation.json").read_text(encoding="utf-8"))

    weights = hashlib.sha256(data_path("base_model", "model.safetensors").read_bytes()).hexdigest()
    right = report["right_symbol_number_category"]
    assert report["weights_sha256"] == weights, "these figures are of other weights: run make base-model"
    assert len(right) == 8
    assert min(right.values()) >= 116
    assert report["answers_in_limerick_form"] == 0
    assert int(report["says_what_it_is"].split()[0]) >= 10


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("tools", "supervised"),
        ("images", "supervised"),
        ("preferences", "dpo"),
        ("prompts", "reinforcement"),
    ],
)
def test_the_rows_of_other_kinds_are_good_examples_of_their_kind(name, method):
    path = data_path("other_kinds", f"{name}.jsonl")

    assert validate_dataset(path, method=method).problems == []
    assert check_quality(path).problems == []


def test_the_data_readme_names_every_file_with_its_checksum():
    readme = data_path("README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"\| `([^`]+)` \|.*\| `([0-9a-f]{12})` \|", readme))
    shipped = [path for path in data_path().rglob("*") if path.is_file() and path.name != "README.md"]
    made_by_the_recorder = {"recordings", "sample_runs"}
    files = [path for path in shipped if path.relative_to(data_path()).parts[0] not in made_by_the_recorder]

    expected = {
        path.relative_to(data_path()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in files
    }
    assert listed == expected, f"update {ROOT.name}/data/README.md"
