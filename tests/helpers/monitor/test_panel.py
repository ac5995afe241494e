"""The panel of widgets of one job: what it shows, and when it changes."""

import re

import pytest
from services import JOB_ID, Clock, Job, azure_job, event, openai_job, reward_job
from snapshots import look_at

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import describe_loss
from helpers.monitor import panel
from helpers.monitor.notebook_view import NotebookView


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(panel, "monotonic", clock)
    return clock


def text(widget):
    """The text of an HTML widget, one space for each tag."""
    return " ".join(re.sub(r"<[^>]*>", " ", widget.value).split())


def test_a_panel_shows_the_job_that_runs():
    view = NotebookView([JOB_ID])
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
    view = NotebookView([JOB_ID])
    view.update(0, look_at(azure_job(), 0))

    [one] = view.panels
    assert text(one.status).startswith("… pending · ")
    assert text(one.numbers) == (
        "Step – Epoch – Elapsed 0:00 Left, estimated – Speed – Training loss – Validation loss –"
    )


def test_a_reinforcement_job_shows_its_reward():
    view = NotebookView([JOB_ID])
    view.update(0, look_at(reward_job(), 1))

    assert text(view.panels[0].numbers).endswith("Training reward 0.800")


def test_the_clock_goes_on_between_two_events_but_not_after_the_end(clock):
    view, times = NotebookView([JOB_ID]), []
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
    view = NotebookView([JOB_ID])
    [one] = view.panels
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
    view = NotebookView([JOB_ID])
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
    view = NotebookView([JOB_ID])
    view.update(0, look_at(Job([({"status": "failed", "error": error}, 0)]), 0))

    [one] = view.panels
    assert one.bar.bar_style == "danger"
    assert one.hint.value == "invalid_training_file: Line 3 has &lt;b&gt;no&lt;/b&gt; role."


def test_an_empty_error_object_on_a_healthy_job_is_not_shown():
    view = NotebookView([JOB_ID])
    view.update(0, look_at(openai_job(), 6))

    assert view.panels[0].hint.value == ""


def test_a_job_that_waits_shows_its_place_in_the_queue():
    waiting = event("Waiting for a free slot: number 2 in the queue", 3, {"queue_position": 2})
    view = NotebookView([JOB_ID])
    view.update(0, look_at(Job([({"status": "queued"}, 1)], [waiting]), 0))

    assert text(view.panels[0].hint) == "Number 2 in the queue: the service trains other jobs first."


def test_text_takes_the_color_of_the_page():
    view = NotebookView([JOB_ID])
    view.update(0, look_at(openai_job(), 4))

    [one] = view.panels
    values = [one.status, one.numbers, one.hint, one.caption, one.messages]
    assert not any("color" in widget.value for widget in values)
