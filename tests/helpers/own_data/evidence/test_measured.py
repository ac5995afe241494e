"""The numbers of a pair of models."""

from own_rows import notice_rows

from helpers.own_data.evidence.measured import COLUMNS, NOTHING, Measured
from helpers.own_data.plan import plan_job
from helpers.own_data.split import split_rows
from helpers.own_data.table.examples import answer_of, question_of

PLAN = plan_job(split_rows(notice_rows()), "smollm2-135m-instruct")
N = len(PLAN.sample)
PROSE = "Thank you for your question. I am happy to help with anything."


def measured(test, training):
    base = {("base", "test"): [PROSE] * 15, ("base", "training"): [PROSE] * N}
    return Measured(PLAN, {**base, ("fine_tuned", "test"): test, ("fine_tuned", "training"): training})


def test_right_answers_have_form_and_facts():
    found = measured([answer_of(row) for row in PLAN.test], [answer_of(row) for row in PLAN.sample])

    assert (found.form.base, found.form.fine_tuned, found.form.n) == (0, 1, 15)
    assert (found.answers.base, found.answers.fine_tuned, found.answers.n) == (0, 1, 15)
    assert round(found.answers.low, 2) == 0.8
    assert (found.repeated, found.repeated_new, found.trained_scores) == (N, 15, [1.0] * N)
    assert (found.copies, found.expected_copies, found.control) == (0, 0, 0)


def test_copies_of_trained_answers_are_counted():
    found = measured([answer_of(PLAN.training[0])] * 15, [PROSE] * N)

    assert (found.copies, found.answers.fine_tuned, found.form.fine_tuned) == (15, 0, 1)


def test_the_answers_stand_side_by_side():
    found = measured([question_of(row) for row in PLAN.test], [PROSE] * N)

    assert list(found.table.columns) == COLUMNS
    assert tuple(found.table.iloc[0][["base", "form", "right"]]) == (PROSE, False, 0)


def test_repeated_questions_and_one_text_for_all_are_counted():
    echo = measured([question_of(row) for row in PLAN.test], [PROSE] * N)
    one = measured([answer_of(PLAN.training[0])] * 14 + [PROSE], [PROSE] * N)

    assert (echo.echoes, echo.same, echo.answers.fine_tuned) == (15, 1, 0)
    assert (one.echoes, one.same) == (0, 14)


def test_where_nothing_was_asked_everything_is_possible():
    assert (NOTHING.low, NOTHING.high, NOTHING.n) == (0, 1, 0)
