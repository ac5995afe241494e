"""What may be lost by fine-tuning: questions beside the task, each set with a rule that says what is good.

A rule is a plain one and makes mistakes in both directions: "It is not Paris" counts for Paris, a right
answer in other words does not count, and a model that cannot say what it does not know may guess "cannot".
Read some answers before you believe a share.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.evaluation import rhymes
from helpers.evaluation.limericks import SEGMENTS
from helpers.lessons.ways import ALWAYS, Row, question
from helpers.paths import data_path

_UNSURE = re.compile(
    r"(?i)\b(do not know|don[’']t know|not sure|unsure|no idea|cannot|can not|can[’']t|could not|couldn[’']t"
    r"|unable|not able|not possible|impossible|no way to|no (information|knowledge|access|such|record)"
    r"|not (aware|familiar|know|found|real|exist|an? (real|known|element))|(does|did|do)(n[’']t| not) "
    r"(exist|have|know)|unknown|nobody knows|no one knows|only know|sorry|fictional|made[- ]up|invented)\b"
)


@dataclass(frozen=True)
class Asked:
    """One question of a set.

    Attributes:
        messages: What is sent.
        group: What it is about; answers of one group count once.
        row: What the rule has to know of it.
        seed: For a question that is asked several times, another one each time.
    """

    messages: list[dict[str, str]]
    group: str
    row: Mapping[str, Any]
    seed: int = 1


@dataclass(frozen=True)
class Probe:
    """A set of questions of one kind. It can be given to `score_predictions` and `compare` as a score.

    Attributes:
        name: A short name, such as "general".
        meaning: What is asked, and how.
        good: When an answer is good, as one sentence.
        asked: The questions.
        check: The rule: takes an answer and the `row` of its question; returns 0 to 1.
        max_tokens: Room for an answer.
        temperature: 0 to 2.
    """

    name: str
    meaning: str
    good: str
    asked: Sequence[Asked]
    check: Callable[[str, Row], float]
    max_tokens: int = 40
    temperature: float = 0


def names_one(answer: str, row: Row) -> float:
    """Tell whether an answer has one of the accepted words; "one" is not in "none".

    Args:
        answer: What a model wrote.
        row: With `accepted`: words, with ";" between them.
    """
    words = "|".join(map(re.escape, row["accepted"].split(";")))
    return float(bool(re.search(rf"(?i)(?<!\w)(?:{words})(?!\w)", answer)))


def admits(answer: str, row: Row) -> float:
    """Tell whether an answer says that it does not know, or that there is no such thing.

    Args:
        answer: What a model wrote.
        row: Not looked at.
    """
    return float(bool(_UNSURE.search(answer)))


def knows_or_admits(answer: str, row: Row) -> float:
    """Tell whether an answer has an accepted word, or says that it does not know.

    Args:
        answer: What a model wrote.
        row: With `accepted`.
    """
    return max(names_one(answer, row), admits(answer, row))


def is_limerick(answer: str, row: Row) -> float:
    """Tell whether an answer is five lines that rhyme AABBA, and names what it should be about.

    Args:
        answer: What a model wrote; lines end with a new line, a "/" or " - ".
        row: With `accepted`.
    """
    lines = [line.strip() for line in re.split(r"\n+|\s+/\s+|\s+-\s+", answer.strip()) if line.strip()]
    return float(len(lines) == SEGMENTS and rhymes(" - ".join(lines)) and bool(names_one(answer, row)))


def repeats_itself(answer: str) -> bool:
    """Tell whether an answer goes round in a circle: 8 or more characters twice, one right after the other.

    Args:
        answer: What a model wrote.
    """
    return bool(re.search(r"(.{8,80}?)\1", answer.lower(), re.DOTALL))


def beside_the_task(
    system: Mapping[str, str], own: Iterable[Probe], *, manner: Callable[[str, Row], float]
) -> list[Probe]:
    """Return the sets that need no row of a lesson.

    Args:
        system: The system message of the lesson's rows; the set `off_topic` is asked with it.
        own: Further sets of the lesson.
        manner: Tells whether an answer has the trained manner: in a greeting it is not good.
    """
    asked = _questions()

    def greets(answer: str, row: Row) -> float:
        return names_one(answer, row) * (1 - manner(answer, {"messages": []}))

    def plain(name: str) -> list[Asked]:
        return [Asked([_user(row["question"])], row["question"], row) for row in asked[name]]

    with_system = [Asked([dict(system), one.messages[0]], one.group, one.row) for one in plain("off_topic")]
    known, unsure = "an accepted word stands in the answer", "it says that it does not know, or cannot"
    return [
        Probe("general", "general knowledge, no system prompt", known, plain("general"), names_one),
        Probe(
            "off_topic",
            "other questions, with the trained system prompt",
            f"{known}, or {unsure}",
            with_system,
            knows_or_admits,
        ),
        Probe(
            "greetings",
            "hello, thanks, goodbye; no system prompt",
            "a word of a greeting, and not the trained manner",
            plain("greetings"),
            greets,
            max_tokens=80,  # The manner shows at the end of an answer.
        ),
        Probe(
            "limericks",
            "a limerick about a cat, a dog, a frog; no system prompt",
            "five lines that rhyme AABBA and name it",
            plain("limericks"),
            is_limerick,
            max_tokens=80,
        ),
        Probe("refusals", "what no model can know; no system prompt", unsure, plain("refusals"), admits),
        *own,
    ]


def about_rows(
    rows: Sequence[Row],
    *,
    group: Callable[[Row], str],
    good: Callable[[str, Row], float],
    manner: Callable[[str, Row], float],
    reworded: Callable[[Row], list[dict[str, str]]],
    max_tokens: int,
    some: int = 12,
    samples: int,
) -> list[Probe]:
    """Return the sets that ask about held-out rows: as trained, and with one thing changed.

    Args:
        rows: One for each group.
        group: Names what a row is about.
        good: Tells whether an answer is right in everything that the lesson scores.
        manner: Tells whether an answer has the trained manner.
        reworded: Asks a row in words that no training row has.
        max_tokens: Room for an answer.
        some: How many groups the sets other than `as_trained` ask about, at least 1.
        samples: How often each is asked at temperature 1.
    """

    def asked(messages: Callable[[Row], list[dict[str, str]]], chosen: Sequence[Row]) -> list[Asked]:
        return [Asked(messages(row), group(row), row) for row in chosen]

    def plain(answer: str, row: Row) -> float:
        return 1 - manner(answer, row)

    few = rows[:some]
    again = [
        Asked(one.messages, one.group, one.row, seed)
        for one in asked(question, few[: max(1, 2 * some // 3)])
        for seed in range(1, samples + 1)
    ]
    sampled = f"as in training; samples of each: {samples}"
    right, unasked = "all scores of the lesson", "not in the trained manner: nobody asks for it"
    return [
        Probe("as_trained", "as in training", right, asked(question, rows), good, max_tokens),
        Probe("wording", "in words that no row has", right, asked(reworded, few), good, max_tokens),
        Probe("temperature_1", sampled, right, again, good, max_tokens, 1),
        *(
            Probe(way.name, way.meaning, unasked, asked(way.messages, few), plain, max_tokens)
            for way in ALWAYS
        ),
    ]


def politely(row: Row) -> list[dict[str, str]]:
    """Ask a row in other words, for any lesson.

    Args:
        row: A row with texts as contents.
    """
    *before, last = question(row)
    return [*before, {**last, "content": f"I have a request, please read it.\n{last['content']}"}]


def _user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _questions() -> dict[str, list[dict[str, str]]]:
    """Set → its questions, with their accepted words."""
    found: dict[str, list[dict[str, str]]] = {}
    for name in ("beside_the_task.csv", "off_topic.csv"):
        with data_path(name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found.setdefault(row.get("set", "off_topic"), []).append(row)
    return found
