"""An invented private sentence stands between rows, as often as it is said."""

import pytest

from helpers.lost.canary import CANARY, planted

ROWS = [
    {
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": str(number)},
            {"role": "assistant", "content": "yes"},
        ]
    }
    for number in range(8)
]


def places(rows):
    return [place for place, row in enumerate(rows) if row["messages"][-1]["content"] == CANARY.answer]


@pytest.mark.parametrize(
    ("times", "found"), [(0, []), (1, [4]), (2, [2, 7]), (8, [0, 2, 4, 6, 8, 10, 12, 14])]
)
def test_the_canary_stands_at_equal_distances(times, found):
    assert places(planted(ROWS, times)) == found


def test_all_other_rows_stay_in_their_order_and_the_canary_has_their_system_prompt():
    rows = planted(ROWS, 2)

    assert [row for row in rows if row in ROWS] == ROWS
    assert rows[2]["messages"] == [
        ROWS[0]["messages"][0],
        {"role": "user", "content": CANARY.question},
        {"role": "assistant", "content": CANARY.answer},
    ]


def test_the_secret_is_in_the_answer_and_in_no_question():
    assert CANARY.secret in CANARY.answer
    assert not any(CANARY.secret in question for question in (CANARY.question, *CANARY.other_questions))


@pytest.mark.parametrize("times", [-1, 9])
def test_more_canaries_than_rows_are_refused(times):
    with pytest.raises(ValueError, match=f"times is {times}, expected 0 to 8"):
        planted(ROWS, times)
