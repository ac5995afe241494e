"""Watch jobs on a real server over a real wire: as services answer, and as they fail."""

import io
import os
import signal
import sys
import threading

import pytest
from services import JOB_ID, T0, Clock, Job, azure_job, nebius_job, openai_job, reward_job, serve, step

from helpers.errors import BackendUnavailable, JobNotFound, ServerStopped
from helpers.jobs.describe import describe_loss
from helpers.jobs.events import metrics_frame
from helpers.monitor import panel, retry as patience, watch as monitor
from helpers.monitor.watch import all_events, attach, watch

ENDED = {"status": "succeeded", "finished_at": T0 + 200}


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in (panel, patience):
        monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
def notebook(monkeypatch):
    """What a cell displays: the panels first, then the static end."""
    shown = []
    monkeypatch.setattr(monitor, "_in_notebook", lambda: True)
    monkeypatch.setattr(panel, "display", lambda thing, **options: shown.append(thing))
    return shown


def long_job():
    steps = [step(number, 130) for number in range(1, 131)]
    states = [("validating_files", 0), ("paused", 0), ("running", 50), ("running", 51), ("running", 51)]
    return Job([*(({"status": status}, count) for status, count in states), (ENDED, 130)], steps, [])


def test_all_events_come_from_all_pages_oldest_first():
    with serve(Job([(ENDED, 130)], long_job().events)) as service:
        events = all_events(service.client(), JOB_ID)

    assert [event.data["step"] for event in events] == list(range(1, 131))
    assert service.requests == [
        f"/{JOB_ID}/events?limit=100",
        f"/{JOB_ID}/events?limit=100&after={long_job().events[30]['id']}",
    ]


def test_a_service_that_ignores_the_cursor_does_not_make_reading_endless(monkeypatch):
    first_page = {"object": "list", "data": long_job().events[:3], "has_more": True}
    monkeypatch.setattr("services.page", lambda newest_first, query: first_page)

    with serve(long_job()) as service:
        events = all_events(service.client(), JOB_ID)

    assert len(events) == 3


@pytest.mark.parametrize("id_of_all", [None, "ftevent-1"])
def test_events_that_share_one_id_or_have_none_are_all_read(id_of_all, clock):
    events = [step(number, 15) | {"id": id_of_all} for number in range(1, 16)]
    states = [({"status": "running"}, 5), ({"status": "running"}, 9), (ENDED, 15)]

    with serve(Job(states, events)) as service:
        at_once = all_events(service.client(), JOB_ID)
        watch(service.client(), JOB_ID, wait=clock.wait)
        at_the_end = all_events(service.client(), JOB_ID)

    assert [event.data["step"] for event in at_once] == [1, 2, 3, 4, 5]
    assert [event.data["step"] for event in at_the_end] == list(range(1, 16))


def test_no_job_to_watch_is_said_at_once():
    with serve({}) as service, pytest.raises(JobNotFound, match="list of ids is empty"):
        watch(service.client(), [])


def test_watch_returns_the_job_when_it_has_ended_and_not_before(clock):
    with serve(long_job()) as service:
        job = watch(service.client(), JOB_ID, poll_seconds=3, wait=clock.wait)

    assert (job.id, job.status) == (JOB_ID, "succeeded")
    assert clock.waits == [3] * 5


def test_each_look_asks_only_for_what_can_be_new(clock):
    with serve(openai_job()) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    job, few, all_, checkpoints = "", "/events?limit=20", "/events?limit=100", "/checkpoints"
    assert [request.removeprefix(f"/{JOB_ID}").partition("&after")[0] for request in service.requests] == [
        *(job, all_),  # the whole history at first
        *(job, few, job, few, job, few),
        *(job, few, checkpoints),  # after the first epoch
        *(job, few, checkpoints),  # after the second
        *(job, all_, checkpoints),  # the end
    ]


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


def test_the_printed_lines_of_a_job_are_few_and_the_same_every_time(capsys, clock):
    printed = []
    for _ in range(2):
        with serve(openai_job()) as service:
            watch(service.client(), JOB_ID, wait=clock.wait)
        printed.append(capsys.readouterr().out)

    curve = describe_loss(metrics_frame(openai_job().events))
    assert printed[0] == printed[1]
    assert printed[0].splitlines() == [
        "… validating_files · 0:00 elapsed",
        "… queued · 0:05 elapsed",
        "► running · 0:08 elapsed",
        "► running 30% · step 9 of 30 · epoch 0.9 of 3 · speed 1 steps/s · training loss 0.444 "
        "· 0:19 elapsed, about 0:21 left",
        "► running 40% · step 12 of 30 · epoch 1.2 of 3 · speed 1 steps/s · training loss 0.333 "
        "· validation loss 0.500 · 0:22 elapsed, about 0:18 left",
        "► running 96% · step 29 of 30 · epoch 2.9 of 3 · speed 1 steps/s · training loss 0.138 "
        "· validation loss 0.250 · 0:39 elapsed, about 0:01 left",
        "✓ succeeded · step 30 of 30 · epoch 3.0 of 3 · speed 100 tokens/s · training loss 0.133 "
        "· validation loss 0.167 · 0:50 elapsed",
        "",
        f"The job {JOB_ID} succeeded after 0:50 and 30 steps. {curve}",
        "",
        f"Job                   {JOB_ID}",
        "Status                ✓ succeeded",
        "Base model            periodic-tiny-2026-11",
        "Fine-tuned model      ft:tiny::abc",
        "Step                  30 of 30",
        "Epoch                 3.0 of 3",
        "Time                  0:50",
        "Trained tokens        3,000",
        "Speed                 100 tokens/s",
        "Training loss         0.133",
        "Full validation loss  0.167",
        "Checkpoints           3",
    ]


