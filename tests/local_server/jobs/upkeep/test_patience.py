"""When a job is tried again."""

from pathlib import Path

import pytest

from local_server.jobs.answers import EVENTS
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep import patience
from local_server.jobs.upkeep.patience import Patience


def test_the_pauses_grow_and_the_job_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: clock[0])
    store = JobStore(tmp_path / "server.db")
    waiting, pauses = Patience(store), []

    for _ in range(10):
        assert waiting.try_again("ftjob-1", "It could not be started", OSError("too many"))
        began = clock[0]
        while waiting.waits("ftjob-1"):
            clock[0] += 0.5
        pauses.append(clock[0] - began)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    waited = sum(pauses)
    # What happens between the pauses, hours of training for example, is no waiting.
    clock[0] += 10 * patience.LIMIT_SECONDS
    while waiting.try_again("ftjob-1", "It could not be started", OSError("too many")):
        waited += 60
    assert waited == pytest.approx(patience.LIMIT_SECONDS, abs=60)
    assert len(store.page(EVENTS, limit=99)[0]) == 1
    waiting.succeeded("ftjob-1")
    assert not waiting.waits("ftjob-1")
    store.close()
