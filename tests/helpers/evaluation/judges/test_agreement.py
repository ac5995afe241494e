"""How far a judge agrees with a reader, and what the order does to it, on cases counted by hand."""

import pytest
from hypothesis import given, strategies as st

from helpers.evaluation import wilson
from helpers.evaluation.judges.agreement import Agreement, Position, agree, cohen_kappa, position
from helpers.evaluation.judges.pairs import VERDICTS, turned

F, S, E = VERDICTS
some_verdicts = st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), min_size=1)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # Both yes, only one, only the other, both no. By hand: (.70 - .50) / .50, (.60 - .54) / .46 and
        # (.60 - .46) / .54; the last two have equal agreement and different margins.
        ((20, 5, 10, 15), 0.4),
        ((45, 15, 25, 15), 0.06 / 0.46),
        ((25, 35, 5, 35), 0.14 / 0.54),
        ((0, 10, 10, 0), -1.0),
        ((25, 25, 25, 25), 0.0),
        ((7, 0, 0, 3), 1.0),
    ],
)
def test_kappa_is_what_a_hand_computes(table, kappa):
    both, one, other, neither = table
    ones = ["yes"] * (both + one) + ["no"] * (other + neither)
    others = ["yes"] * both + ["no"] * one + ["yes"] * other + ["no"] * neither

    assert cohen_kappa(ones, others) == pytest.approx(kappa)
    assert cohen_kappa(others, ones) == pytest.approx(kappa)


def test_kappa_of_three_verdicts_is_what_a_hand_computes():
    # 4 of 6 agree. Chance: (3 x 2 + 2 x 2 + 1 x 2) / 36 = 1/3. So (2/3 - 1/3) / (2/3).
    assert cohen_kappa([F, F, F, S, S, E], [F, F, S, S, E, E]) == pytest.approx(0.5)


def test_kappa_does_not_exist_where_both_say_the_same_always():
    assert cohen_kappa([F] * 60, [F] * 60) is None
    assert cohen_kappa([F] * 60, [S] * 60) == 0.0


@given(some_verdicts)
def test_kappa_is_at_most_1_and_never_says_more_than_the_share_of_equal_verdicts(pairs):
    ones, others = zip(*pairs, strict=True)
    share = sum(one == other for one, other in pairs) / len(pairs)

    kappa = cohen_kappa(ones, others)

    assert kappa is None or -1 <= kappa <= share + 1e-12


def test_a_judge_that_cannot_be_read_has_not_agreed():
    found = agree([F, S, None, E], [F, F, F, E])

    # Of the three that were read: 2 agree; chance (1 x 2 + 1 x 0 + 1 x 1) / 9 = 1/3, so (2/3 - 1/3) / (2/3).
    assert found == Agreement(4, 1, 2, 0.5, *wilson(2, 4), pytest.approx(0.5))


def test_a_judge_that_was_never_read_has_no_kappa():
    assert agree([None, None], [F, S]) == Agreement(2, 2, 0, 0.0, *wilson(0, 2), None)


def test_a_judge_that_always_takes_the_first_place_flips_each_verdict():
    assert position([F] * 10, [F] * 10) == Position(10, 0, 10, 1.0, *wilson(10, 10), 10, 1.0, *wilson(10, 10))


def test_a_judge_that_does_not_look_at_the_order_flips_none():
    verdicts = [F, S, E, F]

    found = position(verdicts, [turned(verdict) for verdict in verdicts])

    assert found == Position(4, 0, 0, 0.0, *wilson(0, 4), 3, 0.5, *wilson(1.5, 3))


def test_each_kind_of_pair_is_counted_once():
    # Consistent; first place twice; second place twice; a winner once (in the second place); never; not read.
    verdicts, exchanged = [F, F, S, E, E, None, F], [S, F, S, S, E, F, None]

    found = position(verdicts, exchanged)

    assert found == Position(5, 2, 3, 0.6, *wilson(3, 5), 4, 0.375, *wilson(1.5, 4))


def test_nothing_is_known_of_a_judge_without_a_winner():
    found = position([E, None], [E, E])

    assert found == Position(1, 1, 0, 0.0, *wilson(0, 1), 0, None, 0.0, 1.0)


@pytest.mark.parametrize("count", [agree, position, cohen_kappa])
@pytest.mark.parametrize(("one", "other"), [([], []), ([F], []), ([F], [F, S])])
def test_verdicts_that_do_not_belong_together_are_refused(count, one, other):
    with pytest.raises(ValueError, match=f"at least one; found {len(one)} and {len(other)}"):
        count(one, other)
