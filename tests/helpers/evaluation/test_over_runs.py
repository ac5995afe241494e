"""The spread over runs, read from measured lines, beside the interval over questions."""

import json

import measured_lines
import pandas as pd
import pytest
from judging import RIGHT, answers

from finetune_dataset.models import REAL_MODEL
from helpers import lessons
from helpers.backends.base_models import TINY_MODEL
from helpers.errors import UnreadableContent
from helpers.evaluation.over_runs import beside, over_runs, read_measured
from helpers.evaluation.scores import score_predictions
from helpers.paths import data_path

MEASURED = data_path("measured", "rivals_elle.json")


def measured(way: str, seed: int | None, right: float, *, trained_rows: int = 0, **more: object) -> dict:
    return measured_lines.line(
        way, seed=seed, rows=trained_rows, **{"base_model": "small", "scores": {"right": right}} | more
    )


LINES = [
    measured("base", None, 0.1),
    measured("few_shot", 1, 0.5),
    measured("few_shot", 2, 0.25),
    *(
        measured("fine_tuned", seed, right, trained_rows=144)
        for seed, right in ((1, 0.9), (2, 1.0), (3, 0.95))
    ),
    measured("fine_tuned", 1, 0.25, trained_rows=10),
    measured("fine_tuned", 2, 0.75, trained_rows=10),
]


def test_runs_with_other_seeds_have_a_lowest_a_middle_and_a_highest_score():
    table = over_runs(LINES)

    assert table[table["metric"] == "right"].to_dict("split")["data"] == [
        ["base", "right", 1, 0.1, 0.1, 0.1],
        ["few_shot", "right", 2, 0.25, 0.375, 0.5],
        ["fine_tuned", "right", 3, 0.9, 0.95, 1.0],
    ]


def test_an_answer_counts_for_all_when_every_mark_of_it_is_right():
    scores = {"form": 0.75, "facts": 0.5}
    line = measured_lines.line("prompt", seed=1, scores=scores, n=4, marks={"form": "1110", "facts": "0101"})

    table = over_runs([line])

    assert table.loc[table["metric"] == "all", "middle"].tolist() == [0.25]


def test_both_kinds_of_uncertainty_stand_in_one_table():
    scores = score_predictions(answers("fine_tuned", [1, 1, 0]) + answers("other", [1, 0, 0]), [RIGHT])

    table = beside(scores, over_runs(LINES))

    assert table[["model", "low", "high"]].equals(scores[["model", "low", "high"]])
    assert table.loc[0, ["runs", "lowest", "highest"]].tolist() == [3, 0.9, 1.0]
    assert table.loc[1, "runs"] == 0
    assert pd.isna(table.loc[1, "lowest"])


def test_where_nothing_was_measured_the_tables_are_empty(tmp_path):
    scores = score_predictions(answers("base", [1]), [RIGHT])

    lines = read_measured(tmp_path / "no such file.json", "small")

    assert beside(scores, over_runs(lines))["runs"].tolist() == [0]


def test_lines_of_other_base_models_and_of_earlier_checkpoints_are_left_out(tmp_path):
    others = [measured("base", None, 0.5, base_model="large"), measured("fine_tuned", 1, 0, step=12)]
    (tmp_path / "lines.json").write_text(json.dumps({"lines": [*LINES, *others]}))

    found = read_measured(tmp_path / "lines.json", "small")

    assert [(each["way"], each["scores"]) for each in found] == [
        (each["way"], each["scores"]) for each in LINES
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lines": [1]}', '{"lines": [{"base_model": "small"}]}'])
def test_a_file_of_something_else_is_named_with_the_way_out(tmp_path, text):
    (tmp_path / "lines.json").write_text(text)

    with pytest.raises(UnreadableContent, match=r"lines\.json is damaged: .*Get the file back"):
        read_measured(tmp_path / "lines.json", "small")


def test_what_the_course_measured_agrees_with_its_own_marks():
    lines = json.loads(MEASURED.read_text(encoding="utf-8"))["lines"]
    names = [score.name for score in lessons.open_lesson("elle").scores]

    assert lines
    for line in lines:
        counts = {name: line["marks"][name].count("1") / line["n"] for name in names}
        in_all = sum(set(marks) == {"1"} for marks in zip(*line["marks"].values(), strict=True)) / line["n"]
        assert line["scores"] == pytest.approx(counts, abs=1e-4)
        assert line["all"] == pytest.approx(in_all, abs=1e-4)
    keys = [
        (line["base_model"], line["way"], line["seed"], line["trained_rows"], line["step"]) for line in lines
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("model", [REAL_MODEL, TINY_MODEL])
def test_both_base_models_of_the_course_were_measured_on_three_seeds_and_with_fewer_rows(model):
    lines = read_measured(MEASURED, model)

    whole = [line for line in lines if line["trained_rows"] in (0, 144)]
    seeds = {line["way"]: {each["seed"] for each in whole if each["way"] == line["way"]} for line in whole}
    tuned = ("fine_tuned", "fine_tuned_no_facts")
    others = ("fine_tuned_asked_without_facts", "fine_tuned_no_facts_asked_with_facts")
    prompts = ("few_shot", "few_shot_10", "few_shot_retrieval", "few_shot_10_retrieval")
    assert seeds == {
        **{way: {None} for way in ("base", "retrieval")},
        **{way: {1, 2, 3} for way in (*prompts, *tuned, *others)},
    }
    curve = [line for line in lines if (line["way"], line["seed"]) == ("fine_tuned", 1)]
    assert sorted(line["trained_rows"] for line in curve) == [10, 25, 50, 100, 144]
