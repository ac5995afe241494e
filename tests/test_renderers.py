"""The notebooks as they are stored, where nothing runs: GitHub, VS Code without widgets, a page of nbconvert.

The browser tests look at such a page; these rules need no browser.
"""

import re
from collections.abc import Iterator
from functools import cache

import nbformat
import pytest
from nbconvert import HTMLExporter

from helpers.paths import ROOT

NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)

WIDGET = "application/vnd.jupyter.widget-view+json"
SHOWN_EVERYWHERE = {"text/plain", "text/html", "image/png"}
"""What GitHub, VS Code and nbconvert show without an extension, a script, or an address (Nov 2026)."""
METADATA = {"kernelspec", "language_info"}
"""With a `widgets` beside them, GitHub refuses to show a notebook; other keys are of one editor only."""
CELL_METADATA = {"tags"}
GITHUB_BYTES = 1_000_000
"""The largest file that GitHub's contents API gives away (Nov 2026); tools for reviews use it. The course's
own limit is lower: tests/test_notebook_budgets.py."""
ACTIVE = re.compile(r"<script|<iframe|<object|<embed|\son\w+=|javascript:", re.IGNORECASE)
FETCHED = re.compile(r"""(?:src|href)\s*=\s*["']?+(?!data:|\#|\w+\.ipynb["'])""", re.IGNORECASE)
"""A link to a notebook beside this one fetches nothing before somebody follows it."""
DEAD_WIDGET = re.compile(r"Error displaying widget|Loading widget|^\w+\((children|value)=")


@cache
def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS[name], as_version=nbformat.NO_CONVERT)


def displays(name: str) -> Iterator[tuple[str, nbformat.NotebookNode]]:
    """The id of a cell, and one of its outputs that has MIME types."""
    for cell in read(name).cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                yield cell.id, output


@each_notebook
def test_a_notebook_follows_the_format_and_carries_no_metadata_of_one_editor(name):
    notebook = read(name)

    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert set(notebook.metadata) == METADATA
    assert {key for cell in notebook.cells for key in cell.metadata} <= CELL_METADATA


@each_notebook
def test_github_shows_a_notebook_of_this_size(name):
    assert NOTEBOOKS[name].stat().st_size < GITHUB_BYTES


@each_notebook
def test_each_display_has_a_twin_that_stands_still(name):
    without = [(cell, sorted(output.data)) for cell, output in displays(name) if not twins(output)]
    dead = [cell for cell, output in displays(name) if DEAD_WIDGET.search(output.data.get("text/plain", ""))]

    assert without == []
    assert dead == []


def twins(output: nbformat.NotebookNode) -> bool:
    """Whether an output says something as text, and all that it has is a widget or shown everywhere."""
    kinds = set(output.data)
    return bool(str(output.data.get("text/plain", "")).strip()) and kinds - {WIDGET} <= SHOWN_EVERYWHERE


@each_notebook
def test_no_display_runs_or_fetches_anything(name):
    pages = {cell: output.data["text/html"] for cell, output in displays(name) if "text/html" in output.data}

    assert [cell for cell, page in pages.items() if ACTIVE.search(page) or FETCHED.search(page)] == []


@pytest.mark.slow
@each_notebook
def test_nbconvert_makes_a_page_with_every_picture_and_no_place_of_a_dead_widget(name):
    pictures = sum("image/png" in output.data for _, output in displays(name))

    page, _ = HTMLExporter().from_notebook_node(nbformat.read(NOTEBOOKS[name], as_version=4))

    body = page.partition("<body")[2]
    assert body.count('src="data:image/png;base64,') == pictures
    assert "widget-view+json" not in body
    assert read(name).cells[0].source.splitlines()[0].removeprefix("# ").split(":")[0] in body


@pytest.mark.parametrize(
    ("data", "right"),
    [
        ({"text/plain": "A progress bar.", "text/html": "<i>A progress bar.</i>", WIDGET: {}}, True),
        ({WIDGET: {}}, False),
        ({"text/plain": " ", "image/png": ""}, False),
        ({"text/plain": "x", "application/javascript": "alert()"}, False),
    ],
)
def test_the_rule_for_twins_tells_right_from_wrong(data, right):
    assert twins(nbformat.v4.new_output("display_data", data=data)) == right


@pytest.mark.parametrize(
    "page", ["<script>1</script>", '<b onclick="x()">', '<img src="https://a.example/x.png">', "<iframe>"]
)
def test_the_rule_for_pages_finds_what_runs_or_fetches(page):
    assert ACTIVE.search(page) or FETCHED.search(page)
