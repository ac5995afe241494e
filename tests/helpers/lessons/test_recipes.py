"""Lists of ingredients are read from JSON, and scored as sets and as lists."""

import json

import pytest

from helpers.lessons.recipes import ingredients, overlap, recipes, title_of

ROW = {
    "messages": [
        {"role": "system", "content": "You list ingredients."},
        {"role": "user", "content": "Chutney:\n- 2 cups chopped red onion\n- 1 cup packed brown sugar"},
        {"role": "assistant", "content": '["red onion", "brown sugar"]'},
    ]
}


def scored(answer: str) -> dict[str, float]:
    return {score.name: round(score.check(answer, ROW), 2) for score in recipes().scores}


def test_the_group_of_a_row_is_the_name_of_its_recipe():
    assert title_of(ROW) == "Chutney"


def test_a_question_without_a_name_and_lines_is_refused_with_what_was_expected():
    with pytest.raises(ValueError, match=r"Expected a recipe's name, a colon and its lines.*found 'Hello'"):
        title_of({"messages": [{"role": "user", "content": "Hello"}]})


@pytest.mark.parametrize(
    ("answer", "valid", "f1", "exact"),
    [
        ('["red onion", "brown sugar"]', 1, 1, 1),
        (' ["Red Onion ", "Brown sugar"]\n', 1, 1, 1),
        ('["brown sugar", "red onion"]', 1, 1, 0),
        ('["red onion", "red onion", "brown sugar"]', 1, 1, 0),
        ('["red onion"]', 1, 0.67, 0),
        ('["onion", "brown sugar"]', 1, 0.5, 0),
        ("[]", 1, 0, 0),
        ('Here you are: ["red onion", "brown sugar"]', 0, 0, 0),
        ('["red onion", 2]', 0, 0, 0),
        ('{"red onion": 1}', 0, 0, 0),
        ("[" * 100_000, 0, 0, 0),
        ("", 0, 0, 0),
    ],
)
def test_an_answer_is_scored_as_json_as_a_set_and_as_a_list(answer, valid, f1, exact):
    assert scored(answer) == {"valid": valid, "f1": f1, "exact": exact}


def test_known_misses_plurals_and_synonyms_are_wrong():
    row = {"messages": [{"role": "assistant", "content": json.dumps(["scallions", "eggs"])}]}

    assert overlap('["spring onions", "egg"]', row) == 0


def test_a_row_without_an_expected_list_cannot_score_an_answer():
    with pytest.raises(ValueError, match="ends with a JSON list of ingredients, found 'Hello'"):
        overlap("[]", {"messages": [{"role": "assistant", "content": "Hello"}]})


def test_ingredients_are_compared_without_upper_case_and_outer_spaces():
    assert ingredients('[" Dijon mustard "]') == ["dijon mustard"]
