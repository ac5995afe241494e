"""Single answers are options, too: of one question."""

import pytest
from judging import RIGHT, SHARE

from finetune_dataset.errors import FineTuneError
from helpers.decision import Needs, Option, decide
from helpers.decision.measured.seen import seen_once


def test_an_answer_is_right_when_it_is_right_in_all_scores():
    answers = {"base": "right 0.5", "few-shot": "no 1", "fine-tuned": "right 1"}

    assert seen_once(answers, {"fine-tuned": "fine-tune"}, [RIGHT, SHARE], {}) == [
        Option("base", "prompt", 0.0, 1),
        Option("few-shot", "prompt", 0.0, 1),
        Option("fine-tuned", "fine-tune", 1.0, 1),
    ]


def test_one_question_is_too_little_to_decide_and_says_how_many_are_not():
    options = seen_once({"few-shot": "no", "fine-tuned": "right"}, {"fine-tuned": "fine-tune"}, [RIGHT], {})

    found = decide(options, Needs(quality=0.8))

    assert found.choice == "not yet"
    assert found.what_would_change_it[0] == (
        "More questions: with 1, even if all were right, 80% would not be shown. Ask at least 16."
    )


def test_nothing_seen_is_refused():
    with pytest.raises(FineTuneError, match="Nothing was seen: expected an answer and a score"):
        seen_once({}, {}, [RIGHT], {})
    with pytest.raises(FineTuneError, match="Nothing was seen"):
        seen_once({"base": "x"}, {}, [], {})
