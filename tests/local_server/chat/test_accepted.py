"""Whatever means nothing is accepted: each default of the API, null, and all that our own answers report."""

from typing import get_type_hints

import openai
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.fine_tuning.job_create_params import JobCreateParams
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from serving import BASE_MODEL, NAMES, hyperparameters, row, upload

CHAT = {"model": BASE_MODEL, "messages": [{"role": "user", "content": "Hello"}]}
# The fewest tokens that each takes: what is tested stands in the request.
RESPONSE = {"model": BASE_MODEL, "input": "Hello", "max_output_tokens": 16}
PATHS = {"chat": ("/chat/completions", CHAT), "responses": ("/responses", RESPONSE)}
SHARED = {
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": "course",
    "prompt_cache_options": {"mode": "implicit", "ttl": "30m", "prewarm": False},
    "prompt_cache_retention": "in_memory",
    "safety_identifier": "learner",
    "service_tier": "auto",
    "store": False,
    "stream": False,
    "stream_options": {},
    "temperature": 1,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1,
    "user": "learner",
}
# Each optional parameter of the SDK with its documented default, or what stands for nothing.
DEFAULTS = {
    "chat": SHARED
    | {
        "frequency_penalty": 0,
        "function_call": "none",
        "functions": [],
        "logit_bias": {},
        "logprobs": False,
        "max_completion_tokens": 1,
        "max_tokens": 1,
        "modalities": ["text"],
        "n": 1,
        "presence_penalty": 0,
        "reasoning_effort": "none",
        "response_format": {"type": "text"},
        "seed": 1,
        "stop": [],
        "verbosity": "medium",
    },
    "responses": SHARED
    | {
        "access_programs": {"cyber": "standard"},
        "background": False,
        "background_options": {"completion_window": "soonest"},
        "context_management": [],
        "image": {"context_compression": "auto"},
        "include": [],
        "instructions": "",
        "max_output_tokens": 16,
        "max_tool_calls": 1,
        "reasoning": {},
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "truncation": "disabled",
    },
}
# Each value asks for something; null is what means nothing.
ONLY_NULL = {
    "chat": {"audio", "moderation", "prediction", "web_search_options"},
    "responses": {"conversation", "moderation", "previous_response_id", "prompt"},
}
PARAMETERS = {
    "chat": set(get_type_hints(CompletionCreateParamsStreaming)) - set(CHAT),
    "responses": set(get_type_hints(ResponseCreateParamsStreaming)) - {"model", "input"},
}
EACH = [(api, name) for api, names in PARAMETERS.items() for name in sorted(names)]


def post(client: openai.OpenAI, api: str, **change: object) -> dict:
    path, body = PATHS[api]
    limit = {"max_tokens": 1} if api == "chat" and "max_completion_tokens" not in change else {}
    return client.post(path, body=body | limit | change, cast_to=object)


@pytest.mark.parametrize("api", PATHS)
def test_every_optional_parameter_of_the_sdk_has_a_value_that_means_nothing(api: str) -> None:
    assert set(DEFAULTS[api]) | ONLY_NULL[api] == PARAMETERS[api]


@pytest.mark.parametrize(("api", "name"), EACH)
def test_null_is_accepted(client: openai.OpenAI, api: str, name: str) -> None:
    post(client, api, **{name: None})


@pytest.mark.parametrize(("api", "name"), [pair for pair in EACH if pair[1] not in ONLY_NULL[pair[0]]])
def test_the_default_is_accepted(client: openai.OpenAI, api: str, name: str) -> None:
    post(client, api, **{name: DEFAULTS[api][name]})


@pytest.mark.parametrize("api", PATHS)
def test_all_defaults_together_change_nothing(client: openai.OpenAI, api: str) -> None:
    limit = {"max_tokens": 16} if api == "chat" else {}
    defaults = DEFAULTS[api] | limit | {"temperature": 0}
    defaults.pop("max_completion_tokens", None)

    def texts(answer: dict) -> list[str]:
        if api == "chat":
            return [choice["message"]["content"] for choice in answer["choices"]]
        return [item["content"][0]["text"] for item in answer["output"]]

    assert texts(post(client, api, **defaults)) == texts(post(client, api, **limit, temperature=0))


