"""Read what is drawn in a figure."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D


def line(ax: Axes, label: str) -> Line2D:
    """The one line with this label."""
    [found] = [artist for artist in ax.lines if artist.get_label() == label]
    return found


def legend(ax: Axes) -> list[str]:
    """The texts of the legend, in order."""
    return [text.get_text() for text in ax.get_legend().get_texts()]
