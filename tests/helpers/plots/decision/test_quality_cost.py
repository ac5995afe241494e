from itertools import combinations

import pandas as pd
import pytest
from figures import legend, line
from options import PROMPT, RETRIEVE, SMALLER, TUNED, option

from helpers.decision.measured.sentences import quality_and_cost
from helpers.plots.decision.quality_cost import plot_quality_cost
from helpers.plots.style import BLUE, GREEN, ORANGE, PURPLE

ALL = [option("base", right=1, per_request=1e-5), PROMPT, RETRIEVE, SMALLER, TUNED]


def test_each_way_to_act_has_its_color_and_marker_and_each_option_a_dot():
    ax = plot_quality_cost(quality_and_cost(ALL))

    assert {artist.get_label(): (artist.get_color(), artist.get_marker()) for artist in ax.lines} == {
        "prompt": (ORANGE, "D"),
        "retrieve": (GREEN, "^"),
        "smaller model": (PURPLE, "v"),
        "fine-tune": (BLUE, "o"),
    }
    assert line(ax, "prompt").get_xydata().tolist() == [[0.4, 1.0], [0.01, 1 / 34]]


def test_the_dots_are_numbered_and_named_beside_the_picture_the_best_first():
    ax = plot_quality_cost(quality_and_cost(ALL))

    [kinds] = ax.artists
    assert [text.get_text() for text in kinds.get_texts()] == [
        "fine-tune",
        "retrieve",
        "smaller model",
        "prompt",
    ]
    assert legend(ax) == [
        "1  100%  tuned",
        "2  100%  looked up",
        "3  100%  small few-shot",
        "4  100%  few-shot",
        "5  3%  base",
    ]
    assert [text.get_text() for text in ax.texts] == ["1", "2", "3, 4", "5"]


def test_thin_lines_are_intervals_and_thick_ones_the_training_runs():
    unsteady = option("tuned", "fine-tune", right=17, rows=9, runs=(0.25, 0.75))
    ax = plot_quality_cost(quality_and_cost([unsteady]))

    drawn = {lines.get_linewidth()[0]: lines.get_segments()[0][:, 1].tolist() for lines in ax.collections}
    assert drawn == {1.3: list(unsteady.interval), 5: [0.25, 0.75]}


def test_the_wanted_quality_is_a_line_and_the_unit_stands_at_the_axis():
    ax = plot_quality_cost(quality_and_cost(ALL), unit="seconds", wanted=0.8)

    assert line(ax, "wanted").get_ydata() == [0.8, 0.8]
    assert ax.get_xlabel() == "seconds for 1,000 requests (log scale)"


def test_dots_that_lie_close_together_share_one_number_and_no_number_covers_another():
    costs = [1e-5, 1.05e-5, 1.1e-5, 4e-5, 8e-5, 8.4e-5]
    ax = plot_quality_cost(quality_and_cost([option(right=1, per_request=cost) for cost in costs]))

    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["1–3", "4", "5, 6"]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize("options", [[], [option(per_request=0.0)]])
def test_without_a_cost_the_picture_says_so(options):
    ax = plot_quality_cost(quality_and_cost(options))

    assert [text.get_text() for text in ax.texts] == ["No way has a known cost above 0."]


def test_a_kind_of_the_learner_has_a_look_too():
    table = pd.DataFrame(quality_and_cost([PROMPT])).assign(kind="rule")

    assert line(plot_quality_cost(table), "rule").get_marker() == "s"
