"""Facts that no question holds are found before a job."""

from own_rows import chat, label_rows, notice_rows, shop_rows

from helpers.own_data.evidence.facts import unknowable


def test_prices_that_stand_in_no_question_are_found():
    found = unknowable(shop_rows())

    assert len(found) == 42
    assert found[0] == ("How much is a saddle of the 1th kind?", ["1407", "407"])


def test_facts_of_the_question_and_labels_are_none():
    assert unknowable(notice_rows()) == []
    assert unknowable(label_rows()) == []


def test_values_of_json_are_facts():
    rows = [
        chat(f"{number} red mugs, please", f'{{"n": {number}, "code": "k{number}z"}}') for number in range(30)
    ]

    assert unknowable(rows)[7] == ("7 red mugs, please", ["k7z"])
