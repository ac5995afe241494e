"""What became worse, counted by hand."""

import pandas as pd
import pytest
from judging import RIGHT, SHARE, prediction

from helpers.evaluation.lost import FREE, RIGHT as IN_ALL, has_expected_word, lost_records
from helpers.paths import data_path


def asked(way: str, model: str, *texts: str) -> list[dict]:
    return [{**prediction(model, str(row), text), "way": way} for row, text in enumerate(texts)]


def test_good_is_right_in_everything_or_without_the_form_where_nobody_asks_for_it():
    predictions = [
        *asked("facts gone", "base", "no 1", "right 0.5"),
        *asked("facts gone", "fine_tuned", "right 1", "right 0.5"),
        *asked("prose", "base", "no 1", "no 0"),
        *asked("prose", "fine_tuned", "right 1", "no 1"),
    ]

    assert lost_records(predictions, [RIGHT, SHARE], "right", ["prose"]) == [
        {"set": "facts gone", "base": 0.0, "fine_tuned": 0.5, "n": 2, "good": IN_ALL},
        {"set": "prose", "base": 1.0, "fine_tuned": 0.5, "n": 2, "good": FREE},
    ]


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ("It is PARIS, I think.", True),
        ("Parisian - it sat in the rain", False),
        ("I cannot say.", True),
        ("", False),
    ],
)
def test_an_answer_is_good_with_an_expected_word_or_when_it_admits_not_to_know(answer, good):
    assert has_expected_word(answer, "Paris;city of light") is good


def test_each_question_of_the_course_has_words_that_are_found():
    table = pd.read_csv(data_path("off_topic.csv"))

    for words in table["accepted"]:
        assert all(has_expected_word(f"Well, {word}.", words) for word in words.split(";"))
