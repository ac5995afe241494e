"""Schemas are tried in a process of their own, under limits, before one is compiled in the chat process."""

import json
import subprocess
import sys
from functools import lru_cache

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

from local_server.settings import PACKAGES

# On the clock. The program's own limit of processor time comes first, unless the machine is very busy.
_SECONDS = 30
_TOO_COMPLEX = "it is too complex: to compile it took more than 3 s of processor time, or 2 GB of memory"


class Refused(Exception):
    """No answer can follow a schema.

    Args:
        message: What is wrong, with the path to it.
        function: Whose schema it is; None where it is the answer's, or that of no single function.
    """

    def __init__(self, message: str, function: str | None = None) -> None:
        super().__init__(message)
        self.function = function


class Attempt(TypedDict):
    """What the program tries.

    Attributes:
        tokenizer: The text of tokenizer.json.
        end_tokens: Tokens that end an answer.
        schema: JSON; or a grammar of llguidance.
        is_grammar: Which of the two.
        begins: How answers begin that are tried; what a random one seldom comes to shows only there.
    """

    tokenizer: str
    end_tokens: list[int]
    schema: str
    is_grammar: bool
    begins: list[str]


class Verdict(TypedDict):
    """What the program found.

    Attributes:
        problem: Why no answer can follow the schema; None when one can.
        path: Where in the schema.
    """

    problem: str | None
    path: list[str]


@lru_cache(maxsize=256)
def tried(
    tokenizer: str,
    end_tokens: tuple[int, ...],
    schema: str,
    *,
    is_grammar: bool = False,
    begins: tuple[str, ...] = (),
) -> str | None:
    """Try a schema. What was found is kept: programs send the same ones again.

    Args:
        tokenizer: The text of tokenizer.json.
        end_tokens: Tokens that end an answer.
        schema: JSON; or a grammar of llguidance, whose problem has no path.
        is_grammar: Which of the two.
        begins: Answers that begin so are tried beside random ones.

    Returns:
        What is wrong, with the path to it, in OpenAI's form; None when nothing is.

    Raises:
        TimeoutError: The machine is so busy that it was not known in time.
        RuntimeError: The program failed.
    """
    attempt: Attempt = {
        "tokenizer": tokenizer,
        "end_tokens": list(end_tokens),
        "schema": schema,
        "is_grammar": is_grammar,
        "begins": list(begins),
    }
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "local_server.generation.structured"],
            input=json.dumps(attempt), capture_output=True, text=True, encoding="utf-8", cwd=PACKAGES,
            timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TimeoutError(f"In context=(), {_TOO_COMPLEX}.") from None
    if ended.returncode == 1 and "MemoryError" not in ended.stderr:
        raise RuntimeError(f"the program that tries schemas failed: {ended.stderr[-500:]}")
    too_complex: Verdict = {"problem": _TOO_COMPLEX, "path": []}
    # It ends without a word where a limit ends it.
    found: Verdict = json.loads(ended.stdout) if ended.stdout else too_complex
    return found["problem"] and f"In context={tuple(found['path'])!r}, {in_words(found['problem'])}."


def in_words(problem: str) -> str:
    """Say what llguidance says so that it can be followed here.

    Args:
        problem: Its message (1.9.1), without line breaks.

    Returns:
        The end of a sentence.
    """
    if problem.startswith("Unimplemented keys:"):
        keys = ", ".join(f"'{key}'" for key in json.loads(problem.partition(":")[2]))
        return f"{keys} cannot be followed by this server. Leave it out, or say the same in another way"
    if problem.startswith("oneOf constraints"):
        return "'oneOf' needs branches of which no value can fit two. Use 'anyOf'"
    if "items; max is" in problem or any(
        word in problem for word in ("too big", "too large", "too many expressions", "fuel")
    ):
        return "it is too complex. Use fewer optional properties, shorter enums or simpler patterns"
    return problem.rstrip(".")[:300]
