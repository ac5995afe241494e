from collections import Counter

import pytest
from figures import line
from matplotlib.colors import to_hex

from finetune_dataset.report import Statistics
from helpers.plots.dataset import plot_roles, plot_token_histogram, plot_turns
from helpers.plots.style import GREEN, PURPLE, SKY

CHATS = Statistics(
    tokens_per_row=Counter([100, 101, 101, 102, 150]),
    turns_per_row=Counter([2, 2, 2, 5, 8]),
    messages_by_role=Counter(user=6, assistant=10, tool=3),
    tokens_by_role=Counter(assistant=250, user=225, tool=25),
)
NOT_COUNTED = Statistics(
    turns_per_row=CHATS.turns_per_row, messages_by_role=Counter(assistant=1, system=2, narrator=1)
)


def test_the_histogram_counts_every_row_once_and_marks_median_and_longest():
    ax = plot_token_histogram(CHATS)

    assert sum(bar.get_height() for bar in ax.patches) == 5
    assert {artist.get_label(): artist.get_xdata()[0] for artist in ax.lines} == {
        "median: 101 tokens": 101,
        "longest: 150 tokens": 150,
    }


def test_the_histogram_of_equal_rows_is_one_bar():
    ax = plot_token_histogram(Statistics(tokens_per_row=Counter({7: 2})))

    assert [bar.get_height() for bar in ax.patches] == [2]


def test_the_median_of_an_even_number_of_rows_is_a_length_that_a_row_has():
    ax = plot_token_histogram(Statistics(tokens_per_row=Counter([10, 20, 30, 40])))

    assert line(ax, "median: 20 tokens").get_xdata()[0] == 20


def test_turns_are_one_bar_for_each_number_of_messages_with_its_rows_above():
    ax = plot_turns(CHATS)

    bars = [(bar.get_x() + bar.get_width() / 2, bar.get_height()) for bar in ax.patches]
    assert bars == [(2, 3), (5, 1), (8, 1)]
    assert [text.get_text() for text in ax.texts] == ["3", "1", "1"]


def test_the_bars_of_many_lengths_have_no_numbers_that_would_cover_each_other():
    ax = plot_turns(Statistics(turns_per_row=Counter(range(2, 40))))

    assert (len(ax.patches), len(ax.texts)) == (38, 0)


def test_each_role_has_its_color_its_name_and_its_share_in_reading_order():
    ax = plot_roles(CHATS)

    named = [text.get_text() for text in ax.get_yticklabels()]
    colors = [to_hex(bar.get_facecolor()).upper() for bar in ax.patches]
    assert list(zip(named, colors, [text.get_text() for text in ax.texts], strict=True)) == [
        ("user", SKY, "225 (45%)"),
        ("assistant", GREEN, "250 (50%)"),
        ("tool", PURPLE, "25 (5%)"),
    ]
    assert ax.get_xlabel() == "tokens"


def test_without_tokens_the_roles_show_messages_and_an_unknown_role_comes_last():
    ax = plot_roles(NOT_COUNTED)

    assert [text.get_text() for text in ax.get_yticklabels()] == ["system", "assistant", "narrator"]
    assert ax.get_xlabel() == "messages"


@pytest.mark.parametrize("plot", [plot_token_histogram, plot_turns, plot_roles])
def test_a_plot_of_no_rows_says_so(plot):
    [text] = plot(Statistics()).texts

    assert text.get_text().startswith(("No tokens were counted", "There are no rows"))
