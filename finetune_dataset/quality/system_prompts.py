"""A system prompt that some rows lack, or write a little differently."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from finetune_dataset.chat import SYSTEM_ROLES, message_text
from finetune_dataset.quality.examples import Example
from finetune_dataset.quality.near_duplicates import ENOUGH_ROWS, normalized
from finetune_dataset.quality.private_data import shown_masked
from finetune_dataset.rules.issues.issue import KEPT_PER_CODE, Issue
from finetune_dataset.rules.issues.table import issue

# The limits below are this course's choices; each only decides when a warning is worth reading.
# Two system prompts as alike as this are one prompt and a slip.
VARIANT = 0.9
# Prompts that are kept, and those of them that are compared with the most frequent one: comparing is slow.
PROMPTS_KEPT = 1_000
PROMPTS_COMPARED = 50
# So many characters of a prompt are kept, so 80 MB at most.
PROMPT_KEPT = 20_000


class SystemPrompts:
    """Counts the system prompts of a file."""

    def __init__(self) -> None:
        """Start before the first example."""
        self._rows = 0
        self._missing: list[int] = []
        self._n_missing = 0
        self._prompts: dict[str, tuple[int, int]] = {}

    def row(self, row: Example) -> tuple[Issue, ...]:
        """Count the first system prompt of an example; nothing is wrong with one alone."""
        self._rows += 1
        prompts = [
            message_text(message)[:PROMPT_KEPT]
            for _, message in row.messages
            if message.get("role") in SYSTEM_ROLES
        ]
        if not any(prompt.strip() for prompt in prompts):
            self._n_missing += 1
            if len(self._missing) < KEPT_PER_CODE:
                self._missing.append(row.line)
        elif prompts[0] in self._prompts or len(self._prompts) < PROMPTS_KEPT:
            count, line = self._prompts.get(prompts[0], (0, row.line))
            self._prompts[prompts[0]] = (count + 1, line)
        return ()

    def end(self) -> Iterator[Issue]:
        """Name the rows without the prompt of the others, and the prompts that differ a little."""
        if self._rows >= ENOUGH_ROWS and self._prompts:
            yield from self._missing_issues()
            yield from self._variant_issues()

    def _missing_issues(self) -> Iterator[Issue]:
        present = self._rows - self._n_missing
        if present < self._n_missing:
            line = min(line for _, line in self._prompts.values())
            found = f"a system prompt in only {present} of {self._rows} rows, first on line {line}"
            yield issue("missing_system_prompt", "", found, expected="the same in every row")
            return
        found = f"no system prompt, as {present} of {self._rows} rows have"
        for line in self._missing:
            yield issue("missing_system_prompt", "messages", found, line=line)

    def _variant_issues(self) -> Iterator[Issue]:
        by_rows = sorted(self._prompts.items(), key=lambda item: -item[1][0])
        main, (count, first) = by_rows[0]
        if count * 2 < self._rows - self._n_missing:
            return  # Prompts that carry data, such as a date or a document, differ on purpose.
        for prompt, (rows, line) in by_rows[1 : PROMPTS_COMPARED + 1]:
            if _alike(prompt, main):
                found = (
                    f"{_difference(prompt, main)} in {rows} row{'' if rows == 1 else 's'}; "
                    f"the prompt of line {first} is in {count} rows"
                )
                yield issue("system_prompt_variants", "messages", found, line=line)


def _alike(a: str, b: str) -> bool:
    if normalized(a) == normalized(b):
        return True
    matcher = SequenceMatcher(None, a[:2_000], b[:2_000], autojunk=False)
    return matcher.real_quick_ratio() >= VARIANT and matcher.quick_ratio() >= VARIANT <= matcher.ratio()


def _difference(a: str, b: str) -> str:
    """Show the first place where a text differs from another one."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, at - 15)
    return f"{shown_masked(a[start : at + 25])} instead of {shown_masked(b[start : at + 25])}"
