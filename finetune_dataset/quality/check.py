"""What can be wrong with a dataset that every service accepts: `check_quality`.

The checks read the file once, row by row, and keep counters, short hashes and, for near
duplicates, about 4 KB per example. Each check is a class with two steps: `row` looks at one
example, and `end` says what only the whole file can tell.
"""

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import repeat
from pathlib import Path
from unicodedata import category

from finetune_dataset.chat import message_text
from finetune_dataset.quality.examples import SYSTEM_ROLES, Example, all_text, read_examples
from finetune_dataset.quality.near_duplicates import NearIndex, digest, normalized, sketch
from finetune_dataset.quality.private_data import find_private, mask_private
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues import KEPT_PER_CODE, Issue, issue
from finetune_dataset.rules.messages import show

# The limits below are this course's choices; each only decides when a warning is worth reading.
# Answers with at most this many characters, of which there are few different ones, are classes.
LABEL_LENGTH = 50
LABELS = 50
ROWS_PER_LABEL = 5
# One class with this many times the examples of another.
UNBALANCED = 10
# If this share of the answers ends with a sign that closes a text, the others are worth a look.
ENDED = 0.8
# Rows from which a share says something.
ENOUGH_ROWS = 10
# So many unfinished answers of one length, at least so long, do not happen by chance.
CUT_ANSWERS = 3
CUT_LENGTH = 100
# Two system prompts as alike as this are one prompt and a slip.
VARIANT = 0.9
# Prompts that are kept, and those of them that are compared with the most frequent one: comparing is slow.
PROMPTS_KEPT = 1_000
PROMPTS_COMPARED = 50

_CLOSING = set(".!?…。！？؟।\"'”’»」』)]}>`*_|;")
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
_NOT_PRIVATE = {"api_key": "no secret", "private_key": "no secret"}


def check_quality(
    path: str | Path, *, validation: str | Path | None = None, test: str | Path | None = None
) -> DatasetReport:
    """Find what makes a valid dataset a bad one.

    Repeated and nearly repeated examples, contradictions, unfinished or empty answers, slips in the
    system prompt, unbalanced classes, personal data and secrets (shown masked); and, with
    `validation` or `test`, examples on both sides. Rows that are no chat are left to `validate_dataset`.

    Two kinds are errors, because what follows from them is worthless: a held-out prompt that is
    also trained (its score says nothing), and one same answer everywhere (there is nothing to learn).
    All others are warnings: only you know whether they are meant.

    Near copies are looked for among the first 100,000 different examples of a file, which keeps
    the memory below 500 MB; all other checks see all examples. Images are compared as they are
    written, so an example with images is never a near copy. Several preferences may share a prompt.

    Args:
        path: The training file; JSON Lines with chat or preference rows.
        validation: The validation file.
        test: The test file.

    Returns:
        A report like that of `validate_dataset`; lines are those of `path`.

    Raises:
        DatasetError: A file does not exist or cannot be opened.
    """
    report = DatasetReport(Path(path))
    checks = [_Repeats(), _Answers(), _SystemPrompts(), _Private()]
    held_out = [Path(other) for other in (validation, test) if other is not None]
    if held_out:
        leaks = _Leaks()
        for other in held_out:
            for found in leaks.hold_out(other):
                report.add(found)
        checks.append(leaks)
    for row in read_examples(path):
        report.n_rows += 1
        for check in checks:
            for found in check.row(row):
                report.add(found)
    for check in checks:
        for found in check.end():
            report.add(found)
    report.problems.sort(key=lambda problem: problem.line)
    return report


