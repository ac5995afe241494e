"""Check many rows quickly: most are accepted at once, and the rules explain the others.

Most rows of most files are good chats of texts, which `accept` takes after typed decoding.
Every other row (images, any mistake) is read again by `jsonlines` and `rows`, which know all
rules and all words.

`check_line` is one row as a pure function: bytes in, plain data out, for any data engine.
`scan` reads a part of a file; what it returns can be added up.
"""

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec
from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from finetune_dataset.chat import message_text
from finetune_dataset.check.fast import Message, Row, accept, text_of
from finetune_dataset.files import open_source
from finetune_dataset.jsonlines import Piece, PieceReader, read_pieces
from finetune_dataset.report import Statistics
from finetune_dataset.rules.images import count_images
from finetune_dataset.rules.issues import IssueLog, issue
from finetune_dataset.rules.limits import context_limit
from finetune_dataset.rules.rows import check_row, known_method
from finetune_dataset.tokens.count import count_row, count_tokens, is_local

# Characters. Shorter texts are often the same in many rows, such as labels.
_SHORT = 64


@dataclass
class Found:
    """What was found in a part of a file.

    Attributes:
        lines: Number of lines, blank ones included.
        rows: Number of examples, good and bad.
        image_rows: Number of rows with images.
        windows_lines: Number of lines that end with a carriage return.
        spread: Number of examples that are spread over several lines, and the first and last of these lines.
        log: The issues.
        statistics: Histograms of the rows without errors.
        digests: For each line the 64-bit hash of the row that begins there, 0 if none does.
    """

    lines: int = 0
    rows: int = 0
    image_rows: int = 0
    windows_lines: int = 0
    spread: tuple[int, int, int] | None = None
    log: IssueLog = field(default_factory=IssueLog)
    statistics: Statistics = field(default_factory=Statistics)
    digests: array = field(default_factory=lambda: array("Q"))

    def add_spread(self, examples: int, first: int, last: int) -> None:
        """Add examples that are spread over several lines."""
        before, start, _ = self.spread or (0, first, 0)
        self.spread = (before + examples, start, last)

    def extend(self, later: "Found") -> None:
        """Add what was found in the next part of the file."""
        self.log.extend(later.log, shift=self.lines)
        self.digests.extend(later.digests)
        if later.spread:
            examples, first, last = later.spread
            self.add_spread(examples, first + self.lines, last + self.lines)
        self.lines += later.lines
        self.rows += later.rows
        self.image_rows += later.image_rows
        self.windows_lines += later.windows_lines
        self.statistics += later.statistics


