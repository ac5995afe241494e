import pytest

from helpers.evaluation import Comparison, compare, has_facts, has_form, rhymes, score_predictions

RHYMING = "See the cat - in the hat - on a walk - buying chalk - for a rat named Sr, 38 and fat"


def prediction(model, element, text):
    return {"model": model, "element": element, "text": text, "symbol": "Sr", "number": 38}


def test_five_segments_joined_by_dashes_are_the_form():
    assert has_form("a - b - c - d - e")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Strontium is a metal.",
        "a - b - c - d",
        "a - b - c - d - e - f",
        "a - b -  - d - e",
        "a\nb\nc\nd\ne",
    ],
)
def test_any_other_shape_is_not_the_form(text):
    assert not has_form(text)


@pytest.mark.parametrize(
    ("one", "two", "five"),
    [
        ("light", "night", "bright"),
        ("Station!", "(creation)", "NATION."),
        ("sodium", "rhodium", "podium"),
        ("compound", "found", "ground"),
        ("read", "red", "bed"),
        ("read", "need", "seed"),
        ("we’ll", "she'll", "wheel"),
    ],
)
def test_lines_rhyme_by_sound_in_any_pronunciation_and_whatever_the_stress(one, two, five):
    assert rhymes(f"a {one} - a {two} - a cat - a hat - a {five}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a cat - a hat - a walk - a chalk", "four lines"),
        ("a cat - a hat - a walk - a talk - a dog", "line 5 differs"),
        ("a cat - a hat - a walk - a dog - a rat", "line 4 differs"),
        ("a cat - a hat - a walk - a talk - my Cat", "a word does not rhyme with itself"),
        ("a need - a read - a walk - a talk - a red", "lines 1 and 5 need two pronunciations of line 2"),
        ("a cat - a hat - a walk - a talk - a zzyzxat", "not in the dictionary"),
        ("a cat - a hat - a walk - a talk - a 38", "a number is not in the dictionary"),
        ("a cat - a hat - a walk - a talk - ...", "no word at all"),
    ],
)
def test_other_lines_do_not_rhyme(text, why):
    assert not rhymes(text), why


@pytest.mark.parametrize(
    "text", ["Strontium (Sr) is number 38.", "number 38 - Sr's place", "Sr,38", "Sr: 38 and 38"]
)
def test_facts_are_right_when_symbol_and_number_are_stated(text):
    assert has_facts(text, symbol="Sr", number=38)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "nothing stated"),
        ("Sr is a metal", "no number"),
        ("Number 38", "no symbol"),
        ("sr is number 38", "case counts"),
        ("Srx is number 38", "not a whole word"),
        ("Sr is number 138", "not a whole number"),
        ("Sr is number 38 or 39", "another number is stated"),
        ("Sr is number 38.5", "another number is stated"),
        ("Sr is number thirty-eight", "not in digits"),
    ],
)
def test_facts_are_wrong_otherwise(text, why):
    assert not has_facts(text, symbol="Sr", number=38), why


def test_scores_have_one_row_per_model_and_metric_in_a_fixed_order():
    scores = score_predictions(
        [
            prediction("fine_tuned", "Strontium", RHYMING),
            prediction("fine_tuned", "Gold", "a - b - c - d - e"),
            prediction("base", "Strontium", "Strontium (Sr) is number 38."),
        ]
    )

    assert scores[["model", "metric", "value", "n"]].to_dict("split")["data"] == [
        ["base", "form", 0.0, 1],
        ["base", "rhyme", 0.0, 1],
        ["base", "facts", 1.0, 1],
        ["fine_tuned", "form", 1.0, 2],
        ["fine_tuned", "rhyme", 0.5, 2],
        ["fine_tuned", "facts", 0.5, 2],
    ]
    assert scores.columns.tolist() == ["model", "metric", "value", "low", "high", "n"]


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # R: prop.test(right, n, correct = FALSE)$conf.int
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (10, 10, 0.7225, 1.0), (39, 40, 0.8712, 0.9956)],
)
def test_intervals_are_wilsons(right, n, low, high):
    answers = [RHYMING] * right + ["no"] * (n - right)

    scores = score_predictions(prediction("base", str(row), text) for row, text in enumerate(answers))

    assert scores.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high], abs=5e-5)


def test_no_predictions_give_an_empty_table():
    assert score_predictions([]).empty


def test_an_unknown_model_name_is_refused_with_the_known_names():
    with pytest.raises(
        ValueError, match="Gold: found model 'tuned', expected one of: base, few_shot, fine_tuned"
    ):
        score_predictions([prediction("tuned", "Gold", "")])


def answers(model, verdicts):
    return [prediction(model, str(row), RHYMING if right else "no") for row, right in enumerate(verdicts)]


def test_a_comparison_counts_the_elements_where_only_one_model_is_right():
    predictions = answers("base", [1, 0, 0, 0, 0, 0, 0, 0, 1, 0]) + answers(
        "fine_tuned", [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    )

    result = compare(predictions, "base", "fine_tuned", "form")

    # Seven against one: 2 * (1 + 8) / 2**8, the two-sided binomial test by hand.
    assert result == Comparison("base", "fine_tuned", "form", 10, 1, 7, 0.6, 0.0703125)
    assert str(result) == (
        "form: only fine_tuned is right on 7 of 10 elements, only base on 1; "
        "difference +60 points, p = 0.070."
    )


def test_a_clear_difference_has_a_small_p_value():
    result = compare(
        answers("base", [0] * 40) + answers("fine_tuned", [1] * 40), "base", "fine_tuned", "rhyme"
    )

    assert result.p_value == 2 / 2**40
    assert str(result).endswith("p < 0.001.")


def test_models_that_never_differ_have_no_evidence_against_each_other():
    result = compare(answers("base", [1, 0]) + answers("few_shot", [1, 0]), "base", "few_shot", "form")

    assert (result.difference, result.p_value) == (0.0, 1.0)


def test_elements_that_one_model_did_not_answer_are_left_out():
    result = compare(answers("base", [0, 0, 0]) + answers("fine_tuned", [1, 1]), "base", "fine_tuned", "form")

    assert (result.n, result.b_only) == (2, 2)


@pytest.mark.parametrize(
    ("predictions", "metric", "message"),
    [
        (answers("base", [1]), "beauty", "Unknown metric 'beauty'. Expected one of: form, rhyme, facts"),
        (answers("base", [1]), "form", "No element was answered by both 'base' and 'fine_tuned'"),
        (answers("base", [1]) * 2 + answers("fine_tuned", [1]), "form", "answered an element twice"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(predictions, metric, message):
    with pytest.raises(ValueError, match=message):
        compare(predictions, "base", "fine_tuned", metric)
