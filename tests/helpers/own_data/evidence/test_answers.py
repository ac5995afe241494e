"""An answer is right in a way that fits its kind."""

import pytest
from own_rows import chat, label_rows, notice, notice_rows, shop_answer, shop_rows

from helpers.own_data.evidence.answers import find_measure
from helpers.own_data.table.examples import answer_of, question_of


def measure(rows):
    return find_measure(rows[: len(rows) * 2 // 3], rows[len(rows) * 2 // 3 :])


def score(rows, *texts):
    """Scores of some answers to the last question."""
    found = measure(rows)
    return [found.score(text, found.examples[-1]) for text in texts]


TRANSLATIONS = [
    chat(f"Translate: {one}", other)
    for one, other in [
        (f"{color} {thing}", f"{farbe} {ding}")
        for color, farbe in [("red", "rotes"), ("green", "grünes"), ("small", "kleines"), ("old", "altes")]
        for thing, ding in [
            ("house", "Haus"),
            ("book", "Buch"),
            ("car", "Auto"),
            ("horse", "Pferd"),
            ("window", "Fenster"),
        ]
    ]
]
GOODS = (
    "the invoice;two lamps;a ladder;fresh towels;our contract;three chairs;blue paint;my jacket;your photo;"
    "a receipt;spare keys;clean sheets;those papers;some flowers;warm gloves"
)
POLITE = [
    chat(f"please rewrite: send {thing} tomorrow", f"Would you kindly send {thing} tomorrow?")
    for thing in GOODS.split(";")
]


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (label_rows(), "labels"),
        (shop_rows(), "facts"),
        (notice_rows(), "facts"),
        ([chat(f"Capital of land {number}?", f"City {number}") for number in range(30)], "short"),
        ([chat(f"{number} mugs", f'{{"n": {number}}}') for number in range(30)], "json"),
        ([chat("Tell it" + "!" * number, "word " * number) for number in range(4, 30)], "none"),
        (POLITE, "kept words"),
        ([chat(f"List shop_{n}", f"SELECT * FROM shop_{n} WHERE price > {n}") for n in range(30)], "code"),
    ],
)
def test_the_kind_of_the_answers_is_found(rows, kind):
    assert measure(rows).kind == kind


def test_a_label_is_right_when_it_alone_is_named():
    rows = [*label_rows(), chat("the lamp is fine", "positive")]

    assert score(rows, "Positive.", "The label is positive", "positive or negative", "negative", "") == [
        1,
        1,
        0,
        0,
        0,
    ]


def test_a_label_inside_a_longer_one_is_not_named():
    rows = [chat(f"text {n}", ("spam", "not spam")[n % 2]) for n in range(30)]

    assert score(rows, "not spam", "spam") == [1, 0]


def test_a_short_answer_may_stand_in_a_short_sentence():
    rows = [chat(f"How many things are in box {n}?", f"{n * 37} things") for n in range(1, 31)]

    assert score(rows, "1,110 things.", "There are 1110 things in it.", "111 things", "1110 things " * 9) == [
        1,
        1,
        0,
        0,
    ]


def test_facts_must_all_be_stated_and_none_made_up():
    row = shop_rows()[-1]
    right, question = answer_of(row), question_of(row)

    assert score(shop_rows(), right, f"694 dollars, 1694 minutes. {question}") == [1, 1]
    assert score(
        shop_rows(), shop_answer("a chain", 401), right.replace("1694", "1695"), f"{right} Or 5."
    ) == [0, 0, 0]


def test_names_are_facts():
    rows = notice_rows()
    teacher, topic, room = "Duarte", "dancing", 244

    assert score(
        rows, notice(teacher, topic, room), notice("Keller", topic, room), f"{topic}, {room}, Ms. {teacher}"
    ) == [1, 0, 1]


def test_where_capitals_mark_no_names_the_words_beside_the_numbers_count():
    rows = [
        chat(f"Wann öffnet {ort}?", f"{ort.title()} öffnet am {tag} um {stunde} Uhr {wo}.")
        for ort, tag, stunde, wo in zip(
            ["bad", "halle", "laden", "museum", "zoo", "werft", "turm", "park", "kino", "schule"] * 3,
            ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"] * 6,
            range(30),
            [f"in Haus {''.join(chr(97 + (n * 7 + k) % 26) for k in range(6)).title()}" for n in range(30)],
            strict=True,
        )
    ]
    right = answer_of(rows[-1])
    hour = "29"

    assert measure(rows).kind == "numbers"
    assert score(rows, right, f"Bitte rufen Sie {hour} mal an.", right.replace(hour, "7")) == [1, 0, 0]


def test_a_copied_name_is_no_translation():
    people = [
        "Ana",
        "Ben",
        "Carla",
        "David",
        "Emma",
        "Felix",
        "Greta",
        "Hugo",
        "Ida",
        "Jonas",
        "Klara",
        "Leo",
        "Mia",
        "Noah",
        "Olga",
    ]
    rows = [
        chat(f"Yadot {who} syub {goods[::-1]}.", f"Today {who} buys {goods} in the old town again.")
        for who, goods in zip(people, GOODS.split(";"), strict=True)
    ]

    assert measure(rows).kind == "facts and words"
    assert score(rows, "Olga buys warm gloves.", "Today Olga sleeps.", "Olga syub sevolg mraw") == [1, 0, 0]


def test_the_right_answer_is_right_also_where_another_one_is_a_part_of_it():
    calm = (
        "you had better rest;please drink some water;just breathe slowly there;"
        "you had better rest and just breathe slowly there;please call somebody soon;sit down on that floor"
    )
    rows = [chat(f"case {place}?", told) for place, told in enumerate(calm.split(";"))]
    found = find_measure([chat("other?", f"thing{place} helps") for place in range(30)], rows)

    assert [found.score(answer_of(row), found.example(row)) for row in rows] == [1] * 6
    assert found.score(answer_of(rows[3]), found.example(rows[0])) == 0


def test_a_repeated_question_is_no_answer():
    rows = notice_rows()

    assert score(rows, question_of(rows[-1]), question_of(rows[-1]).upper()) == [0, 0]


def test_what_stands_in_the_question_must_be_kept():
    assert score(POLITE, "Send the warm gloves tomorrow!", "Would you kindly send a lamp?") == [1, 0]


def test_words_of_ones_own_must_fit_this_question_better_than_any_other():
    tips = "soak beans, rinse noodles, toast seeds, knead dough, whisk cream, chop onions, salt aubergines"
    rows = [chat(f"tip {n}", f"You should always {tip} first.") for n, tip in enumerate(tips.split(", "))]

    assert measure(rows).kind == "own words"
    assert score(rows, "Please salt the aubergines.", "You should always chop onions first.", "") == [1, 0, 0]


def test_the_control_scores_against_the_other_questions():
    rows = notice_rows()
    found = measure(rows)

    assert found.control([each.answer for each in found.examples]) == 0
    assert found.in_question == 1


def test_the_control_of_labels_is_at_least_the_most_frequent_one():
    rows = [chat(f"text {n}", "no" if n % 4 else "yes") for n in range(40)]

    assert measure(rows).control(["maybe"] * 14) == pytest.approx(0.75, abs=0.05)


def test_translations_are_judged_by_their_own_words():
    found = measure(TRANSLATIONS)

    assert found.kind in ("short", "own words")
    assert [found.score(each.answer, each) for each in found.examples] == [1] * len(found.examples)
