"""`check`, `hint` and `solution` as a learner calls them, and what is counted."""

import pytest
from solving import EXERCISES

from helpers import exercises
from helpers.exercises.kept import Tried, read_kept


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))


def final(status):
    return status in ("succeeded", "failed", "cancelled")


def test_a_blank_prints_one_line_and_leaves_no_file(tmp_path, capsys):
    exercises.check("04.1", ...)

    assert capsys.readouterr().out.count("\n") == 1
    assert list(tmp_path.rglob("exercises.json")) == []


def test_attempts_are_counted_up_to_the_first_right_one(capsys):
    for attempt in (lambda status: True, "no function", final, lambda status: True):
        exercises.check("04.1", attempt)

    assert read_kept().exercises == {"04.1": Tried(tries=3, right=True, hints=0, solution_seen=False)}


def test_a_hint_shows_no_solution_and_a_solution_that_was_seen_is_remembered(capsys):
    exercises.hint("04.2")
    told = capsys.readouterr().out
    exercises.solution("04.2")
    shown = capsys.readouterr().out

    assert told == f"04.2: {EXERCISES['04.2'].hint}\n"
    assert shown == 'prediction = "b"\n'
    assert read_kept().exercises == {"04.2": Tried(tries=0, right=False, hints=1, solution_seen=True)}


def test_a_solution_that_is_looked_at_after_the_right_answer_changes_nothing(capsys):
    exercises.check("04.2", "b")
    exercises.solution("04.2")

    assert read_kept().exercises == {"04.2": Tried(tries=1, right=True, hints=0, solution_seen=False)}


def test_progress_that_cannot_be_kept_stops_no_lesson(tmp_path, capsys):
    (tmp_path / "my-run").mkdir()
    (tmp_path / "my-run" / "exercises.json").write_text('{"exercises": 3}', encoding="utf-8")

    exercises.check("04.2", "b")

    right, lost = capsys.readouterr().out.splitlines()
    assert right.startswith("04.2: right.")
    assert lost.startswith("Your progress was not kept. ")
    assert lost.endswith("Move it away; a new one is begun.")
