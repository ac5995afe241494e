"""The child program of a python grader: `python -I python_child.py MEMORY SECONDS PARENT [--check]`.

Reads {"source", "sample", "item"} as JSON from stdin and writes {"reward"} or {"problem"} to stdout.
Only the standard library: it runs apart from the server's packages. Started by sandbox.py.
"""

import json
import linecache
import math
import numbers
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from types import CodeType
from typing import Any

_NAME = "grader.py"
_NO_FUNCTION = "The source defines no function 'grade'. Write `def grade(sample, item):` in it."
# Of a traceback, the end says most.
_DETAILS_CHARACTERS = 4000
# Disk space at OpenAI (guide to graders, read 2026-11). Here it limits each file.
_FILE_BYTES = 1024**3


class Unusable(Exception):
    """The source is no grader; the message says why."""


def limit(memory_bytes: int, seconds: float) -> None:
    """Cap memory, processor time and file size, where the system can.

    Args:
        memory_bytes: Of this process.
        seconds: Of the clock; the processor time is at most twice as long.
    """
    with suppress(ImportError):
        import resource

        for kind, size in (
            (resource.RLIMIT_AS, memory_bytes),
            # Two cores at OpenAI. The time itself is measured by the server.
            (resource.RLIMIT_CPU, 2 * math.ceil(seconds)),
            (resource.RLIMIT_FSIZE, _FILE_BYTES),
            (resource.RLIMIT_CORE, 0),
        ):
            # macOS refuses some of them.
            with suppress(ValueError, OSError):
                resource.setrlimit(kind, (size, size))


def end_with(parent: int, seconds: float) -> None:
    """Kill this process and its children when the server has died or did not stop them in time.

    Args:
        parent: Process id of the server.
        seconds: Of the clock, after which the server should have stopped them.
    """

    def watch() -> None:
        deadline = time.monotonic() + seconds + 5
        while os.getppid() == parent and time.monotonic() < deadline:
            time.sleep(0.5)
        if os.name == "posix":
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull, "r+") as nothing:
        for stream in (0, 1, 2):
            os.dup2(nothing.fileno(), stream)
    end_with(parent, seconds)
    limit(memory_bytes, seconds)
    source = request["source"]
    linecache.cache[_NAME] = (len(source), None, source.splitlines(keepends=True), _NAME)
    try:
        code = compiled(source)
        result: dict[str, float | str | None] = {
            "reward": None if "--check" in sys.argv else reward(code, request["sample"], request["item"])
        }
    except Unusable as error:
        result = {"problem": _sendable(str(error))}
    except BaseException as error:
        result = {"problem": _sendable(_details(error))}
    answer.write(json.dumps(result))
    answer.flush()
    # At once: no exit handler, thread or destructor of the grader runs after its answer.
    os._exit(0)


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
