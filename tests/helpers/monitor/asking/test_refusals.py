"""A request that cannot be sent is never waited for, and its message never quotes the key."""

import traceback

import pytest
from services import JOB_ID, Clock, openai_job, serve

from helpers.errors import BackendUnavailable
from helpers.monitor.asking import retry
from helpers.monitor.job_reader import all_events
from helpers.monitor.watch import attach, watch


@pytest.mark.parametrize("read", [all_events, watch, lambda client, job_id, **_: attach(client)])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api_key": "sk-secret\n"}, "a character that HTTP cannot carry"),
        ({"api_key": "sk-secret\x00"}, "a character that HTTP cannot carry"),
        ({"api_key": "sk-secret\u2013"}, "a character that is not ASCII"),
        ({"organization": "org-1\r\n"}, "a character that HTTP cannot carry"),
        ({"base_url": "ftp://127.0.0.1/v1"}, "no address that begins with http"),
    ],
)
def test_a_request_that_cannot_be_sent_is_refused_at_once(options, said, read, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "monotonic", clock)
    with serve(openai_job()) as service:
        client = service.client(max_retries=0).with_options(**options)
        with pytest.raises(
            BackendUnavailable, match=f"cannot be sent: .*{said}.*Trying again would not help"
        ) as caught:
            read(client, JOB_ID)

    assert (clock.waits, service.requests) == ([], [])
    assert "sk-secret" not in "".join(traceback.format_exception(caught.value))
