"""What a document of a recording leaves out; how it is written and played: `test_replay.py`."""

import json
from collections.abc import Sequence
from typing import Any

from helpers.backends.recordings.record import Written


def look(ids: Sequence[int], status: str = "running") -> list[dict[str, Any]]:
    """What a watch asks at one time: the job, and its newest events, at most three."""
    path = "/fine_tuning/jobs/ftjob-1"
    newest = [{"id": f"ftevent-{number}"} for number in sorted(ids)[-3:][::-1]]
    # The expected end moves from answer to answer.
    job = {"id": "ftjob-1", "status": status, "estimated_finish": len(ids)}
    return [exchange(path, {}, job), exchange(f"{path}/events", {"limit": "3"}, {"data": newest})]


def exchange(path: str, query: dict[str, str], answer: object) -> dict[str, Any]:
    request = {"method": "GET", "path": path, "query": query, "body": {}}
    return {"request": request, "response": {"status": 200, "headers": {}, "body": {"json": answer}}}


def test_a_look_without_which_a_watch_reads_on_is_left_out():
    looks = [look(range(number)) for number in (1, 2, 3, 5, 9)] + [look(range(10), "succeeded")]
    written = Written()

    for each in looks:
        for one in each:
            written.take(one)

    kept = json.loads(written.text("04_monitor"))["exchanges"]
    pages = [each for each in kept if each["request"]["path"].endswith("/events")]
    # The page of 0 to 2 leads from 0 to 2 to 4; from there to 8 leads none, so none of these is left out.
    assert pages == [looks[number][1] for number in (0, 2, 3, 4, 5)]
    assert [each["response"]["body"]["json"]["status"] for each in kept if each not in pages] == [
        *["running"] * 4, "succeeded"
    ]  # fmt: skip
