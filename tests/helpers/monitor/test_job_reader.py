"""Read jobs over a real wire: all pages, and only what can be new."""

import re

import pytest
from services import ENDED, JOB_ID, Clock, Job, checkpoint, long_job, openai_job, serve, step

from helpers.errors import JobNotFound
from helpers.monitor.asking import retry
from helpers.monitor.job_reader import all_events
from helpers.monitor.watch import attach, watch


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "monotonic", clock)
    return clock


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


NO_EVENTS = [
    (404, '{"error": {"message": "Not found"}}'),
    (404, '{"detail": "Not Found"}'),
    (404, "<html><h1>404 Not Found</h1></html>"),
    (400, '{"error": {"message": "Unknown path"}}'),
    (405, '{"error": {"message": "Method Not Allowed"}}'),
    (410, ""),
    (422, '{"detail": [{"msg": "no such thing"}]}'),
    (501, '{"error": {"message": "Not implemented"}}'),
    (200, "<html>Documentation</html>"),
    (200, '{"detail": "Not Found"}'),
    (200, "[]"),
]


def without_events(answer: tuple[int, str], *, checkpoints: bool) -> Job:
    """A job that runs and succeeds at a service that has no route for events."""
    stored = [checkpoint(step, 10 * step, full_valid_loss=3 / step) for step in (1, 2, 3)]
    ended = ENDED | {"result_files": ["file-R"], "fine_tuned_model": "ft:tiny::abc"}
    states = [({"status": "running"}, 0), ({"status": "running"}, 0), (ended, 0)]
    return Job(states, [], stored if checkpoints else None, no_events=answer)


@pytest.mark.parametrize("answer", NO_EVENTS)
def test_all_events_of_a_service_without_them_are_none_and_the_job_is_shown(answer, capsys):
    with serve(without_events(answer, checkpoints=True)) as service:
        events = all_events(service.client(max_retries=0), JOB_ID)

    printed = capsys.readouterr().out
    assert events == []
    assert printed.startswith("This service has no events for the job (")
    assert f"What the job {JOB_ID} has: status running, model none yet, result files none." in printed
    assert "<" not in printed


@pytest.mark.parametrize("checkpoints", [True, False])
@pytest.mark.parametrize("answer", NO_EVENTS)
def test_a_job_without_events_is_watched_by_its_status_checkpoints_and_result_file(
    answer, checkpoints, clock, capsys
):
    with serve(without_events(answer, checkpoints=checkpoints)) as service:
        job = watch(service.client(), JOB_ID, wait=clock.wait)

    printed = capsys.readouterr().out
    assert job.status == "succeeded"
    assert printed.count("This service has no events for the job (") == 2  # at first, and in the table
    seen = (
        "Full validation loss is lowest at step 3: 1" if checkpoints else "Training loss is 3 at step 1, then"
    )
    assert seen in printed
    assert re.search("Fine-tuned model +ft:tiny::abc", printed)


@pytest.mark.parametrize("answer", NO_EVENTS)
def test_a_service_without_checkpoints_is_watched_to_the_end(answer, clock):
    job = openai_job()
    job.no_checkpoints = answer

    with serve(job) as service:
        assert watch(service.client(), JOB_ID, wait=clock.wait).status == "succeeded"


def test_attach_finds_a_job_without_events(clock, capsys):
    with serve(without_events(NO_EVENTS[0], checkpoints=False)) as service:
        job = attach(service.client(), wait=clock.wait)

    assert job.status == "succeeded"
    assert "no such job" not in capsys.readouterr().out


@pytest.mark.parametrize("fault", [404, 405, 501, "page"])
def test_attach_at_a_service_that_does_not_list_its_jobs_says_what_to_give(fault):
    with serve(openai_job()) as service:
        service.faults = [fault]
        with pytest.raises(JobNotFound, match=r"does not list its jobs \(.*watch\(client, job_id\)"):
            attach(service.client())


BROKEN = [(500, '{"error": {"message": "Internal error"}}'), (503, "<html>Unavailable</html>"), (502, "")]


@pytest.mark.parametrize("checkpoints", [True, False])
@pytest.mark.parametrize("answer", BROKEN)
def test_a_route_that_always_fails_is_not_waited_for_while_the_service_answers_about_the_job(
    answer, checkpoints, clock, capsys
):
    with serve(without_events(answer, checkpoints=checkpoints)) as service:
        job = watch(service.client(), JOB_ID, wait=clock.wait)

    printed = capsys.readouterr().out
    assert job.status == "succeeded"
    assert sum(clock.waits) < 60
    note = f"This service has no events for the job ({answer[0]}: "
    assert printed.count(note) == 2  # at first, and in the table
    assert "5 times in a row, while the service answers about the job)" in printed
    assert re.search("Fine-tuned model +ft:tiny::abc", printed)
    # Once it is known, one try at each look.
    assert sum("/events" in request for request in service.requests) < 10


@pytest.mark.parametrize("answer", BROKEN)
def test_checkpoints_that_always_fail_do_not_hold_up_the_view(answer, clock):
    job = openai_job()
    job.no_checkpoints = answer

    with serve(job) as service:
        assert watch(service.client(), JOB_ID, wait=clock.wait).status == "succeeded"


def test_events_that_were_read_stay_when_the_route_fails_at_the_end(clock, capsys):
    job = openai_job()
    with serve(job) as service:

        def wait(seconds):
            clock.wait(seconds)
            if job.looks >= 4:
                job.no_events = BROKEN[0]

        assert watch(service.client(), JOB_ID, wait=wait).status == "succeeded"

    assert "Training loss" in capsys.readouterr().out


def test_events_come_again_when_the_route_is_mended(clock, capsys):
    job = openai_job()
    with serve(job) as service:
        job.no_events = BROKEN[0]

        def wait(seconds):
            clock.wait(seconds)
            if job.looks >= 3:
                job.no_events = None

        assert watch(service.client(), JOB_ID, wait=wait).status == "succeeded"

    assert "no events" not in capsys.readouterr().out.splitlines()[-1]
    assert "/events?limit=100" in service.requests[-2]


@pytest.mark.slow
def test_all_events_of_a_route_that_always_fails_are_none_and_the_job_is_shown(capsys):
    with serve(without_events(BROKEN[0], checkpoints=True)) as service:
        events = all_events(service.client(max_retries=0), JOB_ID)

    printed = capsys.readouterr().out
    assert events == []
    assert "no events for the job (500: Internal error, 5 times in a row" in printed
    assert f"What the job {JOB_ID} has: status running" in printed
