"""What is asked, hinted and explained: one TOML file per notebook, so that notebooks stay short."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from helpers.errors import FineTuneError

QUESTIONS = 5
"""How many a quiz has: enough for the mistakes that matter, and two minutes."""


@dataclass(frozen=True)
class Exercise:
    """The texts of one exercise.

    Attributes:
        kind: What a learner does.
        title: What it is about, in a few words.
        hint: What to look at, for anybody who asks, and for a mistake that nobody foresaw.
        right: What a right answer gets to read.
        solution: Python that takes the place of the blank in the cell.
        wrong: What each typical mistake gets to read; a rule gives out the key.
        choice: The right letter, where the answer is one; the letters of `wrong` are the others.
    """

    kind: Literal["predict", "change", "extend"]
    title: str
    hint: str
    right: str
    solution: str
    wrong: Annotated[dict[str, str], msgspec.Meta(min_length=3)]
    choice: Literal["a", "b", "c", "d"] | None = None


@dataclass(frozen=True)
class Question:
    """One question of a quiz.

    Attributes:
        ask: The question.
        right: The letter of the right choice.
        choices: Letter → what can be chosen.
        why: Letter → what somebody who chose it gets to read.
    """

    ask: str
    right: str
    choices: Annotated[dict[str, str], msgspec.Meta(min_length=3)]
    why: dict[str, str]


@dataclass(frozen=True)
class Texts:
    """All texts of one notebook.

    Attributes:
        notebook: Its file's name without the ending.
        exercises: Number of an exercise → its texts.
        quiz: The questions, in order.
    """

    notebook: str
    exercises: dict[str, Exercise]
    quiz: Annotated[list[Question], msgspec.Meta(min_length=QUESTIONS, max_length=QUESTIONS)]


@cache
def all_texts() -> Mapping[str, Texts]:
    """Read the texts of all notebooks.

    Returns:
        The notebook's number ("04b") → its texts, in the order of the notebooks.
    """
    folder = files("helpers.exercises").joinpath("texts")
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): msgspec.convert(
            tomllib.loads(folder.joinpath(name).read_text(encoding="utf-8")), type=Texts
        )
        for name in found
    }


def texts_of(notebook: str) -> Texts:
    """Find the texts of a notebook.

    Args:
        notebook: Its number, such as "04b".

    Raises:
        FineTuneError: No notebook with exercises has this number; the message lists those that have.
    """
    texts = all_texts()
    if notebook not in texts:
        raise FineTuneError(f"No exercises for the notebook {notebook!r}. Notebooks: {', '.join(texts)}.")
    return texts[notebook]


def exercise_of(name: str) -> Exercise:
    """Find the texts of an exercise.

    Args:
        name: The notebook's number and its own, such as "04b.1".

    Raises:
        FineTuneError: There is no such exercise; the message lists those of the notebook.
    """
    notebook, _, number = str(name).partition(".")
    found = texts_of(notebook).exercises
    if number not in found:
        names = ", ".join(f"{notebook}.{each}" for each in found)
        raise FineTuneError(f"No exercise is called {name!r}. Notebook {notebook} has {names}.")
    return found[number]
