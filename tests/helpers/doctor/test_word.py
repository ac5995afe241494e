"""The code word: the same word is the same state, and a misheard one is seldom a word."""

import itertools

import pytest

from helpers.doctor.word import CHECKS, SETTINGS, NoCodeWord, decode, encode

STATES = [
    ({name for place, name in enumerate(CHECKS) if bits >> place & 1}, setting)
    for bits in range(2 ** len(CHECKS))
    for setting in SETTINGS
]


@pytest.mark.slow  # 6144 of them
def test_every_state_has_a_word_of_its_own_that_says_it_again():
    words = {encode(names, setting): (names, setting) for names, setting in STATES}

    assert len(words) == len(STATES)
    assert [word for word in words if (set(decode(word)[0]), decode(word)[1]) != words[word]] == []


def test_all_well_with_recorded_answers_is_a_plain_word():
    assert encode(set(), "replay") == "tulip"


def test_one_wrong_letter_is_nearly_always_noticed():
    word = encode({"packages", "disk"}, "local")
    letters = "abdfghijklmnoprstuvz"
    misheard = {
        word[:place] + letter + word[place + 1 :]
        for place, letter in itertools.product(range(5), letters)
        if letter != word[place]
    }

    assert sum(_is_a_word(other) for other in misheard) / len(misheard) < 0.05


def test_capitals_and_blanks_do_not_matter():
    assert decode(" T u l I p ") == decode("tulip")


@pytest.mark.parametrize("word", ["", "tulips", "apple", "tulib", "ttttt", "12345", "tulıp", "ŧulip"])
def test_what_no_doctor_says_is_refused_with_what_a_word_looks_like(word):
    with pytest.raises(NoCodeWord, match="five letters, such as 'tulip'"):
        decode(word)


def _is_a_word(text: str) -> bool:
    try:
        return bool(decode(text))
    except NoCodeWord:
        return False
