"""Choose the column of the questions and that of the answers: a guess that is shown, and can be set."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from statistics import median

import pandas as pd

from helpers.errors import DatasetError
from helpers.own_data.table.reading import OwnTable
from helpers.own_data.words import shortened

# Parts of the names that people give to such columns, the most exact ones first. Those of the checker's
# `formats.pairs.PAIRS` are among them.
_QUESTION = (
    "question", "prompt", "instruction", "query", "frage", "pregunta", "domanda", "user", "human", "problem",
    "request", "input", "utterance", "message", "email", "ticket", "review", "comment", "text", "sentence",
    "source", "title", "description", "body", "content", "pergunta", "vraag", "fråga", "pytanie", "soru",
    "вопрос", "السؤال", "質問", "问题", "질문", "q",
)  # fmt: skip
_ANSWER = (
    "answer", "completion", "response", "reply", "antwort", "réponse", "reponse", "respuesta", "risposta",
    "assistant", "output", "target", "solution", "label", "category", "class", "sentiment", "intent", "tag",
    "topic", "json", "extracted", "summary", "translation", "rewritten", "rewrite", "result", "code",
    "resposta", "antwoord", "svar", "odpowiedź", "cevap", "ответ", "الإجابة", "回答", "答案", "답변", "a",
)  # fmt: skip
_NEITHER = re.compile(
    r"(?:^|[\W_])(?:id|uuid|index|date|time|timestamp|url|author|name|split|source_id)$", re.I
)
# Names of options of a quiz that are no answers, and of those that are.
_WRONG = re.compile(r"wrong|incorrect|\bfalse|falsch|mauvais|fauss|sbagliat|errad|distractor", re.I)
_RIGHT = re.compile(r"correct|right|richtig|bonne|corrett|accepted|best|gold", re.I)


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
        why = "The rows are chats already: the last message is the answer, all before it the question."
        return Columns([], "", why, pd.DataFrame())
    facts = {
        name: _Facts(name, [texts.get(name, "") for _, texts in table.records]) for name in table.columns
    }
    asked = _split_names(table, question)
    told: str | None = answer or None
    taken = [*(asked or []), *([told] if told else [])]
    for name in taken:
        _require(table, name)
    if asked is None and (guess := _named(facts, _QUESTION, taken, last=False)):
        asked, taken = [guess], [*taken, guess]
    if told is None:
        told = table.right_option or _named(facts, _ANSWER, taken, last=True)
    if asked is None:
        asked = [_left(facts, [told] if told else [], last=False)]
    if told is None:
        told = _left(facts, asked, last=True)
    if not question and {"instruction", "input"} <= facts.keys() - {told}:
        asked = ["instruction", "input"]  # Alpaca's two columns are one question.
    if told in asked:
        raise DatasetError(f"The column {told!r} cannot be both question and answer. Set both columns.")
    how = "set by you" if question and answer else "guessed from names and contents"
    why = f"Question: {' + '.join(map(repr, asked))}. Answer: {told!r}. ({how})"
    rows = [
        {**one.row(), "used as": "question" if name in asked else "answer" if name == told else ""}
        for name, one in facts.items()
    ]
    return Columns(asked, told, why, pd.DataFrame(rows))


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


def _named(facts: dict[str, _Facts], names: Sequence[str], taken: list[str], *, last: bool) -> str | None:
    """Return the column with the most telling name: the whole name, else one of its words.

    Of several answers the one in the question's language or number counts: "q_en" goes with "a_en".
    """
    open_to = [name for name, one in facts.items() if name not in taken and any(one.texts)]
    open_to = [name for name in open_to if not (last and _WRONG.search(name))]
    for part in names:
        for exact in (True, False):
            fit = [each for each in open_to if _holds(each, part, exact=exact)]
            if last:
                beside = {word for name in taken for word in _words(name)}
                fit.sort(key=lambda name: (bool(_RIGHT.search(name)), len(beside & set(_words(name)))))
            if fit:
                return fit[-1 if last else 0]
    return None


def _left(facts: dict[str, _Facts], taken: list[str], *, last: bool) -> str:
    """Return the first or last column that is neither nearly empty, nor constant, nor numbers of rows."""
    left = [
        name for name, one in facts.items() if name not in taken and one.usable() and not one.counts_rows()
    ]
    left = [name for name in left if not _NEITHER.search(name)]
    if not last:
        left.sort(key=lambda name: -sum(text.rstrip().endswith("?") for text in facts[name].texts))
    if not left:
        what = "answers" if last else "questions"
        raise DatasetError(
            f"No column looks like the {what}. Columns: {_listed(list(facts))}. Those that are mostly "
            "empty, always the same, or numbers of rows were left out. Set both columns by name."
        )
    return left[-1 if last else 0]


def _holds(name: str, part: str, *, exact: bool) -> bool:
    forms = {part, f"{part}s"}
    if exact:
        return name.strip().casefold() in forms
    return not forms.isdisjoint(_words(name)) and not _NEITHER.search(name)


def _words(name: str) -> list[str]:
    return re.split(r"[\W_]+", name.strip().casefold())


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
    raise DatasetError(f"{table.name} has no column {name!r}. Columns: {_listed(table.columns)}.{hint}")


def _listed(columns: list[str]) -> str:
    more = f" and {len(columns) - 30:,} more" if len(columns) > 30 else ""
    return ", ".join(repr(name)[:60] for name in columns[:30]) + more
