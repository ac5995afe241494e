"""`graders.run` and `graders.validate`: what they answer, and what they refuse."""

import json
import threading

import openai
import pytest
from grading import ALIKE, ECHO, IRON, multi, python, run
from openai.types.fine_tuning.alpha import GraderValidateResponse


def test_a_run_answers_with_every_field_of_the_api(client: openai.OpenAI) -> None:
    grader = ECHO | {"input": "{{ sample.output_text }}", "reference": "{{item.answer}}"}
    answer = client.fine_tuning.alpha.graders.with_raw_response.run(
        grader=grader, model_sample="26", item={"answer": 26}
    )
    body = json.loads(answer.content)

    assert body["metadata"].pop("execution_time") > 0
    assert body == {
        "reward": 1.0,
        "metadata": {
            "name": "echo",
            "type": "string_check",
            "errors": {
                "formula_parse_error": False,
                "sample_parse_error": False,
                "truncated_observation_error": False,
                "unresponsive_reward_error": False,
                "invalid_variable_error": False,
                "other_error": False,
                "python_grader_server_error": False,
                "python_grader_server_error_type": None,
                "python_grader_runtime_error": False,
                "python_grader_runtime_error_details": None,
                "model_grader_server_error": False,
                "model_grader_refusal_error": False,
                "model_grader_parse_error": False,
                "model_grader_server_error_details": None,
            },
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": {},
        "model_grader_token_usage_per_model": {},
    }


@pytest.mark.slow
def test_other_requests_are_answered_while_a_grader_works(client: openai.OpenAI) -> None:
    source = """
import time
def grade(sample, item):
    time.sleep(1)
    return 1
"""
    results = []
    # More than run at once, so that some wait for their turn.
    threads = [
        threading.Thread(target=lambda: results.append(run(client, python(source)).reward)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    client.models.list()
    answered_first = not results
    for thread in threads:
        thread.join(60)

    assert (answered_first, results) == (True, [1, 1, 1])


@pytest.mark.parametrize(
    "grader",
    [
        ECHO,
        ALIKE,
        python("def grade(sample, item):\n    return 1"),
        IRON | {"range": [0, 10]},
        multi({"echo": ECHO, "alike": ALIKE}, "(echo + alike) / 2"),
    ],
    ids=lambda grader: grader["type"],
)
def test_a_good_grader_comes_back_as_understood(client: openai.OpenAI, grader: dict) -> None:
    answer = client.fine_tuning.alpha.graders.with_raw_response.validate(grader=grader)
    body = json.loads(answer.content)

    if grader["type"] != "multi":
        # The SDK's type has one grader where the API wants names (see `Multi.graders`).
        GraderValidateResponse.model_validate(body)
    assert body == {"grader": grader}
