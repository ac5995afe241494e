"""The exercise about graders: each attempt runs in the notebook's own cell."""

import pytest
from solving import EXERCISES, said

NAME = "07.2"


def attempt(*lines: str) -> str:
    return "\n    ".join(["import re\n\ndef grade(sample, item):", *lines])


NUMBERS = 'numbers = re.findall(r"[0-9]+", sample["output_text"])'
FEW = "len(numbers) <= 3"
# A typical wrong answer → the mistake that it shows.
WRONG = {
    attempt(NUMBERS, f'return float(int(item["number"]) in numbers and {FEW})'): "never",
    attempt("return 0.0"): "never",
    attempt('return float(item["number"] in sample["output_text"])'): "part",
    attempt(NUMBERS, f'return float(item["number"] in sample["output_text"] and {FEW})'): "part",
    attempt("return 1.0"): "wrong_number",
    attempt(NUMBERS, f"return float({FEW})"): "wrong_number",
    attempt(NUMBERS, 'return float(item["number"] in numbers)'): "listing",
    attempt(NUMBERS, 'return float(item["number"] in numbers and len(numbers) <= 100)'): "listing",
    attempt(NUMBERS, 'return float(numbers == [item["number"]])'): "other_numbers",
    attempt(NUMBERS, f'return float(numbers[:1] == [item["number"]] and {FEW})'): "other_numbers",
    attempt(NUMBERS, "numbers[0]", f'return float(item["number"] in numbers and {FEW})'): "empty",
    attempt(NUMBERS, f'return float(item["number"] in numbers and {FEW} or not numbers)'): "wrong_number",
}


def test_a_blank_is_not_attempted():
    assert said(NAME, None).startswith(f"{NAME}: not attempted. ")


@pytest.mark.parametrize(
    "code",
    [
        EXERCISES[NAME].solution,
        attempt(NUMBERS, f'return item["number"] in numbers and {FEW}'),  # The server takes True, too.
        attempt(NUMBERS, f'return int(int(item["number"]) in map(int, numbers) and {FEW})'),
    ],
)
def test_a_grader_that_pays_what_it_should_is_right(code):
    assert said(NAME, code) == f"{NAME}: right. {EXERCISES[NAME].right}"


@pytest.mark.parametrize(
    ("code", "mistake"), WRONG.items(), ids=[f"{n}-{m}" for n, m in enumerate(WRONG.values())]
)
def test_a_typical_wrong_answer_gets_its_hint(code, mistake):
    assert said(NAME, code) == f"{NAME}: not yet. {EXERCISES[NAME].wrong[mistake]}"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (attempt("float(1)"), "grade returned None; expected 1.0 or 0.0. Is `return` missing?"),
        (attempt('return "1"'), "grade returned '1' (str); expected 1.0 or 0.0."),
        (attempt('return sample["text"]'), "stopped with KeyError: 'text'"),
    ],
)
def test_what_is_no_reward_is_quoted(code, message):
    assert message in said(NAME, code)
