"""When two texts count as the same, or as nearly the same."""

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from itertools import repeat
from struct import Struct

from rensa import RMinHash

from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue
from finetune_dataset.rules.issues.table import issue

# A word; or one character of a script that writes no spaces (Chinese, Japanese, Korean).
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W\u2e80-\u9fff\uac00-\ud7af]+")
# Spaces, or up to 200 other characters. A longer run is composed in parts: combining marks are put in order
# in a time that grows with the square of their number. Unicode Annex 15 has at most 30 in a row.
_RUN = 200
_SPACED = re.compile(rf"\s+|\S{{1,{_RUN}}}")
# Share of common word triples from which two texts are reported. In a text of fewer than 29 words,
# one other word is enough to stay below it: "What is Gold?" and "What is Tin?" are different questions.
NEAR = 0.8
# 128 hash values estimate that share with a standard error of 0.035 (Broder, 1997: √(s(1-s)/k)).
_HASHES = 128
# Texts that agree in one of 32 bands of 4 values are compared: all at the limit but (1 - 0.8⁴)³², 5 in 10⁸.
_BANDS = 32
_SEED = 42
# Texts that are kept for one value of a band.
_TEXTS_PER_VALUE = 20
_AS_BYTES, _AS_BANDS = Struct(f"{_HASHES}I"), Struct(f"{_HASHES * 4 // _BANDS}s" * _BANDS)
# Of a text that is compared, about 150,000 words: each is a piece of memory of its own.
_CHARACTERS_COMPARED = 1_000_000
# Rows from which a share says something; this course's choice.
ENOUGH_ROWS = 10
# About 4 KB each (measured), so 400 MB at most.
TEXTS_KEPT = 100_000


def normalized(text: str) -> str:
    """Return a text without the differences that a reader does not see: capitals, spacing, Unicode form."""
    return " ".join(_composed(text).casefold().split())


def _composed(text: str) -> str:
    """Return a text in the Unicode form NFC, in a time that grows with its length only."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    if len(text) <= _RUN:
        return unicodedata.normalize("NFC", text)
    pieces = _SPACED.findall(text)  # A space never joins with what stands around it.
    return "".join(unicodedata.normalize("NFC", piece) for piece in pieces)


def digest(text: str) -> bytes:
    """Return 8 bytes that stand for a text; two of a million texts share them by chance in 3 of 10⁸ files."""
    return blake2b(text.encode("utf-8", errors="surrogatepass"), digest_size=8).digest()


class NearIndex:
    """Texts seen so far, to find one that is nearly the same as a new one.

    It keeps 128 numbers of each of the first 100,000 texts, and no text; later texts are compared with those.
    A new text is compared with at most 640 of them (20 for each of its 32 bands): where thousands agree in
    a band, they share an instruction or a document, and comparing all would take the square of their number.
    """

    def __init__(self) -> None:
        """Start without texts."""
        self._texts: list[tuple[str, RMinHash]] = []
        self._last: tuple[RMinHash | None, list[int]] = (None, [])
        # For each band: value of the band → number of the text that has it, or numbers of the first of them.
        self._bands: list[dict[int, int | list[int]]] = [{} for _ in range(_BANDS)]

    def find(self, sketch: RMinHash | None) -> str | None:
        """Return the key of a text that is nearly the same; None if there is none."""
        if sketch is None:
            return None
        candidates: set[int] = set()
        self._last = sketch, list(_band_values(sketch))
        for numbers in map(dict.get, self._bands, self._last[1]):
            if numbers is not None:
                candidates.update((numbers,) if isinstance(numbers, int) else numbers)
        if not candidates:
            return None
        found = (self._texts[number] for number in candidates)
        keys = [key for key, other in found if sketch.jaccard(other) >= NEAR]
        return min(keys, key=lambda key: (len(key), key)) if keys else None

    def add(self, key: str, sketch: RMinHash | None) -> bool:
        """Remember a text under a key; False when no more are kept."""
        new = len(self._texts)
        if sketch is None or new >= TEXTS_KEPT:
            return False
        self._texts.append((key, sketch))
        # Nearly always it is the text that was looked for a moment ago.
        values = self._last[1] if self._last[0] is sketch else list(_band_values(sketch))
        for band, value in zip(self._bands, values, strict=True):
            numbers = band.setdefault(value, new)
            if numbers is new:
                continue
            if isinstance(numbers, list):
                if len(numbers) < _TEXTS_PER_VALUE:
                    numbers.append(new)
            elif numbers != new:
                band[value] = [numbers, new]
        return True


def _band_values(sketch: RMinHash) -> Iterator[int]:
    return map(hash, _AS_BANDS.unpack(_AS_BYTES.pack(*sketch.digest())))


def sketch(text: str) -> RMinHash | None:
    """Return what `NearIndex` needs of a text; None for a text of fewer than three words."""
    words = _WORD.findall(normalized(text[:_CHARACTERS_COMPARED]))
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
