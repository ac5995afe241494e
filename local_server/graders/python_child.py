"""The child program of a python grader: `python -I python_child.py MEMORY SECONDS PARENT [OPTION ...]`.

`--check` only compiles; with `--apart`, nothing runs without walls.

Reads {"source", "sample", "item"} as JSON from stdin and writes {"reward"} or {"problem"} to stdout; of
{"source", "pairs"} it grades each pair of sample and item and writes {"results"}, a list of them.
Only the standard library: it runs apart from the server's packages. Started by sandbox.py. The grader runs in
a process of its own below this one (containment/contained.py), which has no hand on stdout.
"""

import json
import linecache
import math
import numbers
import os
import runpy
import sys
import time
import traceback
from pathlib import Path
from types import CodeType
from typing import Any

_NAME = "grader.py"
# Tells the server apart a grader that took too long.
TIMEOUT_EXIT = 3
_NO_FUNCTION = "The source defines no function 'grade'. Write `def grade(sample, item):` in it."
APART = "--apart"
_NO_WALLS = (
    "Python graders are switched off on this server: others have keys for it, and {}, so that a grader could "
    "read what is theirs."
)
# Of a traceback, the end says most.
_DETAILS_CHARACTERS = 4000
_DETAILS_OF_MANY = 400


class Unusable(Exception):
    """The source is no grader; the message says why."""


def overdue(parent: int, deadline: float) -> bool:
    """Whether the server has died, or the time is over.

    Args:
        parent: Process id of the server.
        deadline: Of the monotonic clock, in seconds.
    """
    return os.getppid() != parent or time.monotonic() > deadline


def compiled(source: str) -> CodeType:
    """Compile a grader.

    Args:
        source: Python that should define `grade(sample, item)`.

    Returns:
        The code.

    Raises:
        Unusable: It is no valid Python, or never mentions `grade`.
    """
    try:
        code = compile(source, _NAME, "exec")
    except Exception as error:
        raise Unusable("".join(traceback.format_exception_only(error)).strip()) from None
    if "grade" not in code.co_names:
        raise Unusable(_NO_FUNCTION)
    return code


def reward(code: CodeType, sample: dict[str, Any], item: dict[str, Any]) -> float:
    """Run a grader.

    Args:
        code: From `compiled`.
        sample: Its first argument.
        item: Its second argument.

    Returns:
        The reward.

    Raises:
        Unusable: `grade` does not exist or returned no finite number.
        BaseException: Whatever the grader raises.
    """
    namespace: dict[str, Any] = {"__name__": "grader"}
    exec(code, namespace)
    if not callable(namespace.get("grade")):
        raise Unusable(_NO_FUNCTION)
    result = namespace["grade"](sample, item)
    if not isinstance(result, numbers.Real) or not math.isfinite(result):
        raise Unusable(f"grade() returned {result!r:.200}. Return a finite number.")
    return float(result)


def main() -> None:
    """Answer one request."""
    memory_bytes, seconds, parent = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    request = json.load(sys.stdin)
    # What the grader prints must not end up in the answer.
    answer = os.dup(1)
    with open(os.devnull, "r+", encoding="utf-8") as nothing:
        for stream in (0, 1, 2):
            os.dup2(nothing.fileno(), stream)
    contained = runpy.run_path(str(Path(__file__).with_name("containment") / "contained.py"))

    def work() -> bytes:
        return json.dumps(_result(request)).encode()

    deadline = time.monotonic() + seconds
    apart = APART in sys.argv
    text, missing = contained["run"](
        work, memory_bytes, seconds, lambda: overdue(parent, deadline), only_apart=apart
    )
    if apart and missing is not None:
        refused = {"problem": _NO_WALLS.format(missing)}
        text = json.dumps(
            {"results": [refused] * len(request["pairs"])} if "pairs" in request else refused
        ).encode()
    if time.monotonic() > deadline:
        os._exit(TIMEOUT_EXIT)
    if missing is not None:
        text = text[:1] + f'"missing": {json.dumps(missing)}, '.encode() + text[1:]
    with open(answer, "wb") as file:
        file.write(text)
    # At once: no exit handler, thread or destructor runs after the answer.
    os._exit(0)


def _result(request: dict[str, Any]) -> dict[str, Any]:
    source = request["source"]
    linecache.cache[_NAME] = (len(source), None, source.splitlines(keepends=True), _NAME)
    if "pairs" in request:
        results = [_graded(source, sample, item) for sample, item in request["pairs"]]
        return {"results": [_shortened(each) for each in results]}
    return _graded(source, request.get("sample", {}), request.get("item", {}))


def _graded(source: str, sample: dict[str, Any], item: dict[str, Any]) -> dict[str, float | str | None]:
    try:
        code = compiled(source)
        if "--check" in sys.argv:
            return {"reward": None}
        return {"reward": reward(code, sample, item)}
    except Unusable as error:
        return {"problem": _sendable(str(error))}
    except BaseException as error:
        return {"problem": _sendable(_details(error))}


def _shortened(result: dict[str, float | str | None]) -> dict[str, float | str | None]:
    problem = result.get("problem")
    return {"problem": problem[-_DETAILS_OF_MANY:]} if isinstance(problem, str) else result


def _details(error: BaseException) -> str:
    """The traceback from the grader's first line on."""
    step = error.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename != _NAME:
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step)).strip()


def _sendable(text: str) -> str:
    """The end of a text, without halves of surrogate pairs: the answer of the server is UTF-8."""
    return text[-_DETAILS_CHARACTERS:].encode(errors="replace").decode()


if __name__ == "__main__":
    main()