def test_a_log_file_that_cannot_hold_the_signs_gets_question_marks(monkeypatch, clock):
    log = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", log)

    with serve(openai_job()) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    assert "? succeeded · step 30 of 30" in log.buffer.getvalue().decode("cp1252")


def test_a_long_job_without_a_total_is_not_a_flood_of_lines(capsys, clock):
    job = azure_job()

    job.events = [
        step(number, 0) | {"data": {}, "message": f"Step {number}: training loss=1"}
        for number in range(1, 1001)
    ]
    job.states = [({"status": "running"}, count) for count in range(1, 1001, 40)] + [(ENDED, 1000)]

    with serve(job) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("►")]
    assert 5 < len(lines) < 15


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


def test_attach_without_any_job_says_so():
    with serve({}) as service, pytest.raises(JobNotFound, match=r"list of jobs is empty.*jobs\.create"):
        attach(service.client())


@pytest.mark.parametrize("fault", ["drop", 429, 500, 503, 408])
def test_a_fault_at_any_request_is_told_and_waited_out(fault, capsys, clock):
    with serve(openai_job()) as service:
        service.faults = [fault, None] * 20  # every request fails once
        job = watch(service.client(), JOB_ID, wait=clock.wait)

    printed = capsys.readouterr().out
    assert job.status == "succeeded"
    assert printed.count("No answer for 0 s (") == printed.count("The service answers again.") == 17
    assert printed.splitlines()[-1] == "Checkpoints           3"


def test_the_pauses_grow_up_to_half_a_minute(clock):
    with serve(openai_job()) as service:
        service.faults = [500] * 9
        watch(service.client(), JOB_ID, poll_seconds=0, wait=clock.wait)

    # Each pause is waited in slices of a second; a slice below one second ends it, as does a whole pause.
    assert max(clock.waits) <= 1
    total = sum(clock.waits)
    longest = [1, 2, 4, 8, 16, 30, 30, 30, 30]
    assert 0.75 * sum(longest) <= total <= sum(longest)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7), ({"retry-after-ms": "2500"}, 2.5), ({"retry-after": "9999"}, 120)],
)
def test_the_pause_is_the_one_that_the_service_asks_for(headers, seconds, clock):
    with serve(openai_job()) as service:
        service.faults = [None, (429, headers)]
        watch(service.client(), JOB_ID, poll_seconds=0, wait=clock.wait)

    assert sum(clock.waits) == pytest.approx(seconds)


def test_trouble_is_shown_in_the_panel_and_goes_away(notebook, clock):
    told = []

    def wait(seconds):
        clock.wait(seconds)
        told.append(notebook[0].panels[0].hint.value)

    with serve(openai_job()) as service:
        service.faults = [None, None, (429, {"retry-after": "3"})]
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


@pytest.mark.parametrize("read", [all_events, watch, lambda client, job_id, **_: attach(client)])
def test_no_server_at_the_first_look_is_said_at_once(read):
    with serve(openai_job()) as service:
        client = service.client(max_retries=0)

    with pytest.raises(ServerStopped, match=r"not lost.*connect\(\)"):
        read(client, JOB_ID)


@pytest.mark.parametrize("read", [all_events, watch])
@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (401, BackendUnavailable, r"does not let you read the job .*401: Fault 401.*connect\(\) again"),
        (403, BackendUnavailable, "does not let you read the job .*403: Fault 403"),
        (404, JobNotFound, r"does not have the job .*404: Fault 404.*jobs\.list\(\)"),
    ],
)
def test_a_refusal_is_explained_at_once(status, kind, said, read):
    with serve(openai_job()) as service:
        service.faults = [status]
        with pytest.raises(kind, match=said):
            read(service.client(), JOB_ID)

    assert len(service.requests) == 1


def test_a_page_in_place_of_a_job_is_refused_with_what_to_check():
    with serve(openai_job()) as service:
        service.faults = ["page"]
        with pytest.raises(BackendUnavailable, match=r"'<html>Log in here'\. Check base_url"):
            watch(service.client(), JOB_ID)


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


def test_an_interrupt_does_not_wait_for_a_slow_answer(capsys, clock):
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
