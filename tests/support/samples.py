"""Rows that several tests start from."""

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
