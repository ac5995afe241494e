"""The live view of jobs in a notebook: a panel for each job, and what remains of them.

The widgets live as long as the kernel; what should remain in the notebook is shown
beside them when the jobs have ended.
"""

from collections.abc import Sequence

from IPython.display import display
from ipywidgets import Box, Layout
from matplotlib.figure import Figure

from finetune_dataset.display.html_text import html_text
from helpers.jobs.describe import UNKNOWN, as_lines, result_facts, result_sentence
from helpers.jobs.snapshot import JobSnapshot
from helpers.monitor.panel import HISTORY, Panel
from helpers.plots.loss import ABOVE_EPOCHS, draw_losses
from helpers.plots.small_png import small_png
from helpers.plots.style import style
from helpers.widgets import widget_bundle


class NotebookView:
    """The panels of one or several jobs, side by side as far as there is room.

    Args:
        job_ids: The jobs, in the order in which they are shown.

    Attributes:
        panels: One for each job.
        box: All of them.
        history: So many of the newest jobs it shows; none beside others.
    """

    def __init__(self, job_ids: Sequence[str]) -> None:
        self.history = HISTORY if len(job_ids) == 1 else 0
        self._job_ids = job_ids
        self._shown = False
        self.panels = [Panel(compact=len(job_ids) > 1) for _ in job_ids]
        self.box = Box([panel.box for panel in self.panels], layout=Layout(flex_flow="row wrap"))

    def show(self) -> None:
        """Display the panels, if that has not been done."""
        if not self._shown:
            self._shown = True
            display(self)

    def update(self, number: int, snapshot: JobSnapshot, *, at_once: bool = False) -> None:
        """Bring a job's panel up to date.

        Args:
            number: Place of the job, from 0.
            snapshot: The job.
            at_once: Even if the last redraw was less than half a second ago.
        """
        self.panels[number].update(snapshot, at_once=at_once)

    def tell(self, trouble: str) -> None:
        """Show what is wrong with the connection.

        Args:
            trouble: One sentence; "" when it is over.
        """
        self.show()
        for panel in self.panels:
            panel.tell(trouble)

    def leave(self, why: str) -> None:
        """Say that the view stands still now.

        Args:
            why: One sentence.
        """
        for panel in self.panels:
            panel.leave(why)

    def end(self, snapshots: Sequence[JobSnapshot], *, facts: bool = True) -> None:
        """Leave what remains in a stored notebook: a figure, a sentence and a small table.

        Args:
            snapshots: The jobs as last seen, in their order.
            facts: Also the table.
        """
        for panel in self.panels:
            panel.fold()
        sentences = [result_sentence(snapshot) for snapshot in snapshots]
        if not all(snapshot.metrics.empty for snapshot in snapshots):
            text = "\n".join(sentences)
            figure = {"image/png": _final_png(snapshots), "text/plain": text}
            display(figure, metadata={"image/png": {"alt": text}}, raw=True)
        told = [result_facts(snapshot) for snapshot in snapshots] if facts else []
        shown = "".join(f"<p>{html_text(sentence)}</p>" for sentence in sentences)
        shown += _table(told) if told else ""
        plain = "\n\n".join([*sentences, *map(as_lines, told)])
        display({"text/html": shown, "text/plain": plain}, raw=True)

    def __repr__(self) -> str:
        # The same whatever the job's state is: stored outputs are compared with a fresh run.
        jobs = "the job " if len(self._job_ids) == 1 else "the jobs "
        return f"Live view of {jobs}{', '.join(self._job_ids)}. Run this cell to see it move."

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return widget_bundle(self.box, repr(self))


def _table(facts: Sequence[dict[str, str]]) -> str:
    """Write one column for each job, and one row for each fact that a job has."""
    left = ' style="text-align:left"'
    rows = "".join(
        f"<tr><th{left}>{html_text(label)}</th>"
        + "".join(f"<td{left}>{html_text(job.get(label, UNKNOWN))}</td>" for job in facts)
        + "</tr>"
        for label in dict.fromkeys(label for job in facts for label in job)
    )
    return f"<table>{rows}</table>"


def _final_png(snapshots: Sequence[JobSnapshot]) -> bytes:
    """Draw the curves of jobs that have ended, two in a row."""
    columns = min(2, len(snapshots))
    rows = -(-len(snapshots) // columns)
    with style():
        # Not pyplot: the notebook would show its figure a second time, below the cell.
        # Two pictures side by side are wider than a page, which would shrink them.
        figure = Figure(figsize=(7 * columns, 4.6 * rows), dpi=100 if columns == 1 else 75)
        for number, snapshot in enumerate(snapshots, start=1):
            ax = draw_losses(snapshot.losses, figure.add_subplot(rows, columns, number))
            if len(snapshots) > 1:
                ax.set_title(str(snapshot.facts.fine_tuned_model or snapshot.facts.id), y=1, pad=ABOVE_EPOCHS)
        return small_png(figure)
