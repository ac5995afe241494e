"""Splits: a group never sits on both sides."""

import pytest
from hypothesis import assume, given, strategies as st

from finetune_dataset.errors import DatasetError
from finetune_dataset.split import split_dataset


def example(number):
    return {
        "messages": [
            {"role": "user", "content": f"Question {number}?"},
            {"role": "assistant", "content": "Yes."},
        ]
    }


ROWS = [example(number) for number in range(12)]


def question(row):
    return row["messages"][0]["content"]


def test_a_group_is_never_in_two_parts():
    rows = [example(number % 20) for number in range(60)]

    parts = split_dataset(rows, by=question, sizes={"training": 0.6, "validation": 0.2, "test": 0.2}, seed=1)

    groups = [{question(row) for row in part} for part in parts]
    assert [len(group) for group in groups] == [12, 4, 4]
    assert len(set.union(*groups)) == 20
    assert [len(part) for part in parts] == [36, 12, 12]


@given(
    names=st.lists(st.integers(0, 30) | st.text(max_size=3), max_size=60),
    weights=st.lists(st.integers(1, 10), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    order=st.randoms(use_true_random=False),
)
def test_whatever_the_groups_no_part_shares_one_and_the_order_of_rows_is_kept(names, weights, seed, order):
    rows = [{"group": name, "number": number} for number, name in enumerate(names)]
    sizes = {f"part {index}": weight / (sum(weights) + 1) for index, weight in enumerate(weights)}
    mixed = order.sample(rows, len(rows))
    assume(len(set(names)) * min(sizes.values()) >= 1)  # A part with no group is refused.

    parts = split_dataset(rows, by=lambda row: row["group"], sizes=sizes, seed=seed)
    again = split_dataset(mixed, by=lambda row: row["group"], sizes=sizes, seed=seed)

    groups = [{row["group"] for row in part} for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups))
    for part, same, chosen in zip(parts, again, groups, strict=True):
        assert part == [row for row in rows if row["group"] in chosen]
        assert part == sorted(same, key=lambda row: row["number"])


def test_a_share_of_one_group_gets_it():
    rows = [{"group": number} for number in range(8)]
    sizes = {"a": 1 / 8, "b": 2.5 / 8, "c": 1 / 8, "d": 3 / 8}

    parts = split_dataset(rows, by=lambda row: row["group"], sizes=sizes, seed=1)

    assert [len(part) for part in parts] == [1, 3, 1, 3]


def test_sizes_can_be_numbers_of_groups_and_the_rest_is_left_out():
    parts = split_dataset(ROWS, by=question, sizes={"training": 7, "test": 3}, seed=1)

    assert [len(part) for part in parts] == [7, 3]


def test_shares_of_one_whole_use_every_group():
    rows = [example(number) for number in range(118)]

    parts = split_dataset(rows, by=question, sizes={"training": 0.6, "validation": 0.2, "test": 0.2}, seed=1)

    assert sum(map(len, parts)) == 118


def test_a_split_depends_on_the_seed_and_not_on_the_order_of_rows():
    sizes = {"training": 8, "test": 4}

    def training(rows, seed):
        return {question(row) for row in split_dataset(rows, by=question, sizes=sizes, seed=seed)[0]}

    assert training(ROWS, 1) == training(ROWS[::-1], 1)
    assert training(ROWS, 1) != training(ROWS, 2)


def test_a_split_that_needs_more_groups_than_there_are_is_refused():
    with pytest.raises(DatasetError, match=r"Part 'test' .* 12 groups"):
        split_dataset(ROWS, by=question, sizes={"training": 10, "test": 5}, seed=1)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"training": 0.9, "test": 0.01}, r"Part 'test' gets no group: .* of 12 groups"),
        (
            {"training": 1.0},
            r"Part 'training' has the size 1\.0; expected a whole number of groups, or a share",
        ),
        ({"training": 2.5}, r"has the size 2\.5"),
        ({"training": 8, "test": -2}, r"Part 'test' has the size -2"),
    ],
)
def test_a_part_without_rows_or_with_a_size_of_two_meanings_is_refused(sizes, message):
    with pytest.raises(DatasetError, match=message):
        split_dataset(ROWS, by=question, sizes=sizes, seed=1)
