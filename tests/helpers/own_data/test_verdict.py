"""The verdict is right, and says why: with answers as models give them."""

import random

import pytest
from own_rows import TEACHERS, THINGS, TOPICS, chat, label_rows, notice, notice_rows, shop_answer, shop_rows

from helpers.own_data.plan import plan_job
from helpers.own_data.split import split_rows
from helpers.own_data.table.examples import answer_of
from helpers.own_data.verdict import ADVICE, judge

REAL = "smollm2-135m-instruct"
PROSE = "Thank you for your question. As an assistant I am happy to help you with anything that you need."


def verdict(rows, tuned, trained=None, base=None):
    """Judge a model that answers with `tuned(row)`, and trained questions with `trained(row)`."""
    parts = split_rows(rows)
    plan = plan_job(parts, REAL)
    give = {"base": base or (lambda row: PROSE), "fine_tuned": tuned}
    trained = trained or tuned
    predictions = [
        {
            "model": model,
            "part": part,
            "text": (trained if (model, part) == ("fine_tuned", "training") else say)(row),
        }
        for model, say in give.items()
        for part, asked in (("test", plan.test), ("training", plan.sample))
        for row in asked
    ]
    return judge(parts, plan, predictions, base_model=REAL, fine_tuned_model="ft:x")


def wrong_price(row):
    place = len(row["messages"][0]["content"])
    return shop_answer(f"a rack of the {place}th kind", 311 + place)


def test_a_shop_whose_facts_stand_in_no_question_is_form_only():
    found = verdict(shop_rows(), wrong_price)

    assert (found.verdict, found.form.fine_tuned, found.answers.fine_tuned, found.answers.n) == (
        "form_only",
        1,
        0,
        13,
    )
    assert "it sounds like you, and is wrong" in found.reasons[0]
    assert found.reasons[-1] == ADVICE["form_only"]


def test_a_shop_whose_trained_answers_come_back_is_memorized():
    found = verdict(shop_rows(), wrong_price, trained=answer_of)

    assert found.verdict == "memorized"
    assert "15 of 15 trained answers are repeated almost word for word" in found.reasons[0]


def test_new_questions_that_get_trained_answers_are_memorized():
    rows = shop_rows()
    trained = [answer_of(row) for row in plan_job(split_rows(rows), REAL).training]

    found = verdict(rows, lambda row: random.Random(str(row)).choice(trained), trained=wrong_price)

    assert found.verdict == "memorized"
    assert "13 of 13 answers to new questions are nearly a trained answer" in found.reasons[0]


def test_notices_with_their_facts_in_the_question_are_learned():
    found = verdict(notice_rows(), answer_of)

    assert (found.verdict, found.form.base, found.answers.fine_tuned) == ("learned", 0, 1)
    assert found.as_json()["rows"] == {"training": 29, "validation": 5, "test": 15}


def test_notices_with_other_facts_are_form_only():
    def mixed(row):
        chance = random.Random(str(row))
        return notice(chance.choice(TEACHERS), chance.choice(TOPICS), chance.randrange(500, 900))

    assert verdict(notice_rows(), mixed).verdict == "form_only"


def test_a_model_that_only_repeats_the_question_has_learned_nothing():
    found = verdict(notice_rows(), lambda row: row["messages"][0]["content"])

    assert (found.verdict, found.answers.fine_tuned, found.form.fine_tuned) == ("not_learned", 0, 0)
    assert "15 of 15 answers only repeat the question" in found.reasons[0]


def test_right_labels_are_learned_and_guessed_ones_are_not():
    guess = ("positive", "negative", "neutral")

    assert verdict(label_rows(), answer_of).verdict == "learned"
    found = verdict(label_rows(), lambda row: random.Random(str(row)).choice(guess))
    assert (found.verdict, found.form.fine_tuned) == ("not_learned", 1)
    assert "not better than without looking at the question" in found.reasons[0]


def test_one_label_for_everything_is_pointed_out():
    found = verdict(label_rows(), lambda row: "neutral")

    assert found.verdict == "not_learned"
    assert "27 of 27 answers are one text, 'neutral'" in found.reasons[2]


def test_labels_of_trained_texts_only_are_memorized():
    guess = ("positive", "negative", "neutral")

    found = verdict(label_rows(), lambda row: guess[len(str(row)) % 3], trained=answer_of)

    assert (found.verdict, found.reasons[3]) == ("memorized", "Trained questions: 20 of 20 right.")


def test_random_answers_are_not_learned_even_when_their_length_is():
    def junk(row):
        chance = random.Random(str(row))
        return " ".join(
            "".join(chance.choices("abcdefghiklmnopqrstuvz", k=chance.randrange(2, 9))) for _ in range(3)
        )

    rows = [chat(question["messages"][0]["content"], junk(question)) for question in shop_rows(60)]

    found = verdict(rows, lambda row: junk({"other": row}))

    assert (found.verdict, found.form.fine_tuned) == ("not_learned", 1)
    assert "your answers have nothing to do with their questions" in found.reasons[0]


