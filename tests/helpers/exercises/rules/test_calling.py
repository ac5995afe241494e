"""The exercise about calls: each attempt runs in the notebook's own cell."""

import json

import pytest
from solving import EXERCISES, said

NAME = "06b.2"


def attempt(*lines: str) -> str:
    return "\n    ".join(["def answer_call(call, functions):", *lines])


def message(content: str, more: str = '"role": "tool", "tool_call_id": call.id') -> str:
    return f'return {{{more}, "content": {content}}}'


RUN = "functions[call.function.name](**json.loads(call.function.arguments))"
UNKNOWN = "if call.function.name not in functions: "
ERROR = """'{"error": "no such function"}'"""
# A typical wrong answer → the mistake that it shows.
WRONG = {
    attempt(message(f"json.dumps({RUN})", '"role": "user"')): "role",
    attempt(message(f"json.dumps({RUN})", '"role": "tool"')): "no_id",
    attempt(message(RUN)): "not_text",
    attempt(message(f"str({RUN})")): "not_json",
    attempt(message(f"json.dumps({RUN})")): "unknown",
    attempt(UNKNOWN + message(ERROR), message(f"json.dumps({RUN})")): "cut_off",
    attempt(
        "try: given = json.loads(call.function.arguments)",
        f"except ValueError: {message(ERROR)}",
        UNKNOWN + message(ERROR),
        message("json.dumps(functions[call.function.name](**given))"),
    ): "unfit",
    attempt(f"try: {message(f'json.dumps({RUN})')}", "except Exception: return None"): "silent",
    attempt(UNKNOWN + message("'null'"), message(f"json.dumps({RUN})")): "silent",
}


def test_a_blank_is_not_attempted():
    assert said(NAME, None, json=json).startswith(f"{NAME}: not attempted. ")


def test_the_solution_is_right():
    assert said(NAME, EXERCISES[NAME].solution, json=json) == f"{NAME}: right. {EXERCISES[NAME].right}"


@pytest.mark.parametrize(
    ("code", "mistake"), WRONG.items(), ids=[f"{n}-{m}" for n, m in enumerate(WRONG.values())]
)
def test_a_typical_wrong_answer_gets_its_hint(code, mistake):
    assert said(NAME, code, json=json) == f"{NAME}: not yet. {EXERCISES[NAME].wrong[mistake]}"


def test_a_wrong_result_is_quoted():
    code = attempt(message("json.dumps({'double': 4})"))

    assert "the content says {'double': 4} (dict); expected {'double': 8} (dict)" in said(
        NAME, code, json=json
    )
