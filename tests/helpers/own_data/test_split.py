"""Near copies of a question never stand on two sides."""

import pytest
from own_rows import chat, label_rows, notice_rows, shop_rows

from helpers.own_data.split import MAX_ROWS, Parts, closed_set, split_rows
from helpers.own_data.table.examples import question_of


def sides(parts: Parts) -> dict[str, str]:
    """Question → the part that it is in; a copy that the test leaves out is in none."""
    named = {"training": parts.training, "validation": parts.validation, "test": parts.test}
    return {question_of(row): name for name, rows in named.items() for row in rows}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is a derailleur?", "what is a DERAILLEUR"),
        (
            "Can you fix the old brake of my red bike today please",
            "Can you fix the old brake on my red bike today please",
        ),
    ],
)
def test_near_copies_of_a_question_go_to_the_same_part(one, other):
    for seed in range(12):
        part = sides(split_rows([*shop_rows(), chat(one, "A thing."), chat(other, "Some thing else.")], seed))
        assert part.get(one, "test") == part.get(other, "test")


def test_questions_with_the_same_long_answer_go_to_the_same_part_but_not_with_the_same_label():
    answer = "We are closed on all public holidays, sorry."
    for seed in range(12):
        part = sides(
            split_rows(
                [*shop_rows(), chat("Open at Easter?", answer), chat("Work on May Day?", answer)], seed
            )
        )
        assert part.get("Open at Easter?", "test") == part.get("Work on May Day?", "test")
    assert len({part for part in sides(split_rows(label_rows())).values()}) == 3


def test_words_that_most_questions_share_do_not_make_them_one():
    rows = [
        chat(f"Please classify this short message for our team: {word}", word[:1])
        for word in map(str, range(60))
    ]

    assert split_rows(rows).counts == {"training": 36, "validation": 6, "test": 18}


def test_the_parts_and_their_sizes_are_said():
    parts = split_rows(shop_rows(42))

    assert parts.counts == {"training": 25, "validation": 4, "test": 13}
    assert parts.enough
    assert repr(parts) == (
        "42 rows, 42 different questions: 25 rows to train, 4 for the validation loss, 13 held out for the "
        "test.\nNo two rows have nearly the same question."
    )


def test_in_the_test_part_each_question_counts_once():
    parts = split_rows([row for row in shop_rows() for _ in range(3)])

    assert (len(parts.training), len(parts.test), parts.left_out) == (75, 13, 26)
    assert "84 rows repeat a question (or a long answer) of another row" in repr(parts)
    assert "In the test each question counts once; 26 rows are left out." in repr(parts)


def test_the_same_seed_gives_the_same_parts():
    assert sides(split_rows(notice_rows(), 3)) == sides(split_rows(notice_rows()[::-1], 3))


def test_fewer_than_twenty_questions_are_not_split():
    parts = split_rows([*shop_rows(8), *shop_rows(8)])

    assert not parts.enough
    assert parts.counts == {"training": 16, "validation": 0, "test": 0}
    assert "16 rows with 8 different questions: too few to split" in repr(parts)


def test_more_rows_than_are_looked_at_are_drawn_and_counted():
    rows = [
        chat(f"question {number} {number * 7919}", f"answer {number}") for number in range(MAX_ROWS + 500)
    ]

    parts = split_rows(rows)

    assert (sum(parts.counts.values()), parts.left_out, len(parts.test)) == (MAX_ROWS, 500, 40)
    assert "2,500 rows are more than this notebook looks at: 2,000 of them, drawn at random." in repr(parts)


def test_few_answers_that_repeat_are_a_closed_set():
    assert closed_set(["Yes", "no", "yes.", "No", "no", "Yes", "no", "no"]) == {"no": 5, "yes": 3}
    assert closed_set(["a", "b", "c"]) == {}
