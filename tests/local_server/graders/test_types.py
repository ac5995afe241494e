"""Graders that are refused, with the place of their fault."""

import openai
import pytest
from grading import ALIKE, ECHO, IRON, multi, python
from serving import BASE_MODEL, refusal


@pytest.mark.parametrize(
    ("grader", "param", "words"),
    [
        ({"type": "label_model"}, "grader.type", "cannot be run here"),
        ({"type": "magic"}, "grader.type", "string_check, text_similarity, python, score_model, multi"),
        ({"type": "string_check", "operation": "eq", "input": "a"}, "grader.reference", "Missing"),
        (ECHO | {"operation": "is"}, "grader.operation", "'eq', 'ne', 'like' or 'ilike'"),
        (ECHO | {"strict": True}, "grader.strict", "Unknown"),
        (ECHO | {"input": "{{secret.key}}"}, "grader.input", "{{secret.key}}"),
        (
            ALIKE | {"evaluation_metric": "cosine"},
            "grader.evaluation_metric",
            "rouge_l (cosine needs an embedding model",
        ),
        (python("def grade(sample:"), "grader.source", "SyntaxError"),
        (python("def score(sample, item): return 1"), "grader.source", "no function 'grade'"),
        (python("#" * 262_145), "grader.source", "at most 262,144 bytes"),
        (IRON | {"model": "gpt-9"}, "grader.model", f"It grades with {BASE_MODEL}"),
        (IRON | {"range": [1, 0]}, "grader.range", "the smaller one first"),
        (
            IRON | {"sampling_params": {"reasoning_effort": "low"}},
            "grader.sampling_params.reasoning_effort",
            "None",
        ),
        (
            IRON | {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "grader.input.0.content",
            "'input_text'",
        ),
        (multi({}, "1"), "grader.graders", "one or more graders"),
        (multi({"": ECHO}, "echo"), "grader.graders", "each with a name"),
        (multi({"a": multi({"echo": ECHO}, "echo")}, "a"), "grader.graders.a.type", "Found 'multi'"),
        (multi({"a": ECHO | {"input": 1}}, "a"), "grader.graders.a.input", "a valid string"),
        (multi({"a": ECHO | {"input": "{{x}}"}}, "a"), "grader.graders.a.input", "{{x}}"),
        (multi({"a": ECHO}, "a + b"), "grader.calculate_output", "Known names: a"),
    ],
)
def test_a_faulty_grader_is_refused_with_the_place_of_its_fault(
    client: openai.OpenAI, grader: dict, param: str, words: str
) -> None:
    refused = refusal(client.fine_tuning.alpha.graders.validate, grader=grader)

    assert (refused["status"], refused["param"]) == (400, param)
    assert words in refused["message"]


@pytest.mark.parametrize("call", ["validate", "run"])
@pytest.mark.parametrize(
    "graders",
    [ECHO, [ECHO], [], [ECHO, IRON], ECHO | {"name": ""}],
    ids=["one", "list", "none", "two", "unnamed"],
)
def test_a_multi_grader_without_names_for_its_graders_is_refused_as_at_openai(
    client: openai.OpenAI, call: str, graders: object
) -> None:
    more = {"model_sample": "a", "item": {}} if call == "run" else {}

    refused = refusal(
        getattr(client.fine_tuning.alpha.graders, call), grader=multi(graders, "0.5 * echo"), **more
    )

    assert refused == {
        "status": 400,
        "message": "Invalid 'grader.graders': expected an object with a name for each grader, as in "
        f'{{"match": {{"type": "string_check", ...}}}}. Found {graders!r:.80}.',
        "type": "invalid_request_error",
        "param": "grader.graders",
        "code": "invalid_value",
    }
