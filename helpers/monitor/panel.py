"""The panel of widgets of one job: what it shows, and when it changes.

The widgets are displayed once and then change by their traits only, so a stored
notebook compares equal with a fresh run. They live as long as the kernel.

No color is set for text: it takes that of the page, in light and dark themes.
"""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic

import pandas as pd
from ipywidgets import HTML, IntProgress, Layout, VBox

from finetune_dataset.display.html_text import html_attribute, html_text
from helpers.jobs.describe import SYMBOLS, UNKNOWN, duration, hint, progress_numbers, status_words
from helpers.jobs.facts import is_terminal
from helpers.jobs.losses.describe import loss_sentences
from helpers.jobs.progress import MESSAGES_SHOWN, Message
from helpers.jobs.snapshot import JobSnapshot, PastJob
from helpers.plots.live_loss import LiveLossPlot

REDRAW_SECONDS = 0.5
"""At most two redraws in a second: more cannot be read."""

_BAR_STYLES = {"succeeded": "success", "failed": "danger", "cancelled": "warning"}
HISTORY = 4
"""So many of the newest jobs are listed."""

_HISTORY = ("Job", "Status", "Base model", "Created", "Fine-tuned model")
_LINE = 1.5
"""Height of a line of text, in em."""


class Panel:
    """The widgets of one job. Every part has its full height from the start, so that nothing jumps.

    Args:
        compact: Smaller, to stand beside others.

    Attributes:
        box: All its widgets.
        status: Sign, status, and the names of the job and of its base model.
        bar: How much is done, in steps.
        numbers: Labeled numbers.
        hint: What the status alone does not say, and trouble with the connection.
        plot: The loss curve.
        caption: What the loss curve shows, in words.
        messages: The last events.
        history: The newest jobs of the service.
    """

    def __init__(self, *, compact: bool) -> None:
        self._compact = compact
        # The size of `LiveLossPlot`; or 70 percent of it, so that two fit into a window of 1,280 pixels.
        self._size = (490, 322) if compact else (700, 460)
        self._ended = False
        self._drawn_at = float("-inf")
        self._picture = LiveLossPlot()
        self._drawn: tuple[pd.DataFrame, pd.DataFrame] | None = None
        self._newest: tuple[float, object] = (0.0, None)
        self.status = _text("Waiting for the first answer …", lines=1, css="fine-tuning-status")
        self.bar = IntProgress(min=0, max=1, layout=Layout(width="99%"))
        self.numbers = _text("", lines=2 if not compact else 4, css="fine-tuning-numbers")
        self.hint = _text("", lines=1.5, css="fine-tuning-hint")
        self.plot = HTML(layout=Layout(height=f"{self._size[1]}px", margin="0"))
        self.caption = _text("", lines=3 if not compact else 4, css="fine-tuning-caption")
        self.messages = _text("", lines=MESSAGES_SHOWN, css="fine-tuning-messages")
        self.history = _text("", lines=0, css="fine-tuning-history")
        for part in (self.bar, self.plot):
            part.add_class("fine-tuning-bar" if part is self.bar else "fine-tuning-plot")
        self.box = VBox(
            [
                *(self.status, self.bar, self.numbers, self.hint, self.plot, self.caption, self.messages),
                self.history,
            ],
            layout=Layout(width=f"{self._size[0] + 10}px", max_width="100%", margin="0 16px 12px 0"),
        )
        self.box.add_class("fine-tuning-panel")

    def update(self, snapshot: JobSnapshot, *, at_once: bool) -> None:
        """Show a job as last seen.

        Args:
            snapshot: The job.
            at_once: Even if the last redraw was less than REDRAW_SECONDS ago.
        """
        if not at_once and monotonic() - self._drawn_at < REDRAW_SECONDS:
            return
        progress, facts = snapshot.progress, snapshot.facts
        self._ended = is_terminal(progress.status)
        names = [facts.id] if self._compact else [facts.id, facts.model]
        self.status.value = " · ".join(
            [f"<b>{html_text(status_words(progress))}</b>", *(html_text(name) for name in names)]
        )
        self.bar.max = progress.total_steps or 1
        self.bar.value = round((progress.fraction or 0) * self.bar.max)
        self.bar.bar_style = _BAR_STYLES.get(progress.status, "info")
        self.numbers.value = self._numbers(snapshot)
        self.hint.value = html_text(hint(snapshot))
        self.messages.value = "".join(map(_message_line, progress.messages))
        if not self._compact:
            self.history.value = _history_table(snapshot.history, facts.id)
        self._draw(snapshot)
        self._drawn_at = monotonic()

    def tell(self, trouble: str) -> None:
        """Show what is wrong with the connection, where other hints stand.

        Args:
            trouble: One sentence; "" when it is over.
        """
        if not self._ended:
            self.hint.value = f"⚠ {html_text(trouble)}" if trouble else ""

    def leave(self, why: str) -> None:
        """Say that what is shown is not brought up to date any more.

        Args:
            why: One sentence.
        """
        if not self._ended:
            self.status.value += " · <b>not watched any more</b>"
            self.hint.value = html_text(why)

    def fold(self) -> None:
        """Leave status, bar and history; the rest is now a figure and a table below the panel."""
        for part in (self.numbers, self.hint, self.plot, self.caption, self.messages):
            part.layout.display = "none"

    def _numbers(self, snapshot: JobSnapshot) -> str:
        """Label the numbers. The clock goes on between two events, and only here, never in printed text."""
        progress = snapshot.progress
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
            f'<div><div style="opacity:.7;font-size:85%">{html_text(label)}</div>'
            f'<div style="font-variant-numeric:tabular-nums">{html_text(value)}</div></div>'
            for label, value in progress_numbers(progress).items()
        )
        narrowest = 105 if self._compact else 92  # pixels: seven columns, or four
        return (
            f'<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax({narrowest}px,1fr));'
            f'gap:2px 8px;line-height:{_LINE};white-space:nowrap">{cells}</div>'
        )

    def _draw(self, snapshot: JobSnapshot) -> None:
        tables = (snapshot.metrics, snapshot.checkpoints)
        if self._drawn and all(new.equals(old) for new, old in zip(tables, self._drawn, strict=True)):
            return
        self._drawn = tables
        text = loss_sentences(snapshot.losses)
        width, height = self._size
        png = base64.b64encode(self._picture.png(snapshot.losses)).decode()
        # An <img>, because the widget for images has no alternative text. Decoding at once avoids a flash.
        self.plot.value = (
            f'<img alt="{html_attribute(text)}" width="{width}" height="{height}" decoding="sync" '
            f'style="max-width:100%;height:auto" src="data:image/png;base64,{png}">'
        )
        self.caption.value = f'<div style="line-height:{_LINE}">{html_text(text)}</div>'


