"""What a python grader sees, and what it says when it fails."""

import json
import subprocess
import sys
from pathlib import Path

import openai
import pytest
from grading import flags, python, run
from serving import ROOT


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


@pytest.mark.parametrize(
    ("request_", "results"),
    [({"source": "grade = 1"}, 1), ({"source": "grade = 1", "pairs": [[{}, {}]] * 2}, 2)],
)
def test_with_projects_a_grader_without_walls_is_refused_in_words(request_: dict, results: int) -> None:
    # As in the program itself, on a system that gives no walls.
    program = (
        "import runpy, sys; names = runpy.run_path(sys.argv[4]); main = names['main']; "
        "path = lambda *_: {'run': lambda *a, only_apart: (b'', 'this system has no fork')}; "
        "runpy.run_path = path; main()"
    )
    child = ROOT / "local_server" / "graders" / "python_child.py"

    ended = subprocess.run(
        [sys.executable, "-c", program, "1000000000", "20", "1", str(child), "--apart"],
        input=json.dumps(request_), capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    said = json.loads(ended.stdout)
    assert said.pop("missing") == "this system has no fork"
    answers = said["results"] if results > 1 else [said]
    assert [each["problem"] for each in answers] == [
        "Python graders are switched off on this server: others have keys for it, and this system has no "
        "fork, so that a grader could read what is theirs."
    ] * results
