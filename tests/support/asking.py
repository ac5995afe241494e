"""A question as the server puts it to the chat process, for tests that drive the process without a server."""

from pathlib import Path

from local_server.generation.messages import NumberedQuestion


def asked(folder: Path, number: int = 1, **options: object) -> NumberedQuestion:
    """The plainest question: the twelve likeliest tokens. mypy finds a field that is missing here."""
    question: NumberedQuestion = {
        "id": number, "folder": str(folder), "messages": [{"role": "user", "content": "Tell me about Tin"}],
        "tools": [], "calls": None, "max_tokens": 12, "temperature": 0.0, "top_p": 1.0, "seed": 1, "stop": [],
        "n": 1, "stream": False, "top_logprobs": None, "frequency_penalty": 0.0, "presence_penalty": 0.0,
        "schema": None, "start": True, "prompt_logprobs": None,
    }  # fmt: skip
    return {**question, **options}  # type: ignore[typeddict-item]
