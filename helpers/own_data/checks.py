"""What can be said of a learner's rows before anything is trained."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from finetune_dataset import check_quality, validate_dataset
from finetune_dataset.chat import JsonObject
from helpers.own_data.evidence.facts import unknowable
from helpers.own_data.split import MIN_QUESTIONS, closed_set
from helpers.own_data.table.examples import answer_of, question_of
from helpers.own_data.words import Telling, plain, shortened, tokens

_FEW = 60  # Rows below which the interval of a test stays wide: a quarter of them gives ± 25 points.
_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One thing to know about the rows.

    Attributes:
        check: What was looked at.
        level: "good", "warning" or "error": with an error a job makes no sense.
        found: What was found, with numbers.
        advice: What to do; "" where nothing is to do.
    """

    check: str
    level: str
    found: str
    advice: str = ""


class Findings(list[Finding]):
    """The findings of some rows; in a notebook they are a table, elsewhere lines."""

    def table(self) -> pd.DataFrame:
        """Return one row for each finding."""
        return pd.DataFrame([vars(each) for each in self], columns=["check", "level", "found", "advice"])

    def __repr__(self) -> str:
        """Return one line for each finding, and its advice below."""
        lines = []
        for each in self:
            lines.append(f"{each.level:<8} {each.check}: {each.found}")
            lines += [f"         → {each.advice}"] if each.advice else []
        return "\n".join(lines)


def check_rows(path: Path, rows: Sequence[JsonObject]) -> Findings:
    """Check a learner's rows: number, format, copies, private data, and what cannot be learned from them.

    Args:
        path: The rows as a training file.
        rows: The same rows.

    Returns:
        The findings, each with what to do.

    Raises:
        DatasetError: The file cannot be opened.
    """
    report, quality = validate_dataset(path), check_quality(path)
    found = Findings([_number(rows)])
    if report.errors:
        first = report.errors[0]
        found.append(
            Finding(
                "format", "error", f"{_count(report.errors)}; line {first.line}: {first.found}", first.fix
            )
        )
    else:
        found.append(Finding("format", "good", f"{report.n_rows:,} rows, and a job accepts each"))
    by_code: dict[str, list] = {}
    for issue in quality.problems:
        by_code.setdefault(issue.code, []).append(issue)
    for code, issues in by_code.items():
        if code in ("few_examples", "duplicate_row") and report.errors:
            continue
        level = "error" if issues[0].severity == "error" else "warning"
        places = ", ".join(f"row {each.line}" for each in issues[:_SHOWN] if each.line)
        what = f"{quality.counts[code]:,} × {issues[0].found}" + (f" ({places})" if places else "")
        found.append(Finding(code.replace("_", " "), level, shortened(what, 160), issues[0].fix))
    if not by_code:
        found.append(Finding("quality", "good", "no copies, no contradictions, no private data found"))
    found += [each for each in (_unknowable(rows), _related(rows)) if each]
    return found


def _count(errors: Sequence[object]) -> str:
    return f"{len(errors):,} error{'s' * (len(errors) != 1)}"


def relation(rows: Sequence[JsonObject]) -> tuple[float, float]:
    """Compare how much answers share with their own questions and with others.

    Args:
        rows: The examples.

    Returns:
        Mean share of the words that matter in an answer which stand in its own question, and the mean over
        other questions, each 0 to 1.
    """
    answers = [answer_of(row) for row in rows]
    needed = list(map(Telling(answers).words, answers))
    asked = [set(tokens(question_of(row))) for row in rows]
    pairs = [(number, words) for number, words in enumerate(needed) if words]
    own = [len(words & asked[number]) / len(words) for number, words in pairs]
    steps = [step for step in (1, 2, 3, 5, 7) if step < len(rows)]
    other = [
        len(words & asked[(number + step) % len(rows)]) / len(words)
        for number, words in pairs
        for step in steps
    ]
    return sum(own) / max(1, len(own)), sum(other) / max(1, len(other))


def is_unrelated(rows: Sequence[JsonObject]) -> bool:
    """Tell whether the answers share no more with their own questions than with other ones."""
    if len(rows) < MIN_QUESTIONS or closed_set([answer_of(row) for row in rows]):
        return False
    own, other = relation(rows)
    return own - other < 0.02


def _number(rows: Sequence[JsonObject]) -> Finding:
    different = len({plain(question_of(row)) for row in rows})
    found = f"{len(rows):,} rows, {different:,} different questions"
    if different < MIN_QUESTIONS:
        return Finding(
            "number of rows",
            "error",
            found,
            f"Too few for a test. Write at least {MIN_QUESTIONS}, better 100.",
        )
    if different < _FEW:
        advice = "Enough for the form. The intervals will be wide; 100 rows or more say much more."
        return Finding("number of rows", "warning", found, advice)
    return Finding("number of rows", "good", found)


def _unknowable(rows: Sequence[JsonObject]) -> Finding | None:
    found = unknowable(rows)
    if not found:
        return Finding("facts", "good", "no number or name in an answer that its question does not hold")
    if len(found) * 5 < len(rows):
        return None
    question, said = max(found, key=lambda pair: len(pair[1]))
    total = Counter(fact for _, each in found for fact in each)
    return Finding(
        "facts",
        "warning",
        f"{len(found):,} of {len(rows):,} answers state numbers or names that their question does not hold, "
        f"{len(total):,} in all; for instance {', '.join(said[:5])} for {question!r}",
        "A model cannot know these for a new question: training teaches the form, not the facts. Look the "
        "facts up, and write them into the question (retrieval), in training and later.",
    )


def _related(rows: Sequence[JsonObject]) -> Finding | None:
    if not is_unrelated(rows):
        return None
    own, other = relation(rows)
    return Finding(
        "relation",
        "warning",
        f"answers share {own:.0%} of their words with their own question, {other:.0%} with other questions",
        "No relation is visible. In translations this is normal; otherwise look whether rows were mixed up.",
    )
