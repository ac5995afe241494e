"""Check the rows of a file, or of a part of it; what is found in parts can be added up."""

from itertools import repeat
from pathlib import Path

from finetune_dataset.check.found import Found
from finetune_dataset.check.line import RowChecker, with_plain_end
from finetune_dataset.files import open_source, read_lines
from finetune_dataset.jsonlines import BYTE_ORDER_MARK, PieceReader
from finetune_dataset.strict_json import MAX_LINE_BYTES


def scan(
    path: str | Path,
    method: str = "supervised",
    model: str | Path | None = None,
    start: int = 0,
    end: int | None = None,
) -> Found:
    """Check the rows of a file, or of a part of it.

    Args:
        path: The file.
        method: "supervised", "dpo" or "reinforcement".
        model: The model to count tokens for; None counts none.
        start: Byte where the part starts, at the start of a line; see `spans`.
        end: Byte where it ends; None reads to the end of the file.

    Returns:
        What was found; lines are counted from the start of the part.

    Raises:
        DatasetError: The file cannot be opened.
        FineTuneError: There is no such method, or the local model has no tokenizer.
    """
    checker, reader = RowChecker(method, model), PieceReader()
    found = checker.found
    stop = float("inf") if end is None else end
    with open_source(path) as source:
        source.seek(start)
        for raw in read_lines(source):
            if start >= stop:
                break
            start += len(raw)
            found.lines += 1
            line = raw
            if not raw.endswith(b"}\n"):
                line = with_plain_end(raw)
                found.windows_lines += raw.endswith(b"\r\n")
                if len(raw) > MAX_LINE_BYTES:
                    start = source.tell()  # The rest of the line was left out.
                elif raw.isspace() and not reader.spread:
                    reader.skip_blank(found.lines)
                    checker.take_blank(found.lines)
                    continue
            if reader.spread or not checker.take_good(line, found.lines):
                for piece in reader.feed(found.lines, raw):
                    checker.take_piece(piece)
                if reader.ended:
                    return checker.finish()
    for piece in reader.finish():
        checker.take_piece(piece)
    found.digests.extend(repeat(0, found.lines - len(found.digests)))
    return checker.finish()


def spans(path: str | Path, parts: int) -> list[tuple[int, int]]:
    """Cut a file into byte ranges of about equal size, for `scan`.

    A range begins only where a line is an object on its own, so an example that is
    spread over several lines is never cut. A file without such lines, or one that is an
    array, stays in one piece.

    Args:
        path: The file.
        parts: Number of ranges to aim for, at least 1.

    Returns:
        The first byte of each range, and the byte after its last one.

    Raises:
        DatasetError: The file cannot be opened.
    """
    with open_source(path) as source:
        is_array = source.read(64).removeprefix(BYTE_ORDER_MARK).lstrip().startswith(b"[")
        size, starts = source.seek(0, 2), [0]
        parts = 1 if is_array else parts
        for part in range(1, parts):
            source.seek(max(part * size // parts, starts[-1]))
            source.readline()
            place = source.tell()
            for raw in source:
                if raw.startswith(b"{") and raw.rstrip().endswith(b"}"):
                    break
                place += len(raw)
            if starts[-1] < place < size:
                starts.append(place)
    return list(zip(starts, [*starts[1:], size], strict=True))
