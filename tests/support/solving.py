"""Fill in the blanks of the notebooks' exercises, and read what the check says."""

import ast
import io
import json
import re
from contextlib import redirect_stdout
from functools import cache

from helpers import exercises
from helpers.exercises.texts import Exercise, all_texts
from helpers.paths import ROOT

EXERCISES: dict[str, Exercise] = {
    f"{notebook}.{number}": exercise
    for notebook, texts in all_texts().items()
    for number, exercise in texts.exercises.items()
}


@cache
def code_cells(notebook: str) -> list[str]:
    """The code of a notebook: read as JSON, for nbformat checks the whole file."""
    path = ROOT / "notebooks" / f"{notebook}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def cell_of(name: str) -> str:
    """The lines of an exercise: they begin a cell, and end with the check."""
    notebook, check = all_texts()[name.partition(".")[0]].notebook, f'exercises.check("{name}", '
    [cell] = [cell for cell in code_cells(notebook) if check in cell]
    head, _, rest = cell.partition(check)
    return f"{head}{check}{rest.splitlines()[0]}"


def filled(cell: str, code: str) -> str:
    """A cell with other code in place of the statement that holds `...`."""
    lines = cell.splitlines()
    [blank] = [
        statement
        for statement in ast.parse(cell).body
        if not isinstance(statement, ast.Expr)
        and any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(statement))
    ]
    return "\n".join([*lines[: blank.lineno - 1], code.strip(), *lines[blank.end_lineno :]])


def solved(cell: str) -> str:
    """A cell of a notebook with the solution in it, if it is one of an exercise."""
    found = re.search(r'exercises\.check\("([\w.]+)", ', cell)
    return filled(cell, EXERCISES[found[1]].solution) if found else cell


def said(name: str, code: str | None, **notebook: object) -> str:
    """What an exercise's cell prints, with some code in place of its blank; None leaves it blank.

    Args:
        name: The exercise.
        code: An attempt.
        notebook: The names that the notebook has set before this cell.
    """
    cell = cell_of(name)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(filled(cell, code) if code is not None else cell, {"exercises": exercises, **notebook})
    return printed.getvalue().strip()