def check_line(raw: bytes, method: str = "supervised", model: str | Path | None = None) -> dict[str, Any]:
    """Check one line of a JSON Lines file: a pure function, for any data engine.

    It keeps nothing but a tokenizer for each process.

    Args:
        raw: The line.
        method: "supervised", "dpo" or "reinforcement".
        model: A model id, or the folder of a local model, to count tokens; None counts none.

    Returns:
        Plain data: `ok` (no error), `issues` (dicts with path, code, severity, found, expected and
        fix), `messages` and `tokens` (0 for a row with errors; no tokens without a model), and
        `digest` (16 hexadecimal digits, the same for equal lines).

    Raises:
        FineTuneError: There is no such method, or the local model has no tokenizer.
    """
    checker = _Checker(method, model)
    raw = raw.removesuffix(b"\n")
    if not checker.accept(_with_plain_end(raw), 1):
        for piece in read_pieces([raw]):
            checker.explain(piece)
    found = checker.finish()
    fields = ("path", "code", "severity", "found", "expected", "fix")
    return {
        "ok": not any(each.severity == "error" for each in found.log.kept),
        "issues": [{name: getattr(each, name) for name in fields} for each in found.log.kept],
        "messages": found.statistics.messages_by_role.total(),
        "tokens": found.statistics.tokens,
        "digest": xxh3_64_hexdigest(raw.strip()),
    }


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

    Raises:
        DatasetError: The file cannot be opened.
        FineTuneError: There is no such method, or the local model has no tokenizer.
    """
    checker, reader = _Checker(method, model), PieceReader()
    found = checker.found
    end = float("inf") if end is None else end
    with open_source(path) as source:
        source.seek(start)
        for raw in source:
            if start >= end:
                break
            start += len(raw)
            found.lines += 1
            line = raw if raw.endswith(b"}\n") else _with_plain_end(raw)
            found.windows_lines += line is not raw and raw.endswith(b"\r\n")
            if reader.spread or not checker.accept(line, found.lines):
                for piece in reader.feed(found.lines, raw):
                    checker.explain(piece)
                if reader.ended:
                    return checker.finish()
    for piece in reader.finish():
        checker.explain(piece)
    found.digests.extend(repeat(0, found.lines - len(found.digests)))
    return checker.finish()


def spans(path: str | Path, parts: int) -> list[tuple[int, int]]:
    """Cut a file into byte ranges of about equal size, for `scan`.

    A range begins only where a line is an object on its own, so an example that is
    spread over several lines is never cut. A file without such lines, or one that is an
    array, stays in one piece.

    Raises:
        DatasetError: The file cannot be opened.
    """
    with open_source(path) as source:
        is_array = source.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
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


class _Checker:
    """Checks rows one after the other, and puts what it finds into `found`."""

    def __init__(self, method: str, model: str | Path | None) -> None:
        self.found = Found()
        self._method = known_method(method)
        self._model = model
        self._limit = None if model is None else context_limit(model)
        self._count = None if model is None else _text_counter(model)
        self._local = model is not None and is_local(model)
        self._roles: Counter[tuple[type[Message], ...]] = Counter()

    def accept(self, raw: bytes, line: int) -> bool:
        """Take a good supervised row; False for any other line.

        Args:
            raw: The line, which ends with a line feed and has no spaces around it.
            line: Its number.
        """
        row = accept(raw) if self._method == "supervised" else None
        if row is None:
            return False
        self.found.rows += 1
        self.found.digests.append(xxh3_64_intdigest(raw))
        self._roles[tuple(map(type, row.messages))] += 1
        if self._count:
            self._add_tokens(self._count_accepted(row, raw), line)
        return True

    def finish(self) -> Found:
        """Return what was found in all rows."""
        statistics = self.found.statistics
        for kinds, rows in self._roles.items():
            statistics.turns_per_row[len(kinds)] += rows
            for kind in kinds:
                statistics.messages_by_role[kind.role] += rows
        self._roles.clear()
        return self.found

    def explain(self, piece: Piece) -> None:
        """Take a piece of any kind: add all its issues, and its good rows to the statistics."""
        found, line = self.found, piece.first
        found.rows += len(piece.values)
        shape = piece.issue.code if piece.issue else ""
        if shape == "pretty_printed_json":
            found.add_spread(1, piece.first, piece.last)
        elif piece.issue:
            found.log.add(piece.issue)
        for index, value in enumerate(piece.values):
            issues = check_row(value, line, self._method)
            if shape == "json_array":
                issues = [replace(each, path=f"[{index}].{each.path}".rstrip(".")) for each in issues]
            for each in issues:
                found.log.add(each)
            if all(each.severity == "warning" for each in issues):
                self._tally(value, line)
        found.digests.extend(repeat(0, piece.last - len(found.digests)))
        if len(piece.values) == 1:
            found.digests[line - 1] = xxh3_64_intdigest(_with_plain_end(piece.raw))

    def _tally(self, row: dict, line: int) -> None:
        prompt = row["input"] if self._method == "dpo" else row
        messages = [*prompt["messages"]]
        if self._method == "dpo":
            messages += row["preferred_output"] + row["non_preferred_output"]
        statistics = self.found.statistics
        statistics.turns_per_row[len(messages)] += 1
        for message in messages:
            statistics.messages_by_role[message["role"]] += 1
        self.found.image_rows += count_images(messages) > 0
        if self._count:
            for message in messages:
                statistics.tokens_by_role[message["role"]] += self._count(
                    message_text(message), message["role"]
                )
            tools = {key: prompt[key] for key in ("tools", "functions") if prompt.get(key)}
            self._add_tokens(count_row({"messages": messages, **tools}, self._model).total, line)

    def _count_accepted(self, row: Row, raw: bytes) -> int:
        """Do what `tokens.count_row` does, without dicts for plain rows; a test compares the two."""
        by_role, total = self.found.statistics.tokens_by_role, 3 + 4 * len(row.messages)
        for message in row.messages:
            tokens = self._count(text_of(message), message.role)
            by_role[message.role] += tokens
            total += tokens
        if self._local or not row.is_plain:
            return count_row(msgspec.json.decode(raw), self._model).total
        return total

    def _add_tokens(self, tokens: int, line: int) -> None:
        self.found.statistics.tokens_per_row[tokens] += 1
        if self._limit and tokens > self._limit.tokens:
            fix = "Shorten or split the row: the model does not learn what is cut off at its end."
            expected = f"at most {self._limit.tokens:,} for {self._limit.family} ({self._limit.source})"
            self.found.log.add(issue("row_too_long", "", f"{tokens:,} tokens", expected, fix, line))


def _with_plain_end(raw: bytes) -> bytes:
    """Return a line with a line feed at its end, and without the spaces around it that JSON allows."""
    return raw.strip(b" \t\r\n") + b"\n"


@lru_cache
def _text_counter(model: str | Path) -> Callable[[str, str], int]:
    """Return a function that counts a text of a role, and remembers what many rows share."""
    count = partial(count_tokens, model=model)
    remembered = lru_cache(maxsize=4096)(count)

    def count_text(text: str, role: str) -> int:
        shared = len(text) <= _SHORT or role in ("system", "developer")
        return remembered(text) if shared else count(text)

    return count_text