class _Repeats:
    """The same example, nearly the same example, or another answer to the same prompt."""

    def __init__(self) -> None:
        self._lines: dict[bytes, int] = {}
        self._answers: dict[bytes, tuple[int, bytes]] = {}
        self._prompts: dict[str, bytes] = {}
        self._near = NearIndex()
        self._held = _Held("another one")

    def row(self, row: Example) -> Iterator[Issue]:
        self._held.rows += 1
        if row.whole in self._lines:
            found = f"the same example as on line {self._lines[row.whole]}, capitals and spacing ignored"
            fix = "Keep one of them: a copy only gives it more weight."
            yield issue("repeated_row", "", found, "a new example", fix, row.line)
            return
        self._lines[row.whole] = row.line
        if row.right is not None:
            first, known = self._answers.setdefault(row.choice, (row.line, row.right))
            if known != row.right:
                found = f"{row.conflict} of line {first}"
                fix = "Keep the better answer; if both are right, the model learns to pick one at random."
                yield issue("conflicting_answers", "", found, "one answer to one prompt", fix, row.line)
                return
        mark = sketch(row.text)
        near = self._near.find(mark)
        if near and self._prompts[near] == row.prompt:
            return  # Two preferences of one prompt share most of their text on purpose.
        if near:
            found = f"almost the text of line {near} (about 80% of it or more)"
            fix = "Keep one of them, or make them differ: copies teach nothing new."
            self._held.add(issue("near_duplicate_row", "", found, "a new example", fix, row.line))
        elif self._near.add(str(row.line), mark):
            self._prompts[str(row.line)] = row.prompt

    def end(self) -> Iterator[Issue]:
        return self._held.end()


class _Held:
    """Near copies, held back until their number is known.

    When most rows are "almost" another one, the texts share a long instruction or a document, and
    a warning for each would hide all others.
    """

    def __init__(self, other: str) -> None:
        self.rows = 0
        self._other = other
        self._first: list[Issue] = []
        self._count = 0

    def add(self, found: Issue) -> None:
        self._count += 1
        if len(self._first) < KEPT_PER_CODE:
            self._first.append(found)

    def end(self) -> Iterator[Issue]:
        if self.rows >= ENOUGH_ROWS and self._count * 2 > self.rows:
            fix = (
                "A long instruction or document in the user messages looks like this: move it to the system "
                "message, and check again. If these are copies, keep one of each."
            )
            found = f"{self._count} of {self.rows} examples with almost the text of {self._other}"
            yield issue(self._first[0].code, "", found, "texts that differ in more than a few words", fix)
            return
        yield from self._first
        if self._first:  # The rest is not kept, only counted.
            yield from repeat(self._first[0], self._count - len(self._first))


