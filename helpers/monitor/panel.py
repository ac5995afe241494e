"""The live view of jobs in a notebook: one panel of widgets for each job.

The widgets are displayed once and then change by their traits only, so a stored
notebook compares equal with a fresh run. They live as long as the kernel; what
should remain in the notebook is shown beside them when the jobs have ended.

No color is set for text: it takes that of the page, in light and dark themes.
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

import pandas as pd
from IPython.display import display
from ipywidgets import HTML, Box, IntProgress, Layout, VBox
from matplotlib.figure import Figure

from helpers.jobs.describe import (
    UNKNOWN,
    as_lines,
    describe_loss,
    duration,
    numbers,
    result_facts,
    result_sentence,
    status_words,
)
from helpers.jobs.facts import is_terminal, job_facts
from helpers.jobs.progress import MESSAGES_SHOWN, Look
from helpers.plots.loss import loss_png, plot_loss
from helpers.plots.style import style

REDRAW_SECONDS = 0.5
"""At most two redraws in a second: more cannot be read."""

_BAR_STYLES = {"succeeded": "success", "failed": "danger", "cancelled": "warning"}
_LINE = 1.5  # height of a line of text, in em
_ABOVE_EPOCHS = 24  # points between a picture and its title: the numbers of the epochs stand there


class Panels:
    """The panels of one or several jobs, side by side as far as there is room.

    Args:
        job_ids: The jobs, in the order in which they are shown.
    """

    def __init__(self, job_ids: Sequence[str]) -> None:
        self._job_ids = job_ids
        self._shown = False
        self.panels = [Panel(compact=len(job_ids) > 1) for _ in job_ids]
        self.box = Box([panel.box for panel in self.panels], layout=Layout(flex_flow="row wrap"))

    def show(self) -> None:
        """Display the panels, if that has not been done."""
        if not self._shown:
            self._shown = True
            display(self)

    def update(self, number: int, look: Look, *, at_once: bool = False) -> None:
        """Bring a job's panel up to date.

        Args:
            number: Place of the job, from 0.
            look: The job.
            at_once: Even if the last redraw was less than half a second ago.
        """
        self.panels[number].update(look, at_once=at_once)

    def tell(self, trouble: str) -> None:
        """Show what is wrong with the connection; "" when it is over."""
        self.show()
        for panel in self.panels:
            panel.tell(trouble)

    def leave(self, why: str) -> None:
        """Say that the view stands still now, and why."""
        for panel in self.panels:
            panel.leave(why)

    def end(self, looks: Sequence[Look]) -> None:
        """Leave what remains in a stored notebook: a figure, a sentence and a small table."""
        for panel in self.panels:
            panel.fold()
        sentences = [result_sentence(look) for look in looks]
        if not all(look.metrics.empty for look in looks):
            text = "\n".join(sentences)
            figure = {"image/png": _final_png(looks), "text/plain": text}
            display(figure, metadata={"image/png": {"alt": text}}, raw=True)
        facts = [result_facts(look) for look in looks]
        shown = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences) + _table(facts)
        plain = "\n\n".join([*sentences, *map(as_lines, facts)])
        display({"text/html": shown, "text/plain": plain}, raw=True)

    def __repr__(self) -> str:
        # The same whatever the job's state is: stored outputs are compared with a fresh run.
        jobs = "the job " if len(self._job_ids) == 1 else "the jobs "
        return f"Live view of {jobs}{', '.join(self._job_ids)}. Run this cell to see it move."

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Show the widgets, and a sentence where they cannot be shown (GitHub, a notebook not yet run)."""
        return {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.box.model_id,
            },
            "text/html": f"<i>{html.escape(repr(self))}</i>",
            "text/plain": repr(self),
        }


