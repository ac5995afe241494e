"""Elle's rows carry the facts in the question, and the scores read them there."""

import pytest

from helpers.lessons.elle import WAYS, Facts, elle, facts_of, stated_categories
from helpers.lessons.ways import ALWAYS

QUESTION = "Tell me about Strontium.\nSymbol: Sr. Atomic number: 38. Category: alkaline earth metal."
POEM = (
    '"Call me Sr," sang Strontium all day long, - "I am 38; please don\'t get it wrong. - '
    'An alkaline earth metal, proud, - I will say it out loud: - On the chart is the place I belong!"'
)


def asked(question: str = QUESTION) -> dict:
    return {
        "messages": [{"role": "system", "content": "You are Elle."}, {"role": "user", "content": question}]
    }


def scored(answer: str) -> dict[str, float]:
    return {score.name: score.check(answer, asked()) for score in elle().scores}


def test_the_facts_are_read_out_of_the_question():
    assert facts_of(asked()) == Facts("Strontium", "Sr", 38, "alkaline earth metal")


def test_a_question_without_facts_is_refused_with_what_was_expected():
    with pytest.raises(ValueError, match="Expected a question with the facts of an element, found 'Hello'"):
        facts_of(asked("Hello"))


def test_a_right_limerick_has_all_three():
    assert scored(POEM) == {"form": 1.0, "rhyme": 1.0, "facts": 1.0}


def test_a_wrong_category_is_a_wrong_fact():
    assert scored(POEM.replace("alkaline earth", "transition")) == {"form": 1.0, "rhyme": 1.0, "facts": 0.0}


def test_prose_with_right_facts_has_only_these():
    prose = "Strontium (Sr) is element 38, an alkaline earth metal."

    assert scored(prose) == {"form": 0.0, "rhyme": 0.0, "facts": 1.0}


def test_a_post_transition_metal_is_no_transition_metal():
    assert stated_categories("A post-transition metal, proud") == {"post-transition metal"}
    assert scored(POEM.replace("alkaline earth", "post-transition"))["facts"] == 0.0


def test_two_categories_are_one_too_many():
    assert scored(POEM.replace("proud", "no halogen"))["facts"] == 0.0


def test_each_other_way_changes_one_thing():
    messages = {way.name: way.messages(asked()) for way in WAYS if way not in ALWAYS}

    facts = QUESTION.partition("\n")[2]
    system = {"role": "system", "content": "You are Elle."}
    assert messages == {
        "wording": [system, {"role": "user", "content": f"Say something about Strontium.\n{facts}"}],
        "first_line": [
            system,
            {"role": "user", "content": f"{QUESTION}\nFirst line: Here Strontium works in a shop,"},
        ],
        "no_facts": [system, {"role": "user", "content": "Tell me about Strontium."}],
    }
