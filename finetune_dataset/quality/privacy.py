"""Personal data and secrets of an example, in texts and in the arguments of tool calls."""

from collections.abc import Iterator

from finetune_dataset.chat import SYSTEM_ROLES
from finetune_dataset.quality.examples import Example, all_text
from finetune_dataset.quality.private_data import find_private
from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.rules.issues.table import issue


class Privacy:
    """Looks through each message; a system prompt that many rows share, once."""

    def __init__(self) -> None:
        """Start before the first example."""
        self._prompts: set[int] = set()

    def row(self, row: Example) -> Iterator[Issue]:
        """Name what should not be in a training file, masked."""
        for path, message in row.messages:
            text = all_text(message)
            if message.get("role") in SYSTEM_ROLES:
                key = hash(text)
                if key in self._prompts:
                    continue  # One system prompt in every row: once is enough.
                self._prompts.add(key)
            for finding in find_private(text):
                yield issue(finding.code, path, finding.masked, line=row.line)

    def end(self) -> tuple[Issue, ...]:
        """Give nothing: each example has said all."""
        return ()
