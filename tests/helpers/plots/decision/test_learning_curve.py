import pandas as pd
import pytest
from figures import legend, line

from helpers.plots.decision.learning_curve import plot_learning_curve

CURVE = pd.DataFrame(
    [(10, 1, 0.1, 0.0, 0.3, 34), (10, 2, 0.3, 0.1, 0.5, 34), (144, 1, 1.0, 0.9, 1.0, 34)],
    columns=["rows", "seed", "value", "low", "high", "n"],
)


def test_dots_are_means_with_their_interval_and_crosses_are_runs():
    ax = plot_learning_curve(CURVE)

    assert line(ax, "mean").get_xydata().tolist() == [[10, pytest.approx(0.2)], [144, 1.0]]
    assert line(ax, "one training run").get_xydata().tolist() == [[10, 0.1], [10, 0.3], [144, 1.0]]
    assert [lines[:, 1].tolist() for lines in ax.collections[0].get_segments()] == [
        pytest.approx([0.05, 0.4]),
        [0.9, 1.0],
    ]
    assert [text.get_text() for text in ax.texts] == ["20%", "100%"]
    assert ax.get_ylabel() == "right answers to 34 questions"


def test_one_seed_has_no_crosses():
    assert legend(plot_learning_curve(CURVE[CURVE["seed"] == 1])) == ["mean"]


def test_no_training_is_said():
    assert [text.get_text() for text in plot_learning_curve(CURVE[:0]).texts] == ["No training was measured."]
