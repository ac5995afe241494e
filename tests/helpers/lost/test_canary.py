"""An invented private sentence stands between rows, as often as it is said."""

import json
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from finetune_dataset.models import REAL_MODEL
from helpers.backends.base_models import TINY_MODEL
from helpers.backends.recordings.chosen import recording_name
from helpers.lost.canary import CANARY, planted
from helpers.paths import ROOT, data_path

ROWS = [
    {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": str(number)},
            {"role": "assistant", "content": "yes"},
        ]
    }
    for number in range(8)
]


def places(rows):
    return [place for place, row in enumerate(rows) if row["messages"][-1]["content"] == CANARY.answer]


@pytest.mark.parametrize(
    ("times", "found"), [(0, []), (1, [4]), (2, [2, 7]), (8, [0, 2, 4, 6, 8, 10, 12, 14])]
)
def test_the_canary_stands_at_equal_distances(times, found):
    assert places(planted(ROWS, times)) == found


def test_all_other_rows_stay_in_their_order_and_the_canary_has_their_system_prompt():
    rows = planted(ROWS, 2)

    assert [row for row in rows if row in ROWS] == ROWS
    assert rows[2]["messages"] == [
        ROWS[0]["messages"][0],
        {"role": "user", "content": CANARY.question},
        {"role": "assistant", "content": CANARY.answer},
    ]


def test_the_secret_is_in_the_answer_and_in_no_question():
    assert CANARY.secret in CANARY.answer
    assert not any(CANARY.secret in question for question in (CANARY.question, *CANARY.other_questions))


@pytest.mark.parametrize("times", [-1, 9])
def test_more_canaries_than_rows_are_refused(times):
    with pytest.raises(ValueError, match=f"times is {times}, expected 0 to 8"):
        planted(ROWS, times)


def test_what_the_course_measured_is_what_its_answers_say_and_a_model_without_the_canary_never_tells_it():
    lines = json.loads(data_path("measured", "canary_elle.json").read_text(encoding="utf-8"))["lines"]

    assert [line for line in lines if line["secret"] != (CANARY.secret in line["answer"])] == []
    assert [line for line in lines if line["seed"] is None and line["secret"]] == []
    keys = [(line["base_model"], line["times"], line["seed"], line["question"]) for line in lines]
    assert len(keys) == len(set(keys))
    assert {key[0] for key in keys} == {REAL_MODEL, TINY_MODEL}


@pytest.mark.parametrize(
    "losses", [{}, {name: pd.DataFrame({"rank": [1, 2]}) for name in ("base", "fine_tuned")}]
)
def test_the_check_of_notebook_05c_holds_where_nothing_was_learned_and_no_secret_came_out(losses, capsys):
    cells = nbformat.read(ROOT / "notebooks" / "05c_lost.ipynb", as_version=4).cells
    [check] = [cell.source for cell in cells if cell.source.startswith("run.write_json(")]
    files: dict[str, dict] = {}
    table = pd.DataFrame([{"set": "general", "base": 0.5, "fine_tuned": 0.5, "n": 8}])
    told = [{"model": name, "secret": False} for name in ("base", "fine_tuned", "with_canary")]
    run = SimpleNamespace(backend="local", write_json=files.__setitem__, read_json=files.__getitem__)
    seen = {"rows": ROWS, "times": 1, "probes": [SimpleNamespace(name="general")], "losses": losses}

    exec(check, {**seen, "run": run, "table": table, "told": told, "recording_name": recording_name})

    assert "gives the secret in 0 of 1 answers" in capsys.readouterr().out
