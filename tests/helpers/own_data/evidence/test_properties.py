"""A property counts when it holds for new answers and tells the models apart."""

from helpers.own_data.evidence.properties import Property, has_form, that_count

SHORT = Property("length", "short", lambda text: len(text) < 10)
LOUD = Property("sign", "loud", lambda text: text.endswith("!"))
ANY = Property("any", "any", lambda text: True)
OURS, BASE = ["Hi!", "Ho!", "Hu!"], ["A long plain answer.", "One more long answer.", "And one more."]


def test_only_what_the_base_model_lacks_counts():
    assert that_count([SHORT, LOUD, ANY], OURS, BASE, ["hm"] * 3) == ([SHORT, LOUD], True)


def test_what_new_answers_lack_does_not_count():
    assert that_count([SHORT, LOUD], ["Hi!", "Ho", "Hu"], BASE, ["hm"] * 3) == ([SHORT], True)


def test_what_a_repeated_question_lacks_counts_beside_what_tells_the_models_apart():
    assert that_count([SHORT, LOUD], OURS, ["A long answer!"] * 3, ["hm"] * 3) == ([SHORT, LOUD], True)


def test_a_form_that_the_base_model_has_is_said_to_tell_nothing():
    assert that_count([SHORT, LOUD, ANY], OURS, OURS, ["a long question, as usual"] * 3) == (
        [SHORT, LOUD, ANY],
        False,
    )


def test_an_answer_has_the_form_with_all_properties():
    assert [has_form(text, [SHORT, LOUD]) for text in ("Hi!", "Hi", "  Hi!  ")] == [True, False, True]
    assert SHORT.share([]) == 1


def test_no_text_has_no_form():
    assert [has_form(text, [SHORT]) for text in ("", " \n")] == [False, False]