@pytest.mark.slow
@pytest.mark.parametrize("api", PATHS)
@pytest.mark.parametrize("full", [False, True])
def test_every_field_that_an_answer_reports_can_be_sent_back(
    client: openai.OpenAI, api: str, full: bool
) -> None:
    set_by_hand = {"temperature": 0.5, "top_p": 0.5, "metadata": {"a": "b"}, "user": "learner"}
    answer = post(client, api, **set_by_hand if full else {})
    if full and api == "responses":
        answer = post(client, api, **set_by_hand, instructions="Be brief", previous_response_id=answer["id"])

    reported = {name: value for name, value in answer.items() if name in {*PARAMETERS[api], "model"}}
    assert len(reported) >= (15 if api == "responses" else 2)
    for name, value in reported.items():
        post(client, api, **{name: value})
    post(client, api, **reported)


def test_every_field_that_a_job_reports_can_be_sent_back(client: openai.OpenAI) -> None:
    request = {
        "model": BASE_MODEL,
        "training_file": upload(client, [row(name) for name in NAMES[:10]]).id,
        "method": hyperparameters(n_epochs=1),
    }
    job = client.fine_tuning.jobs.create(**request, suffix="again", metadata={"a": "b"})
    client.fine_tuning.jobs.cancel(job.id)

    known = get_type_hints(JobCreateParams)
    reported = {name: value for name, value in job.to_dict().items() if name in known}
    assert len(reported) >= 8
    again = client.post("/fine_tuning/jobs", body=reported, cast_to=object)
    client.fine_tuning.jobs.cancel(again["id"])
    assert {name: value for name, value in again.items() if name in known} == reported


@pytest.mark.parametrize(
    ("api", "change"),
    [
        ("chat", {"messages": [{"role": "assistant", "content": "a", "tool_calls": [], "annotations": []}]}),
        ("chat", {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}], "name": "b"}]}),
        ("chat", {"stop": ""}),
        ("chat", {"stream_options": {"include_usage": False}}),
        ("responses", {"reasoning": {"effort": None, "summary": None}}),
        ("responses", {"reasoning": None, "text": {}}),
        ("responses", {"include": ["reasoning.encrypted_content"]}),
        ("responses", {"text": {"format": None, "verbosity": None}}),
    ],
)
def test_other_ways_to_ask_for_nothing_are_accepted(client: openai.OpenAI, api: str, change: dict) -> None:
    post(client, api, **change)


@pytest.mark.parametrize(
    ("api", "change", "param"),
    [
        ("chat", {"tools": [{"type": "custom", "custom": {"name": "f"}}]}, "tools.0.type"),
        ("chat", {"tool_choice": "any"}, "tool_choice"),
        ("chat", {"logit_bias": {"1": 5}}, "logit_bias"),
        ("chat", {"modalities": ["text", "audio"]}, "modalities.1"),
        ("chat", {"reasoning_effort": "low"}, "reasoning_effort"),
        ("chat", {"verbosity": "low"}, "verbosity"),
        ("chat", {"prompt_cache_options": {"prewarm": True}}, "prompt_cache_options.prewarm"),
        ("responses", {"context_management": [{"type": "compaction"}]}, "context_management"),
        ("responses", {"top_logprobs": 1}, "top_logprobs"),
        ("responses", {"top_logprobs": False}, "top_logprobs"),
        ("responses", {"background": 0}, "background"),
        ("responses", {"text": {"verbosity": "high"}}, "text.verbosity"),
        ("responses", {"access_programs": {"cyber": "daybreak_red"}}, "access_programs.cyber"),
    ],
)
def test_what_asks_for_something_that_is_not_here_is_refused_by_name(
    client: openai.OpenAI, api: str, change: dict, param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        post(client, api, **change)

    assert (caught.value.param, caught.value.code) == (param, "invalid_value")
