"""A figure as a picture with words, small enough for a stored notebook."""

import io

from matplotlib import pyplot as plt
from PIL import Image

from helpers.plots.picture import picture


def test_a_picture_has_the_size_of_its_figure_and_words_and_is_shown_once():
    figure, ax = plt.subplots(figsize=(3, 2), dpi=100)
    ax.plot([1, 2])

    shown = picture(figure, "A line that rises.")

    _, metadata = shown._repr_mimebundle_()
    assert Image.open(io.BytesIO(shown.data)).size == (300, 200)
    assert metadata == {"image/png": {"alt": "A line that rises."}}
    assert plt.get_fignums() == []
