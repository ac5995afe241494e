"""The reward of each type of grader, and failures as flags."""

import openai
import pytest
from grading import ECHO, IRON, flags, multi, python, run
from serving import BASE_MODEL

from local_server.grading.models import score_in


@pytest.mark.parametrize(
    ("operation", "text", "reference", "reward"),
    [
        ("eq", "Iron", "Iron", 1),
        ("eq", "Iron", "iron", 0),
        ("ne", "Iron", "iron", 1),
        ("ne", "Iron", "Iron", 0),
        ("like", "Iron is a metal", "Iron", 1),
        ("like", "Iron is a metal", "iron", 0),
        ("ilike", "Iron is a metal", "IRON", 1),
        ("ilike", "Iron", "Iron is a metal", 0),
    ],
)
def test_string_checks(client: openai.OpenAI, operation: str, text: str, reference: str, reward: int) -> None:
    grader = ECHO | {"operation": operation, "input": "{{sample.output_text}}", "reference": reference}
    assert run(client, grader, text).reward == reward


@pytest.mark.parametrize(
    ("template", "flag"),
    [
        ("{{item.nothing}}", "invalid_variable_error"),
        ("{{item.facts[9]}}", "invalid_variable_error"),
        ("{{secret.key}}", "invalid_variable_error"),
        ("{{sample.output_json.symbol}}", "sample_parse_error"),
    ],
)
def test_an_unknown_path_sets_its_flag(client: openai.OpenAI, template: str, flag: str) -> None:
    result = run(client, ECHO | {"operation": "ne", "input": template}, "no JSON", {"facts": []})
    assert flags(result) == {flag: True}


@pytest.mark.parametrize(("ends", "reward"), [([0, 118], 26), ([0, 1], 1), ([30, 40], 30)])
def test_a_model_of_this_server_gives_the_score(
    client: openai.OpenAI, ends: list[int], reward: float
) -> None:
    result = run(client, IRON | {"range": ends}, item={"property": "atomic number"})
    used = result.api_model_grader_token_usage_per_model[BASE_MODEL]

    assert (result.reward, flags(result)) == (reward, {})
    assert result.metadata.sampled_model_name == BASE_MODEL
    assert used["total_tokens"] == used["prompt_tokens"] + used["completion_tokens"]
    assert result.metadata.token_usage == used["total_tokens"]


def test_a_model_that_gives_no_score_sets_the_flag_and_is_counted(client: openai.OpenAI) -> None:
    grader = IRON | {"input": [{"role": "user", "content": "Hello"}]}
    result = run(client, grader | {"sampling_params": {"temperature": 0, "max_completions_tokens": 5}})

    assert flags(result) == {"model_grader_parse_error": True}
    assert result.metadata.token_usage > 5


def test_a_question_too_long_for_the_model_is_reported(client: openai.OpenAI) -> None:
    errors = flags(run(client, IRON, item={"property": "weight " * 2000}))

    assert "maximum context length is 1024 tokens" in errors.pop("model_grader_server_error_details")
    assert errors == {"model_grader_server_error": True}


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("0.8", 0.8),
        ("Score: -3.5e-1.", -0.35),
        ('{"steps": [1, 2], "result": 1}', 1),
        ('{"result": "good"}', None),
        ('{"result": NaN}', None),
        ("Between 2 and 3.", None),
        ("good", None),
        ("", None),
    ],
)
def test_a_score_is_read_only_where_there_is_no_doubt(answer: str, score: float | None) -> None:
    assert score_in(answer) == score


@pytest.mark.parametrize(
    ("graders", "calculate_output", "reward", "sub_rewards"),
    [
        ({"echo": ECHO}, "echo * 2", 2, {"echo": 1}),
        ({"yes": ECHO, "no": ECHO | {"operation": "ne"}}, "(yes + no) / 2", 0.5, {"yes": 1, "no": 0}),
        ({"a": ECHO, "b": python("def grade(s, i): return 3")}, "min(a, b) + 2 * b^2", 19, {"a": 1, "b": 3}),
    ],
    ids=["one", "two", "of several types"],
)
def test_a_multi_grader_combines_rewards(
    client: openai.OpenAI, graders: object, calculate_output: str, reward: float, sub_rewards: dict
) -> None:
    result = run(client, multi(graders, calculate_output))
    assert (result.reward, result.sub_rewards, flags(result)) == (reward, sub_rewards, {})


def test_a_multi_grader_adds_up_flags_and_tokens(client: openai.OpenAI) -> None:
    graders = {"a": IRON, "b": IRON, "c": ECHO | {"input": "{{item.nothing}}"}}
    result = run(client, multi(graders, "c * a * b"), item={"property": "atomic number"})

    assert flags(result) == {"invalid_variable_error": True}
    assert result.sub_rewards == {"a": 1, "b": 1, "c": 0}
    single = run(client, IRON, item={"property": "atomic number"})
    assert result.metadata.token_usage == 2 * single.metadata.token_usage


@pytest.mark.parametrize(
    ("calculate_output", "flag"),
    [("echo +", "formula_parse_error"), ("other", "formula_parse_error"), ("1 / (echo - 1)", "other_error")],
)
def test_a_formula_that_fails_sets_its_flag(client: openai.OpenAI, calculate_output: str, flag: str) -> None:
    assert flags(run(client, multi({"echo": ECHO}, calculate_output))) == {flag: True}
