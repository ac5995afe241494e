"""The panel of widgets: what it shows, when it changes, and what remains of it."""

import os
import re
import subprocess
import sys

import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from services import JOB_ID, Clock, Job, azure_job, event, openai_job, reward_job, serve

from helpers.jobs.describe import describe_loss, numbers, result_sentence
from helpers.jobs.events import checkpoints_frame, metrics_frame
from helpers.jobs.progress import Look, describe_progress
from helpers.monitor import panel
from helpers.monitor.panel import Panels
from helpers.paths import ROOT


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(panel, "monotonic", clock)
    return clock


def look_at(job, state):
    """The job in one of its states, as the watching loop hands it to a view."""
    job.looks = state + 1
    answer = type("Answer", (), {"fine_tuned_model": None, "trained_tokens": None, **job.answer()})
    events = job.events[: job.state()[1]]
    checkpoints = checkpoints_frame(job.checkpoints or [] if answer.status == "succeeded" else [])
    return Look(answer, describe_progress(job.answer(), events), metrics_frame(events), checkpoints)


def text(widget):
    """The text of an HTML widget, one space for each tag."""
    return " ".join(re.sub(r"<[^>]*>", " ", widget.value).split())


def test_a_panel_shows_the_job_that_runs():
    view = Panels([JOB_ID])
    view.update(0, look_at(openai_job(), 4))

    [one] = view.panels
    assert text(one.status) == f"► running 40% · {JOB_ID} · periodic-tiny-2026-11"
    assert (one.bar.value, one.bar.max, one.bar.bar_style) == (12, 30, "info")
    assert text(one.numbers) == (
        "Step 12 of 30 Epoch 1.2 of 3 Elapsed 0:22 Left, estimated 0:18 Speed 1 steps/s "
        "Training loss 0.333 Validation loss 0.500"
    )
    assert text(one.messages) == (
        "0:00 Validating training file: file-A 0:05 Files validated, moving job to queued state "
        "0:08 Fine-tuning job started 0:22 Step 12/30: training loss=0.33"
    )
    sentence = describe_loss(metrics_frame(openai_job().events[:16]))
    assert text(one.caption) == sentence
    assert f'<img alt="{sentence}" width="700" height="460"' in one.plot.value


def test_what_a_service_does_not_say_is_a_dash():
    view = Panels([JOB_ID])
    view.update(0, look_at(azure_job(), 0))

    [one] = view.panels
    assert text(one.status).startswith("… pending · ")
    assert text(one.numbers) == (
        "Step – Epoch – Elapsed 0:00 Left, estimated – Speed – Training loss – Validation loss –"
    )


def test_a_very_small_loss_is_not_shown_as_zero():
    job = Job([({"status": "running"}, 1)], [event("Step 8250: training loss=3.81E-06", 9)], [])

    assert ("Training loss", "3.8e-06") in numbers(look_at(job, 0).progress)


def test_figures_side_by_side_hide_none_of_their_words(monkeypatch):
    figures = []
    monkeypatch.setattr(panel, "display", lambda *_, **__: None)
    monkeypatch.setattr(panel, "Figure", lambda **size: figures.append(Figure(**size)) or figures[-1])
    names = [JOB_ID, "ftjob-2"]

    Panels(names).end([look_at(openai_job(), 6), look_at(azure_job(), 4)])

    [figure] = figures
    for ax in figure.axes:
        title, *epochs = [part.get_window_extent() for part in (ax._left_title, *ax.texts)]
        assert not title.count_overlaps(epochs)
        assert ax.get_legend().get_window_extent().x1 < figure.bbox.x1


def test_a_reinforcement_job_shows_its_reward():
    view = Panels([JOB_ID])
    view.update(0, look_at(reward_job(), 1))

    assert text(view.panels[0].numbers).endswith("Training reward 0.800")


