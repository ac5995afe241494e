"""Scores of groups of questions, with intervals that are right for few of them."""

import nbformat
import pytest
from judging import RIGHT, SHARE, prediction

from helpers import evaluation, lessons
from helpers.errors import LeakedQuestions
from helpers.evaluation.intervals import interval, wilson
from helpers.evaluation.scores import judge, score_predictions
from helpers.paths import ROOT


def test_each_model_has_one_row_per_score_in_the_order_in_which_they_were_asked():
    scores = score_predictions(
        [
            prediction("tuned", "gold", "right .25"),
            prediction("tuned", "iron", "right .75"),
            prediction("base", "gold", "no .5"),
        ],
        [RIGHT, SHARE],
    )

    assert scores[["model", "metric", "value", "n"]].to_dict("split")["data"] == [
        ["tuned", "right", 1.0, 2],
        ["tuned", "share", 0.5, 2],
        ["base", "right", 0.0, 1],
        ["base", "share", 0.5, 1],
    ]
    assert scores.columns.tolist() == ["model", "metric", "value", "low", "high", "n"]


def test_a_group_counts_once_however_many_rows_it_has():
    answers = [prediction("base", "gold", "right")] * 3 + [
        prediction("base", "iron", "right"),
        prediction("base", "iron", "no"),
    ]

    scores = score_predictions(answers, [RIGHT])

    # Gold 1, iron one half; over five rows it would be 0.8.
    assert scores.loc[0, ["value", "n"]].tolist() == [0.75, 2]
    assert scores.loc[0, ["low", "high"]].tolist() == pytest.approx(wilson(1.5, 2))


def test_answers_that_are_right_in_part_have_the_interval_of_their_mean():
    values = [0.5, 0.25, 1, 0.75, 0, 0.5, 0.25, 1, 0.75, 0]
    answers = [prediction("base", str(row), f"no {value}") for row, value in enumerate(values)]

    scores = score_predictions(answers, [SHARE])

    assert tuple(scores.loc[0, ["low", "high"]]) == interval(values)


def test_no_predictions_give_an_empty_table():
    assert score_predictions([], [RIGHT]).empty


def test_each_answer_can_be_looked_at_with_its_scores():
    table = judge([prediction("base", "gold", "right .5")], [RIGHT, SHARE])

    assert table.to_dict("records") == [{"model": "base", "group": "gold", "right": 1.0, "share": 0.5}]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([{"model": "base", "text": ""}], "Prediction 1 has no 'group'"),
        (
            [prediction("base", "gold", "7")],
            r"1 \(gold\): the score 'share' is 7.0, expected 0 to 1",
        ),
        ([prediction("base", "gold", "nan")], "the score 'share' is nan, expected 0 to 1"),
    ],
)
def test_a_prediction_without_a_field_and_a_score_out_of_range_are_refused(answers, message):
    with pytest.raises(ValueError, match=message):
        score_predictions(answers, [SHARE])


def row(asked: str, answer: str = "right") -> dict:
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}


def test_a_question_that_was_trained_gets_no_score():
    predictions = [
        {**row("What is Gold?"), "model": "tuned", "group": "gold", "text": "right"},
        {**row("What is iron?"), "model": "tuned", "group": "iron", "text": "right"},
    ]

    with pytest.raises(LeakedQuestions) as refused:
        score_predictions(predictions, [RIGHT], train=[row("Hello"), row("what  is gold?", "another answer")])

    assert str(refused.value).startswith(
        "1 of 2 groups were also trained: gold (its question is training row 2). Expected questions"
    )


def test_the_leak_that_notebook_05_shows_names_what_the_trained_row_is_about(capsys):
    cells = nbformat.read(ROOT / "notebooks" / "05_evaluate.ipynb", as_version=4).cells
    [shown] = [cell.source for cell in cells if "except evaluation.LeakedQuestions" in cell.source]
    lesson = lessons.open_lesson("elle")
    train, _, test = lesson.split(lesson.rows())
    tuned = [{**test[0], "model": "fine_tuned", "group": lesson.group(test[0]), "text": ""}]

    exec(shown.partition("if run.path")[0], {"evaluation": evaluation, **locals()})

    assert f"{lesson.group(train[0])} (its question is training row 1)" in capsys.readouterr().out


def test_a_group_that_was_trained_in_other_words_gets_no_score_and_without_its_rows_there_is_one():
    names = ["gold", "iron", "tin", "lead", "zinc", "neon"]
    predictions = [
        {**row(f"What is {name}?"), "model": "tuned", "group": name, "text": "right"} for name in names
    ]
    train = [row(f"Tell me about {name}.") for name in ["xenon", *names]]

    def about(row: dict) -> str:
        return row["messages"][0]["content"].split()[-1].strip(".?")

    with pytest.raises(
        LeakedQuestions, match=r"6 of 6 .*: gold \(training row 2 is about it\), .* and 1 more"
    ):
        score_predictions(predictions, [RIGHT], train=train, group=about)
    assert score_predictions(predictions, [RIGHT], train=train[:1], group=about).loc[0, "value"] == 1


def test_the_parts_of_each_dataset_of_the_course_do_not_leak():
    for name in lessons.LESSONS:
        lesson = lessons.open_lesson(name)
        train, _, test = lesson.split(lesson.rows())
        answers = [{**row, "model": "m", "group": lesson.group(row), "text": ""} for row in test]

        assert not score_predictions(answers, lesson.scores, train=train, group=lesson.group).empty
