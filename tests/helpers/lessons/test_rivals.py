"""What a fine-tuned model has to beat: prompts with examples, and with what a search finds."""

import pytest

from helpers.lessons import conversation, open_lesson, question
from helpers.lessons.elle import TABLE
from helpers.lessons.rivals import examples, lookup

ELLE = open_lesson("elle")
TRAIN, _, TEST = ELLE.split(ELLE.rows())
ROW = ELLE.example_row(TEST)
FACTS = "Symbol: Sr. Atomic number: 38. Category: alkaline earth metal."


def of(name: str, **more: int) -> list[dict]:
    [rival] = [rival for rival in ELLE.rivals(TRAIN, **more) if rival.name == name]
    return rival.messages(ROW)


def test_elles_rivals_are_told_apart_by_examples_and_by_facts():
    sent = {
        rival.name: (rival.fine_tuned, len(rival.messages(ROW)), FACTS in rival.messages(ROW)[-1]["content"])
        for rival in ELLE.rivals(TRAIN)
    }

    assert sent == {
        "base": (False, 2, False),
        "few_shot": (False, 8, False),
        "few_shot_10": (False, 22, False),
        "retrieval": (False, 2, True),
        "few_shot_retrieval": (False, 8, True),
        "fine_tuned": (True, 2, True),
    }


def test_examples_are_asked_as_the_question_is_and_come_after_the_system_prompt():
    bare, full = of("few_shot"), of("few_shot_retrieval")

    assert [message["role"] for message in bare] == ["system"] + ["user", "assistant"] * 3 + ["user"]
    assert "Symbol" not in "".join(message["content"] for message in bare if message["role"] == "user")
    assert full[1:3] == conversation(TRAIN[0])[1:]
    assert full[1]["content"].startswith(bare[1]["content"] + "\nSymbol: ")


def test_retrieved_facts_are_those_that_the_rows_have_for_every_element_and_every_wording():
    found = lookup(TABLE)
    rows = ELLE.rows() + ELLE.held_out_rows(ELLE.rows())

    assert [row for row in rows if found(row) != row] == []


def test_a_question_that_names_no_element_gets_no_facts():
    row = {"messages": [*question(ROW)[:1], {"role": "user", "content": "Hello!"}, ROW["messages"][-1]]}

    assert lookup(TABLE)(row) == row


@pytest.mark.parametrize("name", ["recipes", "sarcastic"])
def test_where_there_is_no_table_the_most_similar_solved_rows_are_retrieved(name):
    lesson = open_lesson(name)
    train, _, test = lesson.split(lesson.rows())
    rivals = {rival.name: rival.messages(lesson.example_row(test)) for rival in lesson.rivals(train)}

    assert list(rivals) == ["base", "few_shot", "few_shot_10", "retrieval", "fine_tuned"]
    assert rivals["retrieval"][-1] == rivals["base"][-1]
    assert len(rivals["retrieval"]) == 8
    shown = "".join(message["content"] for message in rivals["retrieval"][:-1])
    assert {"recipes": "lentils", "sarcastic": "Australia is the smallest continent"}[name] in shown


def test_a_rival_never_sees_the_expected_answer():
    for name in ("elle", "recipes", "sarcastic"):
        lesson = open_lesson(name)
        train, _, test = lesson.split(lesson.rows())
        for rival in lesson.rivals(train):
            for row in test:
                assert rival.messages(row)[-1]["role"] == "user"
                assert row["messages"][-1] not in rival.messages(row)


def test_a_seed_draws_other_examples_one_per_group_and_the_same_again():
    drawn = [examples(TRAIN, ELLE.group, 10, seed) for seed in (1, 1, 2, None)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert [len({ELLE.group(row) for row in rows}) for rows in drawn] == [10] * 4
    assert drawn[3] == TRAIN[:20:2]
    assert of("few_shot", seed=1) != of("few_shot")


def test_few_groups_give_as_many_examples_as_there_are():
    assert len(examples(TRAIN[:4], ELLE.group, 10, None)) == 2
    assert len(examples(TRAIN[:4], ELLE.group, 10, 1)) == 2
