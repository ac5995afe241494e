"""The notebooks as they are stored, on a page that runs nothing: GitHub, nbviewer, a printed page."""

from pathlib import Path

import nbformat
import pytest
from lab import DEAD_WIDGET
from nbconvert import HTMLExporter
from playwright.sync_api import Page

from helpers.paths import ROOT

NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("0*.ipynb"))


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_notebook_shows_its_figures_and_no_dead_widget(name: str, page: Page, tmp_path: Path):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    html = tmp_path / "notebook.html"
    html.write_text(HTMLExporter().from_notebook_node(notebook)[0], encoding="utf-8")

    page.goto(html.as_uri())

    shown = page.locator(".jp-OutputArea img").evaluate_all("found => found.map(one => one.naturalWidth)")
    assert [width > 0 for width in shown] == [True] * figures
    texts = page.locator(".jp-OutputArea").all_text_contents()
    assert [text for text in texts if DEAD_WIDGET.search(text)] == []
    # The place of a widget whose state is not stored.
    assert page.locator("script[type*='widget-view']").count() == 0
