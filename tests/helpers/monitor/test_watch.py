"""Watch jobs on a real server over a real wire: as services answer, and as they fail."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from loading import loaded, modules_after
from services import (
    ENDED,
    JOB_ID,
    T0,
    Clock,
    Job,
    azure_job,
    event,
    long_job,
    nebius_job,
    openai_job,
    reward_job,
    serve,
)

from helpers.errors import JobNotFound, ServerStopped
from helpers.monitor import notebook_view, panel, watch as watching
from helpers.monitor.asking import retry
from helpers.monitor.panel import HISTORY
from helpers.monitor.watch import attach, watch
from helpers.paths import ROOT


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (panel, retry):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def notebook(monkeypatch):
    """What a cell displays: the panels first, then the static end."""
    shown = []
    monkeypatch.setattr(watching, "_in_notebook", lambda: True)
    monkeypatch.setattr(notebook_view, "display", lambda thing, **options: shown.append(thing))
    return shown


def test_no_job_to_watch_is_said_at_once():
    with serve({}) as service, pytest.raises(JobNotFound, match="list of ids is empty"):
        watch(service.client(), [])


def test_watch_returns_the_job_when_it_has_ended_and_not_before(clock):
    with serve(long_job()) as service:
        job = watch(service.client(), JOB_ID, poll_seconds=3, wait=clock.wait)

    assert (job.id, job.status) == (JOB_ID, "succeeded")
    assert clock.waits == [3] * 5


def test_a_job_of_the_local_server_is_looked_at_more_often_when_it_is_about_to_end(clock):
    job = long_job()
    job.states = [({"status": "queued"}, 0), ({"status": "running"}, 50), ({"status": "running"}, 129)]
    job.states.append((ENDED, 130))

    with serve(job) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    assert clock.waits == [2, 2, 0.5]


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (openai_job, "succeeded after 0:50 and 30 steps. Training loss falls from 4 at step 1 "),
        (azure_job, "succeeded after 5:00 and 200 steps. Training loss falls from 0.1 at step 10 "),
        (nebius_job, "succeeded after 5:05 and 40 steps. Training loss is 0.1 at step 20, then 0.05"),
        (reward_job, "succeeded after 3:40 and 20 steps. Training mean reward is 0.2 at step 5, then"),
    ],
)
def test_jobs_of_every_service_end_in_a_figure_a_sentence_and_a_table(job, said, notebook, clock):
    with serve(job()) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    _, figure, facts = notebook
    assert figure["image/png"].startswith(b"\x89PNG")
    assert said in figure["text/plain"]
    assert said in facts["text/plain"]
    assert "<table>" in facts["text/html"]


def test_several_jobs_are_watched_side_by_side_and_returned_in_the_order_given(notebook, clock):
    first, second = openai_job(), long_job()
    second.fields = {"id": "ftjob-2"}

    with serve({JOB_ID: first, "ftjob-2": second}) as service:
        jobs = watch(service.client(), ["ftjob-2", JOB_ID], wait=clock.wait)

    assert [job.id for job in jobs] == ["ftjob-2", JOB_ID]
    view, figure, facts = notebook
    assert [one.bar.value for one in view.panels] == [130, 30]
    assert len(figure["text/plain"].splitlines()) == 2
    assert facts["text/html"].count("✓ succeeded") == 2


def test_the_panel_lists_the_newest_jobs_and_no_trouble_with_the_list_holds_up_the_view(notebook, clock):
    others = [
        Job([(ENDED, 0)], fields={"id": f"ftjob-{number}", "fine_tuned_model": f"ft:tiny::{number}"})
        for number in range(5)
    ]
    with serve({JOB_ID: openai_job(), **{job.fields["id"]: job for job in others}}) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)
        [listed] = notebook[0].panels
        service.jobs[JOB_ID].looks, service.faults = 0, [None, None, 500]
        watch(service.client(), JOB_ID, wait=clock.wait)

    history = listed.history.value
    assert history.count("<tr") == 1 + HISTORY
    assert f'font-weight:bold"><td style="text-align:left;padding-right:12px">{JOB_ID}</td>' in history
    assert "✓ succeeded" in history
    assert "ft:tiny::0" in history
    assert history == notebook[3].panels[0].history.value


@pytest.mark.parametrize(
    ("statuses", "found"),
    [
        (["succeeded", "running", "paused", "failed"], "ftjob-2"),
        (["succeeded", "failed", "cancelled", "failed"], "ftjob-3"),
    ],
)
def test_attach_finds_the_newest_job_that_has_not_ended_else_the_newest(statuses, found, clock, capsys):
    jobs = {
        f"ftjob-{number}": Job(
            [({"status": status}, 3), (ENDED, 6)],
            openai_job().events,
            fields={"id": f"ftjob-{number}", "created_at": T0 + number},
        )
        for number, status in enumerate(statuses)
    }
    with serve(jobs) as service:
        job = attach(service.client(), wait=clock.wait)

    assert job.id == found
    assert capsys.readouterr().out.startswith(f"Found the job {found}, the newest")


def test_attach_waits_out_a_fault_and_says_so(clock, capsys):
    with serve(openai_job()) as service:
        service.faults = [503, 429]
        attach(service.client(), wait=clock.wait)

    assert capsys.readouterr().out.splitlines()[:3] == [
        "No answer for 0 s (error 503 of the service). Trying again in 1 s.",
        "The service answers again.",
        f"Found the job {JOB_ID}, the newest that has not ended.",
    ]


@pytest.mark.parametrize(("ended", "table"), [(False, True), (True, False)])
def test_attach_shows_the_table_only_of_a_job_that_had_not_ended(ended, table, notebook, clock, capsys):
    job = openai_job()
    if ended:
        job.states = job.states[-1:]

    with serve(job) as service:
        attach(service.client(), wait=clock.wait)

    _, figure, facts = notebook
    assert figure["image/png"].startswith(b"\x89PNG")
    assert ("<table>" in facts["text/html"]) is table
    assert ("fine-tuned model ft:tiny::abc." in capsys.readouterr().out) is ended


def test_attach_without_any_job_says_so():
    with serve({}) as service, pytest.raises(JobNotFound, match=r"list of jobs is empty.*jobs\.create"):
        attach(service.client())


def test_trouble_is_shown_in_the_panel_and_goes_away(notebook, clock):
    told = []

    def wait(seconds):
        clock.wait(seconds)
        told.append(notebook[0].panels[0].hint.value)

    with serve(openai_job()) as service:
        service.faults = [None, None, None, (429, {"retry-after": "3"})]
        watch(service.client(), JOB_ID, wait=wait)

    assert told[1:4] == [
        "⚠ No answer for 0 s (429: too many requests). Trying again in 3 s.",
        "⚠ No answer for 1 s (429: too many requests). Trying again in 2 s.",
        "⚠ No answer for 2 s (429: too many requests). Trying again in 1 s.",
    ]
    assert set(told[4:]) == {""}


def test_ten_minutes_without_an_answer_end_the_watch_and_leave_the_view_standing(notebook, clock):
    with serve(openai_job()) as service:
        service.faults = [None, None, *[503] * 200]
        with pytest.raises(ServerStopped, match=rf"{JOB_ID}.*not lost.*connect\(\)") as caught:
            watch(service.client(), JOB_ID, wait=clock.wait)

    assert 600 <= sum(clock.waits) <= 640
    view = notebook[0].panels[0]
    assert "validating_files" in view.status.value
    assert "not watched any more" in view.status.value
    assert view.hint.value == "This is how the job was at the last answer. The error below says what to do."
    assert "Traceback" not in "".join(caught.value._render_traceback_())


def test_a_local_server_that_has_ended_is_given_up_after_half_a_minute(notebook, clock):
    with serve(openai_job()) as service:
        client = service.client()

        def wait(seconds):
            clock.wait(seconds)
            if len(clock.waits) == 3:
                service.faults = ["drop"]  # the connection that is open
                service.shutdown()
                service.server_close()

        with pytest.raises(ServerStopped):
            watch(client, JOB_ID, wait=wait)

    assert 30 <= sum(clock.waits[3:]) <= 60


def test_a_paused_job_is_watched_on_and_the_panel_says_how_to_resume(notebook, clock):
    hints = []

    def look(seconds):
        clock.wait(seconds)
        hints.append(notebook[0].panels[0].hint.value)

    with serve(long_job()) as service:
        watch(service.client(), JOB_ID, wait=look)

    assert hints[1] == (f"The job is paused. To go on: client.fine_tuning.jobs.resume(&quot;{JOB_ID}&quot;)")
    assert set(hints[2:]) == {""}


def test_an_interrupted_cell_returns_the_job_and_says_how_to_look_again(notebook, capsys):
    def interrupt(seconds):
        raise KeyboardInterrupt

    with serve(Job([({"status": "running"}, 7)], long_job().events)) as service:
        job = watch(service.client(), JOB_ID, wait=interrupt)

    assert job.status == "running"
    [view] = notebook
    assert view.panels[0].status.value.endswith("<b>not watched any more</b>")
    assert view.panels[0].hint.value.startswith("The job goes on;")
    assert capsys.readouterr().out == (
        "You stopped watching. The job itself is not stopped.\n"
        "Last seen:        running, step 7\n"
        f'To look again:    watch(client, "{JOB_ID}")\n'
        "In a new kernel:  attach(client)\n"
        f'To end the job:   client.fine_tuning.jobs.cancel("{JOB_ID}")\n'
    )


@pytest.fixture
def interruptible():
    """A shell that starts the tests in the background lets them ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_does_not_wait_for_a_slow_answer(capsys, clock, interruptible):
    with serve(openai_job()) as service:
        service.faults = [None, None, "slow"]

        def interrupt_soon():
            while len(service.requests) < 3:
                service.release.wait(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt_soon).start()
        job = watch(service.client(), JOB_ID, wait=clock.wait)
        still_slow = not service.release.is_set()

    assert (job.status, still_slow) == ("validating_files", True)
    assert "You stopped watching." in capsys.readouterr().out


