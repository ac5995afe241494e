"""The notebooks as files: run from top to bottom, small, and the same from run to run."""

import json
import re
import tomllib

import nbformat
import pytest
import setup_cell

from helpers.exercises.texts import all_texts
from helpers.paths import ROOT

NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)

# The SDK calls that must stand in the cells of each notebook.
CALLS = {
    "00_start": ["files.create", "fine_tuning.jobs.create", "chat.completions.create"],
    "01_dataset": [],
    "01b_quality": [],
    "01c_costs": [],
    "02_upload": [
        "files.create",
        "files.wait_for_processing",
        "files.retrieve",
        "files.content",
        "files.list",
    ],
    "03_job": ["fine_tuning.jobs.create", "jobs.retrieve", "jobs.list", "jobs.cancel"],
    "04_monitor": ["jobs.retrieve", "jobs.list_events", "jobs.checkpoints.list", "files.content"],
    "04b_overfitting": [
        "files.create",
        "fine_tuning.jobs.create",
        "jobs.list_events",
        "jobs.checkpoints.list",
        "chat.completions.create",
    ],
    "05_evaluate": ["chat.completions.create", "models.retrieve", "models.delete"],
    "05b_decide": [],
    "05c_lost": [
        "chat.completions.create",
        "models.retrieve",
        "files.create",
        "fine_tuning.jobs.create",
    ],
    "05d_judge": ["alpha.graders.run", "chat.completions.create"],
    "06_preferences": [
        "files.create",
        "fine_tuning.jobs.create",
        "jobs.list_events",
        "chat.completions.create",
    ],
    "06b_tools": ["files.create", "fine_tuning.jobs.create", "chat.completions.create"],
    "07_rewards": [
        "files.create",
        "fine_tuning.jobs.create",
        "jobs.list_events",
        "alpha.graders.run",
        "chat.completions.create",
    ],
    "08_open_models": [
        "files.create",
        "fine_tuning.jobs.create",
        "jobs.list_events",
        "chat.completions.create",
    ],
    "09_other_roads": [
        "files.create",
        "fine_tuning.jobs.create",
        "jobs.retrieve",
        "jobs.list_events",
        "files.list",
        "jobs.list",
        "models.list",
        "files.delete",
        "models.delete",
    ],
    "10_your_own_data": ["files.create", "fine_tuning.jobs.create", "chat.completions.create"],
}
RELEASE = setup_cell.release(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])
HEADINGS = [
    "## What you will learn",
    "## Setup",
    "## Check",
    "## What can go wrong",
    "## Recap",
]


def cells(name: str, kind: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def test_the_notebooks_are_those_of_the_course_in_their_order():
    assert list(NOTEBOOKS) == list(CALLS)


def test_each_notebook_leads_to_the_one_after_it_and_the_first_shows_the_whole_path():
    after = [cells(name, "markdown")[-1].source.partition("**Next:**")[2] for name in NOTEBOOKS]
    links = [re.findall(r"\]\((\w+)\.ipynb\)", text) for text in after]
    others = list(NOTEBOOKS)[1:]

    assert [found[:1] for found in links] == [*([name] for name in others), []]
    assert links[0][1:] == others


@each_notebook
def test_every_code_cell_was_run_in_order(name):
    # nbval compares nothing in a cell without an execution count, so a stripped notebook would pass it.
    counts = [cell.execution_count for cell in cells(name, "code")]

    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_no_widget_state_and_no_error_is_stored(name):
    notebook = nbformat.read(NOTEBOOKS[name], as_version=4)
    outputs = [output for cell in cells(name, "code") for output in cell.outputs]

    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert [output.ename for output in outputs if output.output_type == "error"] == []
    assert [output for output in outputs if output.get("name") == "stderr"] == []


@each_notebook
def test_a_notebook_has_the_parts_that_each_lesson_has_in_order(name):
    text = "\n".join(cell.source for cell in cells(name, "markdown"))
    places = [text.find(heading) for heading in HEADINGS]

    assert -1 not in places
    assert places == sorted(places)
    assert text.startswith("# ")
    assert text.count("<details>") == text.count("</details>")


@each_notebook
def test_a_notebook_has_blank_exercises_of_its_own_in_order_and_ends_with_the_quiz(name):
    number, sources = name.partition("_")[0], [cell.source for cell in cells(name, "code")]
    checked = re.findall(r'exercises\.check\("([\w.]+)", ', "\n".join(sources))

    assert checked == [f"{number}.{each}" for each in all_texts()[number].exercises]
    assert sources[-1].splitlines()[0] == f'exercises.quiz("{number}")'
    assert f'exercises.answer("{number}", 1, ...)' in sources[-1]
    assert sources[-1].endswith(f'exercises.progress("{number}")')


@each_notebook
def test_every_stored_display_can_be_read_where_widgets_cannot_be_shown(name):
    outputs = [output for cell in cells(name, "code") for output in cell.outputs if "data" in output]

    assert [output.data for output in outputs if not {"text/plain", "text/html"} & set(output.data)] == []


@pytest.mark.skipif(bool(RELEASE), reason="the project owns an address, and the cell fetches its release")
@each_notebook
def test_no_notebook_leads_to_an_address_that_the_project_does_not_own(name):
    text = NOTEBOOKS[name].read_text(encoding="utf-8")

    assert re.findall(r"colab\.research|github\.com|git clone|pip install[^\n]*(?:git\+|https?:)", text) == []


@each_notebook
def test_the_set_up_cell_is_the_one_that_its_program_writes(name):
    read = nbformat.read(NOTEBOOKS[name], as_version=4).cells
    place = next(number for number, cell in enumerate(read) if cell.source.startswith("## Setup"))

    # After a change: python tools/setup_cell.py
    assert [cell.source for cell in read[place : place + 2]] == [setup_cell.TEXT, setup_cell.code(RELEASE)]
    assert read[place + 1] == next(cell for cell in read if cell.cell_type == "code")


@each_notebook
def test_the_sdk_calls_stand_in_the_cells(name):
    source = "\n".join(cell.source for cell in cells(name, "code"))

    assert [call for call in CALLS[name] if f"{call}(" not in source] == []


@each_notebook
def test_create_is_never_retried_by_the_sdk(name):
    source = "\n".join(cell.source for cell in cells(name, "code"))

    creates = len(re.findall(r"jobs\.create\(", source))
    assert creates == len(re.findall(r"with_options\(max_retries=0\)\.fine_tuning\.jobs\.create\(", source))


@each_notebook
def test_every_create_carries_the_tier_that_azure_wants(name):
    source = "\n".join(cell.source for cell in cells(name, "code"))
    creates = re.findall(r"jobs\.create\(.*?\n\s*\)|jobs\.create\(.*?\)\n", source, flags=re.DOTALL)

    assert len(creates) == len(re.findall(r"jobs\.create\(", source))
    assert [create for create in creates if "extra_body=" not in create] == []


@each_notebook
def test_nothing_private_and_no_path_of_one_machine_is_stored(name):
    text = json.dumps(json.loads(NOTEBOOKS[name].read_text(encoding="utf-8")))

    assert re.findall(r"sk-[\w-]{16,}|org-[A-Za-z0-9]{8,}|/(?:home|Users|tmp|root)/", text) == []
