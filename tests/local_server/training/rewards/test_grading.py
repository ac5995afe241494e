"""The rewards of many answers, and what is counted where a grader fails."""

from pathlib import Path

import pytest
from grading import ALIKE, ECHO, multi, python
from rewarded import NAMED, SHORT

from local_server.training.rewards.grading import Graded, Graders, Limits

LIMITS = Limits(20, 2 * 1024**3)


def graded(folder: Path, grader: dict, answers: list[str], items: list[dict]) -> Graded:
    return Graders(grader, folder, LIMITS).grade(answers, items)


def test_each_answer_is_graded_with_the_fields_of_its_row(tmp_path: Path) -> None:
    found = graded(tmp_path, NAMED, ["Au is gold", "Ag"], [{"symbol": "Au"}, {"symbol": "Au"}])

    assert (found.rewards, found.mean, found.failed, dict(found.errors)) == ([1, 0], 0.5, 0, {})


def test_members_of_a_multi_grader_have_rewards_of_their_own(tmp_path: Path) -> None:
    both = multi({"named": NAMED, "short": SHORT}, "named * short")

    found = graded(tmp_path, both, ["Au", "gold"], [{"symbol": "Au"}] * 2)

    assert found.sub_rewards == {"named": [1, 0], "short": [1 / 3, 1 / 5]}
    assert found.rewards == [1 / 3, 0]


def test_a_failure_gives_0_and_its_words(tmp_path: Path) -> None:
    source = "def grade(sample, item):\n    return 1 / item['n']\n"

    found = graded(tmp_path, python(source), ["", ""], [{"n": 0}, {"n": 2}])

    assert (found.rewards, found.failed) == ([0, 0.5], 1)
    assert dict(found.errors) == {"python_grader_runtime_error": 1}
    assert found.details == "ZeroDivisionError: division by zero"


def test_what_a_failure_quotes_of_a_row_is_masked_and_short(tmp_path: Path) -> None:
    source = "def grade(sample, item):\n    raise ValueError(item['who'] + ' ' + 'x' * 1000)\n"

    found = graded(tmp_path, python(source), [""], [{"who": "ada@lovelace.org"}])

    assert "lovelace" not in found.details
    assert len(found.details) == 300


def test_an_answer_that_is_no_json_is_no_failure_of_the_grader(tmp_path: Path) -> None:
    found = graded(tmp_path, ECHO | {"input": "{{ sample.output_json.a }}"}, ["no"], [{}])

    assert (found.rewards, found.failed, dict(found.errors)) == ([0], 0, {"sample_parse_error": 1})


def test_a_field_that_a_row_has_not_is_a_failure(tmp_path: Path) -> None:
    found = graded(tmp_path, ALIKE, ["gold"], [{}])

    assert (found.failed, found.details) == (1, "invalid_variable_error")


def test_a_text_that_is_too_long_is_a_failure(tmp_path: Path) -> None:
    found = graded(tmp_path, ALIKE, ["a" * 20_001], [{"reference": "a"}])

    assert (found.rewards, found.failed) == ([0], 1)
    assert "20,001 characters" in found.details


@pytest.mark.parametrize(
    ("grader", "names"),
    [(ECHO, [("echo", "string_check")]), (multi({"a": ECHO}, "a"), [("a", "string_check")])],
)
def test_a_grader_says_the_names_of_its_parts(tmp_path: Path, grader: dict, names: list) -> None:
    assert Graders(grader, tmp_path, LIMITS).names == names
