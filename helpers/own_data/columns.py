"""Choose the column of the questions and that of the answers: a guess that is shown, and can be set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from statistics import median

import pandas as pd

from finetune_dataset.chat import SYSTEM_ROLES, JsonObject, message_text
from finetune_dataset.convert.tables import SkippedRow
from helpers.errors import DatasetError
from helpers.own_data.reading import OwnTable
from helpers.own_data.words import plain, shortened

# Parts of the names that people give to such columns, the most exact ones first. Those of the checker's
# `formats.pairs.PAIRS` are among them.
_QUESTION = (
    "question", "prompt", "instruction", "query", "frage", "pregunta", "domanda", "user", "human", "problem",
    "request", "input", "utterance", "message", "email", "ticket", "review", "comment", "text", "sentence",
    "source", "title", "description", "body", "content",
)  # fmt: skip
_ANSWER = (
    "answer", "completion", "response", "reply", "antwort", "réponse", "reponse", "respuesta", "risposta",
    "assistant", "output", "target", "solution", "label", "category", "class", "sentiment", "intent", "tag",
    "topic", "json", "extracted", "summary", "translation", "rewritten", "rewrite", "result", "code",
)  # fmt: skip
_NEITHER = re.compile(
    r"(?:^|[\W_])(?:id|uuid|index|date|time|timestamp|url|author|name|split|source_id)$", re.I
)
_EXCEL_ERRORS = {"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"}


@dataclass
class Columns:
    """Which columns are used, and why.

    Attributes:
        question: Columns of the question; several are joined, one below the other.
        answer: Column of the answer; "" when the rows are chats.
        why: Why these, as a sentence.
        table: One row for each column: how full it is, how long, its first text, and what it is used as.
    """

    question: list[str]
    answer: str
    why: str
    table: pd.DataFrame

    def __repr__(self) -> str:
        """Return the choice and its reason, and the table of all columns."""
        return f"{self.why}\n{self.table.to_string(index=False)}" if len(self.table) else self.why


@dataclass
class Examples:
    """The chat rows of a table.

    Attributes:
        rows: The examples: messages that end with the answer.
        skipped: The rows that gave none, with the reason.
    """

    rows: list[JsonObject] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return how many rows became examples, and the first that did not."""
        lines = [f"{len(self.rows):,} examples, {len(self.skipped):,} rows skipped"]
        lines += [f"{row.place}: {row.reason}" for row in self.skipped[:10]]
        if len(self.skipped) > 10:
            lines.append(f"… and {len(self.skipped) - 10:,} more, see .skipped")
        return "\n  ".join(lines)


def choose_columns(table: OwnTable, question: str | None = None, answer: str | None = None) -> Columns:
    """Choose the columns of question and answer, or check those that were set.

    Args:
        table: What `read_table` returned.
        question: Column of the questions; None guesses. "a+b" joins the texts of two columns.
        answer: Column of the answers; None guesses.

    Raises:
        DatasetError: There is no such column (the message names near ones), or none can be guessed.
    """
    if table.chats:
        why = "The rows are chats already: the last assistant message is the answer, all before it the question."
        return Columns([], "", why, pd.DataFrame())
    facts = {
        name: _Facts(name, [texts.get(name, "") for _, texts in table.records]) for name in table.columns
    }
    asked, told = _split_names(table, question), answer or None
    for name in [*(asked or []), *([told] if told else [])]:
        _require(table, name)
    set_by_you = [name for name in (question, answer) if name]
    if told is None:
        told = _guess(facts, _ANSWER, taken=asked or [], last=True)
    if asked is None:
        asked = [_guess(facts, _QUESTION, taken=[told], last=False)]
        if asked == ["instruction"] and "input" in facts and told != "input":
            asked = ["instruction", "input"]
    if told in asked:
        raise DatasetError(f"The column {told!r} cannot be both question and answer. Set both columns.")
    how = "set by you" if len(set_by_you) == 2 else "guessed from names and contents"
    why = f"Question: {' + '.join(map(repr, asked))}. Answer: {told!r}. ({how})"
    rows = [
        {**one.row(), "used as": "question" if name in asked else "answer" if name == told else ""}
        for name, one in facts.items()
    ]
    return Columns(asked, told, why, pd.DataFrame(rows))


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
        if reason:
            found.skipped.append(SkippedRow(f"row {number}", reason, dict(texts)))
            continue
        messages = [{"role": "system", "content": system_prompt}] if system_prompt else []
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        found.rows.append({"messages": messages})
    _refuse_useless(found, table.name)
    return found


