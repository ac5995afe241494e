"""Text and calls are told apart, whatever pieces an answer comes in."""

import pytest

from local_server.training.rows.forms import OURS

# It stands beside modules that load PyTorch.
pytestmark = pytest.mark.slow

TRICKY = '{"name": "a } \\" </tool_call> {", "more": {"x": [1, {}]}}'
CALL = f"{OURS.head('look_up')}{TRICKY}{OURS.tail}"
SECOND = f"{OURS.head('land')}{{}}{OURS.tail}"


def read(answer: str, size: int) -> tuple[str, list[list[str]], bool]:
    from local_server.generation.tools.reader import Reader

    reader = Reader(OURS, ["look_up", "land"])
    text, calls = "", []
    for place in range(0, len(answer), size):
        content, pieces, _ = reader.take(answer[place : place + size], [], place + size >= len(answer))
        text += content
        for piece in pieces:
            if piece["name"] is not None:
                calls.append([piece["name"], ""])
            calls[-1][1] += piece["arguments"]
    return text, calls, reader.called


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_text_and_calls_are_told_apart_in_pieces_of_any_size(size: int) -> None:
    assert read(f"a < b <tool {CALL}\n{SECOND}", size) == (
        "a < b <tool ",
        [["look_up", TRICKY], ["land", "{}"]],
        True,
    )
    assert read("Only text <tool_ca", size) == ("Only text <tool_ca", [], False)
    assert read(CALL[:-20], size)[2] is False
