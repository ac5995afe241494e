"""Open a dataset file for reading, and write one."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from finetune_dataset.errors import DatasetError


def write_jsonl(path: str | Path, rows: Iterable[Mapping]) -> None:
    """Write one JSON object per line, as UTF-8 without a byte order mark; an existing file is replaced."""
    with open(path, "w", encoding="utf-8", newline="\n") as target:
        target.writelines(_to_line(row) for row in rows)


def _to_line(row: Mapping) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


# Large enough that the work per buffer does not count, small enough for a processor's cache.
_BUFFER_BYTES = 256 * 1024


def open_source(path: str | Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        DatasetError: There is no such file, it is a folder, or it may not be read.
    """
    path = Path(path)
    if path.is_dir():
        raise DatasetError(
            f"{path} is a folder; expected a JSON Lines file. Give the path of the file itself."
        )
    try:
        return path.open("rb", buffering=_BUFFER_BYTES)
    except FileNotFoundError:
        where = f"the folder {path.parent.absolute()}"
        if path.parent.is_dir():
            others = sorted(other.name for other in path.parent.glob("*.jsonl"))
            where += f" has {', '.join(others[:5])}" if others else " has no .jsonl file"
        else:
            where += " does not exist either"
        raise DatasetError(f"{path} was not found; {where}. Check the name.") from None
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be opened: {error.strerror}. Check the path and its permissions."
        ) from None
