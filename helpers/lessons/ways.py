"""How a row is asked: as in training, and in other ways. A model is good at what it was trained for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Row = Mapping[str, Any]
"""One chat row of a training file: {"messages": [...]}."""


@dataclass(frozen=True)
class Way:
    """Another way to ask about a row than training did.

    Attributes:
        name: A short name, such as "wording".
        meaning: What is different, as one sentence.
        messages: Takes a row and returns the messages to send.
        held_out: True: it asks for the trained form, in a shape that was kept out of training. False: it asks
            for something else than training did.
    """

    name: str
    meaning: str
    messages: Callable[[Row], list[dict[str, str]]]
    held_out: bool = False


def conversation(row: Row) -> list[dict[str, str]]:
    """Return the messages of a row as a chat takes them: without the weights of a training file.

    Args:
        row: A row with texts as contents.
    """
    return [{"role": message["role"], "content": message["content"]} for message in row["messages"]]


def question(row: Row) -> list[dict[str, str]]:
    """Return what a row asks, as it was trained: its messages without the expected answer at their end.

    Args:
        row: A row with texts as contents.
    """
    messages = conversation(row)
    return messages[:-1] if messages[-1]["role"] == "assistant" else messages


def _without_a_system_prompt(row: Row) -> list[dict[str, str]]:
    return [message for message in question(row) if message["role"] != "system"]


def _in_prose(row: Row) -> list[dict[str, str]]:
    *before, last = question(row)
    return [*before, {**last, "content": f"{last['content']}\nAnswer in plain prose."}]


ALWAYS: Final = (
    Way("no_system", "asked without the system prompt", _without_a_system_prompt),
    Way("prose", "asked for plain prose", _in_prose),
)
"""Ways that each dataset has: nobody asks for the trained form, so an answer should not have it."""
