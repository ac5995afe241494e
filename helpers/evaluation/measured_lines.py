"""The lines of `data/measured/rivals_*.json`: one way to ask on one seed, for the spread and for a decision.

`helpers.decision` makes such lines of a run's own predictions, too.
"""

from pathlib import Path
from typing import Annotated, NotRequired, TypedDict

import msgspec

from helpers.errors import UnreadableContent
from helpers.stored_json import read_json

_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Amount = Annotated[float, msgspec.Meta(ge=0)]
WAY_OUT = "Get the file back (`git checkout -- data` in a clone), or measure again (`benchmarks/rivals.py`)."
"""What to do with a damaged file of lines."""


class Line(TypedDict):
    """One way to ask one model, on one seed; `data/README.md` tells the fields."""

    base_model: str
    way: str
    n: Annotated[int, msgspec.Meta(ge=1)]
    scores: dict[str, _Share]
    marks: dict[str, str]
    prompt_tokens: _Amount
    completion_tokens: _Amount
    latency_median: _Amount
    latency_p95: _Amount
    seconds: _Amount
    seed: NotRequired[int | None]
    trained_rows: NotRequired[Annotated[int, msgspec.Meta(ge=0)]]
    trained_on: NotRequired[str | None]
    training_seconds: NotRequired[_Amount | None]
    steps: NotRequired[Annotated[int, msgspec.Meta(ge=0)]]
    step: NotRequired[int | None]
    valid_loss: NotRequired[_Amount | None]
    date: NotRequired[str]
    command: NotRequired[str]


class _File(TypedDict):
    lines: list[Line]


def read_lines(path: Path) -> list[Line]:
    """Read what was measured.

    Args:
        path: A file of lines.

    Raises:
        UnreadableContent: It is not there or is damaged; the message says where.
    """
    return read_json(path, _File, way_out=WAY_OUT, error=UnreadableContent)["lines"]
