"""The chat process from outside: what happens when a client leaves, and when it dies."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import psutil
import pytest
from chatting import ask
from serving import ENDLESS, LocalServer, command, serve, wait_until

pytestmark = pytest.mark.slow

# Servers of tests start the chat process only when they are asked.
LAZY = "--chat-on-demand"


def generating(server: LocalServer) -> bool:
    """Whether the chat process uses the processor."""
    return psutil.Process(server.child("generation").pid).cpu_percent(interval=0.5) > 5


def test_answers_that_nobody_waits_for_any_more_end_soon(server: LocalServer, client: openai.OpenAI) -> None:
    expected = ask(client, temperature=0)

    def leave_stream(_: int) -> None:
        with client.chat.completions.create(**ENDLESS, n=4, stream=True) as stream:
            next(iter(stream))

    def leave_whole(_: int) -> None:
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=1).chat.completions.create(**ENDLESS, n=4)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(leave_stream, range(16)))
        list(pool.map(leave_whole, range(48)))

    # Together they would go on for minutes.
    wait_until(lambda: generating(server), lambda busy: not busy, seconds=15)
    assert ask(client, temperature=0) == expected


def test_a_chat_process_that_dies_ends_the_streams_and_the_next_question_is_answered(
    server: LocalServer, client: openai.OpenAI
) -> None:
    with client.chat.completions.create(**ENDLESS, stream=True) as stream:
        chunks = iter(stream)
        next(chunks)
        server.child("generation").send_signal(signal.SIGKILL)
        with pytest.raises(openai.APIError) as caught:
            list(chunks)

    assert caught.value.code == "worker_died"
    assert ask(client, max_tokens=1)


def test_the_chat_process_starts_with_the_server_and_loads_nothing_for_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("serving.command", lambda *given: [each for each in command(*given) if each != LAZY])

    with serve(tmp_path) as server:
        chat = wait_until(lambda: server.child("generation"), bool)
        (text,) = ask(server.client(), temperature=0, max_tokens=3)

        assert text
        assert server.child("generation").pid == chat.pid
        # The warm process and its fork hold one copy of PyTorch, and no Arrow, which `datasets` would load.
        assert not any("arrow" in file.path for file in chat.memory_maps())