def _text(value: str, *, lines: float, css: str) -> HTML:
    widget = HTML(value, layout=Layout(min_height=f"{lines * _LINE}em", margin="0 0 2px 0"))
    widget.add_class(css)
    return widget


def _message_line(message: Message) -> str:
    return (
        '<div style="line-height:1.5;white-space:nowrap;overflow:hidden;text-overflow:ellipsis">'
        f'<span style="display:inline-block;min-width:4em;opacity:.7">{duration(message.seconds)}</span>'
        f"{html_text(message.text)}</div>"
    )


def _history_table(jobs: Sequence[PastJob], shown: str | None) -> str:
    """List the newest jobs, as a service's dashboard does; the one that is watched is bold."""
    if not jobs:
        return ""
    head = "".join(f'<th style="text-align:left;padding-right:12px">{name}</th>' for name in _HISTORY)
    rows = "".join(_history_row(job, bold=job.facts.id == shown) for job in jobs)
    return (
        f'<details open><summary>Newest jobs</summary><table style="line-height:{_LINE};font-size:85%">'
        f"<tr>{head}</tr>{rows}</table></details>"
    )


def _history_row(job: PastJob, *, bold: bool) -> str:
    facts, status = job.facts, job.facts.status or UNKNOWN
    when = UNKNOWN if job.created_at is None else f"{datetime.fromtimestamp(job.created_at):%Y-%m-%d %H:%M}"
    sign = f"{SYMBOLS.get(status, '…')} {status}"
    cells = (facts.id, sign, facts.model, when, facts.fine_tuned_model)
    weight = "bold" if bold else "normal"
    return f'<tr style="font-weight:{weight}">' + "".join(
        f'<td style="text-align:left;padding-right:12px">{html_text(cell or UNKNOWN)}</td>' for cell in cells
    ) + "</tr>"  # fmt: skip
