"""A figure as a picture with words, small enough for a stored notebook."""

from IPython.display import Image
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from helpers.plots.small_png import small_png


def picture(figure: Figure, words: str) -> Image:
    """Return a figure as a picture; the last expression of a cell shows it.

    Args:
        figure: It is closed, so that the notebook does not show it twice.
        words: What stands in its place for who cannot see it.

    Returns:
        The picture.
    """
    drawn = small_png(figure)
    plt.close(figure)
    # As `alt=words` does from IPython 8 on; Google Colab has IPython 7 (Aug 2026).
    return Image(drawn, format="png", metadata={"alt": words})
