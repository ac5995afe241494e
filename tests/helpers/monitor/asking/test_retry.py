"""A service that does not answer is asked again; one that refuses is explained."""

import pytest
from services import JOB_ID, Clock, openai_job, serve

from helpers.errors import BackendUnavailable, JobNotFound, ServerStopped
from helpers.monitor.asking import retry
from helpers.monitor.job_reader import all_events
from helpers.monitor.watch import attach, watch


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "monotonic", clock)
    return clock


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
    ],
)
def test_a_refusal_is_explained_at_once(status, kind, said, read):
    with serve(openai_job()) as service:
        service.faults = [status]
        with pytest.raises(kind, match=said):
            read(service.client(), JOB_ID)

    assert len(service.requests) == 1


@pytest.mark.parametrize("read", [all_events, watch])
def test_a_job_that_the_service_does_not_know_is_refused_with_where_to_look(read):
    said = r"does not have the job ftjob-x \(404: .*jobs\.list\(\)"
    with serve(openai_job()) as service, pytest.raises(JobNotFound, match=said):
        read(service.client(), "ftjob-x")


def test_a_page_in_place_of_a_job_is_refused_with_what_to_check():
    with serve(openai_job()) as service:
        service.faults = ["page"]
        with pytest.raises(BackendUnavailable, match=r"'<html>Log in here'\. Check base_url"):
            watch(service.client(), JOB_ID)
