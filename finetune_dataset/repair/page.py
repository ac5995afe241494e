"""A repair in a notebook: the diff in colors, and what was left out, folded."""

from collections.abc import Iterable, Sequence

from finetune_dataset.display.html_text import html_text
from finetune_dataset.repair.changes import Change, LeftOut

# So many examples that were left out are shown, and so many characters of each; the result has all.
_LEFT_OUT_SHOWN = 20
_CHARACTERS_SHOWN = 2_000


def diff_as_html(changes: Iterable[Change]) -> str:
    """Return the changes as HTML; "" without any."""
    lines = []
    for change in changes:
        lines.append(f'<div style="opacity: 0.75; margin-top: 6px">{html_text(change.heading)}</div>')
        for sign, start, middle, end in change.lines():
            # Red and green let the page's own color through; the change itself is stronger.
            color = "255, 60, 60" if sign == "-" else "40, 180, 80"
            part = html_text(middle)
            if start or end:
                part = f'<span style="background: rgba({color}, 0.4)">{part}</span>'
            text = f"{sign} {html_text(start)}{part}{html_text(end)}"
            lines.append(f'<div style="background: rgba({color}, 0.15)">{text}</div>')
    style = "white-space: pre-wrap; overflow-wrap: anywhere; font: 12px monospace; text-align: left"
    return f'<div style="{style}">{"".join(lines)}</div>' if lines else ""


def left_out_as_html(left_out: Sequence[LeftOut], number: int) -> str:
    """Return what was left out as folded HTML, long texts cut; "" without any.

    Args:
        left_out: What is kept of it.
        number: How many there are in all.
    """
    if not left_out:
        return ""
    items = []
    for item in left_out[:_LEFT_OUT_SHOWN]:
        text = item.text[:_CHARACTERS_SHOWN]
        more = len(item.text) - len(text)
        cut = f" … {more:,} more characters, see .left_out" if more else ""
        items.append(
            f"<p><b>{html_text(item.place)}</b>: {html_text(item.reason)}</p>"
            f'<pre style="white-space: pre-wrap; text-align: left">{html_text(text)}{cut}</pre>'
        )
    rest = len(left_out) - len(items)
    others = f"<p>… and {rest} more, see .left_out</p>" if rest else ""
    return f"<details><summary>Left out: {number}</summary>{''.join(items)}{others}</details>"
