"""Lists in pages: where one goes on, and where it must not."""

import openai
import pytest
from serving import (
    NAMES,
    failed_job,
    refusal,
    row,
)

ROWS = [row(name) for name in NAMES[:12]]


def test_a_list_does_not_go_on_after_an_event_of_another_job(client: openai.OpenAI) -> None:
    first, second = (failed_job(client, ROWS[:3]) for _ in range(2))
    foreign = client.fine_tuning.jobs.list_events(second.id).data[-1].id

    assert refusal(client.fine_tuning.jobs.list_events, first.id, after=foreign) == {
        "status": 400,
        "message": f"Invalid 'after': this list has no event with the id '{foreign}'.",
        "type": "invalid_request_error",
        "param": "after",
        "code": None,
    }


def test_files_are_listed_newest_first_in_pages_and_by_purpose(client: openai.OpenAI) -> None:
    # No other test uses this purpose, nor that of the next test.
    files = [client.files.create(file=(f"{n}.txt", b"text"), purpose="user_data") for n in range(5)]
    ids = [file.id for file in files]

    assert [file.id for file in client.files.list(purpose="user_data", limit=2)] == ids[::-1]
    assert [file.id for file in client.files.list(purpose="user_data", limit=2, order="asc")] == ids
    page = client.files.list(purpose="user_data", limit=2)
    assert (page.has_more, page.model_extra["first_id"], page.model_extra["last_id"]) == (
        True,
        ids[4],
        ids[3],
    )
    assert [file.id for file in client.files.list(purpose="user_data", after=ids[1]).data] == [ids[0]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_loop_over_pages_may_delete_each_file(client: openai.OpenAI, order: str) -> None:
    files = [client.files.create(file=(f"{n}.txt", b"text"), purpose="evals") for n in range(5)]

    met = []
    for file in client.files.list(purpose="evals", limit=2, order=order):
        client.files.delete(file.id)
        met.append(file)

    assert met == (files if order == "asc" else files[::-1])
    assert client.files.list(purpose="evals").data == []
