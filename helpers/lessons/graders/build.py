"""Make the graders of a lesson, in the form of `fine_tuning.alpha.graders`, and the `item` that they read."""

import ast
import inspect
import json
from datetime import date
from types import ModuleType
from typing import Any, Final

from helpers.errors import FineTuneError
from helpers.evaluation import limericks
from helpers.lessons.elle import CATEGORIES, facts_of
from helpers.lessons.graders import elle, recipes, sarcastic
from helpers.lessons.lesson import Lesson
from helpers.lessons.sarcastic import known_of
from helpers.lessons.ways import Row

HOSTED_EVALS_END: Final = date(2026, 11, 30)
"""Last day of OpenAI's hosted evals (its deprecations page: announced on 2026-06-03, read 2026-11)."""

_SOURCES: Final[dict[str, ModuleType]] = {"elle": elle, "recipes": recipes, "sarcastic": sarcastic}


def grader_of(lesson: Lesson, name: str) -> dict[str, Any]:
    """Return one of a lesson's scores as a python grader.

    Args:
        lesson: One of the course's.
        name: The score's name, such as "form".

    Raises:
        FineTuneError: The lesson has no such score, or no graders; the message says which there are.
    """
    scores = [score.name for score in lesson.scores]
    if lesson.name not in _SOURCES or name not in scores:
        known = ", ".join(scores if lesson.name in _SOURCES else _SOURCES)
        raise FineTuneError(
            f"There is no grader {name!r} for the dataset {lesson.name!r}; there is {known}. For a score of "
            "your own, write a function grade(sample, item) that returns 0 to 1."
        )
    call = f'def grade(sample, item):\n    return {name}(sample["output_text"], item)\n'
    source = f"{_source(_SOURCES[lesson.name], name)}\n\n\n{call}"
    return {"type": "python", "name": name, "source": source}


def multi_grader(lesson: Lesson) -> dict[str, Any]:
    """Return all scores of a lesson as one grader: `reward` is their mean, `sub_rewards` are the scores.

    Args:
        lesson: One of the course's.
    """
    names = [score.name for score in lesson.scores]
    return {
        "type": "multi",
        "name": lesson.name,
        "graders": {name: grader_of(lesson, name) for name in names},
        "calculate_output": f"({' + '.join(names)}) / {len(names)}",
    }


def item_of(lesson: Lesson, row: Row, answer: str) -> dict[str, Any]:
    """Return what the graders of a lesson compare an answer with, as JSON.

    A rhyme needs the CMU Pronouncing Dictionary: 3.6 MB, where a grader's source may have 256 kB and its
    process no network. So the item carries the pronunciations of the answer's last words. A job that is
    trained by rewards has its items before the answers: there, put those of the rhymes that you expect in.

    Args:
        lesson: One of the course's.
        row: The row that was asked, with the expected answer.
        answer: The answer to grade.

    Raises:
        ValueError: The row is none of this lesson's.
    """
    if lesson.name == "elle":
        about = facts_of(row)
        return {
            "symbol": about.symbol,
            "number": about.number,
            "category": about.category,
            "categories": list(CATEGORIES),
            "sounds": sounds(answer),
        }
    if lesson.name == "recipes":
        expected = json.loads(row["messages"][-1]["content"])
        return {"ingredients": [each.strip().lower() for each in expected]}
    known = known_of(row)
    asked = " ".join(message["content"] for message in row["messages"] if message["role"] == "user")
    return {"asked": asked, "accepted": list(known.accepted), "forbidden": list(known.forbidden)}


def _source(module: ModuleType, name: str) -> str:
    """A function of a module with all that it calls there, and the module's imports: it is sent each time."""
    text = inspect.getsource(module)
    body = ast.parse(text).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    needed = [name]
    for each in needed:  # It grows while it is read.
        used = {node.id for node in ast.walk(functions[each]) if isinstance(node, ast.Name)}
        needed += [other for other in functions if other in used and other not in needed]
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    defined = [functions[each] for each in functions if each in needed]
    parts = [ast.get_source_segment(text, node) or "" for node in (*imports, *defined)]
    return "\n".join(parts[: len(imports)]) + "\n\n\n" + "\n\n\n".join(parts[len(imports) :])


def sounds(answer: str) -> dict[str, list[str]]:
    """Return the pronunciations of the last word of each part of an answer, of those in the dictionary.

    Args:
        answer: Parts joined by " - ".

    Returns:
        The word in lower case, and its pronunciations, each as the dictionary's phonemes with spaces.
    """
    found = {}
    for part in answer.split(" - "):
        # The rule for rhymes reads the same entries, of one copy of the dictionary in memory.
        word = limericks.last_word(part)
        if spoken := [" ".join(phonemes) for phonemes in limericks.pronunciations(word)]:
            found[word] = spoken
    return found