class _Leaks:
    """Training examples that are held out as well, for validation or for the test."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, bytes], str] = {}
        self._near = {"text": NearIndex(), "asked": NearIndex()}
        self._held = _Held("a held-out one")

    def hold_out(self, path: Path) -> Iterator[Issue]:
        """Remember the rows of a file, and report those that an earlier file holds too."""
        places = []
        for row in read_examples(path):
            place = f"line {row.line} of {path.name}"
            for leak in self._find(row):
                found = f"{place} repeats {leak.found.partition(' repeats ')[2]}"
                expected = "an example of one part only"
                yield issue("held_out_twice", "", found, expected, "Remove it from one of the files.")
            places.append((place, row.whole, row.prompt, row.question, sketch(row.text), sketch(row.asked)))
        # After the loop: two rows of one file that repeat each other are no leak.
        for place, whole, prompt, question, text, asked in places:
            for kind, key in (("row", whole), ("prompt", prompt), ("question", question)):
                self._exact.setdefault((kind, key), place)
            self._near["text"].add(place, text)
            self._near["asked"].add(place, asked)

    def row(self, row: Example) -> Iterator[Issue]:
        self._held.rows += 1
        for leak in self._find(row):
            if leak.code == "near_leak":
                self._held.add(leak)
            else:
                yield leak

    def _find(self, row: Example) -> Iterator[Issue]:
        for kind, key, what in (
            ("row", row.whole, "the whole example"),
            ("prompt", row.prompt, "the prompt"),
            # The same words of the user after another system prompt can be another task.
            ("question", row.question, "the user's words, but not the system prompt,"),
        ):
            place = self._exact.get((kind, key))
            if place and (row.question or kind == "row"):
                yield self._leak(row, f"leaked_{kind}", f"repeats {what} of {place}")
                return
        for name, what in (("text", "text"), ("asked", "user's words")):
            place = self._near[name].find(sketch(getattr(row, name)))
            if place:
                yield self._leak(row, "near_leak", f"repeats almost the {what} of {place}")
                return

    def _leak(self, row: Example, code: str, found: str) -> Issue:
        fix = "Remove it from one side, or split by group (split_dataset): a trained question tests nothing."
        expected = "an example of the training file only"
        return issue(code, "", f"an example that {found}", expected, fix, row.line)

    def end(self) -> Iterator[Issue]:
        return self._held.end()


class _Answers:
    """Empty, unfinished, identical or unbalanced answers, and spaces around them."""

    def __init__(self) -> None:
        self._rows = 0
        self._different: set[bytes] = set()
        self._open: list[tuple[int, str]] = []
        self._n_open = 0
        self._lengths: Counter[int] = Counter()
        self._labels: dict[str, Counter[str]] | None = {}

    def row(self, row: Example) -> Iterator[Issue]:
        for path, message in row.answers:
            text = message_text(message)
            if not _visible(text):
                fix = "Write the answer that the model should learn, or leave the row out."
                yield issue("empty_answer", f"{path}.content", "no visible text", "text", fix, row.line)
            elif text != text.strip():
                found = f"{len(text) - len(text.strip())} × space or line break around the answer"
                fix = "Remove them: the model learns to write them."
                yield issue("outer_whitespace", f"{path}.content", found, "only the answer", fix, row.line)
        text = _visible(row.last or "")
        if not text:
            return
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
                self._lengths[_tokens(text)] += 1

    def _count_label(self, text: str) -> None:
        if self._labels is None:
            return
        self._labels.setdefault(normalized(text), Counter())[text] += 1
        if len(text) > LABEL_LENGTH or len(self._labels) > LABELS:
            self._labels = None  # These answers are no classes.

    def end(self) -> Iterator[Issue]:
        if self._rows < ENOUGH_ROWS:
            return
        if len(self._different) == 1:
            fix = "Check the program that made the file: a model cannot learn more than this one answer."
            found = f"one same answer in all {self._rows} examples"
            yield issue("identical_answers", "", found, "answers that depend on the prompt", fix)
        elif self._labels and len(self._labels) * ROWS_PER_LABEL <= self._rows:
            yield from _label_issues(self._labels)
        elif self._n_open and 1 - self._n_open / self._rows >= ENDED:
            for line, path in self._open:
                fix = "Read it: it may be cut off. Complete it, or leave the row out."
                found = f"no sign that closes a sentence, as {self._rows - self._n_open} of {self._rows} have"
                yield issue("unfinished_answer", f"{path}.content", found, "a complete answer", fix, line)
        longest = max(self._lengths, default=0)
        if self._lengths[longest] >= CUT_ANSWERS:
            found = f"{self._lengths[longest]} unfinished answers of exactly {longest} tokens, none longer"
            fix = "They were probably cut by a max_tokens limit. Make them again with a higher one."
            yield issue("answers_cut_off", "", found, "complete answers", fix)


def _label_issues(labels: dict[str, Counter[str]]) -> Iterator[Issue]:
    counts = Counter({label: spellings.total() for label, spellings in labels.items()})
    for spellings in labels.values():
        if len(spellings) > 1:
            found = ", ".join(f"{_label(text)} ({count})" for text, count in spellings.most_common())
            fix = "Use one spelling, or the model learns all of them."
            yield issue("label_variants", "", f"one class as {found}", "one spelling of a class", fix)
    (_, most), (_, fewest) = counts.most_common()[0], counts.most_common()[-1]
    if most >= UNBALANCED * fewest:
        found = ", ".join(f"{_label(text)} {count}" for text, count in counts.most_common(5))
        more = f" and {len(counts) - 5} more" if len(counts) > 5 else ""
        fix = "Add examples of the rare classes, and score each class on its own."
        expected = f"no class with {UNBALANCED} times the examples of another"
        yield issue("unbalanced_labels", "", f"{len(counts)} classes: {found}{more}", expected, fix)


class _SystemPrompts:
    """A system prompt that some rows lack, or write a little differently."""

    def __init__(self) -> None:
        self._rows = 0
        self._missing: list[int] = []
        self._n_missing = 0
        self._prompts: dict[str, tuple[int, int]] = {}

    def row(self, row: Example) -> Iterator[Issue]:
        self._rows += 1
        prompts = [
            message_text(message) for _, message in row.messages if message.get("role") in SYSTEM_ROLES
        ]
        if not any(prompt.strip() for prompt in prompts):
            self._n_missing += 1
            if len(self._missing) < KEPT_PER_CODE:
                self._missing.append(row.line)
        elif prompts[0] in self._prompts or len(self._prompts) < PROMPTS_KEPT:
            count, line = self._prompts.get(prompts[0], (0, row.line))
            self._prompts[prompts[0]] = (count + 1, line)
        yield from ()

    def end(self) -> Iterator[Issue]:
        if self._rows < ENOUGH_ROWS or not self._prompts:
            return
        fix = "Use the same system prompt in every row, and later in every request."
        present = self._rows - self._n_missing
        if present < self._n_missing:
            line = min(line for _, line in self._prompts.values())
            found = f"a system prompt in only {present} of {self._rows} rows, first on line {line}"
            yield issue("missing_system_prompt", "", found, "the same in every row", fix)
        else:
            for line in self._missing:
                found = f"no system prompt, as {present} of {self._rows} rows have"
                yield issue("missing_system_prompt", "messages", found, "a system prompt", fix, line)
        by_rows = sorted(self._prompts.items(), key=lambda item: -item[1][0])
        main, (count, first) = by_rows[0]
        if count * 2 < present:
            return  # Prompts that carry data, such as a date or a document, differ on purpose.
        for prompt, (rows, line) in by_rows[1 : PROMPTS_COMPARED + 1]:
            if _alike(prompt, main):
                found = (
                    f"{_difference(prompt, main)} in {rows} row{'' if rows == 1 else 's'}; "
                    f"the prompt of line {first} is in {count} rows"
                )
                yield issue("system_prompt_variants", "messages", found, "one system prompt", fix, line)


class _Private:
    """Personal data and secrets, in texts and in the arguments of tool calls."""

    def __init__(self) -> None:
        self._prompts: set[bytes] = set()

    def row(self, row: Example) -> Iterator[Issue]:
        for path, message in row.messages:
            text = all_text(message)
            if message.get("role") in SYSTEM_ROLES:
                key = digest(text)
                if key in self._prompts:
                    continue  # One system prompt in every row: once is enough.
                self._prompts.add(key)
            for finding in find_private(text):
                expected = _NOT_PRIVATE.get(finding.code, "no personal data")
                secret = "Replace it, and revoke it where it was issued: the file has copies by now."
                fix = secret if expected == "no secret" else "Replace it by an invented value."
                yield issue(finding.code, path, finding.masked, expected, fix, row.line)

    def end(self) -> Iterator[Issue]:
        return iter(())


def _ends(text: str) -> bool:
    last = text.removesuffix("\ufe0f")[-1:]  # The mark that makes a sign an emoji.
    return last in _CLOSING or category(last) == "So"


def _visible(text: str) -> str:
    return text.strip().strip(_INVISIBLE).strip()


def _tokens(text: str) -> int:
    from finetune_dataset.tokens.count import count_tokens

    return count_tokens(text, "gpt-4o")


def _alike(a: str, b: str) -> bool:
    if normalized(a) == normalized(b):
        return True
    matcher = SequenceMatcher(None, a[:2_000], b[:2_000], autojunk=False)
    return matcher.real_quick_ratio() >= VARIANT and matcher.quick_ratio() >= VARIANT <= matcher.ratio()


def _difference(a: str, b: str) -> str:
    """Show the first place where a text differs from another one."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, at - 15)
    return f"{_label(a[start : at + 25])} instead of {_label(b[start : at + 25])}"


def _label(text: str) -> str:
    return show(mask_private(text))
