"""Colors and type that all plots share."""

from contextlib import AbstractContextManager

from matplotlib import rc_context
from matplotlib.axes import Axes

# Okabe and Ito, "Color Universal Design" (2008, jfly.uni-koeln.de/color): told apart
# with every common kind of color vision. The grays are ours, for background and text.
BLUE, ORANGE, VERMILLION = "#0072B2", "#E69F00", "#D55E00"
GREEN, SKY, PURPLE = "#009E73", "#56B4E9", "#CC79A7"
GRAY, INK = "#666666", "#333333"


def style() -> AbstractContextManager[None]:
    """Give the plots of the course their look, for one `with` block.

    Returns:
        A context in which new figures have 100 dpi, readable type and few lines.
    """
    return rc_context(
        {
            "figure.figsize": (7, 4),
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            # Names of jobs and files are text, also with a "$".
            "text.parse_math": False,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 12,
            "axes.labelcolor": INK,
            "axes.edgecolor": "#999999",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "grid.color": "#E6E6E6",
            "xtick.color": INK,
            "ytick.color": INK,
            "legend.edgecolor": "white",
            "legend.framealpha": 0.85,
            "legend.fancybox": False,
        }
    )


def explain_empty_plot(ax: Axes, why: str) -> Axes:
    """Write on an empty plot why it is empty, so that it does not look broken.

    Args:
        ax: Axes with nothing in them.
        why: One short sentence.

    Returns:
        The Axes, without ticks.
    """
    ax.set(xticks=[], yticks=[])
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", color=GRAY)
    return ax
