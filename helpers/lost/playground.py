"""A playground: one question, several models side by side, with tokens, seconds and checks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from ipywidgets import HTML, Button, Dropdown, HBox, Layout, Text, VBox

from finetune_dataset.display.html_text import html_text
from helpers.evaluation.scores import Score
from helpers.widgets import widget_bundle

Ask = Callable[[str, str], "Reply"]


@dataclass(frozen=True)
class Reply:
    """What came back.

    Attributes:
        text: The answer.
        prompt_tokens: Tokens that were read.
        completion_tokens: Tokens that were written.
        seconds: How long it took; None for a recorded answer.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float | None = None


class Playground:
    """Asks several models the same, at a click. The last expression of a cell shows it.

    Args:
        ask: Takes the name of a model and a question; it is yours, and calls the model.
        models: Names, such as "base" and "fine_tuned", in the order of the columns.
        questions: Name of a question → the row that asks it; they can be chosen. A row may have no answer.
        scores: What is checked in each answer.
        free: Whether other questions can be typed; not on recorded answers.
    """

    def __init__(
        self,
        ask: Ask,
        models: Sequence[str],
        questions: Mapping[str, Mapping[str, Any]],
        scores: Sequence[Score],
        *,
        free: bool,
    ) -> None:
        self._ask, self._models, self._scores, self._rows = ask, list(models), list(scores), dict(questions)
        wide = Layout(width="auto", flex="1 1 0%")
        self._choice = Dropdown(options=list(self._rows), layout=Layout(width="16em"))
        hint = "or a question of your own" if free else "own questions: connect to a live backend"
        self._text = Text(placeholder=hint, disabled=not free, layout=wide)
        self._button = Button(description="Ask", button_style="primary")
        self._panes = {name: HTML(layout=wide) for name in self._models}
        self.box = VBox([HBox([self._choice, self._text, self._button]), HBox(list(self._panes.values()))])
        self._button.on_click(lambda _: self.answer())
        self._choice.observe(self._clear, "value")

    def _clear(self, _: object) -> None:
        self._text.value = ""

    def answer(self) -> None:
        """Ask all models what is chosen or typed, and show each answer as it comes."""
        typed = self._text.value.strip()
        row = None if typed else _with_answer(self._rows[self._choice.value])
        question = typed or _question(self._rows[self._choice.value])
        self._button.disabled = True
        for pane in self._panes.values():
            pane.value = "<i>…</i>"
        try:
            for name, pane in self._panes.items():
                try:
                    pane.value = self._pane(name, question, row)
                except Exception as error:  # A click has no cell in which an error could stand.
                    pane.value = (
                        f"<b>{html_text(name)}</b><br>{html_text(f'{type(error).__name__}: {error}')}"
                    )
        finally:
            self._button.disabled = False

    def _pane(self, name: str, question: str, row: Mapping[str, Any] | None) -> str:
        reply = self._ask(name, question)
        seconds = "recorded" if reply.seconds is None else f"{reply.seconds:.1f} s"
        checks = " · ".join(
            f"{mark} {html_text(score)}" for score, mark in self._checks(reply.text, row).items()
        )
        return (
            f"<b>{html_text(name)}</b><br><small>{reply.prompt_tokens} + {reply.completion_tokens} tokens, "
            f'{seconds}<br>{checks}</small><div style="white-space:pre-wrap;line-height:1.35;'
            f'margin-top:0.5em;padding-right:1em">{html_text(reply.text)}</div>'
        )

    def _checks(self, text: str, row: Mapping[str, Any] | None) -> dict[str, str]:
        """Name of each score → a sign; "–" for a score that must know the right answer, and does not."""
        found = {}
        for score in self._scores:
            try:
                value = score.check(text, row or {"messages": []})
            except (ValueError, LookupError, StopIteration):
                found[score.name] = "–"
                continue
            found[score.name] = "✓" if value == 1 else "✗" if value == 0 else f"{value:.2f}"
        return found

    def table(self, name: str) -> pd.DataFrame:
        """Ask all models one of the questions, and return what the widget would show, without its seconds.

        Args:
            name: Of the question.

        Returns:
            One row per model: the tokens, a column per score, and the answer.
        """
        row, rows = self._rows[name], []
        for model in self._models:
            reply = self._ask(model, _question(row))
            tokens = f"{reply.prompt_tokens} + {reply.completion_tokens}"
            rows.append(
                {
                    "model": model,
                    "tokens": tokens,
                    **self._checks(reply.text, _with_answer(row)),
                    "answer": reply.text,
                }
            )
        return pd.DataFrame(rows).set_index("model")

    def __repr__(self) -> str:
        # The same in each run: stored outputs are compared with a fresh one.
        return f"A playground with {len(self._rows)} questions. Run this cell to use it."

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return widget_bundle(self.box, repr(self))


def _question(row: Mapping[str, Any]) -> str:
    """The last thing that the user of a row says."""
    return str([message["content"] for message in row["messages"] if message["role"] == "user"][-1])


def _with_answer(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The row where it has the right answer, for the scores that must know it."""
    return row if row["messages"][-1]["role"] == "assistant" else None
