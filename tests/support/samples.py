"""Rows that several tests start from."""

import base64
import json


def example(number: int = 1, **answer: object) -> dict:
    """A good chat row; `answer` changes fields of its assistant message."""
    return {
        "messages": [
            {"role": "system", "content": "Answer in one word."},
            {"role": "user", "content": f"Question {number}?"},
            {"role": "assistant", "content": "Yes.", **answer},
        ]
    }


LINE = json.dumps(example())
ROWS = [example(number) for number in range(12)]

USER = {"role": "user", "content": "Where is the parcel?"}


ANSWER = {"role": "assistant", "content": "At the post office."}


PLAIN = {"messages": [USER, ANSWER]}


TOOL = {
    "type": "function",
    "function": {
        "name": "track",
        "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]},
    },
}


def call(arguments='{"id": 7}', name="track", call_id="call_1", **function):
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments, **function},
    }


def calling(*calls, reply="call_1", tools=(TOOL,)):
    """A row with calls, one answer to them, and the final answer."""
    replies = [{"role": "tool", "tool_call_id": reply, "content": "Bucharest"}] if reply else []
    messages = [USER, {"role": "assistant", "content": None, "tool_calls": list(calls)}, *replies, ANSWER]
    return {"messages": messages, "tools": list(tools)}


def seen(url="https://example.com/a.png", role="user", times=1):
    part = {"type": "image_url", "image_url": {"url": url}}
    message = {"role": role, "content": [{"type": "text", "text": "What is it?"}, *[part] * times]}
    return {"messages": [message, ANSWER]}


def preference(**changes):
    row = {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{**ANSWER, "content": "No idea."}],
        **changes,
    }
    return {key: value for key, value in row.items() if value is not None}


def with_first(**changes):
    return {"messages": [{**USER, **changes}, ANSWER]}


def with_last(**changes):
    return {"messages": [USER, {**ANSWER, **changes}]}


def data_url(size=3, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(bytes(size)).decode()}"


GOOD = [json.dumps(with_last(content=f"At shelf {number}.")) for number in range(12)]


FILE = "\n".join(GOOD) + "\n"


def found(report):
    """Line, path and code of each issue."""
    return [(each.line, each.path, each.code) for each in report.problems]


def found_in_rows(report):
    """Line, path and code of each issue; a file for a test may be too short."""
    return [each for each in found(report) if each[2] != "too_few_examples"]
