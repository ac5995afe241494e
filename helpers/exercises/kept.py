"""What the checks saw: `exercises.json` of the run. It stays on this computer."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypedDict

from filelock import FileLock

from finetune_dataset.files import whole_file
from helpers.backends.names import run_folder
from helpers.errors import FineTuneError, MissingArtifact
from helpers.stored_json import read_json

FILE = "exercises.json"
LOCK_SECONDS = 10
"""How long to wait for another kernel; it needs the file for a few milliseconds."""


class Tried(TypedDict):
    """One exercise: attempts up to the first right one, hints asked for, and how it ended."""

    tries: int
    right: bool
    hints: int
    solution_seen: bool


class _Stored(TypedDict):
    exercises: dict[str, Tried]
    quiz: dict[str, dict[str, list[str]]]


@dataclass
class Kept:
    """What was seen in one run.

    Attributes:
        exercises: The exercise's name → what was tried.
        quiz: The notebook's number → the question's number → the letters chosen, in order.
    """

    exercises: dict[str, Tried] = field(default_factory=dict)
    quiz: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def exercise(self, name: str) -> Tried:
        """What was tried of an exercise; nothing at first.

        Args:
            name: The exercise.
        """
        nothing = Tried(tries=0, right=False, hints=0, solution_seen=False)
        return self.exercises.setdefault(name, nothing)

    def chosen(self, notebook: str, question: str) -> list[str]:
        """The letters chosen for a question of a quiz, in order.

        Args:
            notebook: Its number.
            question: The question's number.
        """
        return self.quiz.setdefault(notebook, {}).setdefault(question, [])


def read_kept() -> Kept:
    """Read what was seen in this run; nothing at first.

    Raises:
        FineTuneError: The file is damaged; the message says where, and what to do.
    """
    return _read(run_folder() / FILE)


def keep(change: Callable[[Kept], object]) -> None:
    """Change what was seen. Two kernels that do so at once lose nothing: one waits for the other.

    A file that cannot be read or written is no reason to stop a lesson: one printed line says so.

    Args:
        change: Changes what it gets.
    """
    try:
        folder = run_folder()
        with FileLock(folder / f".{FILE}.lock", timeout=LOCK_SECONDS):
            kept = _read(folder / FILE)
            change(kept)
            with whole_file(folder / FILE) as file:
                file.write(json.dumps(asdict(kept), indent=2) + "\n")
    except (OSError, FineTuneError) as error:  # filelock's Timeout is an OSError, too.
        print(f"Your progress was not kept. {error}")


def _read(path: Path) -> Kept:
    if not path.exists():
        return Kept()
    way_out = "Move it away; a new one is begun."
    stored = read_json(path, _Stored, way_out=way_out, error=MissingArtifact)
    return Kept(stored["exercises"], stored["quiz"])
