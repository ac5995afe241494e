"""The panels side by side, and what remains of them in a notebook."""

import os

import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from services import JOB_ID, Job, azure_job, openai_job, serve
from snapshots import look_at

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import describe_loss
from helpers.monitor import notebook_view
from helpers.monitor.notebook_view import NotebookView
from helpers.paths import ROOT


def test_figures_side_by_side_hide_none_of_their_words(monkeypatch):
    figures = []
    monkeypatch.setattr(notebook_view, "display", lambda *_, **__: None)
    monkeypatch.setattr(notebook_view, "Figure", lambda **size: figures.append(Figure(**size)) or figures[-1])
    names = [JOB_ID, "ftjob-2"]

    NotebookView(names).end([look_at(openai_job(), 6), look_at(azure_job(), 4)])

    [figure] = figures
    for ax in figure.axes:
        title, *epochs = [part.get_window_extent() for part in (ax._left_title, *ax.texts)]
        assert not title.count_overlaps(epochs)
        assert ax.get_legend().get_window_extent().x1 < figure.bbox.x1


def test_a_view_that_cannot_be_shown_is_a_sentence_that_never_changes():
    view = NotebookView([JOB_ID, "ftjob-2"])
    before = view._repr_mimebundle_(include=None, exclude=None)
    view.update(0, look_at(openai_job(), 6))

    sentence = f"Live view of the jobs {JOB_ID}, ftjob-2. Run this cell to see it move."
    assert before == view._repr_mimebundle_()
    assert before == {
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": view.box.model_id,
        },
        "text/html": f"<i>{sentence}</i>",
        "text/plain": sentence,
    }


@pytest.mark.slow
def test_a_kernel_without_a_front_end_leaves_the_figure_a_sentence_and_a_table(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    with serve(openai_job()) as service:
        cell = new_code_cell(
            "from openai import OpenAI\nfrom helpers import watch\n"
            f"client = OpenAI(base_url={str(service.client().base_url)!r}, api_key='test')\n"
            f"job = watch(client, {JOB_ID!r}, poll_seconds=0)"
        )
        NotebookClient(new_notebook(cells=[cell])).execute()

    view, figure, facts = cell.outputs
    curve = describe_loss(metrics_frame(openai_job().events))
    sentence = f"The job {JOB_ID} succeeded after 0:50 and 30 steps. {curve}"
    assert view.data["text/html"] == f"<i>Live view of the job {JOB_ID}. Run this cell to see it move.</i>"
    assert (figure.data["text/plain"], figure.metadata["image/png"]["alt"]) == (sentence, sentence)
    assert facts.data["text/html"].startswith(f"<p>{sentence}</p><table><tr>")


def test_trouble_does_not_hide_why_a_job_has_failed():
    view = NotebookView([JOB_ID, "ftjob-2"])
    view.update(0, look_at(Job([({"status": "failed", "error": {"code": "bad", "message": "No."}}, 0)]), 0))
    view.update(1, look_at(openai_job(), 4))
    view.tell("No answer for 3 s.")

    assert [one.hint.value for one in view.panels] == ["bad: No.", "⚠ No answer for 3 s."]