def question_of(row: JsonObject) -> str:
    """Return what is asked in a chat row: all before the answer, without the system message."""
    asked = [each for each in row["messages"][:-1] if each.get("role") not in SYSTEM_ROLES]
    return "\n".join(map(message_text, asked))


def answer_of(row: JsonObject) -> str:
    """Return the answer that a chat row ends with."""
    return message_text(row["messages"][-1])


@dataclass
class _Facts:
    """What can be said of one column."""

    name: str
    texts: list[str]

    def row(self) -> dict[str, object]:
        full = [text for text in self.texts if text]
        return {
            "column": self.name,
            "filled": len(full),
            "different": len(set(full)),
            "median length": int(median(map(len, full))) if full else 0,
            "first": shortened(full[0], 50) if full else "",
        }

    def usable(self) -> bool:
        full = [text for text in self.texts if text]
        return len(full) * 2 > len(self.texts) and len(set(full)) > 1

    def counts_rows(self) -> bool:
        """Tell whether the column numbers the rows: whole numbers, all different."""
        full = [text for text in self.texts if text]
        return all(text.isdigit() for text in full) and len(set(full)) == len(full)


def _guess(facts: dict[str, _Facts], names: Sequence[str], taken: list[str], *, last: bool) -> str:
    """Choose by name, else the first or last column that is neither empty, nor constant, nor a number of rows."""
    open_to = [name for name, one in facts.items() if name not in taken and one.usable()]
    for part in names:
        for exact in (True, False):
            fit = [each for each in open_to if _holds(each, part, exact=exact)]
            if fit:
                return fit[-1 if last else 0]
    left = [name for name in open_to if not _NEITHER.search(name) and not facts[name].counts_rows()]
    if not last:
        left.sort(key=lambda name: -sum(text.rstrip().endswith("?") for text in facts[name].texts))
    elif len(left) > 1 and not taken:
        left = [name for name in left if name != _guess(facts, _QUESTION, [], last=False)]
    if not left:
        what = "answers" if last else "questions"
        raise DatasetError(
            f"No column looks like the {what}. Columns: {', '.join(map(repr, facts))}. Columns that are mostly "
            "empty, always the same, or numbers of rows were left out. Set both columns by name."
        )
    return left[-1 if last else 0]


def _holds(name: str, part: str, *, exact: bool) -> bool:
    folded = name.strip().casefold()
    return folded == part if exact else part in re.split(r"[\W_]+", folded)


def _split_names(table: OwnTable, question: str | None) -> list[str] | None:
    if not question:
        return None
    return [question] if question in table.columns else [name.strip() for name in question.split("+")]


def _require(table: OwnTable, name: str) -> None:
    if name in table.columns:
        return
    folded = {column.casefold(): column for column in table.columns}
    near = get_close_matches(name.casefold(), folded, n=1)
    hint = f" Did you mean {folded[near[0]]!r}?" if near else ""
    raise DatasetError(
        f"{table.name} has no column {name!r}. Columns: {', '.join(map(repr, table.columns[:30]))}.{hint}"
    )


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
    return "" if answer_of(row).strip() and question_of(row).strip() else "its question or answer is empty"


def _refuse_useless(found: Examples, name: str) -> None:
    if not found.rows:
        first = f" The first: {found.skipped[0].place}, {found.skipped[0].reason}." if found.skipped else ""
        raise DatasetError(f"No row of {name} gives an example.{first} Are these the right columns?")
    same = {plain(answer_of(row)) or answer_of(row) for row in found.rows}
    if len(same) == 1 and len(found.rows) > 1:
        raise DatasetError(
            f"All {len(found.rows):,} answers are the same text, {shortened(answer_of(found.rows[0]), 50)!r}: "
            "there is nothing to learn. Is this the right column? Set the column of the answers by name."
        )
