"""Count the turns, roles and tokens of good rows, in a way that costs little per row."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec

from finetune_dataset.chat import SYSTEM_ROLES, TOOL_KEYS, JsonObject, message_text
from finetune_dataset.check.decoded import UNSET, Assistant, Message, Row, UnusualRow, text_of
from finetune_dataset.models import is_local
from finetune_dataset.report import Statistics
from finetune_dataset.tokens.count import count_row, count_tokens, count_tools, counter_of

# Characters. Shorter texts are often the same in many rows, such as labels.
_SHORT = 64
# A longer system prompt is counted each time: 4,096 texts are remembered.
_REMEMBERED = 16_384


class Tally:
    """Histograms of good rows; tokens only for a model."""

    def __init__(self, model: str | Path | None) -> None:
        """Start without rows; see `tokens.count` for what a model may be."""
        self._statistics = Statistics()
        self._roles: Counter[tuple[type[Message], ...]] = Counter()
        self._model = model
        self._count = None if model is None else _text_counter(model)
        self._local = model is not None and is_local(model)

    def add_decoded(self, row: Row, raw: bytes) -> int:
        """Add a row of the fast path.

        Args:
            row: What `good_row` returned.
            raw: The line that it was given.

        Returns:
            Tokens of the row, as `count_row` counts them (a test compares the two); 0 without a model.
        """
        self._roles[tuple(map(type, row.messages))] += 1
        if self._count is None or self._model is None:
            return 0
        count, by_role, total = self._count, self._statistics.tokens_by_role, 3 + 4 * len(row.messages)
        for message in row.messages:
            role = message.role
            tokens = count(text_of(message), role)
            by_role[role] += tokens
            total += tokens
        if self._local:
            total = count_row(msgspec.json.decode(raw), self._model).total
        elif type(row) is UnusualRow:
            total += self._count_beside_texts(row, self._model)
        self._statistics.tokens_per_row[total] += 1
        return total

    def _count_beside_texts(self, row: UnusualRow, model: str | Path) -> int:
        """Count the tools, the calls and the names of a row, as `count_row` does."""
        total = 0 if row.tools is UNSET else count_tools(bytes(row.tools).decode(), model)
        for message in row.messages:
            if message.name is not UNSET and (name := msgspec.json.decode(message.name)):
                total += 1 + count_tokens(name, model)
            if type(message) is Assistant and message.tool_calls is not UNSET:
                for call in message.tool_calls:
                    total += count_tokens(call.function.name, model)
                    total += count_tokens(call.function.arguments, model)
        return total

    def add(self, prompt: JsonObject, messages: list[JsonObject]) -> int:
        """Add a row that the rules have no error for.

        Args:
            prompt: The object that declares the tools: the row, or the prompt of a preference.
            messages: All messages, those of both answers of a preference included.

        Returns:
            Tokens of the row; 0 without a model.
        """
        statistics = self._statistics
        statistics.turns_per_row[len(messages)] += 1
        for message in messages:
            statistics.messages_by_role[message["role"]] += 1
        if self._count is None or self._model is None:
            return 0
        for message in messages:
            tokens = self._count(message_text(message), message["role"])
            statistics.tokens_by_role[message["role"]] += tokens
        tools = {key: prompt[key] for key in TOOL_KEYS if prompt.get(key)}
        total = count_row({"messages": messages, **tools}, self._model).total
        statistics.tokens_per_row[total] += 1
        return total

    def total(self) -> Statistics:
        """Return the histograms of all rows that were added."""
        for kinds, rows in self._roles.items():
            self._statistics.turns_per_row[len(kinds)] += rows
            for kind in kinds:
                self._statistics.messages_by_role[kind.role] += rows
        self._roles.clear()
        return self._statistics


@lru_cache
def _text_counter(model: str | Path) -> Callable[[str, str], int]:
    """Return a function that counts a text of a role, and remembers what many rows share."""
    count = counter_of(model)
    remembered = lru_cache(maxsize=4096)(count)

    def count_text(text: str, role: str) -> int:
        shared = len(text) <= _SHORT or (role in SYSTEM_ROLES and len(text) <= _REMEMBERED)
        return remembered(text) if shared else count(text)

    return count_text
