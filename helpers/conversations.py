"""Read conversations as a person would: `show_conversations`.

The widgets are displayed once and then change by their traits. Where widgets cannot be
shown (GitHub, nbconvert, a terminal), the first conversations are shown as they are.
Text of the data is escaped, and nothing in it is loaded: an image is its address in words.
"""

from collections.abc import Iterable
from pathlib import Path

from ipywidgets import HTML, BoundedIntText, Button, HBox, Layout, VBox

from finetune_dataset.display.html_text import html_text
from helpers.turns import Turn, turns

STATIC = 3
"""Conversations in the static view."""

_COLORS = {
    "system": "#bf8700",
    "developer": "#bf8700",
    "user": "#2f81f7",
    "assistant": "#2da44e",
    "tool": "#8f6ee0",
    "function": "#8f6ee0",
}
"""Role → color of the bar beside the text. The text itself keeps the page's color, light or dark."""


def show_conversations(rows: Iterable[dict], model: str | Path | None = None) -> "Conversations":
    """Page through chat rows: who speaks, what is trained, which tools are called.

    Preference rows show both answers, reinforcement rows the fields for the grader. Rows that are
    no chat are shown as JSON.

    Args:
        rows: The examples, for example `read_jsonl(path)`.
        model: A model id, or the folder of a local model, to count the tokens of each message;
            None counts nothing.

    Returns:
        The view; as the last line of a cell it shows itself.
    """
    return Conversations(list(rows), model)


class Conversations:
    """The widgets of some rows. `show(number)` turns to a row, as the buttons do.

    Args:
        rows: The examples.
        model: As in `show_conversations`.

    Attributes:
        box: All widgets.
    """

    def __init__(self, rows: list, model: str | Path | None = None) -> None:
        self._rows, self._model = rows, model
        self._page = HTML(layout=Layout(width="100%", max_width="900px"))
        self._back = Button(description="Previous", icon="arrow-left", layout=Layout(width="110px"))
        self._next = Button(description="Next", icon="arrow-right", layout=Layout(width="110px"))
        self._number = BoundedIntText(
            min=1, max=max(1, len(rows)), description="Row", layout=Layout(width="170px")
        )
        self._back.on_click(lambda _: self.show(self._number.value - 1))
        self._next.on_click(lambda _: self.show(self._number.value + 1))
        self._number.observe(lambda change: self.show(change["new"]), names="value")
        bar = HBox([self._back, self._next, self._number, HTML(f"of {len(rows):,}")])
        self.box = VBox([bar, self._page])
        self.show(1)

    def show(self, number: int) -> None:
        """Turn to a row.

        Args:
            number: 1 for the first row; a number outside of the rows turns to the nearest one.
        """
        number = max(1, min(number, len(self._rows)))
        self._number.value = number
        self._back.disabled = number == 1
        self._next.disabled = number >= len(self._rows)
        self._page.value = self._html(number) if self._rows else "There are no rows."

    def __repr__(self) -> str:
        blocks = [self._text(number) for number in range(1, min(STATIC, len(self._rows)) + 1)]
        return "\n\n".join([*blocks, *self._rest()])

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Show the widgets, and the first conversations where widgets cannot be shown."""
        pages = [
            f"<p><b>Row {number}</b></p>{self._html(number)}"
            for number in range(1, min(STATIC, len(self._rows)) + 1)
        ]
        return {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.box.model_id,
            },
            "text/html": "".join([*pages, *(f"<p><i>{line}</i></p>" for line in self._rest())]),
            "text/plain": repr(self),
        }

    def _rest(self) -> list[str]:
        if not self._rows:
            return ["There are no rows."]
        more = len(self._rows) - STATIC
        return [f"{more:,} more. Run this cell to page through them."] if more > 0 else []

    def _html(self, number: int) -> str:
        return "".join(map(_turn_html, turns(self._rows[number - 1], self._model)))

    def _text(self, number: int) -> str:
        return "\n".join([f"Row {number}", *map(_turn_text, turns(self._rows[number - 1], self._model))])


def _turn_html(turn: Turn) -> str:
    color = _COLORS.get(turn.role, "#6e7781")
    mine = turn.role in ("user", "tool", "function")
    look = f"border-left: 4px solid {color}; margin: 6px 0 6px {'15%' if mine else '0'}; width: 85%; "
    look += "box-sizing: border-box; padding: 4px 10px; text-align: left; line-height: 1.4; "
    look += f"background: rgba(128, 128, 128, 0.08); opacity: {0.5 if turn.gray else 1}"
    marks = "".join(f" · {html_text(mark)}" for mark in turn.marks)
    head = f'<div style="opacity: 0.75; font-size: 85%"><b>{html_text(turn.role)}</b>{marks}</div>'
    wrap = "white-space: pre-wrap; overflow-wrap: anywhere"
    text = f'<div dir="auto" style="{wrap}">{html_text(turn.text)}</div>' if turn.text else ""
    code = f'<pre style="{wrap}; margin: 4px 0">{html_text(turn.code)}</pre>' if turn.code else ""
    return f'<div style="{look}">{head}{text}{code}</div>'


def _turn_text(turn: Turn) -> str:
    head = f"[{', '.join([turn.role, *turn.marks])}]"
    return " ".join(filter(None, [head, turn.text, turn.code]))
