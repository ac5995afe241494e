"""When two texts count as the same, or as nearly the same."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from itertools import repeat

from rensa import RMinHash, RMinHashDeduplicator

from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue
from finetune_dataset.rules.issues.table import issue

# A word; or one character of a script that writes no spaces (Chinese, Japanese, Korean).
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W\u2e80-\u9fff\uac00-\ud7af]+")
# Share of common word triples from which two texts are reported. In a text of fewer than 29 words,
# one other word is enough to stay below it: "What is Gold?" and "What is Tin?" are different questions.
NEAR = 0.8
# 128 hash values estimate that share with a standard error of 0.035 (Broder, 1997: √(s(1-s)/k)).
_HASHES = 128
# Texts that agree in one of 32 bands of 4 values are compared: all at the limit but (1 - 0.8⁴)³², 5 in 10⁸.
_BANDS = 32
_SEED = 42
# Rows from which a share says something; this course's choice.
ENOUGH_ROWS = 10
# About 4 KB each (measured), so 400 MB at most.
TEXTS_KEPT = 100_000


def normalized(text: str) -> str:
    """Return a text without the differences that a reader does not see: capitals, spacing, Unicode form."""
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return " ".join(text.casefold().split())


def digest(text: str) -> bytes:
    """Return 8 bytes that stand for a text; two of a million texts share them by chance in 3 of 10⁸ files."""
    return blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()


class NearIndex:
    """Texts seen so far, to find one that is nearly the same as a new one.

    It keeps 128 numbers of each of the first 100,000 texts, and no text; later texts are compared with those.
    """

    def __init__(self) -> None:
        """Start without texts."""
        self._seen = RMinHashDeduplicator(NEAR, _HASHES, True, num_bands=_BANDS, seed=_SEED)

    def find(self, sketch: RMinHash | None) -> str | None:
        """Return the key of a text that is nearly the same; None if there is none."""
        found = self._seen.get_duplicates(sketch) if sketch else []
        return min(found, key=lambda key: (len(key), key)) if found else None

    def add(self, key: str, sketch: RMinHash | None) -> bool:
        """Remember a text under a key; False when no more are kept."""
        kept = sketch is not None and self._seen.len() < TEXTS_KEPT
        if kept:
            self._seen.add(key, sketch)
        return kept


def sketch(text: str) -> RMinHash | None:
    """Return what `NearIndex` needs of a text; None for a text of fewer than three words."""
    words = _WORD.findall(normalized(text))
    if len(words) < 3:
        return None
    result = RMinHash(num_perm=_HASHES, seed=_SEED)
    result.update(list(map(" ".join, zip(words, words[1:], words[2:], strict=False))))
    return result


class NearCopies:
    """Near copies, held back until their number is known.

    When most rows are "almost" another one, the texts share a long instruction or a document, and
    a warning for each would hide all others.

    Attributes:
        rows: Number of examples that were compared, copies or not.
    """

    def __init__(self, other: str) -> None:
        """Start without copies.

        Args:
            other: What they are copies of, in words.
        """
        self.rows = 0
        self._other = other
        self._first: list[Issue] = []
        self._count = 0

    def add(self, found: Issue) -> None:
        """Keep a copy back."""
        self._count += 1
        if len(self._first) < KEPT_PER_CODE:
            self._first.append(found)

    def end(self) -> Iterator[Issue]:
        """Give the copies, or one issue for all where they are most of the file."""
        if self.rows >= ENOUGH_ROWS and self._count * 2 > self.rows:
            found = f"{self._count} of {self.rows} examples with almost the text of {self._other}"
            fix = (
                "A long instruction or document in the user messages looks like this: move it to the system "
                "message, and check again. If these are copies, keep one of each."
            )
            expected = "texts that differ in more than a few words"
            yield issue(self._first[0].code, "", found, expected=expected, fix=fix)
            return
        yield from self._first
        if self._first:  # The rest is not kept, only counted.
            yield from repeat(self._first[0], self._count - len(self._first))