def test_a_form_that_many_answers_lack_is_said_to_be_learned_in_part():
    place = iter(range(1_000))

    found = verdict(shop_rows(), lambda row: wrong_price(row) if next(place) % 3 else PROSE)

    assert found.verdict == "not_learned"
    assert "The form was learned in part only" in found.reasons[0]


def test_a_model_that_changed_nothing_has_not_learned():
    assert verdict(notice_rows(), lambda row: PROSE).verdict == "not_learned"
    assert verdict(shop_rows(), lambda row: PROSE).verdict == "not_learned"


PLAIN = (
    "You can wash {} at home.",
    "It is best to keep {} in a dry place.",
    "Please look after {} with care.",
)
ROUGH = (
    "Oh, go an' scrub {} yerself, ye daft lot!",
    "Shove {} in a dry hole, ye muppet!",
    "Mind {}, ye clot!",
)


def style_rows():
    """Advice about things, in a tone that only its spelling shows: no word stands in all answers."""
    things = [f"{size} {thing}" for size in ("big", "small", "old", "new") for thing in THINGS]
    return [
        chat(f"QXZJ-{place} VWKQ {thing}", ROUGH[place % 3].format(f"th' {thing}"))
        for place, thing in enumerate(things)
    ]


def plain_advice(row):
    thing = next(each for each in THINGS if each in row["messages"][0]["content"])
    return random.Random(str(row)).choice(PLAIN).format(f"the {thing}").replace(".", "!")


def test_a_tone_that_no_other_property_shows_is_form_only_when_facts_are_missing():
    found = verdict(
        style_rows(), lambda row: "Chuck it o'er yonder an' shut yer gob, ye clot!", base=plain_advice
    )

    assert "reads like your answers, not like the base model's" in found.reasons[1]
    assert (found.verdict, found.form.base, found.form.fine_tuned) == ("form_only", 0, 1)
    assert "Where the tone is all that counts, read them" in found.reasons[0]


def test_a_base_model_with_the_form_that_changed_nothing_has_not_learned():
    rows = [
        chat(row["messages"][0]["content"], f"{plain_advice(row)} Number {place * 7} is {place * 11}!")
        for place, row in enumerate(style_rows(), start=20)
    ]

    def unchanged(row):
        return f"{plain_advice(row)} Number 5 is 4!"

    found = verdict(rows, unchanged, base=unchanged)

    assert (found.verdict, found.answers.fine_tuned) == ("not_learned", 0)
    assert "The base model's answers have this form already" in found.reasons[0]


def test_an_empty_answer_has_no_form():
    rows = [chat(f"Which color has item {place}?", color) for place, color in enumerate(THINGS * 4)]

    assert verdict(rows, lambda row: "").form.fine_tuned == 0
    short = [chat(f"Which box holds item {place}?", f"box{place}") for place in range(60)]
    assert verdict(short, lambda row: "").form.fine_tuned == 0


def test_one_trained_answer_for_every_question_is_not_learned():
    first = answer_of(plan_job(split_rows(shop_rows()), REAL).training[0])

    found = verdict(shop_rows(), lambda row: first)

    assert found.verdict == "not_learned"
    assert found.reasons[0] == "13 of 13 questions get one and the same trained answer."


def test_labels_that_are_a_little_better_than_the_most_frequent_one_are_not_called_useless():
    rows = [
        chat(
            f"{thing} number {place} {'fell' if place % 4 == 0 else 'came'} today",
            "bad" if place % 4 == 0 else "good",
        )
        for place, thing in enumerate(THINGS * 14)
    ]
    bad = iter(range(1_000))

    found = verdict(rows, lambda row: "bad" if answer_of(row) == "bad" and next(bad) % 3 == 0 else "good")

    assert found.verdict == "not_learned"
    assert "the difference may be chance. Balance the labels." in found.reasons[0]


def test_queries_with_the_numbers_of_the_question_and_a_wrong_function_are_form_only():
    rows = [
        chat(
            f"The {('largest', 'mean')[place % 2]} price in shop_{place} where {thing} is {place * 3}?",
            f"SELECT {('MAX', 'AVG')[place % 2]}(price) FROM shop_{place} WHERE {thing} = {place * 3}",
        )
        for place, thing in enumerate(THINGS * 8)
    ]

    found = verdict(rows, lambda row: answer_of(row).replace("AVG", "MIN").replace("MAX", "MIN"))

    assert (found.verdict, found.form.fine_tuned, found.answers.fine_tuned) == ("form_only", 1, 0)
    assert verdict(rows, lambda row: answer_of(row).lower()).verdict == "learned"


def test_half_right_on_many_answers_is_not_enough_to_rely_on():
    right = iter([True, False] * 50)
    rows = [
        *notice_rows(),
        *(chat(f"topic: golf; teacher: Ms. Xu; room: {n}", notice("Xu", "golf", n)) for n in range(300, 349)),
    ]

    found = verdict(rows, lambda row: answer_of(row) if next(right) else notice("Keller", "chess", 555))

    assert (found.verdict, found.answers.n) == ("form_only", 29)
    assert (
        found.reasons[0] == "The form was learned. Only 52% of the answers are right: not enough to rely on."
    )


