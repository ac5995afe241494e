"""What a project keeps is counted over files, folders and records, and over no other project."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from states import empty_state

from local_server.access.keys import Limits, Projects
from local_server.files import quota
from local_server.files.answers import FILES, new_file
from local_server.http.errors import ApiError
from local_server.settings import Settings
from local_server.store import Kind, Store

MEGABYTE = 1024**2
JOBS = Kind[dict]("job")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(empty_state(tmp_path), projects=Projects({"0": "anna", "1": "ben"}, Limits(storage_mb=2)))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = Store(settings.state / "server.db")
    yield store
    store.close()


def test_files_folders_and_records_count_together(settings: Settings, store: Store) -> None:
    anna = store.of("anna")
    anna.add(FILES, new_file("file-a", "a.bin", MEGABYTE, "user_data"))
    anna.add(JOBS, {"id": "ftjob-a"})
    weights = settings.job_folder("ftjob-a") / "model" / "weights"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(bytes(MEGABYTE // 2))
    folders = quota.in_folders(settings, anna)

    assert folders == MEGABYTE // 2
    quota.check(settings, anna, folders, MEGABYTE // 2 - 1000)
    with pytest.raises(ApiError, match=r"keeps 1\.5 MB of the 2 MB .* this would be 0\.5 MB"):
        quota.check(settings, anna, folders, MEGABYTE // 2)
    quota.check(settings, store.of("ben"), quota.in_folders(settings, store.of("ben")), 2 * MEGABYTE)


def test_a_project_at_its_limit_may_not_go_on_and_is_told_what_to_delete(
    settings: Settings, store: Store
) -> None:
    anna = store.of("anna")
    anna.add(FILES, new_file("file-a", "a.bin", 2 * MEGABYTE, "user_data"))

    with pytest.raises(ApiError) as refused:
        quota.check(settings, anna, 0)

    assert (refused.value.status, refused.value.body["error"]["code"]) == (403, "storage_limit_exceeded")
    assert "Delete what you do not need any more: files (files.delete)" in str(refused.value)


def test_the_owner_has_no_limit(settings: Settings, store: Store) -> None:
    store.add(FILES, new_file("file-a", "a.bin", 9 * MEGABYTE, "user_data"))

    assert quota.in_folders(settings, store) == 0
    quota.check(settings, store, 0, 9 * MEGABYTE)
