import io
import math

import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, rewards
from matplotlib import image as mpimg, pyplot as plt

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.report import read_losses
from helpers.plots.live_loss import LiveLossPlot

STATES = {
    "nothing yet": read_losses(metrics_frame([])),
    "one step": read_losses(metrics([3])),
    "a few steps": read_losses(
        metrics([3, 2, 1, 1, 1, 1]), checkpoints=checkpoints({5: 0.3, 6: 0.2}, "valid_loss")
    ),
    "the course's job": read_losses(REAL_JOB),
    "with checkpoints": read_losses(REAL_JOB, checkpoints=checkpoints({72: 0.14, 144: 0.06, 216: 0.05})),
    "overfitted": read_losses(OVERFITTED),
    "rewards": read_losses(rewards([0.1, 0.3, 0.2, 0.4], {2: 0.5, 4: 0.35})),
    "many epochs": read_losses(epochs([1 / epoch for epoch in range(1, 51)])),
    "no number": read_losses(metrics([3, 2, 1, math.nan]).assign(train_mean_token_accuracy=0.5)),
}


def test_the_picture_for_a_live_view_has_one_size_and_opens_no_figure():
    picture = LiveLossPlot()

    pictures = [picture.png(report) for report in STATES.values()]

    [(height, width, _)] = {mpimg.imread(io.BytesIO(png)).shape for png in pictures}
    assert width == 700
    assert height in (459, 460)  # matplotlib 3.10 cuts 4.6 x 100 off, 3.11 rounds it.
    assert plt.get_fignums() == []


def test_the_axes_stand_still_while_a_job_runs():
    picture = LiveLossPlot()
    seen = []
    for steps in (2, 30, 80, 150, 216):
        stored = checkpoints({72: 0.14, 144: 0.06, 216: 0.05}) if steps == 216 else None
        picture.png(read_losses(REAL_JOB.head(steps), checkpoints=stored))
        seen.append((picture._ax.get_position().bounds, picture._ax.get_xlim(), picture._ax.get_ylim()))

    places, steps_shown, losses_shown = (set(column) for column in zip(*seen, strict=True))
    assert (len(places), len(steps_shown)) == (1, 1)
    assert len(losses_shown) == 2, "the lower end moves once, by a power of ten"


@pytest.mark.slow
def test_no_state_leaves_anything_in_the_picture_of_the_next_one():
    kept = LiveLossPlot()

    for states in (STATES, reversed(STATES)):
        for name in states:
            assert kept.png(STATES[name]) == LiveLossPlot().png(STATES[name]), name
