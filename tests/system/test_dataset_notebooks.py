"""The notebooks about a dataset, with each dataset of the course and with a learner's own rows."""

import json
from pathlib import Path

import nbformat
import pytest
from notebook_runner import execute
from solving import solved

from helpers.lessons import LESSONS
from helpers.paths import ROOT

pytestmark = pytest.mark.slow

QUALITY, COSTS = "01b_quality", "01c_costs"


def chat(question: str, answer: str, *before: dict[str, object]) -> dict[str, object]:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {"messages": [*before, *turns]}


RUDE = {"role": "system", "content": "You are rude but right."}
OWN_ROWS = {
    "very short, without a system prompt": [chat(f"Price of bike {n}?", f"{n}0 euros") for n in range(60)],
    "several turns, of which one is not trained": [
        chat(
            "Are you sure?",
            f"Of course I am, it has always been {2 * n}, and I have better things to do than to count.",
            RUDE,
            {"role": "user", "content": f"What is {n} plus {n}?"},
            {"role": "assistant", "content": f"Wow. {2 * n}.", "weight": 0},
        )
        for n in range(60)
    ],
    "of a script without spaces": [
        chat(f"第{n}个问题是什么意思", f"这是第{n}个答案，请您慢慢看，不要着急。") for n in range(60)
    ],
    "no more than a service asks for": [chat(f"What is {n}?", f"A number, {n}.") for n in range(14)],
}


def run(name: str, folder: Path, **environment: str) -> None:
    """Run a notebook from top to bottom, each cell twice: exercises blank, then solved."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    twice_each = [each for source in code for each in (source, solved(source))]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in twice_each]
    twice = folder / f"{name}.ipynb"
    nbformat.write(notebook, twice)
    variables = {
        "FINETUNE_BACKEND": "replay",
        "FINETUNE_REPLAY_SPEED": "instant",
        "FINETUNE_RUNS_DIR": str(folder / "runs"),
        **environment,
    }

    execute(twice, folder / f"{name}-done.ipynb", variables, lambda cell, cells: None)


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_dataset_of_the_course_goes_through_all_three_notebooks(lesson, tmp_path):
    for name in ("01_dataset", QUALITY, COSTS):
        run(name, tmp_path, FINETUNE_DATASET=lesson)

    saved = json.loads((tmp_path / "runs" / "my-run" / "01_dataset.json").read_text(encoding="utf-8"))
    assert saved["dataset"] == lesson
    assert set(saved) == {"dataset", "rows", "tokens", "issues", "fingerprint"}


@pytest.mark.parametrize("name", [QUALITY, COSTS])
def test_without_the_first_notebook_the_sample_run_serves(name, tmp_path):
    run(name, tmp_path)


@pytest.mark.parametrize("rows", OWN_ROWS.values(), ids=OWN_ROWS)
def test_rows_of_a_learner_s_own_break_neither_quality_nor_costs(rows, tmp_path):
    folder = tmp_path / "runs" / "my-run"
    folder.mkdir(parents=True)
    a, b = len(rows) * 3 // 4, len(rows) * 7 // 8
    for name, part in (("train", rows[:a]), ("validation", rows[a:b]), ("test", rows[b:])):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")

    for name in (QUALITY, COSTS):
        run(name, tmp_path)
