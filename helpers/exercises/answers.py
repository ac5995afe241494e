"""What a learner hands over: a blank, a number, a function. A wrong kind is said before it is judged."""

from collections.abc import Callable
from math import isfinite
from typing import Any, TypeVar

Value = TypeVar("Value")


class Blank(Exception):
    """The answer is still `...`."""


class Misfit(Exception):
    """The answer cannot be judged; the message says what was found, and what was expected."""


def require_attempt(answer: object) -> None:
    """Stop at an answer that nobody has written yet.

    Args:
        answer: What stands in the cell.

    Raises:
        Blank: It is `...`, or holds one.
    """
    held: list[object] = [answer]
    if isinstance(answer, list | tuple | set | frozenset):
        held += answer
    elif isinstance(answer, dict):
        held += answer.values()
    if any(each is ... for each in held):
        raise Blank


def number(answer: object) -> float:
    """Take a number.

    Args:
        answer: An int or a float, also of numpy.

    Raises:
        Misfit: It is something else, or not finite.
    """
    if isinstance(answer, bool | str) or not hasattr(answer, "__float__"):
        raise Misfit(f"found {described(answer)}; expected a number")
    if not isfinite(value := float(answer)):
        raise Misfit(f"found {value}; expected a finite number")
    return value


def letter(answer: object, letters: list[str]) -> str:
    """Take a choice.

    Args:
        answer: One letter; capitals and blanks around it do not count.
        letters: Those that can be chosen.

    Raises:
        Misfit: It is none of them.
    """
    chosen = answer.strip().lower() if isinstance(answer, str) else ""
    if chosen not in letters:
        listed = ", ".join(f'"{each}"' for each in letters)
        raise Misfit(f"found {described(answer)}; expected one of {listed}")
    return chosen


def call(function: object, *arguments: object) -> Any:  # noqa: ANN401
    """Call the function that a learner has written.

    Args:
        function: Expected to be one.
        arguments: What it gets.

    Returns:
        What it returns.

    Raises:
        Blank: It returns `...`, as the cell did at first.
        Misfit: It is no function, it stops with an error, or it returns nothing.
    """
    if not callable(function):
        raise Misfit(f"found {described(function)}; expected a function")
    shown = f"{getattr(function, '__name__', 'function')}({', '.join(map(_short, arguments))})"
    try:
        result = function(*arguments)
    except Exception as error:
        raise Misfit(f"{shown} stopped with {type(error).__name__}: {error}") from error
    require_attempt(result)
    return result


def returned(kind: type[Value], function: Callable[..., object], *arguments: object) -> Value:
    """Call a learner's function, and hold it to the kind of its result.

    Args:
        kind: Of the result: bool, list, str.
        function: The learner's.
        arguments: What it gets.

    Raises:
        Blank: It returns `...`.
        Misfit: It is no function, it stops with an error, or its result is of another kind.
    """
    result = call(function, *arguments)
    if kind is bool and type(result).__name__ in ("bool_", "bool"):  # numpy has its own.
        return kind(result)  # type: ignore[call-arg]
    if not isinstance(result, kind):
        name = getattr(function, "__name__", "function")
        missing = " Is `return` missing?" if result is None else ""
        raise Misfit(f"{name} returned {described(result)}; expected {kind.__name__}.{missing}")
    return result


def described(value: object) -> str:
    """Name a value with its kind, shortly.

    Args:
        value: Anything.
    """
    return "None" if value is None else f"{_short(value)} ({type(value).__name__})"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # A learner's own class may have a broken one.
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
