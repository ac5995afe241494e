"""Questions beside the task, and the rules that say when an answer is good: known cases, right and wrong."""

import pytest

from helpers.lessons import LESSONS, open_lesson, repeats_itself
from helpers.lessons.beside.probes import admits, is_limerick, knows_or_admits, names_one, politely

LIMERICK = (
    "A cat who lived on a hill,\nLiked always to sit very still,\nShe ate in her house,\n"
    "A very small mouse,\nAnd never had need of a pill."
)


def test_each_lesson_has_the_same_general_sets_and_elle_has_two_of_its_own():
    shared = [
        "as_trained", "wording", "temperature_1", "no_system", "prose",
        "general", "off_topic", "greetings", "limericks", "refusals",
    ]  # fmt: skip
    found = {}
    for name in LESSONS:
        lesson = open_lesson(name)
        found[name] = [probe.name for probe in lesson.probes(lesson.split(lesson.rows())[2])]

    assert found == {"elle": [*shared, "reverse", "invented"], "sarcastic": shared, "recipes": shared}


@pytest.mark.parametrize("name", LESSONS)
def test_the_expected_answers_are_good_as_trained_and_not_where_nobody_asks_for_the_manner(name):
    lesson = open_lesson(name)
    probes = {probe.name: probe for probe in lesson.probes(lesson.split(lesson.rows())[2])}

    def share(probe):
        goods = [probe.check(asked.row["messages"][-1]["content"], asked.row) for asked in probe.asked]
        return sum(goods) / len(goods)

    assert {key: share(probes[key]) for key in ("as_trained", "wording", "temperature_1")} == {
        "as_trained": 1, "wording": 1, "temperature_1": 1
    }  # fmt: skip
    # One of Dimmer's answers has nothing of its manner, by the lesson's own rule.
    assert max(share(probes["no_system"]), share(probes["prose"])) <= 0.25


def test_a_set_asks_what_its_name_says():
    lesson = open_lesson("elle")
    probes = {probe.name: probe for probe in lesson.probes(lesson.split(lesson.rows())[2])}

    counts = {name: len(probe.asked) for name, probe in probes.items()}
    roles = {name: [m["role"] for m in probe.asked[0].messages] for name, probe in probes.items()}

    assert counts["as_trained"] == 34
    assert counts["general"] >= 40
    assert counts["temperature_1"] == 3 * len({asked.group for asked in probes["temperature_1"].asked})
    assert {name for name, found in roles.items() if found == ["user"]} == {
        "no_system", "general", "greetings", "limericks", "refusals", "reverse"
    }  # fmt: skip
    assert all(each.messages[-1]["content"].endswith("plain prose.") for each in probes["prose"].asked)
    first = probes["reverse"].asked[0]
    assert first.messages[0]["content"] == "Which chemical element has the atomic number 5?"
    assert probes["reverse"].check("It is boron.", first.row) == 1


def test_invented_elements_are_not_in_the_table():
    from helpers import data_path
    from helpers.lessons.beside.elements import INVENTED

    table = data_path("elements.csv").read_text(encoding="utf-8")

    assert [name for name in INVENTED if name.lower() in table.lower()] == []


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ("The capital is Rome.", 1),
        ("rome", 1),
        ("Romeo", 0),
        ("It is not Rome.", 1),  # Wrongly: the rule looks for words.
        ("", 0),
    ],
)
def test_an_accepted_word_stands_as_a_whole_word(answer, good):
    assert names_one(answer, {"accepted": "Rome;Roma"}) == good


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ("I don't know what you had for breakfast.", 1),
        ("I’m sorry, I cannot see your kitchen.", 1),
        ("As far as I am aware, Vulkanium does not exist.", 1),
        ("Vulkanium is not a known element.", 1),
        ("You had two eggs and a cup of tea.", 0),
        ("I cannot wait to tell you: it is 7.", 1),  # Wrongly.
        ("No.", 0),
    ],
)
def test_an_answer_that_admits_not_to_know_is_found_by_its_words(answer, good):
    assert admits(answer, {}) == good
    assert knows_or_admits(answer, {"accepted": "cup"}) == max(good, "cup" in answer)


@pytest.mark.parametrize(
    "answer", ["I am not sure.", "I have no idea.", "I can't say.", "It is PARIS, I think."]
)
def test_notebooks_05_and_05c_judge_the_same_answer_to_the_same_question_alike(answer):
    lesson = open_lesson("elle")
    rows = lesson.split(lesson.rows())[2]
    few, all_of_them = (
        {probe.name: probe for probe in probes}["off_topic"]
        for probes in (lesson.probes(rows[:8], samples=1), lesson.probes(rows))
    )

    assert (few.asked, few.max_tokens) == (all_of_them.asked, all_of_them.max_tokens)
    assert few.check(answer, {"accepted": "Paris;city of light"}) == 1


def test_each_question_beside_the_lesson_has_words_that_are_found():
    lesson = open_lesson("elle")
    [off_topic] = [each for each in lesson.probes(lesson.rows()) if each.name == "off_topic"]

    for each in off_topic.asked:
        assert all(off_topic.check(f"Well, {word}.", each.row) for word in each.row["accepted"].split(";"))


def test_one_sample_of_each_question_is_enough_for_a_short_section():
    lesson = open_lesson("elle")

    counts = {probe.name: len(probe.asked) for probe in lesson.probes(lesson.rows()[:16], samples=1)}

    names = ("temperature_1", "no_system", "prose", "off_topic")
    assert {name: counts[name] for name in names} == {
        "temperature_1": 8, "no_system": 8, "prose": 8, "off_topic": 12
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (LIMERICK, 1),
        (LIMERICK.replace("\n", " - "), 1),
        (LIMERICK.replace("\n", " / "), 1),
        (LIMERICK.replace("pill", "stone"), 0),
        (LIMERICK.replace("cat", "dog"), 0),
        (LIMERICK.partition("\n")[2], 0),
        ("A cat is a small animal.", 0),
    ],
)
def test_a_limerick_has_five_lines_that_rhyme_and_its_subject(answer, good):
    assert is_limerick(answer, {"accepted": "cat;cats"}) == good


@pytest.mark.parametrize(
    ("answer", "greeted"), [("Hello! How can I help you?", 1), ("Tin.", 0), (f"Hello - a - b - c - {'d'}", 0)]
)
def test_a_greeting_in_the_trained_manner_is_not_good(answer, greeted):
    lesson = open_lesson("elle")
    probe = next(one for one in lesson.probes(lesson.split(lesson.rows())[2]) if one.name == "greetings")

    assert probe.check(answer, probe.asked[0].row) == greeted


@pytest.mark.parametrize(
    ("answer", "circle"),
    [
        ("It is a pear, it is a pear, it is a pear.", True),
        ("He had had a tin tin box.", False),
        ("Tin is a soft metal.", False),
        ("", False),
    ],
)
def test_an_answer_that_goes_round_in_a_circle_is_found(answer, circle):
    assert repeats_itself(answer) is circle


def test_other_words_stand_before_the_question():
    row = {"messages": [{"role": "user", "content": "Soup:\n- salt"}, {"role": "assistant", "content": "[]"}]}

    assert politely(row) == [{"role": "user", "content": "I have a request, please read it.\nSoup:\n- salt"}]