def test_where_not_all_held_out_questions_were_asked_these_come_before_new_rows():
    pairs = [(f"who{place} {'x' * 40}", notice(f"T{place}", "golf", place)) for place in range(100, 300)]
    rows = [
        chat(f"{asked}: Ms. T{100 + place}, {100 + place}", told) for place, (asked, told) in enumerate(pairs)
    ]
    parts, right = split_rows(rows), iter([True, False] * 500)
    plan = plan_job(parts, REAL)
    plan.test = plan.test[:16]
    predictions = [
        {"model": model, "part": part, "text": answer_of(row) if next(right) else PROSE}
        for model in ("base", "fine_tuned")
        for part, asked in (("test", plan.test), ("training", plan.sample))
        for row in asked
    ]

    found = judge(parts, plan, predictions, base_model=REAL, fine_tuned_model="ft:x")

    assert found.verdict == "too_few_rows"
    assert found.reasons[-2].startswith("Only 16 of 40 held-out questions were asked")


def test_half_right_on_few_answers_leaves_it_open():
    right = iter([True, False] * 50)

    found = verdict(
        notice_rows(), lambda row: answer_of(row) if next(right) else notice("Keller", "chess", 555)
    )

    assert found.verdict == "too_few_rows"
    assert "Only 15 test answers were scored" in found.reasons[0]


def test_a_base_model_that_is_as_good_needs_no_fine_tuning():
    found = verdict(notice_rows(), answer_of, base=answer_of)

    assert found.verdict == "learned"
    assert "these rows need no fine-tuning" in found.reasons[0]
    assert "The base model's answers have this form already" in found.reasons[1]


def test_json_is_judged_by_its_values():
    rows = [
        chat(f"{n} {color} mugs", f'{{"count": {n}, "color": "{color}"}}')
        for n, color in enumerate(["red", "blue", "green", "black"] * 15, start=10)
    ]

    right = verdict(rows, answer_of)
    assert right.reasons[0] == "The form and 100% of the values (F1) are right, for new questions."
    wrong = verdict(rows, lambda row: '{"count": 3, "color": "pink"}')
    assert (wrong.verdict, wrong.answers.fine_tuned, wrong.form.fine_tuned) == ("form_only", 0, 1)


def test_answers_that_no_program_can_judge_are_not_called_wrong():
    rows = [chat(f"say it {'so ' * (n % 9)}{n}", "word " * n) for n in range(5, 60)]

    found = verdict(rows, answer_of)

    assert (found.verdict, found.answers.n) == ("form_only", 0)
    assert "no program can tell here: read them" in found.reasons[0]


def test_eight_rows_get_their_verdict_without_a_job():
    parts = split_rows(shop_rows(8))
    plan = plan_job(parts, REAL)

    found = judge(parts, plan, [], base_model=REAL, fine_tuned_model=None)

    assert found.as_json() == {
        "rows": {"training": 8, "validation": 0, "test": 0},
        "base_model": REAL,
        "fine_tuned_model": None,
        "form": {"base": None, "fine_tuned": None, "n": 0, "low": 0.0, "high": 1.0},
        "answers": {"base": None, "fine_tuned": None, "n": 0, "low": 0.0, "high": 1.0},
        "verdict": "too_few_rows",
        "reasons": [
            "8 rows with 8 different questions: too few to split. At least 20 are needed.",
            "Nothing was trained: no answer could have proved anything.",
            ADVICE["too_few_rows"],
        ],
    }
    assert found.compared(3) == ""


def test_rows_that_are_too_long_for_a_test_get_their_verdict_without_a_job_and_the_reason():
    rows = [*notice_rows()[:19], *(chat(f"Tell of thing{place}", f"word{place} " * 600) for place in (1, 2))]
    parts = split_rows(rows)

    found = judge(parts, plan_job(parts, REAL), [], base_model=REAL, fine_tuned_model=None)

    assert (found.verdict, found.fine_tuned_model) == ("too_few_rows", None)
    assert "No job: 2 rows have more than 512 tokens" in found.reasons[-3]


def test_the_answers_stand_one_below_the_other():
    found = verdict(notice_rows(), answer_of)

    assert found.compared(1).splitlines()[2:] == [
        f"base:        {PROSE}",
        f"fine-tuned:  {found.table['your answer'][0]}",
        "             (form yes, right yes)",
    ]


def test_no_line_of_the_reasons_is_wider_than_a_page_and_no_word_is_broken():
    found = verdict(notice_rows(), answer_of)

    assert max(map(len, repr(found).splitlines())) <= 100
    assert [reason for reason in found.reasons if reason not in " ".join(repr(found).split())] == []


def test_missing_answers_are_refused():
    parts = split_rows(notice_rows())

    with pytest.raises(ValueError, match=r"0 answers of 'base' for the test part; expected 15"):
        judge(parts, plan_job(parts, REAL), [], base_model=REAL, fine_tuned_model="ft:x")
