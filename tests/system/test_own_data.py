"""Notebook 10 with a learner's own table, from the first cell to the verdict."""

import json

import pandas as pd
import pytest
from nbclient.exceptions import CellExecutionError
from notebook_runner import execute
from own_rows import shop_rows
from serving import BASE_MODEL

from helpers.paths import ROOT

pytestmark = pytest.mark.slow
NOTEBOOK = ROOT / "notebooks" / "10_your_own_data.ipynb"


@pytest.fixture
def run(tmp_path):
    """Run the notebook on some rows, and return what it leaves as its verdict."""

    def run_notebook(rows: list[dict], **environment: str) -> dict:
        pairs = [[message["content"] for message in row["messages"]] for row in rows]
        pd.DataFrame(pairs, columns=["Frage", "Antwort"]).to_excel(tmp_path / "own.xlsx", index=False)
        names = {"FINETUNE_OWN_QUESTION": "Frage", "FINETUNE_OWN_ANSWER": "Antwort", "FINETUNE_RUN": "mine"}
        places = {"FINETUNE_OWN_DATA": str(tmp_path / "own.xlsx"), "FINETUNE_RUNS_DIR": str(tmp_path)}
        execute(
            NOTEBOOK, tmp_path / "ran.ipynb", {**names, **places, **environment}, lambda cell, cells: None
        )
        return json.loads((tmp_path / "mine" / "10_verdict.json").read_text(encoding="utf-8"))

    return run_notebook


def test_a_shop_gets_its_verdict_from_a_real_job(run, server):
    rows = shop_rows()

    verdict = run(
        rows,
        FINETUNE_BACKEND="local",
        FINETUNE_LOCAL_STATE=str(server.state),
        FINETUNE_MODEL=BASE_MODEL,
    )

    assert set(verdict) == {
        "rows",
        "base_model",
        "fine_tuned_model",
        "form",
        "answers",
        "verdict",
        "reasons",
    }
    assert verdict["rows"] == {"training": 25, "validation": 4, "test": 13}
    assert verdict["fine_tuned_model"].startswith(f"ft:{BASE_MODEL}:")
    assert verdict["verdict"] in ("form_only", "memorized", "not_learned")
    assert (verdict["form"]["n"], verdict["answers"]["fine_tuned"]) == (13, 0)


def test_eight_rows_run_through_to_their_verdict(run):
    verdict = run(shop_rows(8), FINETUNE_BACKEND="replay")

    assert (verdict["verdict"], verdict["fine_tuned_model"]) == ("too_few_rows", None)


def test_own_rows_in_replay_stop_before_the_job_with_what_to_do(run, tmp_path):
    with pytest.raises(
        CellExecutionError, match="These rows are your own, and replay only plays a recording"
    ):
        run(shop_rows(), FINETUNE_BACKEND="replay")

    cells = json.loads((tmp_path / "ran.ipynb").read_text(encoding="utf-8"))["cells"]
    printed = "".join(str(cell.get("outputs")) for cell in cells)
    assert "42 of 42 answers state numbers or names that their question does not hold" in printed
    assert "25 rows to train, 4 for the validation loss, 13 held out for the test" in printed