class Panel:
    """The widgets of one job. Every part has its full height from the start, so that nothing jumps.

    Args:
        compact: Smaller, to stand beside others.
    """

    def __init__(self, *, compact: bool) -> None:
        self._compact = compact
        # The size of `loss_png`; or 70 percent of it, so that two fit into a window of 1,280 pixels.
        self._size = (490, 322) if compact else (700, 460)
        self._ended = False
        self._drawn_at = float("-inf")
        self._drawn: tuple[pd.DataFrame, pd.DataFrame] | None = None
        self._newest: tuple[float, object] = (0.0, None)
        self.status = _text("Waiting for the first answer …", lines=1, css="fine-tuning-status")
        self.bar = IntProgress(min=0, max=1, layout=Layout(width="99%"))
        self.numbers = _text("", lines=2 if not compact else 4, css="fine-tuning-numbers")
        self.hint = _text("", lines=1.5, css="fine-tuning-hint")
        self.plot = HTML(layout=Layout(height=f"{self._size[1]}px", margin="0"))
        self.caption = _text("", lines=3 if not compact else 4, css="fine-tuning-caption")
        self.messages = _text("", lines=MESSAGES_SHOWN, css="fine-tuning-messages")
        for part in (self.bar, self.plot):
            part.add_class("fine-tuning-bar" if part is self.bar else "fine-tuning-plot")
        self.box = VBox(
            [self.status, self.bar, self.numbers, self.hint, self.plot, self.caption, self.messages],
            layout=Layout(width=f"{self._size[0] + 10}px", max_width="100%", margin="0 16px 12px 0"),
        )
        self.box.add_class("fine-tuning-panel")

    def update(self, look: Look, *, at_once: bool) -> None:
        """Show a job as last seen."""
        if not at_once and monotonic() - self._drawn_at < REDRAW_SECONDS:
            return
        progress = look.progress
        self._ended = is_terminal(progress.status)
        names = [look.job.id] if self._compact else [look.job.id, look.job.model]
        self.status.value = " · ".join(
            [f"<b>{html.escape(status_words(progress))}</b>", *(html.escape(str(name)) for name in names)]
        )
        self.bar.max = progress.total_steps or 1
        self.bar.value = round((progress.fraction or 0) * self.bar.max)
        self.bar.bar_style = _BAR_STYLES.get(progress.status, "info")
        self.numbers.value = self._numbers(look)
        self.hint.value = html.escape(_hint(look))
        self.messages.value = "".join(
            '<div style="line-height:1.5;white-space:nowrap;overflow:hidden;text-overflow:ellipsis">'
            f'<span style="display:inline-block;min-width:4em;opacity:.7">{duration(line.seconds)}</span>'
            f"{html.escape(line.text)}</div>"
            for line in progress.messages
        )
        self._draw(look)
        self._drawn_at = monotonic()

    def tell(self, trouble: str) -> None:
        """Show what is wrong with the connection, where other hints stand."""
        if not self._ended:
            self.hint.value = f"⚠ {html.escape(trouble)}" if trouble else ""

    def leave(self, why: str) -> None:
        """Say that what is shown is not brought up to date any more, and why."""
        if not self._ended:
            self.status.value += " · <b>not watched any more</b>"
            self.hint.value = html.escape(why)

    def fold(self) -> None:
        """Leave status and bar; the rest is now a figure and a table below the panel."""
        for part in (self.numbers, self.hint, self.plot, self.caption, self.messages):
            part.layout.display = "none"

    def _numbers(self, look: Look) -> str:
        """The labeled numbers; the clock goes on between two events, and only here, never in printed text."""
        progress = look.progress
        newest = (progress.step, progress.elapsed_seconds, progress.messages)
        if newest != self._newest[1]:
            self._newest = (monotonic(), newest)
        if not self._ended:
            passed = round(monotonic() - self._newest[0])
            left = progress.remaining_seconds
            progress = replace(
                progress,
                elapsed_seconds=progress.elapsed_seconds + passed,
                remaining_seconds=None if left is None else max(0, left - passed),
            )
        cells = "".join(
            f'<div><div style="opacity:.7;font-size:85%">{label}</div>'
            f'<div style="font-variant-numeric:tabular-nums">{html.escape(value)}</div></div>'
            for label, value in numbers(progress)
        )
        narrowest = 105 if self._compact else 92  # pixels: seven columns, or four
        return (
            f'<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax({narrowest}px,1fr));'
            f'gap:2px 8px;line-height:{_LINE};white-space:nowrap">{cells}</div>'
        )

    def _draw(self, look: Look) -> None:
        tables = (look.metrics, look.checkpoints)
        if self._drawn and all(new.equals(old) for new, old in zip(tables, self._drawn, strict=True)):
            return
        self._drawn = tables
        text = html.escape(describe_loss(look.metrics, checkpoints=look.checkpoints))
        width, height = self._size
        png = base64.b64encode(loss_png(look.metrics, checkpoints=look.checkpoints)).decode()
        # An <img>, because the widget for images has no alternative text. Decoding at once avoids a flash.
        self.plot.value = (
            f'<img alt="{text}" width="{width}" height="{height}" decoding="sync" '
            f'style="max-width:100%;height:auto" src="data:image/png;base64,{png}">'
        )
        self.caption.value = f'<div style="line-height:{_LINE}">{text}</div>'


def _text(value: str, *, lines: float, css: str) -> HTML:
    widget = HTML(value, layout=Layout(min_height=f"{lines * _LINE}em", margin="0 0 2px 0"))
    widget.add_class(css)
    return widget


def _hint(look: Look) -> str:
    """Say what the status alone does not say."""
    progress = look.progress
    if progress.queue_position:
        return f"Number {progress.queue_position} in the queue: the service trains other jobs first."
    if progress.status == "paused":
        return f'The job is paused. To go on: client.fine_tuning.jobs.resume("{look.job.id}")'
    return job_facts(look.job)["error"] or ""


def _table(facts: Sequence[dict[str, str]]) -> str:
    """Write one column for each job, and one row for each fact that a job has."""
    left = ' style="text-align:left"'
    rows = "".join(
        f"<tr><th{left}>{html.escape(label)}</th>"
        + "".join(f"<td{left}>{html.escape(job.get(label, UNKNOWN))}</td>" for job in facts)
        + "</tr>"
        for label in dict.fromkeys(label for job in facts for label in job)
    )
    return f"<table>{rows}</table>"


def _final_png(looks: Sequence[Look]) -> bytes:
    """Draw the curves of jobs that have ended, two in a row."""
    columns = min(2, len(looks))
    rows = -(-len(looks) // columns)
    with style():
        # Not pyplot: the notebook would show its figure a second time, below the cell.
        figure = Figure(figsize=(7 * columns, 4.6 * rows))
        for number, look in enumerate(looks, start=1):
            ax = figure.add_subplot(rows, columns, number)
            plot_loss(look.metrics, checkpoints=look.checkpoints, ax=ax)
            if len(looks) > 1:
                ax.set_title(str(look.job.id), y=1, pad=_ABOVE_EPOCHS)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
    return buffer.getvalue()
