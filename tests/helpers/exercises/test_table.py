"""The progress page says what was seen, as a table and as lines."""

import pytest

from helpers import exercises
from helpers.errors import FineTuneError
from helpers.exercises.texts import all_texts


@pytest.fixture(autouse=True)
def own_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))


def test_a_new_run_has_every_notebook_and_nothing_attempted():
    rows = exercises.progress().rows

    assert [row[0] for row in rows] == [texts.notebook for texts in all_texts().values()]
    assert rows[0] == ("00_start", "00.1 –, 00.2 –", "0 of 5 right, 0 answered")


def test_the_table_shows_what_was_right_and_what_was_helped():
    exercises.check("04.1", lambda status: True)
    exercises.solution("04.2")
    exercises.check("04.2", "b")
    exercises.answer("04", 1, "b")
    exercises.answer("04", 1, "a")
    exercises.answer("04", 2, "a")

    page = exercises.progress("04")

    assert page.rows == [("04_monitor", "04.1 ✗, 04.2 (✓)", "1 of 5 right, 2 answered")]
    assert str(page).splitlines()[1] == "04_monitor  04.1 ✗, 04.2 (✓)  1 of 5 right, 2 answered"
    assert '<td style="text-align:left">04.1 ✗, 04.2 (✓)</td>' in page._repr_html_()


def test_a_notebook_without_exercises_is_refused():
    with pytest.raises(FineTuneError, match="No exercises for the notebook '4'"):
        exercises.progress("4")
