"""The SQLite file: pages, and changes that happen all or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_server.store import Kind, Store, new_id

NOTES = Kind[dict]("note")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "server.db")
    for number in range(5):
        store.add(NOTES, {"id": f"note-{number}", "status": "new", "place": str(number % 2)})
    yield store
    store.close()


def ids(page: tuple[list[dict], bool]) -> tuple[list[str], bool]:
    return [note["id"] for note in page[0]], page[1]


def test_a_page_goes_on_after_an_object_that_has_been_deleted(store: Store) -> None:
    store.delete(NOTES, "note-3")

    assert ids(store.page(NOTES, limit=2, after="note-3")) == (["note-2", "note-1"], True)
    assert ids(store.page(NOTES, limit=9, after="note-3", oldest_first=True)) == (["note-4"], False)
    with pytest.raises(KeyError):
        store.page(NOTES, limit=1, after="note-9")


def test_a_page_can_be_narrowed_by_a_field(store: Store) -> None:
    assert ids(store.page(NOTES, limit=9, equal={"place": "1"})) == (["note-3", "note-1"], False)
    assert ids(store.page(NOTES, limit=9, equal={"place": None})) == ([], False)


def test_an_object_moves_only_from_a_status_that_is_expected(store: Store) -> None:
    assert store.move(NOTES, "note-0", ("new",), status="old")
    assert not store.move(NOTES, "note-0", ("new",), status="older")
    assert store.get(NOTES, "note-0") == {"id": "note-0", "status": "old", "place": "0"}


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.delete(NOTES, "note-0")
            store.add(NOTES, {"id": "note-9", "value": float("nan")})

    with pytest.raises(ValueError, match="not JSON compliant"):
        fail()

    assert store.get(NOTES, "note-0") is not None
    assert store.get(NOTES, "note-9") is None


def test_an_id_has_the_shape_of_openai() -> None:
    assert new_id("ftjob-", 24).removeprefix("ftjob-").isalnum()
    assert len(new_id("ftjob-", 24)) == 30


def test_a_view_of_one_project_shows_and_changes_nothing_of_others(store):
    anna, ben = store.of("anna"), store.of("ben")
    for number, view in ((5, anna), (6, ben), (7, anna)):
        view.add(NOTES, {"id": f"note-{number}", "status": "new", "expires_at": 1})
    # What hangs on an object belongs to its project, whoever adds it.
    store.add(NOTES, {"id": "note-8", "status": "new"}, "note-6")

    assert ids(anna.page(NOTES, limit=9)) == (["note-7", "note-5"], False)
    assert ids(ben.page(NOTES, limit=9, job_id="note-6")) == (["note-8"], False)
    assert (anna.get(NOTES, "note-6"), anna.text(NOTES, "note-0")) == (None, None)
    assert not anna.move(NOTES, "note-6", ("new",), status="old")
    anna.delete(NOTES, "note-6")
    assert store.get(NOTES, "note-6")["status"] == "new"
    assert (anna.expired(NOTES, 2), ben.expired(NOTES, 2)) == (["note-5", "note-7"], ["note-6"])
    assert len(ids(store.page(NOTES, limit=99))[0]) == 9


def test_a_cursor_of_another_project_is_unknown_also_when_it_was_deleted(store):
    anna, ben = store.of("anna"), store.of("ben")
    for view, name in ((anna, "note-a"), (ben, "note-b")):
        view.add(NOTES, {"id": name, "status": "new"})
        with pytest.raises(KeyError):
            (ben if view is anna else anna).page(NOTES, limit=1, after=name)
        view.delete(NOTES, name)
        with pytest.raises(KeyError):
            (ben if view is anna else anna).page(NOTES, limit=1, after=name)
        assert ids(view.page(NOTES, limit=1, after=name)) == ([], False)