def test_the_clock_goes_on_between_two_events_but_not_after_the_end(clock):
    view, times = Panels([JOB_ID]), []
    for state in (4, 4, 6, 6):
        view.update(0, look_at(openai_job(), state))
        times.append(re.search("Elapsed .* Speed", text(view.panels[0].numbers))[0])
        clock.wait(7)

    assert times == [
        "Elapsed 0:22 Left, estimated 0:18 Speed",
        "Elapsed 0:29 Left, estimated 0:11 Speed",
        *["Elapsed 0:50 Left, estimated – Speed"] * 2,
    ]


def test_a_panel_changes_at_most_twice_a_second_except_at_the_end(clock):
    view, [one] = (made := Panels([JOB_ID])), made.panels
    view.update(0, look_at(openai_job(), 3))
    clock.wait(0.4)
    view.update(0, look_at(openai_job(), 4))
    assert one.bar.value == 9
    clock.wait(0.2)
    view.update(0, look_at(openai_job(), 4))
    assert one.bar.value == 12
    view.update(0, look_at(openai_job(), 6), at_once=True)
    assert one.bar.value == 30


def test_the_figure_is_drawn_again_only_for_new_numbers(clock):
    view = Panels([JOB_ID])
    drawn = []
    for state in (0, 1, 3, 3, 6):
        clock.wait(1)
        view.update(0, look_at(openai_job(), state))
        drawn.append(view.panels[0].plot.value)

    assert drawn[0] is drawn[1]
    assert drawn[2] is drawn[3]
    assert len(set(drawn)) == 3


def test_a_failed_job_shows_why_with_markup_made_harmless():
    error = {"code": "invalid_training_file", "message": "Line 3 has <b>no</b> role."}
    view = Panels([JOB_ID])
    view.update(0, look_at(Job([({"status": "failed", "error": error}, 0)]), 0))

    [one] = view.panels
    assert one.bar.bar_style == "danger"
    assert one.hint.value == "invalid_training_file: Line 3 has &lt;b&gt;no&lt;/b&gt; role."


def test_an_empty_error_object_on_a_healthy_job_is_not_shown():
    view = Panels([JOB_ID])
    view.update(0, look_at(openai_job(), 6))

    assert view.panels[0].hint.value == ""


def test_a_job_that_waits_shows_its_place_in_the_queue():
    waiting = event("Waiting for a free slot: number 2 in the queue", 3, {"queue_position": 2})
    view = Panels([JOB_ID])
    view.update(0, look_at(Job([({"status": "queued"}, 1)], [waiting]), 0))

    assert text(view.panels[0].hint) == "Number 2 in the queue: the service trains other jobs first."


def test_a_view_that_cannot_be_shown_is_a_sentence_that_never_changes():
    view = Panels([JOB_ID, "ftjob-2"])
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


def test_text_takes_the_color_of_the_page():
    view = Panels([JOB_ID])
    view.update(0, look_at(openai_job(), 4))

    [one] = view.panels
    values = [one.status, one.numbers, one.hint, one.caption, one.messages]
    assert not any("color" in widget.value for widget in values)


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


def test_a_terminal_of_ipython_gets_text():
    program = "from helpers.monitor.watch import _in_notebook; print(_in_notebook())"

    printed = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert printed.stdout.endswith("False\n")


def test_the_sentence_about_a_failed_job_has_the_reason():
    error = {"code": "invalid_n_examples", "message": "7 rows."}
    look = look_at(Job([({"status": "failed", "error": error}, 0)]), 0)

    assert "failed after 0:00. The reason: invalid_n_examples: 7 rows. No loss" in result_sentence(look)


def test_trouble_does_not_hide_why_a_job_has_failed():
    view = Panels([JOB_ID, "ftjob-2"])
    view.update(0, look_at(Job([({"status": "failed", "error": {"code": "bad", "message": "No."}}, 0)]), 0))
    view.update(1, look_at(openai_job(), 4))
    view.tell("No answer for 3 s.")

    assert [one.hint.value for one in view.panels] == ["bad: No.", "⚠ No answer for 3 s."]
