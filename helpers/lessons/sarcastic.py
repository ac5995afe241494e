"""Dimmer, a bored lighthouse: answers a question correctly, and with sarcasm. The question holds the fact.

Three rules score it, and each can be wrong; tests/helpers/lessons/test_sarcastic.py holds the known cases.
`is_right` compares words, not sense. `has_manner` looks for the words of Dimmer's world and for its stock
phrases; sarcasm in other words goes uncounted, and a plain answer about fog counts.
"""

import csv
import re
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from helpers.lessons.lesson import Lesson, Score, Settings
from helpers.lessons.ways import Row
from helpers.paths import data_path

MAX_WORDS: Final = 40
"""Dimmer's longest answer has 24 words."""

_ASIDE = re.compile(
    r"\b(fog|foghorn|gulls?|ships?|sailors?|captain|rock|lamp|lighthouses?|applause|bravo|congratulations"
    r"|excitement|thrilling|splendid|lucky me|all night|thank you for (asking|waking))\b",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"(happy|glad|here) to (help|assist)|how (can|may) I|let me know|feel free to ask|hope (this|that) helps"
    r"|I am Dimmer|I'm Dimmer|I apologize|I'm sorry",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Known(NamedTuple):
    """What data/sarcastic_answers.csv says of a topic."""

    topic: str
    accepted: tuple[str, ...]
    forbidden: tuple[str, ...]


@cache
def known_answers() -> dict[str, Known]:
    """Return the course's own table: question → its topic, right answers and typical wrong ones."""
    with data_path("sarcastic_answers.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["question"]: Known(
                row["topic"], tuple(row["accepted"].split(";")), tuple(row["forbidden"].split(";"))
            )
            for row in csv.DictReader(file)
        }


def known_of(row: Row) -> Known:
    """Return what is known of the question of a row: the first line of its first user message.

    Args:
        row: A row of data/sarcastic.jsonl, or one that asks the same.

    Raises:
        ValueError: The table does not have the question.
    """
    question = _asked(row)[0].partition("\n")[0]
    if question not in known_answers():
        raise ValueError(
            f"Expected a question of data/sarcastic_answers.csv, found {question!r}. Add it there with its "
            "right answers; without them nobody can say whether an answer is right."
        )
    return known_answers()[question]


def has_form(answer: str) -> bool:
    """Tell whether an answer is one or two sentences, in one paragraph and at most `MAX_WORDS` words.

    Args:
        answer: An answer. The point of "3.5" ends no sentence; the one of "Mt. Everest" does, wrongly.
    """
    text = answer.strip()
    sentences = re.findall(r"[.!?]+(?=\s|$)", text)
    whole = "\n" not in text and text.endswith((".", "!", "?"))
    return whole and len(sentences) <= 2 and len(text.split()) <= MAX_WORDS


def has_manner(answer: str) -> bool:
    """Tell whether an answer has an aside of Dimmer's: its rock, lamp, gulls, a stock phrase; nothing polite.

    An earlier rule took every "I" and "you" for an aside. "I have no doubt" stood in 19 of the 34
    answers of a model (2026-11), counted each time, and there is no sarcasm in it.

    Args:
        answer: An answer. "Fog is water in the air." counts, though it is plain.
    """
    return bool(_ASIDE.search(answer)) and not _POLITE.search(answer)


def is_right(answer: str, row: Row) -> bool:
    """Tell whether an answer names an accepted answer, no forbidden one, and no number of its own.

    Args:
        answer: An answer. "Not Venus." counts as right, wrongly; "hotter than Mars: Venus" as wrong, wrongly.
        row: The row that was asked.
    """
    known = known_of(row)
    text, accepted = _plain(answer), {_plain(each) for each in known.accepted}
    if not _has_any(text, accepted) or _has_any(text, known.forbidden):
        return False
    allowed = _numbers(_plain(" ".join(_asked(row)))) | accepted
    return _numbers(text) <= allowed


def sarcastic() -> Lesson:
    """Return the lesson of the sarcastic bot, the honest one: good examples in a prompt come close.

    Measured on the real model, 34 held-out questions with their facts, Nov 2026, all three scores at once.
    Base: 0. Ten examples in the prompt: 15, 24 and 14, with three choices of the ten (about 570 tokens).
    Fine-tuned on 64 rows in 16 steps: 26, 31 and 23, on three seeds (63 tokens). The bot repeats a few
    phrases, and says them where they make no sense. An earlier form of the rows, with a new kind of joke in
    each, taught it less: 17 facts right, 18 answers in form, the others loops. That was seen on these same
    34 questions, and the rows were changed after it: the figures are a little kinder than those of questions
    that nobody ever looked at.
    """
    return Lesson(
        name="sarcastic",
        title="Dimmer, a bored lighthouse, answers questions correctly and with sarcasm",
        file=data_path("sarcastic.jsonl"),
        group=lambda row: known_of(row).topic,
        parts={"training": 64, "validation": 12, "test": 34},
        split_seed=0,
        example="capital of Australia",
        max_tokens=60,
        scores=(
            Score("form", "one or two sentences", lambda answer, row: float(has_form(answer))),
            Score(
                "manner",
                "an aside of a bored lighthouse: its lamp, the gulls, a stock phrase; and no politeness",
                lambda answer, row: float(has_manner(answer)),
            ),
            Score(
                "right",
                "an accepted answer, and no forbidden one",
                lambda answer, row: float(is_right(answer, row)),
            ),
        ),
        tiny=Settings(n_epochs=1, batch_size=4),
        tiny_quick=Settings(n_epochs=1, batch_size=4),
        real=Settings(n_epochs=1, batch_size=4),
        real_quick=Settings(n_epochs=1, batch_size=4),
        manner="manner",
        needs_real_model=True,
    )


def _asked(row: Row) -> list[str]:
    return [message["content"] for message in row["messages"] if message["role"] == "user"]


def _plain(text: str) -> str:
    """The text without commas inside its numbers: 1,000 is 1000."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def _has_any(text: str, words: Iterable[str]) -> bool:
    """Whole words only: "Oslo" is not in "Oslovia", and "one" is not in "none"."""
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) for word in words)
