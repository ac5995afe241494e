"""The sentences beside the plots of a dataset."""

from collections import Counter

import pytest

from finetune_dataset.report import Statistics
from helpers.statistics import describe_statistics

CHATS = Statistics(
    tokens_per_row=Counter([100, 101, 101, 102, 150]),
    turns_per_row=Counter([2, 2, 2, 5, 8]),
    messages_by_role=Counter(user=6, assistant=10, tool=3),
    tokens_by_role=Counter(assistant=250, user=225, tool=25),
)


@pytest.mark.parametrize(
    ("statistics", "sentences"),
    [
        (Statistics(), "There are no rows without errors."),
        (
            CHATS,
            "Tokens per row: 100 to 150, median 101, in 5 rows.\n"
            "Messages per row: 2 to 8, median 2, in 5 rows.\n"
            "Tokens by role: user 45%, assistant 50%, tool 5%.",
        ),
        (
            Statistics(turns_per_row=Counter({3: 4}), messages_by_role=Counter(system=4, assistant=4)),
            "Messages per row: 3 in each of 4 rows.\nMessages by role: system 50%, assistant 50%.",
        ),
    ],
)
def test_one_line_for_each_plot_says_what_it_shows(statistics, sentences):
    assert describe_statistics(statistics) == sentences
