"""Notebook 04 in a real JupyterLab, while a job trains: watch, interrupt, come back, see the end."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from course import stop_server
from lab import DEAD_WIDGET, ERRORS, Notebook, jupyter_lab
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob
from playwright.sync_api import Locator, Page, expect

from helpers import all_events, base_model, connect, data_path, describe_loss, metrics_frame, open_run
from helpers.paths import ROOT

COME_BACK = "attach(client)"
"""In the cell for a person who comes back with a new kernel; it needs no other cell."""
LOOKS = 3
N_EPOCHS = 6
"""432 steps: about 40 seconds on two cores (Nov 2026). The looks and the interrupt need about 10 of them."""

JOB_SECONDS = 300
"""How long the rest of the job may take on cores that are busy with other things."""

LOOK = """([view, looks]) => {
    const bar = view.querySelector('.progress-bar'), curve = view.querySelector('.jp-OutputArea img')
    if (!bar || !curve?.naturalWidth) return false
    const seen = window.seen ??= {widths: new Set(), curves: new Set()}
    const canvas = document.createElement('canvas')
    canvas.width = curve.naturalWidth, canvas.height = curve.naturalHeight
    canvas.getContext('2d').drawImage(curve, 0, 0)
    seen.curves.add(canvas.toDataURL())
    seen.widths.add(Math.round(bar.getBoundingClientRect().width))
    return seen.widths.size >= looks && seen.curves.size >= looks && [...seen.widths]
}"""
"""Gives the widths that the bar has had, once it and the picture of the curve were seen often enough."""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[OpenAI]:
    """A client of a local server that lives as long as the test; the notebook's kernel finds it too."""
    os.environ |= {
        "FINETUNE_BACKEND": "local",
        "FINETUNE_RUNS_DIR": str(tmp_path / "runs"),
        "FINETUNE_LOCAL_STATE": str(tmp_path / "server"),
    }
    yield connect()
    stop_server(tmp_path / "server")


@pytest.fixture
def lab(client: OpenAI, tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab that shows a copy of the notebook."""
    (tmp_path / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "04_monitor.ipynb", tmp_path / "notebooks")
    with jupyter_lab(tmp_path / "notebooks", tmp_path / "lab") as address:
        yield address


def paused_job(client: OpenAI) -> FineTuningJob:
    """Leave in the run folder what the notebooks 01 to 03 leave there, for a longer job that is paused."""
    run, files = open_run(), {}
    for name in ("train", "validation"):
        shutil.copy(data_path("sample_run", f"{name}.jsonl"), run.folder)
        files[name] = client.files.create(file=run.path(f"{name}.jsonl"), purpose="fine-tune")
    hyperparameters = {"n_epochs": N_EPOCHS, "batch_size": 2}
    job = client.fine_tuning.jobs.create(
        model=base_model(client),
        training_file=files["train"].id,
        validation_file=files["validation"].id,
        seed=7,
        method={"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
    )
    client.fine_tuning.jobs.pause(job.id)
    run.write_json("02_training_file.json", files["train"])
    run.write_json("02_validation_file.json", files["validation"])
    run.write_json("03_job.json", job)
    return job


def see_it_move(page: Page, view: Locator) -> list[int]:
    """Wait until the bar has had LOOKS widths and the curve as many pictures; gives the widths in order."""
    view.scroll_into_view_if_needed()
    return page.wait_for_function(LOOK, arg=[view.element_handle(), LOOKS], polling=250).json_value()


def expect_healthy(notebook: Notebook) -> None:
    """No output is an error, every picture is there, and no widget is dead."""
    expect(notebook.panel.locator(ERRORS)).to_have_count(0)
    expect(notebook.panel.locator(".jp-OutputArea", has_text=DEAD_WIDGET)).to_have_count(0)
    pictures = notebook.panel.locator(".jp-OutputArea img")
    assert 0 not in pictures.evaluate_all("found => found.map(picture => picture.naturalWidth)")


def test_a_training_job_is_watched_left_and_found_again(client: OpenAI, lab: str, page: Page, pictures: Path):
    notebook = Notebook(page, lab, "04_monitor.ipynb")
    job = paused_job(client)
    first_view = notebook.cell("watch(client, job_id")

    # The bar moves and the curve grows. The job goes on when the view is there, however fast it trains.
    notebook.choose("Run", "Run All Cells")
    first_view.locator(".jp-OutputArea img").first.wait_for()
    client.fine_tuning.jobs.resume(job.id)
    widths = see_it_move(page, first_view)
    assert widths == sorted(widths)
    first_view.screenshot(path=pictures / "live-light.png")
    expect_healthy(notebook)

    # An interrupt ends the watching, not the job.
    notebook.choose("Kernel", "Interrupt Kernel")
    expect(first_view).to_contain_text("stopped watching")
    assert client.fine_tuning.jobs.retrieve(job.id).status == "running"
    expect(first_view).to_contain_text(f'watch(client, "{job.id}")')
    expect(first_view).to_contain_text(f'client.fine_tuning.jobs.cancel("{job.id}")')
    first_view.screenshot(path=pictures / "interrupted.png")

    # A new kernel finds the job again, and shows its whole history and its end.
    notebook.restart_kernel()
    second_view = notebook.cell(COME_BACK)
    notebook.run(second_view)
    notebook.choose_theme("JupyterLab Dark")
    expect(second_view.locator(".jp-OutputArea img").first).to_be_visible()
    expect(second_view).not_to_contain_text(describe_loss(metrics_frame([])))
    second_view.scroll_into_view_if_needed()
    second_view.screenshot(path=pictures / "live-dark.png")
    expect(second_view).to_contain_text("succeeded", timeout=JOB_SECONDS * 1000)
    sentence = describe_loss(metrics_frame(all_events(client, job.id)))
    expect(second_view).to_contain_text(sentence)
    second_view.screenshot(path=pictures / "ended-dark.png")
    notebook.choose_theme("JupyterLab Light")
    second_view.screenshot(path=pictures / "ended-light.png")
    assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"

    # On a job that has ended, the whole notebook runs: figure, words and table.
    notebook.run_all()
    expect_healthy(notebook)
    expect(notebook.cell("plot_loss(").locator("img")).to_be_visible()
    expect(notebook.cell("describe_loss(metrics)")).to_contain_text(sentence)
    table = notebook.cell("metrics_frame(events)").get_by_role("table")
    expect(table).to_contain_text(re.compile("train_loss.*valid_loss", re.DOTALL))
    notebook.cell("plot_loss(").screenshot(path=pictures / "figure.png")
