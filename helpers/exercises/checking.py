"""Check the answer to an exercise, and help: the three calls that stand in the notebooks."""

from helpers.exercises.answers import Blank, Misfit, letter, require_attempt
from helpers.exercises.kept import Tried, keep
from helpers.exercises.rules.registry import RULES
from helpers.exercises.texts import Exercise, exercise_of


def check(name: str, answer: object, *context: object) -> None:
    """Say whether an answer is right, and if not, which mistake it shows.

    It looks at properties: a number, or what a function returns for some inputs. So an answer may be
    written in any way. What it saw is counted in `exercises.json` of the run, on this computer only.

    Args:
        name: The exercise, such as "04.1".
        answer: What the learner wrote; `...` is not attempted yet, and never an error.
        context: What the rule needs of the notebook, such as its rows; the cell hands it over.

    Raises:
        FineTuneError: There is no such exercise.
    """
    exercise = exercise_of(name)
    try:
        require_attempt(answer)
        mistake = _mistake(name, exercise, answer, context)
    except Blank:
        print(f"{name}: not attempted. Write your answer in place of `...`, and run this cell again.")
        return
    except Misfit as misfit:
        end = "" if str(misfit).endswith((".", "?")) else "."
        print(f"{name}: not yet. This cannot be judged: {misfit}{end}")
        _count(name, right=False)
        return
    print(f"{name}: not yet. {mistake}" if mistake else f"{name}: right. {exercise.right}")
    _count(name, right=not mistake)


def hint(name: str) -> None:
    """Print what to look at; the solution stays hidden.

    Args:
        name: The exercise, such as "04.1".

    Raises:
        FineTuneError: There is no such exercise.
    """
    print(f"{name}: {exercise_of(name).hint}")

    def counted(tried: Tried) -> None:
        tried["hints"] += 1

    keep(lambda kept: counted(kept.exercise(name)))


def solution(name: str) -> None:
    """Print one solution; others can be right, too. The progress page says that it was seen.

    Args:
        name: The exercise, such as "04.1".

    Raises:
        FineTuneError: There is no such exercise.
    """
    print(exercise_of(name).solution.strip())

    def seen(tried: Tried) -> None:
        tried["solution_seen"] = tried["solution_seen"] or not tried["right"]

    keep(lambda kept: seen(kept.exercise(name)))


def _mistake(name: str, exercise: Exercise, answer: object, context: tuple[object, ...]) -> str:
    """What a wrong answer gets to read; nothing for a right one."""
    if exercise.choice:
        chosen = letter(answer, sorted({exercise.choice, *exercise.wrong}))
        return exercise.wrong.get(chosen, "")
    key = RULES[name](answer, *context)
    return exercise.wrong.get(key, exercise.hint) if key else ""


def _count(name: str, *, right: bool) -> None:
    def counted(tried: Tried) -> None:
        if not tried["right"]:  # A later experiment takes nothing away.
            tried["tries"] += 1
            tried["right"] = right

    keep(lambda kept: counted(kept.exercise(name)))
