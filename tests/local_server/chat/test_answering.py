"""From what a client sends to what the chat process reads."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Request
from states import TINY

from local_server.chat import answering
from local_server.http.answers import Json
from local_server.http.errors import ApiError
from local_server.settings import Settings
from local_server.store import Store

MESSAGES = [{"role": "user", "content": "Hello"}]
LEFT_OUT = {"max_tokens": None, "temperature": None, "top_p": None, "stream": False}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, (TINY,), "key")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "server.db")
    yield store
    store.close()


def test_what_is_left_out_gets_the_defaults_of_the_api(settings: Settings, store: Store) -> None:
    question = answering.question(settings, store, TINY.id, MESSAGES, **LEFT_OUT)

    assert question == {
        "folder": str(TINY.folder),
        "messages": MESSAGES,
        "tools": [],
        "calls": None,
        "max_tokens": None,
        "temperature": 1.0,
        "top_p": 1.0,
        "seed": None,
        "stop": [],
        "n": 1,
        "stream": False,
        "top_logprobs": None,
        "frequency_penalty": 0.0,
        "presence_penalty": 0.0,
        "schema": None,
        "start": True,
        "prompt_logprobs": None,
    }


def test_a_model_that_is_not_here_is_refused(settings: Settings, store: Store) -> None:
    with pytest.raises(ApiError, match="The model `gpt-9` does not exist"):
        answering.question(settings, store, "gpt-9", MESSAGES, **LEFT_OUT)


def test_a_large_answer_is_written_between_what_others_are_told() -> None:
    large = {"tokens": [{"logprob": -number / 7, "text": "☃\n", "rank": None} for number in range(5000)]}
    turns: list[int] = []

    async def made() -> dict[str, object]:
        return large

    async def others() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    async def received() -> dict[str, str]:
        return await asyncio.Event().wait()

    async def answered() -> bytes:
        other = asyncio.create_task(others())
        answer = await answering.whole(Request({"type": "http"}, received), made())
        other.cancel()
        return answer.body

    body = asyncio.run(answered())

    assert body == Json(large).body
    # 13 bits of JSON for each of the 5,000.
    assert len(turns) >= 5000 * 13 // 4096
