"""Damaged text in the messages of an example, and in what all examples have in common."""

import re
import unicodedata
from collections.abc import Iterator

from finetune_dataset.chat import SYSTEM_ROLES, message_text
from finetune_dataset.quality.examples import Example
from finetune_dataset.quality.private_data import shown_masked
from finetune_dataset.rules.damage import Damage, find_damage
from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.rules.issues.table import issue

# Characters of the text that are shown on each side of the first place.
_AROUND = 15
_INVISIBLE = " \n\r\t\u200b\u200c\u200d\u2060\ufeff"
_COMBINING = re.compile("[\u0300-\u036f]")
_COMPOSED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_CURLY = re.compile("[\u201c\u201d]")
_PLAIN_BUT_QUOTES = str.maketrans("", "", "\u2018\u2019\u201c\u201d\u2013\u2014\u2026")


class DamagedText:
    """Looks through each message; a system prompt that many rows share, once."""

    def __init__(self) -> None:
        """Start before the first example."""
        self._prompts: set[int] = set()
        self._forms: dict[str, list[int]] = {"composed": [], "decomposed": []}
        self._curly = (0, 0, "")
        self._answers = 0

    def row(self, row: Example) -> Iterator[Issue]:
        """Name each kind of damage in each message, with a sample."""

        def context() -> str:
            return "\n".join(message_text(message) for _, message in row.messages)

        for path, message in row.messages:
            text = message_text(message)
            if not text or text.isspace() or not (text.isascii() or text.strip(_INVISIBLE)):
                continue  # That is an empty message, and has a name of its own.
            if not text.isascii():
                self._note_form(text, row.line)
            if message.get("role") in SYSTEM_ROLES:
                key = hash(text)
                if key in self._prompts:
                    continue  # One system prompt in every row: once is enough.
                self._prompts.add(key)
            elif message.get("role") == "assistant":
                self._note_quotes(text, row.line)
            for damage in find_damage(text, context):
                yield issue(damage.code, f"{path}.content", _shown(damage, text), line=row.line)

    def end(self) -> Iterator[Issue]:
        """Name what differs between the examples: two forms of one letter, and quotes of a word processor."""
        composed, decomposed = self._forms["composed"], self._forms["decomposed"]
        if composed and decomposed:
            found = (
                f"letters with accents in two forms: as one character first on line {composed[0]}, "
                f"as a letter and a mark first on line {decomposed[0]}"
            )
            yield issue("mixed_unicode_forms", "", found)
        count, line, sample = self._curly
        if count:
            found = (
                f"typographic quotes in {count} of {self._answers} answers, first on line {line}: {sample}"
            )
            yield issue("typographic_quotes", "", found)

    def _note_form(self, text: str, line: int) -> None:
        form = ""
        if all(self._forms.values()):
            return
        if _COMBINING.search(text) and not unicodedata.is_normalized("NFC", text[:10_000]):
            form = "decomposed"
        elif _COMPOSED.search(text):
            form = "composed"
        if form and not self._forms[form]:
            self._forms[form].append(line)

    def _note_quotes(self, text: str, line: int) -> None:
        """Count an answer that is ASCII but for quotes; other languages have them on purpose."""
        self._answers += 1
        if text.isascii():
            return
        curly = _CURLY.search(text)
        if curly and text.translate(_PLAIN_BUT_QUOTES).isascii():
            count, first, sample = self._curly
            around = text[max(0, curly.start() - _AROUND) : curly.end() + _AROUND]
            self._curly = (count + 1, first or line, sample or shown_masked(around))


def _shown(damage: Damage, text: str) -> str:
    """Return what was found and where, with what cannot be seen written out."""
    start, end = max(0, damage.start - _AROUND), damage.end + _AROUND
    sample = shown_masked(text[start:end])
    visible = "".join(
        f"<U+{ord(character):04X}>" if not character.isprintable() or character == "\xa0" else character
        for character in sample
    )
    many = f"{damage.count:,} × " if damage.count > 1 else ""
    return f"{many}{damage.name}, as in {visible}"
