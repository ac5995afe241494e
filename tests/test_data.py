"""The data that ships with the course is true, complete and ours."""

import hashlib
import json
import re
from collections import Counter

import pandas as pd
import pytest
from limericks import EXCEPTIONS, FIRST, FRAMES, HELD_OUT_FRAME, limerick
from metre import scans

from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.quality.check import check_quality
from finetune_dataset.validate import validate_dataset
from helpers.evaluation import has_form, rhymes
from helpers.lessons import open_lesson
from helpers.lessons.elle import CATEGORIES, elle, facts_of, has_all_facts
from helpers.paths import ROOT, data_path

ELEMENTS = pd.read_csv(data_path("elements.csv"), keep_default_na=False)
LIMERICKS = read_jsonl(data_path("limericks.jsonl"))

HELD_OUT = read_jsonl(data_path("limericks_held_out.jsonl"))
# Two rows per element and one, in the order of the table.
ROWS = [
    *zip(LIMERICKS, ELEMENTS.loc[ELEMENTS.index.repeat(2)].itertuples(), strict=True),
    *zip(HELD_OUT, ELEMENTS.itertuples(), strict=True),
]


def answer(row: dict) -> str:
    return row["messages"][-1]["content"]


def question(row: dict) -> str:
    return row["messages"][1]["content"]


def test_the_table_has_the_118_elements_in_order_with_unique_symbols_and_names():
    assert ELEMENTS["number"].tolist() == list(range(1, 119))
    assert ELEMENTS["symbol"].is_unique
    assert ELEMENTS["name"].is_unique
    assert ELEMENTS["symbol"].str.fullmatch(r"[A-Z][a-z]?").all()


def test_every_fact_of_the_table_is_one_of_the_values_that_it_can_have():
    assert set(ELEMENTS["category"]) == set(CATEGORIES)
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


def test_each_question_holds_the_facts_of_its_element_and_the_wordings_take_turns():
    trained, held_out = ([question(row).partition("\n")[0] for row in rows] for rows in (LIMERICKS, HELD_OUT))
    names = ELEMENTS["name"].repeat(2).tolist()

    assert [facts_of(row) for row, _ in ROWS] == [(e.name, e.symbol, e.number, e.category) for _, e in ROWS]
    wordings = Counter(text.replace(name, "X") for text, name in zip(trained, names, strict=True))
    assert set(wordings) == {"Tell me about X.", "What is X?", "Describe X."}
    assert min(wordings.values()) >= 78
    assert held_out == [f"Say something about {name}." for name in ELEMENTS["name"]]


def test_no_two_limericks_are_equal_and_all_have_the_one_system_prompt():
    assert len({answer(row) for row, _ in ROWS}) == len(ROWS) == 236 + 118
    assert len({row["messages"][0]["content"] for row, _ in ROWS}) == 1


def test_every_limerick_states_the_right_name_symbol_number_and_category():
    wrong = [
        answer(row) for row, e in ROWS if not has_all_facts(answer(row), row) or e.name not in answer(row)
    ]

    assert wrong == []


def test_every_limerick_has_five_segments_that_rhyme():
    assert [answer(row) for row, _ in ROWS if not (has_form(answer(row)) and rhymes(answer(row)))] == []


def test_every_limerick_has_the_stresses_of_one_but_those_of_three_elements():
    off_beat = {
        e.name
        for row, e in ROWS
        if not all(
            scans(line, symbol=e.symbol, category=e.category, short=place in (2, 3))
            for place, line in enumerate(answer(row).split(" - "))
        )
    }

    assert off_beat == set(EXCEPTIONS) == {"Antimony", "Praseodymium", "Tungsten"}


def test_every_limerick_is_a_filled_frame_and_the_first_of_an_element_one_of_three():
    elements = ELEMENTS.astype({"number": str}).to_dict("records")
    filled = [[limerick(frame, element) for frame in FRAMES] for element in elements]
    frames = [
        [filled[place].index(answer(row)) for row in LIMERICKS[2 * place : 2 * place + 2]]
        for place in range(len(elements))
    ]

    uses = Counter(frame for two in frames for frame in two)
    assert all(one != other and one < FIRST for one, other in frames)
    assert len(uses) == len(FRAMES) == 13
    assert min(uses.values()) >= 10
    assert [answer(row) for row in HELD_OUT] == [limerick(HELD_OUT_FRAME, element) for element in elements]


def test_the_end_rhymes_of_the_frames_are_all_different_and_those_of_the_held_out_frame_too():
    lines = [limerick(frame, ELEMENTS.astype({"number": str}).iloc[0]) for frame in (*FRAMES, HELD_OUT_FRAME)]
    # Hydrogen has no poem in the frame for metals, which ends on "tea" and "kettle".
    ends = [re.findall(r"(\w+)\W*$", line)[0] for text in lines if text for line in text.split(" - ")[1:3]]

    assert len(ends) == len(set(ends)) == 2 * 13


@pytest.mark.parametrize("name", ["limericks.jsonl", "limericks_held_out.jsonl"])
def test_the_files_of_limericks_are_training_files_without_any_issue(name):
    assert validate_dataset(data_path(name)).problems == []


def test_nothing_of_the_held_out_rows_is_in_the_main_file():
    lesson = open_lesson("elle")
    questions = {question(row).partition("\n")[0] for row in LIMERICKS}

    assert {question(row).partition("\n")[0] for row in HELD_OUT}.isdisjoint(questions)
    assert max(lesson.likeness(answer(row), row, LIMERICKS) for row in HELD_OUT[::30]) < 0.7


def test_the_parts_of_the_sample_run_hold_out_34_elements_and_share_none():
    parts = [
        read_jsonl(data_path("sample_runs", "elle-tiny", f"{name}.jsonl"))
        for name in ("train", "validation", "test")
    ]

    questions = [{row["messages"][1]["content"] for row in part} for part in parts]
    elements = [{elle().group(row) for row in part} for part in parts]
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


def test_the_questions_about_other_things_have_right_answers_and_none_of_them_is_in_a_training_file():
    questions = pd.read_csv(data_path("off_topic.csv"))

    assert len(questions) == questions["question"].nunique() == 12
    assert questions["accepted"].str.fullmatch(r"[A-Za-z0-9]+(;[A-Za-z0-9]+)*").all()
    rows = "".join(path.read_text(encoding="utf-8") for path in data_path().glob("*.jsonl"))
    assert [question for question in questions["question"] if question in rows] == []


def test_the_data_readme_names_every_file_with_its_checksum():
    readme = data_path("README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"\| `([^`]+)` \|.*\| `([0-9a-f]{12})` \|", readme))
    shipped = [path for path in data_path().rglob("*") if path.is_file() and path.name != "README.md"]
    made_by_programs = {"recordings", "sample_runs", "measured"}
    files = [path for path in shipped if path.relative_to(data_path()).parts[0] not in made_by_programs]

    expected = {
        path.relative_to(data_path()).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in files
    }
    assert listed == expected, f"update {ROOT.name}/data/README.md"
