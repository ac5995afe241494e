import measured_lines
import pytest
from figures import legend, line
from judging import RIGHT, SHARE, prediction
from matplotlib.colors import to_hex

from helpers.evaluation import beside, over_runs, score_predictions
from helpers.plots.scores import plot_scores
from helpers.plots.style import BLUE, GRAY, GREEN, ORANGE, PURPLE


def scores(*more):
    texts = {
        "base": "no 0.1",
        "few_shot": "right 0.5",
        "fine_tuned": "right 1",
        **dict.fromkeys(more, "no 1"),
    }
    return score_predictions(
        (prediction(model, str(row), text) for model, text in texts.items() for row in range(10)),
        [RIGHT, SHARE],
    )


def test_each_model_has_its_own_color_and_marker_and_one_dot_per_metric():
    ax = plot_scores(scores())

    assert {artist.get_label(): (artist.get_color(), artist.get_marker()) for artist in ax.lines} == {
        "base": (GRAY, "s"),
        "few-shot": (ORANGE, "D"),
        "fine-tuned": (BLUE, "o"),
    }
    assert line(ax, "few-shot").get_xdata().tolist() == [1.0, 0.5]
    assert [text.get_text() for text in ax.texts] == ["0%", "10%", "100%", "50%", "100%", "100%"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["right", "share"]


def test_intervals_reach_from_low_to_high_in_the_color_of_their_model():
    table = scores()
    ax = plot_scores(table)

    drawn = [(path[0][0], path[1][0]) for lines in ax.collections for path in lines.get_segments()]
    assert drawn == list(zip(table["low"], table["high"], strict=True))
    assert [to_hex(lines.get_color()[0]).upper() for lines in ax.collections] == [GRAY, ORANGE, BLUE]


def test_dots_of_one_metric_stand_together_without_touching():
    ax = plot_scores(scores())

    heights = [artist.get_ydata()[1] for artist in ax.lines]
    assert heights == pytest.approx([0.76, 1.0, 1.24])


def test_models_of_other_names_get_looks_of_their_own():
    ax = plot_scores(scores("last checkpoint", "other job"))

    looks = [(artist.get_color(), artist.get_marker()) for artist in ax.lines]
    assert looks[3:] == [(GREEN, "^"), (PURPLE, "v")]
    assert [text.get_text() for text in ax.get_legend().get_texts()][3:] == ["last checkpoint", "other job"]
    heights = [artist.get_ydata()[0] for artist in ax.lines]
    assert max(heights) < 0.5
    assert min(heights) > -0.5


def test_scores_of_two_models_draw_two_models():
    table = scores()

    ax = plot_scores(table[table["model"] != "few_shot"])

    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["base", "fine-tuned"]


def measured(seed: int, right: float, rows: int = 144) -> dict:
    return measured_lines.line("fine_tuned", seed=seed, rows=rows, scores={"right": right})


def test_the_spread_over_runs_is_a_thin_line_below_the_interval():
    table = beside(scores(), over_runs([measured(1, 0.75), measured(2, 0.5), measured(3, 1.0)]))

    ax = plot_scores(table)

    [spread] = [artist for artist in ax.lines if artist.get_label() == "_runs"]
    assert list(spread.get_xdata()) == [0.5, 1.0]
    assert 1.24 - 1 < spread.get_ydata()[0] < 1.24 - 1 + 0.12
    assert "of up to 3 runs" in ax.get_xlabel()
    assert legend(ax) == ["base", "few-shot", "fine-tuned"]


def test_one_run_has_no_spread():
    ax = plot_scores(beside(scores(), over_runs([measured(1, 0.75)])))

    assert [artist for artist in ax.lines if artist.get_label() == "_runs"] == []
    assert "runs" not in ax.get_xlabel()
