"""The loss curve of a job, drawn again and again as fast as a live view needs it."""

import functools
import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.offsetbox import TextArea

from helpers.jobs.losses.report import LossReport
from helpers.plots.loss import HEIGHT, draw_losses
from helpers.plots.style import style

_BELOW = 1.36
"""Inches below the picture, for the axis and four rows of the legend, which has as many at most."""


class LiveLossPlot:
    """Draws the picture of `plot_loss` into a PNG, once for each new state of a job.

    It keeps its Axes with their ticks: making new ones takes as long as a quarter of the drawing.
    Pyplot is not used; it would show the figure a second time. The margins are fixed: finding them
    takes as long as half of the drawing, and the picture would move while a job runs.
    """

    def __init__(self) -> None:
        with style():
            # matplotlib's own types lack "none".
            self._figure = Figure(figsize=(7, HEIGHT), layout="none")  # type: ignore[arg-type]
            # Kept, too: it remembers how wide each text is. `Figure.savefig` would change the layout.
            self._canvas = FigureCanvasAgg(self._figure)
            self._ax = self._figure.add_subplot()
        margins = self._figure.subplotpars
        self._margins = margins.left, margins.bottom, margins.right, margins.top

    def png(self, report: LossReport) -> bytes:
        """Draw a report in place of the one before.

        Args:
            report: The losses, read by `read_losses`.

        Returns:
            A PNG of 700 x 460 pixels; larger than usual in bytes, and done sooner.
        """
        with style():
            self._clear()
            legend = draw_losses(report, self._ax, steady=True).get_legend()
            if legend:
                _measure_once(legend)
            self._figure.subplots_adjust(left=0.1, right=0.98, top=0.88, bottom=_BELOW / HEIGHT)
            buffer = io.BytesIO()
            self._canvas.print_png(buffer, pil_kwargs={"compress_level": 1})
        return buffer.getvalue()

    def _clear(self) -> None:
        """Remove what was drawn. `Axes.clear` would make new ticks."""
        ax = self._ax
        for artist in (*ax.lines, *ax.collections, *ax.patches, *ax.texts, ax.get_legend()):
            if artist is not None:
                artist.remove()
        ax.relim()
        # Start as new Axes do: matplotlib computes the next limits from here, down to the last bit.
        self._figure.subplots_adjust(*self._margins)
        ax.set_yscale("linear")
        ax.set(xlim=(0, 1), ylim=(0, 1))
        ax.autoscale()


def _measure_once(legend: Legend) -> None:
    """Keep how large each text is; a legend asks for it five times, once for each box around it."""
    for text in legend.findobj(TextArea):
        # For this legend only: it is drawn once.
        text.get_bbox = functools.cache(text.get_bbox)  # type: ignore[method-assign]
