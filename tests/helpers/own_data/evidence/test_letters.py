"""Languages are told apart by pairs of letters."""

from helpers.own_data.evidence.letters import reads_like

ENGLISH = [
    "where is the station",
    "she is at home",
    "we will go there",
    "this is the house",
    "the train is late",
] * 2
FRENCH = [
    "où est la gare",
    "elle est à la maison",
    "nous y allons",
    "c'est la maison",
    "le train est en retard",
] * 2


def test_new_texts_read_like_their_own_language():
    french = reads_like(FRENCH, ENGLISH)

    assert french is not None
    assert [french("la gare est là"), french("the house is there"), french("")] == [True, False, False]


def test_without_words_that_come_back_there_is_no_language():
    assert (
        reads_like([f"{chr(97 + number) * 3} {chr(98 + number) * 4}" for number in range(20)], ENGLISH)
        is None
    )


def test_fewer_than_ten_texts_say_nothing():
    assert reads_like(FRENCH[:5], ENGLISH) is None
