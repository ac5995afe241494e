"""Open a dataset file for reading, and write one."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from finetune_dataset.errors import DatasetError

# Large enough that the work per buffer does not count, small enough for a processor's cache.
_BUFFER_BYTES = 256 * 1024


def write_jsonl(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object per line, as UTF-8 without a byte order mark.

    Args:
        path: The file; an existing one is replaced.
        rows: What to write; they are taken one by one, so they need not fit in memory.
    """
    with open(path, "w", encoding="utf-8", newline="\n") as target:
        target.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def open_source(path: str | Path) -> BinaryIO:
    """Open a file for reading, and say what is there instead if that fails.

    Args:
        path: The file.

    Returns:
        The open file, as bytes; use it in a `with` statement.

    Raises:
        DatasetError: There is no such file, it is a folder, or it may not be read.
    """
    path = Path(path)
    if path.is_dir():
        inside = sorted(other.name for other in path.iterdir() if ".jsonl" in other.name)
        shards = (
            f" It holds {len(inside)}: {', '.join(inside[:3])}{', …' * (len(inside) > 3)}." if inside else ""
        )
        how = " Join them into one, or check each of them." if len(inside) > 1 else ""
        raise DatasetError(
            f"{path} is a folder; expected a JSON Lines file. Give the path of the file itself.{shards}{how}"
        )
    if path.exists() and not path.is_file():
        raise DatasetError(f"{path} is no file on a disk. Save its content first: it is read more than once.")
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
