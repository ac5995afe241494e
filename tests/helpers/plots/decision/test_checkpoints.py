import pandas as pd
from figures import legend, line

from helpers.plots.decision.checkpoints import plot_checkpoints
from helpers.plots.style import BLUE, VERMILLION

TABLE = pd.DataFrame(
    [("few", 60, 1.8, 0.3, 0.2, 0.5), ("few", 120, 1.9, 0.4, 0.3, 0.6), ("all", 120, 0.7, 0.9, 0.8, 1.0)],
    columns=["job", "step", "loss", "value", "low", "high"],
)


def test_answers_stand_above_the_loss_with_one_look_per_job():
    top, bottom = plot_checkpoints(TABLE)

    assert {each.get_label(): (each.get_color(), each.get_marker()) for each in top.lines} == {
        "few": (BLUE, "D"),
        "all": (VERMILLION, "o"),
    }
    assert line(top, "few").get_ydata().tolist() == [0.3, 0.4]
    assert [each.get_ydata().tolist() for each in bottom.lines] == [[1.8, 1.9], [0.7]]
    assert [each.get_color() for each in bottom.lines] == [BLUE, VERMILLION]
    assert legend(bottom) == ["few", "all"]


def test_jobs_at_one_step_stand_beside_each_other():
    top, bottom = plot_checkpoints(TABLE)

    assert line(top, "few").get_xdata().tolist() == [59.5, 119.5]
    assert line(top, "all").get_xdata().tolist() == [120.5]
    assert bottom.get_ylim()[0] == 0


def test_no_checkpoint_is_said():
    top, _ = plot_checkpoints(TABLE[:0])

    assert [text.get_text() for text in top.texts] == ["No checkpoint was measured."]
