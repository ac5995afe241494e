"""A line scans as a limerick's line, or it does not."""

import pytest
from metre import number_stresses, scans, symbol_stresses


def fits(line: str, *, short: bool = False) -> bool:
    return scans(line, symbol="Sr", category="alkaline earth metal", short=short)


@pytest.mark.parametrize(
    ("line", "short"),
    [
        ("Young Strontium sat on a train,", False),
        ("With Sr on its hat, big and bright.", False),
        ("In seat 38, out in the rain;", False),
        ("An alkaline earth metal, plain!", False),
        ("It was writing a note:", True),
        ('"38," they all say,', True),
    ],
)
def test_a_line_with_the_stresses_of_a_limerick_scans(line, short):
    assert fits(line, short=short)


@pytest.mark.parametrize(
    ("line", "short"),
    [
        ("Strontium sat on a train,", False),  # begins with a stress
        ("Young Strontium was in a train,", False),  # one stress is missing
        ("It was writing a note:", False),  # two stresses in a long line
        ("Young Strontium sat on a train,", True),  # three in a short one
        ("Young Strontium and a train sat", False),  # light syllables in a row
        ("Of winter and summer and of spring", False),  # a little word where the stress would be
        ("This alkaline earth metal", True),  # the rhyme has no stress
    ],
)
def test_a_line_without_them_does_not(line, short):
    assert not fits(line, short=short)


@pytest.mark.parametrize(
    ("number", "spoken"),
    [
        (7, {"10"}),
        (10, {"2"}),
        (11, {"010"}),
        (17, {"202"}),
        (38, {"202"}),
        (70, {"100"}),
        (77, {"20010"}),
        (100, {"210"}),
        (108, {"222", "2102", "21002"}),
    ],
)
def test_numbers_are_read_aloud(number, spoken):
    assert number_stresses(number) == spoken


def test_symbols_are_spelled():
    assert [symbol_stresses(symbol) for symbol in ("K", "Sr", "W")] == [{"2"}, {"21"}, {"100"}]


def test_a_word_that_nobody_knows_is_named():
    with pytest.raises(ValueError, match=r"No pronunciation of 'Xqz' in 'Young Xqz sat'\. Add it"):
        fits("Young Xqz sat")
