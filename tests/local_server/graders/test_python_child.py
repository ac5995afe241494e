"""What a python grader sees, and what it says when it fails."""

from pathlib import Path

import openai
import pytest
from grading import flags, python, run


def test_a_python_grader_sees_sample_and_item_and_may_print(client: openai.OpenAI) -> None:
    source = """
import sys
import rapidfuzz
print("x" * 100_000)
def grade(sample, item):
    print('{"reward": 7}', flush=True)
    print("noise", file=sys.stderr)
    assert sample["output_json"] == {"symbol": "Fe"}
    return rapidfuzz.fuzz.ratio(sample["output_text"], item["reference"]) / 200
"""
    answer = '{"symbol": "Fe"}'
    result = run(client, python(source), answer, {"reference": answer})
    assert (result.reward, flags(result)) == (0.5, {})


@pytest.mark.parametrize(
    ("body", "last_line"),
    [
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("return '1'", "grade() returned '1'. Return a finite number."),
        ("return float('nan')", "grade() returned nan. Return a finite number."),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("return bytearray(3 * 1024**3)[0]", "MemoryError"),
        ("raise ValueError('\\ud800')", "ValueError: ?"),
    ],
)
def test_a_python_grader_that_fails_says_why(client: openai.OpenAI, body: str, last_line: str) -> None:
    errors = flags(run(client, python(f"def grade(sample, item):\n    {body}\n")))

    details = errors.pop("python_grader_runtime_error_details")
    assert details.splitlines()[-1] == last_line
    assert str(Path(__file__).parents[3]) not in details
    assert errors == {"python_grader_runtime_error": True}


def test_a_python_grader_that_ends_its_process_is_told_apart(client: openai.OpenAI) -> None:
    result = run(client, python("import os\ndef grade(sample, item):\n    os._exit(0)\n"))
    assert flags(result) == {
        "python_grader_server_error": True,
        "python_grader_server_error_type": "process_died",
    }
