"""How much each token of a text surprises a model: colored text, and the same as a figure.

The color says it, and so does the number under each token: nobody needs to tell colors apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd
from matplotlib import colormaps, pyplot as plt
from matplotlib.colors import Normalize, to_hex
from matplotlib.figure import Figure

from finetune_dataset.display.html_text import html_attribute, html_text
from helpers.errors import NotScored
from helpers.plots.style import GRAY, style

LARGEST: Final = 8.0
"""From this loss on the color is the darkest: the token had a probability of 1 in 3,000."""

_COLORS = colormaps["Blues"]
_SCALE = Normalize(0, LARGEST, clip=True)
_LINE = 62
"""Characters in a line of the figure."""


class Colors(NamedTuple):
    """How a token looks."""

    back: str
    front: str


def token_losses(prompt_logprobs: Sequence[Mapping[str, Any] | None] | None, begin: int) -> pd.DataFrame:
    """Read the loss of each token of an answer out of what the server tells of a prompt.

    Args:
        prompt_logprobs: Of an answer that was asked with `prompt_logprobs: 0`, in vLLM's form: for each
            token, its number with `logprob`, `rank` and `decoded_token`; None for the first. None in place of
            all: the answer has no such field.
        begin: How many tokens stand before the answer: `usage.prompt_tokens` of the question alone.

    Returns:
        One row per token: token (its text), loss (minus the natural logarithm of its probability) and rank
        (1: the model would have written it itself).

    Raises:
        NotScored: The answer has no such field.
        ValueError: No token is left.
    """
    if prompt_logprobs is None:
        raise NotScored(
            "the answer has no prompt_logprobs, so the service ignored that parameter. Ask a server that "
            "knows it: the course's local one, or vLLM's."
        )
    told = [next(iter(place.values())) for place in prompt_logprobs[begin:] if place]
    if not told:
        raise ValueError(
            f"Expected tokens after the first {begin}, found {len(prompt_logprobs)} in all. Ask with "
            "prompt_logprobs, and with the answer as the last message."
        )
    return pd.DataFrame(
        {
            "token": [one["decoded_token"] for one in told],
            "loss": [max(0.0, -float(one["logprob"])) for one in told],
            "rank": [int(one["rank"]) for one in told],
        }
    )


def _colors(loss: float) -> Colors:
    color = _COLORS(_SCALE(loss))
    linear = ((p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4) for p in color[:3])
    luminance = sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    # From here on black text has more contrast than white (WCAG 2.1: (L + 0.05) / 0.05 = 1.05 / (L + 0.05)).
    return Colors(to_hex(color), "#000000" if luminance > 0.179 else "#ffffff")


class TokenView:
    """A text as its models see it; the last expression of a cell shows it.

    Args:
        losses: Name, such as "base", → table of `token_losses`.
    """

    def __init__(self, losses: Mapping[str, pd.DataFrame]) -> None:
        self._losses = dict(losses)

    def __repr__(self) -> str:
        return "\n".join(_in_words(name, table) for name, table in self._losses.items())

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        blocks = [
            f'<p style="margin:0.6em 0 0"><b>{html_text(name)}</b></p>'
            f'<p role="img" aria-label="{html_attribute(_in_words(name, table))}" style="line-height:2.4">'
            f"{''.join(map(_span, table.to_dict('records')))}</p>"
            for name, table in self._losses.items()
        ]
        return {"text/html": "".join(blocks), "text/plain": repr(self)}


def _in_words(name: str, table: pd.DataFrame) -> str:
    most = table.iloc[int(table["loss"].argmax())]
    first = int((table["rank"] == 1).sum())
    return (
        f"{name}: mean loss {table['loss'].mean():.2f} over {len(table)} tokens; {first} of them are the "
        f"model's own first choice; most surprising: {most['token'].strip()!r} ({most['loss']:.1f})."
    )


def _span(row: Mapping[Any, Any]) -> str:
    colors = _colors(row["loss"])
    return (
        f'<span style="display:inline-block;line-height:1.1;text-align:center;margin:1px;padding:1px 2px;'
        f'white-space:pre;background:{colors.back};color:{colors.front}">{html_text(_shown(row["token"]))}'
        f"<br><small>{row['loss']:.1f}</small></span>"
    )


def _shown(token: str) -> str:
    """A token that can be seen: a new line has a sign."""
    return token.replace("\n", "⏎")


def plot_tokens(losses: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw what `TokenView` shows.

    Args:
        losses: Name → table of `token_losses`.

    Returns:
        The figure: a block of text for each model, the loss under each token.
    """
    blocks = {name: _lines(table) for name, table in losses.items()}
    height = sum(1.6 + len(lines) for lines in blocks.values())
    with style():
        figure, ax = plt.subplots(figsize=(8, 0.36 * height + 0.6))
        ax.set(xlim=(0, _LINE), ylim=(height, 0))
        ax.set_axis_off()
        top = 0.0
        for name, lines in blocks.items():
            mean = losses[name]["loss"].mean()
            ax.text(0, top + 0.7, f"{name}: mean loss {mean:.2f}", weight="bold", va="center")
            for line in lines:
                _draw_line(ax, line, top + 1.5)
                top += 1
            top += 1.6
        bar = figure.colorbar(
            plt.cm.ScalarMappable(_SCALE, _COLORS), ax=ax, orientation="horizontal", fraction=0.06, pad=0.02,
            aspect=50,
        )  # fmt: skip
        bar.set_label("loss of a token: 0 was expected, darker surprises more", color=GRAY)
    return figure


def _lines(table: pd.DataFrame) -> list[list[tuple[float, str, float]]]:
    """Where each token begins, its text and its loss, line by line."""
    lines: list[list[tuple[float, str, float]]] = [[]]
    place = 0.0
    for token, loss in zip(table["token"].map(_shown), table["loss"], strict=True):
        width = max(3, len(token)) + 0.3
        if place + width > _LINE and lines[-1]:
            lines.append([])
            place = 0.0
        lines[-1].append((place, token, loss))
        place += width
    return lines


def _draw_line(ax: plt.Axes, line: list[tuple[float, str, float]], height: float) -> None:
    for place, token, loss in line:
        colors, width = _colors(loss), max(3, len(token))
        ax.add_patch(plt.Rectangle((place, height - 0.42), width, 0.84, color=colors.back, lw=0))
        middle = place + width / 2
        ax.text(middle, height - 0.16, token, color=colors.front, family="monospace", size=8.5, ha="center",
                va="center")  # fmt: skip
        ax.text(middle, height + 0.24, f"{loss:.1f}", color=colors.front, size=6.5, ha="center", va="center")
