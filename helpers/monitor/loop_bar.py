"""A bar for a loop in a notebook, with a sentence where widgets cannot be shown."""

from IPython.display import display
from ipywidgets import HTML, IntProgress, VBox

from finetune_dataset.display.html_text import html_text
from helpers.widgets import widget_bundle


def progress_bar(total: int, what: str) -> "ProgressBar":
    """Show how far a loop is.

    Args:
        total: How many steps it has.
        what: What is counted, such as "answers".

    Returns:
        The bar, which is displayed; call its `step` in the loop.
    """
    bar = ProgressBar(total, what)
    display(bar)
    return bar


class ProgressBar:
    """A bar and a line of text below it. Make it with `progress_bar`.

    Args:
        total: How many steps the loop has.
        what: What is counted.

    Attributes:
        box: Its widgets.
    """

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = total, what
        self._bar, self._label = IntProgress(max=total), HTML()
        self.box = VBox([self._bar, self._label])

    def step(self, label: str) -> None:
        """Say that one more step is done.

        Args:
            label: What it was about.
        """
        self._bar.value += 1
        self._label.value = html_text("done" if self._bar.value == self._total else label)

    def __repr__(self) -> str:
        # The same before and after the loop: stored outputs are compared with a fresh run.
        return f"A progress bar of {self._total} {self._what}. Run this cell to see it move."

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return widget_bundle(self.box, repr(self))