def test_an_interrupt_before_the_first_answer_is_an_ordinary_interrupt(monkeypatch):
    with serve(openai_job()) as service:
        service.faults = [500]

        def interrupt(seconds):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            watch(service.client(), JOB_ID, wait=interrupt)


@pytest.mark.slow
def test_a_terminal_of_ipython_gets_text():
    program = "from helpers.monitor.watch import _in_notebook; print(_in_notebook())"

    printed = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert printed.stdout.endswith("False\n")


PROGRAM = """
import sys
sys.path.insert(0, "tests/support")
from services import Clock, JOB_ID, openai_job, serve
from helpers.monitor import watch as watching
watching._in_notebook = lambda: {notebook}
with serve(openai_job()) as service:
    watching.watch(service.client(), JOB_ID, wait=Clock().wait)
"""


@pytest.mark.slow
def test_watching_in_a_terminal_loads_no_pictures_no_widgets_and_no_dataset_checker():
    modules = modules_after(PROGRAM.format(notebook=False))

    assert loaded(modules, "matplotlib", "ipywidgets", "torch", "local_server") == set()
    assert loaded(modules, "finetune_dataset") == NAMES_ONLY


# What is known of models, and the errors: they check nothing.
NAMES_ONLY = {"finetune_dataset", "finetune_dataset.errors", "finetune_dataset.models"}


