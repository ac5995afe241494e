import io

import matplotlib.image as mpimg
import numpy as np
from curve_samples import REAL_JOB

from helpers.plots.loss import plot_loss
from helpers.plots.small_png import small_png, with_few_colors


def test_a_small_picture_has_the_same_size_nearly_the_same_colors_and_a_third_of_the_bytes():
    figure, drawn = plot_loss(REAL_JOB).figure, io.BytesIO()
    figure.savefig(drawn, format="png")

    small = small_png(figure)

    assert len(small) < len(drawn.getvalue()) / 3
    before, after = (mpimg.imread(io.BytesIO(png))[..., :3] for png in (drawn.getvalue(), small))
    assert before.shape == after.shape
    assert np.abs(before - after).mean() < 0.01


def test_the_same_figure_gives_the_same_bytes():
    figure = plot_loss(REAL_JOB).figure

    assert small_png(figure) == small_png(figure)


def test_a_picture_with_few_colors_stays_as_it_is():
    small = small_png(plot_loss(REAL_JOB).figure)

    assert with_few_colors(small) == small
