"""The evidence has its numbers in each sentence."""

import pytest
from own_rows import notice_rows

from helpers.own_data.evidence.measured import Measured, Share
from helpers.own_data.evidence.reasons import (
    amount,
    answers_says,
    familiar_says,
    form_says,
    interval,
    memory_says,
    percent,
)
from helpers.own_data.plan import plan_job
from helpers.own_data.split import split_rows
from helpers.own_data.table.examples import answer_of

PLAN = plan_job(split_rows(notice_rows()), "smollm2-135m-instruct")
N = len(PLAN.sample)
PROSE = "Thank you for your question. I am happy to help with anything."


@pytest.fixture(scope="module")
def found():
    tuned = [*(answer_of(row) for row in PLAN.test[:14]), "Hear, hear!"]
    texts = {
        ("base", "test"): [PROSE] * 15,
        ("base", "training"): [PROSE] * N,
        ("fine_tuned", "test"): tuned,
    }
    return Measured(PLAN, {**texts, ("fine_tuned", "training"): [answer_of(row) for row in PLAN.sample]})


def test_form_names_its_properties_and_numbers(found):
    said = form_says(found)

    assert said.startswith('Form (begins with "hear hear in room"; ends with ')
    assert said.endswith(
        "base 0%, fine-tuned 93% (of 15; 95 % interval 70% to 99%), your own held-out answers 100%."
    )


def test_answers_name_the_measure_the_control_and_where_the_facts_stand(found):
    said = answers_says(found, ["a", "b"])

    assert said.startswith("Answers right: base 0%, fine-tuned 93% (of 15; 95 % interval 70% to 99%). ")
    assert "Control (against the right answers of other questions): 0%." in said
    assert said.endswith("Of what is looked for, 100% stands in the questions.")


def test_answers_that_are_all_one_text_are_pointed_out(found):
    assert answers_says(found, ["same"] * 9).endswith("9 of 9 answers are one text, 'same'.")


def test_memory_compares_trained_and_new_questions(found):
    assert memory_says(found, N, 15) == (
        f"Trained questions: {N} of {N} right, {N} of {N} answers repeated almost word for word. Of the 15 "
        "test answers 0 are nearly a trained one; of the right answers 0 are."
    )


def test_a_test_of_filled_frames_is_said_to_be_easy(found):
    assert familiar_says(found, 15) == [
        "15 of 15 test questions share more than half of their words with a trained one, as filled frames "
        "do: questions in other words may be harder."
    ]
    assert familiar_says(found, 40) == []


def test_amounts_and_shares_are_written_short():
    assert [amount([1, 0, 1]), amount([0.5, 0.25]), percent(None), percent(0.333)] == [
        "2 of 3",
        "38%",
        "–",
        "33%",
    ]
    assert interval(Share(0, 0.5, 12, 0.25, 0.75)) == "(of 12; 95 % interval 25% to 75%)"