@pytest.mark.slow
def test_watching_in_a_notebook_loads_no_dataset_checker():
    modules = modules_after(PROGRAM.format(notebook=True))

    assert {"matplotlib", "ipywidgets"} <= modules
    assert loaded(modules, "finetune_dataset") == {
        *NAMES_ONLY,
        *("finetune_dataset.display", "finetune_dataset.display.html_text"),
    }


def test_a_paused_job_is_not_said_to_go_on(notebook, capsys):
    def interrupt(seconds):
        raise KeyboardInterrupt

    with serve(Job([({"status": "paused"}, 7)], long_job().events)) as service:
        watch(service.client(), JOB_ID, wait=interrupt)

    printed = capsys.readouterr().out
    assert notebook[0].panels[0].hint.value.startswith("The job is paused;")
    assert "The job itself is paused." in printed
    assert f'client.fine_tuning.jobs.resume("{JOB_ID}")' in printed
    assert "goes on" not in printed


def never_a_number() -> Job:
    events = [event(f"Step {step}/3: training loss=nan", 10 + step) for step in (1, 2, 3)]
    return Job([({"status": "running"}, 1), ({"status": "running"}, 2), (ENDED, 3)], events, [])


def test_a_loss_that_never_was_a_number_is_told_in_both_views(notebook, clock, capsys, monkeypatch):
    diverged, seen = "Training loss is no number from step 1 on: the training has diverged.", []

    def look(seconds):
        clock.wait(seconds)
        seen.append(notebook[0].panels[0].caption.value)

    with serve(never_a_number()) as service:
        watch(service.client(), JOB_ID, wait=look)
    monkeypatch.setattr(watching, "_in_notebook", lambda: False)
    with serve(never_a_number()) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    assert [diverged in caption for caption in seen] == [True] * len(seen)
    assert diverged in notebook[-1]["text/html"]
    printed = capsys.readouterr().out
    assert "training loss no number" in printed
    assert diverged in printed
