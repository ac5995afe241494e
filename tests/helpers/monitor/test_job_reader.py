"""Read jobs over a real wire: all pages, and only what can be new."""

import pytest
from services import ENDED, JOB_ID, Clock, Job, long_job, openai_job, serve, step

from helpers.monitor import retry
from helpers.monitor.job_reader import all_events
from helpers.monitor.watch import watch


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
