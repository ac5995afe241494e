"""Chat rows of a learner's table, and what is asked and answered in one."""

from dataclasses import dataclass, field
from random import Random

from finetune_dataset.chat import SYSTEM_ROLES, JsonObject, message_text
from finetune_dataset.convert.cells import Cells
from finetune_dataset.convert.tables import SkippedRow
from helpers.errors import DatasetError
from helpers.own_data.table.columns import Columns
from helpers.own_data.table.reading import OwnTable
from helpers.own_data.words import plain, shortened

MAX_EXAMPLES = 10_000
"""Examples that are kept; of more, so many are drawn at random. Checking them takes 6 s (2026-11-29)."""

MAX_CHARACTERS = 1_000_000
"""Of one example; no model that can be trained reads more (the longest context is about 128,000 tokens)."""

_EXCEL_ERRORS = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}


@dataclass
class Examples:
    """The chat rows of a table.

    Attributes:
        rows: The examples: messages that end with the answer.
        skipped: The rows that gave none, with the reason.
        left_out: How many further examples the table has.
    """

    rows: list[JsonObject] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    left_out: int = 0

    def __repr__(self) -> str:
        """Return how many rows became examples, and the first that did not."""
        lines = [f"{len(self.rows):,} examples, {len(self.skipped):,} rows skipped"]
        if self.left_out:
            total = len(self.rows) + self.left_out
            lines.append(f"the table gives {total:,}; {len(self.rows):,} of them, drawn at random, are used")
        lines += [f"{row.place}: {row.reason}" for row in self.skipped[:10]]
        if len(self.skipped) > 10:
            lines.append(f"… and {len(self.skipped) - 10:,} more, see .skipped")
        return "\n  ".join(lines)


def make_examples(table: OwnTable, columns: Columns, system_prompt: str | None = None) -> Examples:
    """Make a chat row of each row of the table.

    Args:
        table: What `read_table` returned.
        columns: What `choose_columns` returned.
        system_prompt: A system message for every row; None for none. Chats keep theirs.

    Returns:
        The examples, and every row that gave none.

    Raises:
        DatasetError: No row gives an example, or all answers are the same.
    """
    found = Examples()
    for number, row in enumerate(table.chats, start=1):
        if reason := _no_answer(row):
            found.skipped.append(SkippedRow(f"chat {number}", reason, {}))
        else:
            found.rows.append({"messages": row["messages"]})
    for number, texts in table.records if not table.chats else []:
        question = "\n".join(texts[name] for name in columns.question if texts.get(name))
        answer = texts.get(columns.answer, "")
        used = {"the question": question, "the answer": answer}
        reason = next((f"{what} is empty" for what, text in used.items() if not text.strip()), "")
        reason = reason or next(
            (f"{what} is {text}" for what, text in used.items() if text in _EXCEL_ERRORS), ""
        )
        reason = reason or _too_long(len(question) + len(answer))
        if reason:
            cells: Cells = {name: text for name, text in texts.items()}
            found.skipped.append(SkippedRow(f"row {number}", reason, cells))
            continue
        messages = [{"role": "system", "content": system_prompt}] if system_prompt else []
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        found.rows.append({"messages": messages})
    _refuse_useless(found, table.name)
    if len(found.rows) > MAX_EXAMPLES:
        found.left_out = len(found.rows) - MAX_EXAMPLES
        drawn = sorted(Random(0).sample(range(len(found.rows)), MAX_EXAMPLES))
        found.rows = [found.rows[place] for place in drawn]
    return found


def question_of(row: JsonObject) -> str:
    """Return what is asked in a chat row: all before the answer, without the system message."""
    asked = [each for each in row["messages"][:-1] if each.get("role") not in SYSTEM_ROLES]
    return "\n".join(map(message_text, asked))


def answer_of(row: JsonObject) -> str:
    """Return the answer that a chat row ends with."""
    return message_text(row["messages"][-1])


def _no_answer(row: JsonObject) -> str:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return "it has no list of messages"
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        return "its last message is not from the assistant"
    if any(each.get("tool_calls") or each.get("role") == "tool" for each in messages):
        return "it calls tools, which this notebook does not score"
    if any(isinstance(each.get("content"), list) and "image" in str(each["content"]) for each in messages):
        return "it holds an image, which this notebook does not score"
    question, answer = question_of(row), answer_of(row)
    if not (question.strip() and answer.strip()):
        return "its question or answer is empty"
    return _too_long(len(question) + len(answer))


def _too_long(length: int) -> str:
    return f"it has {length:,} characters; at most {MAX_CHARACTERS:,}" if length > MAX_CHARACTERS else ""


def _refuse_useless(found: Examples, name: str) -> None:
    if not found.rows:
        first = f" The first: {found.skipped[0].place}, {found.skipped[0].reason}." if found.skipped else ""
        raise DatasetError(f"No row of {name} gives an example.{first} Are these the right columns?")
    same = {plain(answer_of(row)) or answer_of(row) for row in found.rows}
    if len(same) == 1 and len(found.rows) > 1:
        raise DatasetError(
            f"All {len(found.rows):,} answers are one text, {shortened(answer_of(found.rows[0]), 50)!r}: "
            "there is nothing to learn. Is this the right column? Set the column of the answers by name."
        )
