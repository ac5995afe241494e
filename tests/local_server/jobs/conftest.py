"""The code of jobs on an empty state folder, without a server process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from states import empty_state

from local_server.jobs.store import JobStore
from local_server.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return empty_state(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[JobStore]:
    store = JobStore(settings.state / "server.db")
    yield store
    store.close()
