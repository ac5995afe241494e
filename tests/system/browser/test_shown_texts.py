"""Texts of data in a real JupyterLab: shown as they are written, never as mathematics or as tags."""

from pathlib import Path

import nbformat
import pytest
from lab import Notebook, jupyter_lab
from playwright.sync_api import Page, expect

TEXT = r"It costs $5, or $10; $$x^2$$ \(y\) \[z\] \begin{align}1\end{align} <b>bold</b>"
MATHEMATICS = "mjx-container, .MathJax, .MathJax_Display"

SETUP = f"""
import json, sys
from pathlib import Path
from IPython.display import HTML, Markdown, display
sys.path[:0] = {[str(Path(__file__).parents[2] / "support"), str(Path(__file__).parents[3])]!r}
TEXT = {TEXT!r}
row = {{"messages": [{{"role": TEXT, "content": TEXT}}], TEXT: TEXT}}
Path("train.jsonl").write_text(json.dumps(row) + "\\n{{")
"""
SHOWN = {
    "a report": "from helpers import validate_dataset\nvalidate_dataset('train.jsonl')",
    "its table": "validate_dataset('train.jsonl').issues",
    "a repair": "from helpers import repair_dataset\nrepair_dataset('train.jsonl', 'out.jsonl')",
    "conversations": "from helpers import show_conversations\n"
    "show_conversations([{'messages': [{'role': 'user', 'name': TEXT, 'content': TEXT}], TEXT: TEXT}])",
    "the facts of a job": "from helpers import jobs\njobs.job_facts({'id': TEXT, 'error': TEXT})",
    "a table of events": "jobs.events_to_frame([{'message': TEXT, 'data': {TEXT: TEXT}}])",
    "a live view": "from services import Job, event\nfrom snapshots import look_at\n"
    "from helpers.monitor.notebook_view import NotebookView\n"
    "events = [event(TEXT, 1), event('Step 1: training loss=1', 2)]\n"
    "job = Job([({'status': 'failed', 'error': TEXT, 'model': TEXT}, 2)], events)\n"
    "view, seen = NotebookView([TEXT]), look_at(job, 0)\n"
    "view.show(); view.update(0, seen); view.tell(TEXT); view.end([seen])",
    "a table of answers": "import pandas as pd\npd.DataFrame({'text': [TEXT]})",
    "the control": "HTML('<p>It costs $5, or $10</p>')",
}


@pytest.mark.parametrize("theme", ["JupyterLab Light"])
def test_no_text_of_data_becomes_mathematics_or_a_tag(theme: str, page: Page, tmp_path: Path):
    (tmp_path / "notebooks").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in (SETUP, *SHOWN.values())]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "notebooks" / "texts.ipynb"
    )

    with jupyter_lab(tmp_path / "notebooks", tmp_path / "lab") as address:
        notebook = Notebook(page, address, "texts.ipynb")
        notebook.run_all()
        outputs = dict(zip(SHOWN, notebook.panel.locator(".jp-CodeCell").all()[1:], strict=True))
        # MathJax is loaded and has worked when the control is a formula.
        expect(outputs["the control"].locator(MATHEMATICS)).not_to_have_count(0)

        formulas = {
            name: cell.locator(".jp-OutputArea").locator(MATHEMATICS).count()
            for name, cell in outputs.items()
        }
        tags = {
            name: cell.locator(".jp-OutputArea b", has_text="bold").count() for name, cell in outputs.items()
        }
        shown = {
            name: "It costs $5, or $10" in cell.locator(".jp-OutputArea").first.inner_text()
            for name, cell in outputs.items()
        }

    assert {name for name, count in formulas.items() if count} == {"the control"}
    assert set(tags.values()) == {0}
    assert {name for name, seen in shown.items() if not seen} <= {"the control", "a repair"}
