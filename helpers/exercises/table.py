"""The progress page: what `check` and the quiz saw in this run, as a table that needs no widget."""

from dataclasses import dataclass

from finetune_dataset.display.html_text import html_text
from helpers.backends.names import run_folder
from helpers.exercises.kept import Kept, read_kept
from helpers.exercises.texts import Texts, all_texts, texts_of

MARKS = {"right": "✓", "right, solution seen": "(✓)", "not yet": "✗", "not attempted": "–"}
HEAD = ("notebook", "exercises", "quiz")


@dataclass(frozen=True)
class Progress:
    """What `progress` returns: Jupyter shows it as a table, `print` as lines.

    Attributes:
        rows: Notebook, its exercises with a mark for each, its quiz.
        run: The run's name.
    """

    rows: list[tuple[str, str, str]]
    run: str

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(HEAD, *self.rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (HEAD, *self.rows)]
        return "\n".join([*lines, self._legend()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def row(cells: tuple[str, ...], tag: str) -> str:
            shown = (f'<{tag} style="text-align:left">{html_text(cell)}</{tag}>' for cell in cells)
            return f"<tr>{''.join(shown)}</tr>"

        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table>{row(HEAD, 'th')}{body}</table><p>{html_text(self._legend())}</p>"

    def _legend(self) -> str:
        signs = ", ".join(f"{mark} {name}" for name, mark in MARKS.items())
        return f"{signs}. Kept in exercises.json of the run {self.run!r}, on this computer only."


def progress(notebook: str | None = None) -> Progress:
    """Show which exercises and questions are done in this run.

    Args:
        notebook: A notebook's number, such as "04"; without it, all notebooks.

    Raises:
        FineTuneError: There is no such notebook, or the run's file is damaged.
    """
    chosen = {notebook: texts_of(notebook)} if notebook else all_texts()
    kept = read_kept()
    return Progress([_row(name, texts, kept) for name, texts in chosen.items()], run_folder().name)


def _row(notebook: str, texts: Texts, kept: Kept) -> tuple[str, str, str]:
    names = [f"{notebook}.{number}" for number in texts.exercises]
    marks = ", ".join(f"{name} {MARKS[_state(name, kept)]}" for name in names)
    answers = kept.quiz.get(notebook, {})
    chosen = [answers.get(str(number), []) for number, _ in enumerate(texts.quiz, start=1)]
    right = sum(question.right in letters for question, letters in zip(texts.quiz, chosen, strict=True))
    return texts.notebook, marks, f"{right} of {len(texts.quiz)} right, {sum(map(bool, chosen))} answered"


def _state(name: str, kept: Kept) -> str:
    tried = kept.exercises.get(name)
    if tried is None or not (tried["tries"] or tried["right"]):
        return "not attempted"
    if not tried["right"]:
        return "not yet"
    return "right, solution seen" if tried["solution_seen"] else "right"
