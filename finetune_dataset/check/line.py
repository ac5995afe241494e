"""Check rows one after the other: the fast path takes most of them, the rules explain the others.

`check_line` is one row as a pure function: bytes in, plain data out, for any data engine.
"""

from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

from xxhash import xxh3_64_hexdigest, xxh3_64_intdigest

from finetune_dataset.chat import PREFERRED, PROMPT, REJECTED, JsonObject
from finetune_dataset.check.decoded import UnusualRow
from finetune_dataset.check.fast import good_row
from finetune_dataset.check.found import Found
from finetune_dataset.check.tally import Tally
from finetune_dataset.jsonlines import read_pieces
from finetune_dataset.models import context_limit
from finetune_dataset.rules.images import count_images
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.rows import check_row, known_method
from finetune_dataset.shapes.pieces import Piece


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
    checker = RowChecker(method, model)
    raw = raw.removesuffix(b"\n")
    if not checker.take_good(with_plain_end(raw), 1):
        for piece in read_pieces([raw]):
            checker.take_piece(piece)
    found = checker.finish()
    fields = ("path", "code", "severity", "found", "expected", "fix")
    return {
        "ok": not any(each.severity == "error" for each in found.log.kept),
        "issues": [{name: getattr(each, name) for name in fields} for each in found.log.kept],
        "messages": found.statistics.messages_by_role.total(),
        "tokens": found.statistics.tokens,
        "digest": xxh3_64_hexdigest(raw.strip()),
    }


class RowChecker:
    """Checks rows one after the other, and keeps what it finds.

    Attributes:
        found: What was found so far; its statistics are complete after `finish`.
    """

    def __init__(self, method: str, model: str | Path | None) -> None:
        """Prepare for the rows of one file.

        Args:
            method: "supervised", "dpo" or "reinforcement".
            model: The model to count tokens for; None counts none.

        Raises:
            FineTuneError: There is no such method, or the local model has no tokenizer.
        """
        self.found = Found()
        self._method = known_method(method)
        self._has_fast_way = method == "supervised"
        self._limit = None if model is None else context_limit(model)
        self._tally = Tally(model)

    def take_good(self, raw: bytes, line: int) -> bool:
        """Take a good supervised row in the fast way.

        Args:
            raw: The line, which ends with a line feed and has no spaces around it.
            line: Its number.

        Returns:
            False for any other line; give it to `take_piece`.
        """
        if not self._has_fast_way or (row := good_row(raw)) is None:
            return False
        found = self.found
        found.rows += 1
        found.digests.append(xxh3_64_intdigest(raw))
        if type(row) is UnusualRow:
            found.image_rows += row.images > 0
        tokens = self._tally.add_decoded(row, raw)
        if self._limit:
            self._check_length(tokens, line)
        return True

    def take_blank(self, line: int) -> None:
        """Take a blank line; a file can be full of them."""
        self.found.digests.append(0)
        if self.found.log.counts["blank_line"] < KEPT_PER_CODE:
            self.found.log.add(issue("blank_line", "", "a blank line", line=line))
        else:
            self.found.log.counts["blank_line"] += 1

    def take_piece(self, piece: Piece) -> None:
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
            if shape in ("json_array", "several_values"):
                issues = [replace(each, path=f"[{index}].{each.path}".rstrip(".")) for each in issues]
            for each in issues:
                found.log.add(each)
            if isinstance(value, dict) and all(each.severity == "warning" for each in issues):
                self._add_to_statistics(value, line)
        found.digests.extend(repeat(0, piece.last - len(found.digests)))
        if len(piece.values) == 1:
            found.digests[line - 1] = xxh3_64_intdigest(with_plain_end(piece.raw))

    def finish(self) -> Found:
        """Return what was found in all rows."""
        self.found.statistics = self._tally.total()
        return self.found

    def _add_to_statistics(self, row: JsonObject, line: int) -> None:
        prompt = row[PROMPT] if self._method == "dpo" else row
        messages = [*prompt["messages"]]
        if self._method == "dpo":
            messages += row[PREFERRED] + row[REJECTED]
        self.found.image_rows += count_images(messages) > 0
        self._check_length(self._tally.add(prompt, messages), line)

    def _check_length(self, tokens: int, line: int) -> None:
        limit = self._limit
        if limit and tokens > limit.tokens:
            expected = f"at most {limit.tokens:,} for {limit.family} ({limit.source})"
            self.found.log.add(issue("row_too_long", "", f"{tokens:,} tokens", expected=expected, line=line))


def with_plain_end(raw: bytes) -> bytes:
    """Return a line with a line feed at its end, and without the spaces around it that JSON allows."""
    return raw.strip(b" \t\r\n") + b"\n"
