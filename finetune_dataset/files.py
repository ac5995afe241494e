"""Open a dataset file for reading, and write one whole or not at all."""

import errno
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from finetune_dataset.errors import DatasetError
from finetune_dataset.strict_json import MAX_LINE_BYTES, too_large, unwritable

# Large enough that the work per buffer does not count, small enough for a processor's cache.
_BUFFER_BYTES = 256 * 1024


class NewFile:
    """A file that is being written; an error of the disk is a `DatasetError` with what to do."""

    def __init__(self, path: str | Path, file: TextIO) -> None:
        """Write to an open file.

        Args:
            path: The name under which the user knows it.
            file: The open file.
        """
        self._path, self._file = path, file

    def write(self, text: str) -> None:
        """Write a text.

        Raises:
            DatasetError: The disk takes no more.
        """
        try:
            self._file.write(text)
        except OSError as error:
            raise _not_written(self._path, error) from None


def write_jsonl(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object per line, as UTF-8 without a byte order mark: the whole file or nothing.

    The rows go to a new file in the same folder, which takes the name at the end. So an existing file
    keeps its rows when a new one cannot be written, when the disk is full, or when the program is
    stopped. What `read_jsonl` would refuse or change is not written.

    Args:
        path: The file; an existing one is replaced, and its permissions stay. If it is a link, the file
            that it points to is replaced.
        rows: What to write; they are taken one by one, so they need not fit in memory.

    Raises:
        DatasetError: A row cannot be written (the message names its number, the place in it and what is
            there), or the file cannot. An exception of `rows` itself comes out as it is.
    """
    with whole_file(path) as target:
        for number, row in enumerate(rows, start=1):
            target.write(_line(row, f"Row {number} for {path}"))


@contextmanager
def whole_file(path: str | Path, *, new: bool = False) -> Iterator[NewFile]:
    """Open a file that takes its name only when all was written; use it in a `with` statement.

    Args:
        path: The file. A pipe or a device is written directly: it has no old content to lose.
        new: Whether it must not exist yet; otherwise it is replaced.

    Yields:
        The file, as UTF-8 text with plain line ends.

    Raises:
        DatasetError: The file cannot be written, or it exists already and should not.
    """
    goal = Path(os.path.realpath(path))  # A link stays; what it points to is replaced.
    _require_free(path, goal, new)
    direct = goal.exists() and not goal.is_file()
    # Not `tempfile`: its files are for their owner alone, whatever the umask.
    part = goal if direct else goal.with_name(f".{secrets.token_hex(8)}.part")
    try:
        file = part.open("w" if direct else "x", encoding="utf-8", newline="\n")
    except OSError as error:
        raise _not_written(path, error) from None
    try:
        yield NewFile(path, file)
        try:
            _finish(file, part, goal, direct)
            _require_free(path, goal, new)
            if not direct:
                part.replace(goal)
        except OSError as error:
            raise _not_written(path, error) from None
    except BaseException:
        with suppress(OSError):
            file.close()
        if not direct:
            part.unlink(missing_ok=True)
        raise
    _keep_names(goal.parent)


def _require_free(path: str | Path, goal: Path, new: bool) -> None:
    if new and goal.exists():
        raise DatasetError(f"{path} exists already. Give another name, or remove it first.")
    if goal.is_dir():
        raise DatasetError(f"{path} is a folder; expected the name of a file. Add one to the path.")
    if goal.exists() and not os.access(goal, os.W_OK):
        raise _not_written(path, OSError(errno.EACCES, os.strerror(errno.EACCES)))


def _finish(file: TextIO, part: Path, goal: Path, direct: bool) -> None:
    """Bring all to the disk, with the permissions of the file that it replaces."""
    file.flush()
    if not direct:
        os.fsync(file.fileno())
        if goal.exists():
            part.chmod(goal.stat().st_mode & 0o777)
    file.close()


def _keep_names(folder: Path) -> None:
    """Bring the new name to the disk, where the system lets a program open a folder."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _not_written(path: str | Path, error: OSError) -> DatasetError:
    old = " What was there before is still there." if Path(path).is_file() else ""
    return DatasetError(
        f"{path} cannot be written: {error.strerror}. Check the path, its permissions, and the space on the "
        f"disk.{old}"
    )


def _line(row: object, where: str) -> str:
    """Return a row as a line that `read_jsonl` reads back as the same row."""
    value = dict(row) if isinstance(row, Mapping) else row
    fault = (
        unwritable(value) if isinstance(value, dict) else ("", f"{type(row).__name__}, no JSON object", "")
    )
    if fault is None:
        try:
            line = json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n"
            if not (large := too_large(line.encode())):
                return line
            fault = ("", large, "Make several rows of it.")
        except (TypeError, ValueError, RecursionError) as error:  # Such as a number of 5,000 digits.
            fault = ("", str(error), "")
    place, found, fix = fault
    place = f", {place[:200]}" if place else ""
    raise DatasetError(
        f"{where}{place}: found {found}; expected objects with text keys, lists, texts, finite numbers, "
        f"true, false and null. {fix or 'Change the value, or leave it out.'} Nothing was written."
    )


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


def read_lines(source: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a file; memory holds one at a time, and never more than 256 MB of it.

    Args:
        source: The file, opened with `open_source`.

    Returns:
        Each line with its end. Of a line of more than `MAX_LINE_BYTES`, one byte more than these.
    """
    small = os.fstat(source.fileno()).st_size <= MAX_LINE_BYTES
    return iter(source) if small else _limited_lines(source)  # Half as much time for each line.


def _limited_lines(source: BinaryIO) -> Iterator[bytes]:
    while raw := source.readline(MAX_LINE_BYTES + 1):
        if len(raw) > MAX_LINE_BYTES:
            rest = raw
            while rest and not rest.endswith(b"\n"):
                rest = source.readline(_BUFFER_BYTES)
        yield raw
