"""What a start does with bytes that no list names; `tests/local_server/test_disk.py` has the crashes."""

from local_server.files.answers import FILES, new_file
from local_server.jobs.store import JobStore
from local_server.jobs.upkeep.sweep import sweep
from local_server.settings import Settings


def test_bytes_of_another_database_are_set_aside_and_never_deleted(
    settings: Settings, store: JobStore
) -> None:
    store.add(FILES, new_file("file-known", "a", 1, "vision"))
    for name in ("file-known", "file-unknown"):
        settings.file_path(name).write_bytes(b"x")
    settings.job_folder("ftjob-unknown").mkdir()
    (settings.job_folder("ftjob-unknown") / "training.jsonl").write_bytes(b"rows")

    sweep(settings, store)

    assert [path.name for path in (settings.state / "files").iterdir()] == ["file-known"]
    assert list((settings.state / "jobs").iterdir()) == []
    assert (settings.unlisted / "file-unknown").read_bytes() == b"x"
    assert (settings.unlisted / "ftjob-unknown" / "training.jsonl").read_bytes() == b"rows"


def test_a_folder_that_cannot_be_read_stops_no_start(settings: Settings, store: JobStore) -> None:
    (settings.state / "files").rmdir()
    (settings.state / "files").write_text("no folder")

    sweep(settings, store)

    assert settings.reserve.stat().st_size == 1024**2
