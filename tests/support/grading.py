"""Graders that many tests use, and one call that runs them."""

import json

import openai
from openai.types.fine_tuning.alpha import GraderRunResponse
from serving import BASE_MODEL

ECHO = {"type": "string_check", "name": "echo", "operation": "eq", "input": "a", "reference": "a"}
ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "evaluation_metric": "gleu",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference}}",
    "pass_threshold": 0.5,
}
QUESTION = {"type": "input_text", "text": "What is the {{ item.property }} of iron?"}
IRON = {
    "type": "score_model",
    "name": "iron",
    "model": BASE_MODEL,
    "input": [{"role": "user", "content": [QUESTION]}],
    "sampling_params": {"temperature": 0, "max_completions_tokens": 60},
}


def python(source: str, name: str = "p") -> dict:
    return {"type": "python", "name": name, "source": source}


def multi(graders: object, calculate_output: str) -> dict:
    return {"type": "multi", "name": "both", "graders": graders, "calculate_output": calculate_output}


def run(client: openai.OpenAI, grader: dict, sample: str = "", item: dict | None = None) -> GraderRunResponse:
    answer = client.fine_tuning.alpha.graders.with_raw_response.run(
        grader=grader, model_sample=sample, item=item or {}
    )
    return GraderRunResponse.model_validate(json.loads(answer.content))


def flags(result: GraderRunResponse) -> dict:
    """The errors that are set; a grader that failed must give the reward 0."""
    errors = result.metadata.errors.model_dump(by_alias=True)
    found = {name: value for name, value in errors.items() if value}
    assert not found or result.reward == 0
    return found
