"""Rules of the notebook 06b: a program answers every call, also one that cannot be run."""

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from helpers.exercises.answers import Misfit, described, require_attempt, returned


def answer_call(function: Callable[..., Any]) -> str:
    """A tool message for every call: with the result, or with an error where nothing can be run.

    Args:
        function: `answer_call(call, functions)`, the learner's; `functions` is name → function.
    """
    functions = {"double": lambda number: {"double": 2 * number}}
    given = returned(dict, function, _call("double", '{"number": 4}'), functions)
    if mistake := _mistake(given, {"double": 8}):
        return mistake
    for mistake, call in {
        "unknown": _call("triple", '{"number": 4}'),
        "cut_off": _call("double", '{"number": '),
        "unfit": _call("double", '{"nmber": 4}'),
    }.items():
        try:
            given = function(call, functions)
        except Exception:
            return mistake
        require_attempt(given)
        if not isinstance(given, dict) or _mistake(given, None):
            return "silent"
    return ""


def _mistake(given: Mapping[str, Any], result: object) -> str:
    """What is wrong with a tool message; without a result, it should tell of an error."""
    if given.get("role") != "tool":
        return "role"
    if given.get("tool_call_id") != "call_7":
        return "no_id"
    content = given.get("content")
    if not isinstance(content, str):
        return "not_text"
    try:
        told = json.loads(content)
    except ValueError:
        return "not_json"
    if result is None:
        return "" if isinstance(told, dict) and told.get("error") else "silent"
    if told != result:
        raise Misfit(
            f"the content says {described(told)}; expected {described(result)}, what the function said"
        )
    return ""


def _call(name: str, arguments: str) -> SimpleNamespace:
    """A call with the attributes that the SDK gives it."""
    return SimpleNamespace(
        id="call_7", type="function", function=SimpleNamespace(name=name, arguments=arguments)
    )
