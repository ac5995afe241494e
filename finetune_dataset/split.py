"""Split examples into parts that share no group. What two parts share anyway, `check_quality` finds."""

import math
import random
from collections.abc import Callable, Hashable, Iterable, Mapping

from finetune_dataset.chat import JsonObject
from finetune_dataset.errors import DatasetError


def split_dataset(
    rows: Iterable[JsonObject], by: Callable[[JsonObject], Hashable], sizes: Mapping[str, float], seed: int
) -> list[list[JsonObject]]:
    """Split rows at random into parts that share no group, such as no chemical element.

    A model that saw a group in training would score too well on it. So all rows
    of one group go to the same part.

    Args:
        rows: The examples.
        by: Gives the group of a row.
        sizes: Name of each part → how many groups it gets: whole numbers, or shares of all
            groups (above 0, below 1). Groups that no part asks for are left out.
        seed: The same seed and groups give the same split, whatever the order of the rows.

    Returns:
        The parts in the order of `sizes`; rows keep their order.

    Raises:
        DatasetError: The parts ask for more groups than there are, a part gets none, or a size is neither a
            whole number nor a share.
    """
    rows = list(rows)
    # Two groups may print alike (1 and "1"); `repr` keeps their order the same in every process.
    groups = sorted({by(row) for row in rows}, key=lambda group: (str(group), repr(group)))
    random.Random(seed).shuffle(groups)
    parts, start, end = [], 0, 0.0
    for name, size in sizes.items():
        if size <= 0 or (size > 1 and size != int(size)) or (size == 1 and isinstance(size, float)):
            raise DatasetError(
                f"Part {name!r} has the size {size}; expected a whole number of groups, or a share of them "
                "above 0 and below 1."
            )
        end += size * len(groups) if size < 1 else size
        # Not round: it takes 3.5 up and 4.5 down, so that a part of one group could get none. The rest is
        # for sums that are a little too small, such as 0.1 + 0.2 of them.
        stop = math.floor(end + 0.5 + 1e-9)
        if stop > len(groups):
            raise DatasetError(f"Part {name!r} has no groups left: {dict(sizes)} of {len(groups)} groups.")
        if start == stop:
            raise DatasetError(
                f"Part {name!r} gets no group: {dict(sizes)} of {len(groups)} groups. "
                "Give it a larger share, or make smaller groups."
            )
        chosen = set(groups[start:stop])
        parts.append([row for row in rows if by(row) in chosen])
        start = stop
    return parts
