"""Empty, unfinished, identical or unbalanced answers, and spaces around them."""

from collections import Counter
from collections.abc import Iterator
from unicodedata import category

from finetune_dataset.chat import message_text
from finetune_dataset.quality.examples import Example
from finetune_dataset.quality.near_duplicates import ENOUGH_ROWS, digest, normalized
from finetune_dataset.quality.private_data import shown_masked
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.tokens.count import count_tokens

# The limits below are this course's choices; each only decides when a warning is worth reading.
# Answers with at most this many characters, of which there are few different ones, are classes.
LABEL_LENGTH = 50
LABELS = 50
ROWS_PER_LABEL = 5
# One class with this many times the examples of another.
UNBALANCED = 10
# If this share of the answers ends with a sign that closes a text, the others are worth a look.
ENDED = 0.8
# So many unfinished answers of one length, at least so long, do not happen by chance.
CUT_ANSWERS = 3
CUT_LENGTH = 100

_CLOSING = set(".!?…。！？؟।\"'”’»」』)]}>`*_|;")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


class Answers:
    """Looks at each answer, and at what all of them have in common."""

    def __init__(self) -> None:
        """Start before the first example."""
        self._rows = 0
        self._different: set[bytes] = set()
        self._open: list[tuple[int, str]] = []
        self._n_open = 0
        self._lengths: Counter[int] = Counter()
        self._labels: dict[str, Counter[str]] | None = {}

    def row(self, row: Example) -> Iterator[Issue]:
        """Name empty answers, and spaces around one."""
        for path, message in row.answers:
            text = message_text(message)
            if not _visible(text):
                yield issue("empty_answer", f"{path}.content", "no visible text", line=row.line)
            elif text != text.strip():
                found = f"{len(text) - len(text.strip())} × space or line break around the answer"
                yield issue("outer_whitespace", f"{path}.content", found, line=row.line)
        last = _visible(row.last or "")
        if last:
            self._count(row, last)

    def end(self) -> Iterator[Issue]:
        """Name what all answers have in common, and those that differ from the others."""
        if self._rows < ENOUGH_ROWS:
            return
        if len(self._different) == 1:
            yield issue("identical_answers", "", f"one same answer in all {self._rows} examples")
        elif self._labels and len(self._labels) * ROWS_PER_LABEL <= self._rows:
            yield from _label_issues(self._labels)
        elif self._n_open and 1 - self._n_open / self._rows >= ENDED:
            found = f"no sign that closes a sentence, as {self._rows - self._n_open} of {self._rows} have"
            for line, path in self._open:
                yield issue("unfinished_answer", f"{path}.content", found, line=line)
        longest = max(self._lengths, default=0)
        if self._lengths[longest] >= CUT_ANSWERS:
            found = f"{self._lengths[longest]} unfinished answers of exactly {longest} tokens, none longer"
            yield issue("answers_cut_off", "", found)

    def _count(self, row: Example, text: str) -> None:
        self._rows += 1
        if len(self._different) < 2:
            # One preferred answer everywhere still teaches something: what not to say.
            self._different.add(digest(text) if row.choice == row.prompt else row.choice)
        self._count_label(text)
        if not _ends(text):
            self._n_open += 1
            if len(self._open) < KEPT_PER_CODE:
                self._open.append((row.line, row.answers[-1][0]))
            if len(text) >= CUT_LENGTH:
                self._lengths[count_tokens(text, "gpt-4o")] += 1

    def _count_label(self, text: str) -> None:
        if self._labels is None:
            return
        self._labels.setdefault(normalized(text), Counter())[text] += 1
        if len(text) > LABEL_LENGTH or len(self._labels) > LABELS:
            self._labels = None  # These answers are no classes.


def _label_issues(labels: dict[str, Counter[str]]) -> Iterator[Issue]:
    counts = Counter({label: spellings.total() for label, spellings in labels.items()})
    for spellings in labels.values():
        if len(spellings) > 1:
            found = ", ".join(f"{shown_masked(text)} ({count})" for text, count in spellings.most_common())
            yield issue("label_variants", "", f"one class as {found}")
    (_, most), (_, fewest) = counts.most_common()[0], counts.most_common()[-1]
    if most >= UNBALANCED * fewest:
        found = ", ".join(f"{shown_masked(text)} {count}" for text, count in counts.most_common(5))
        more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
        expected = f"no class with {UNBALANCED} times the examples of another"
        yield issue("unbalanced_labels", "", f"{len(counts)} classes: {found}{more}", expected=expected)


def _ends(text: str) -> bool:
    last = text.removesuffix("\ufe0f")[-1:]  # The mark that makes a sign an emoji.
    return last in _CLOSING or category(last) == "So"


def _visible(text: str) -> str:
    return text.strip().strip(_INVISIBLE).strip()
