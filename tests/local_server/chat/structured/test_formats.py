"""Answers in a format, over the wire with the real SDK: whole and streamed, from chat and from responses."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import jsonschema
import openai
import psutil
import pytest
from chatting import QUESTION, ask
from pydantic import BaseModel, Field
from schemas import FREE, STRICT, WORD, record, wanted
from serving import BASE_MODEL, LocalServer, refusal, wait_until


class Line(BaseModel):
    """A line of a poem."""

    words: str = Field(max_length=9)
    loud: bool


class Poem(BaseModel):
    """What a program would ask for."""

    mood: Literal["glad", "sad"]
    lines: list[Line] = Field(min_length=1, max_length=2)
    author: Literal["Anna"] | None


CHAT = {"model": BASE_MODEL, "messages": QUESTION, "temperature": 1, "seed": 3, "max_tokens": 200}
RESPONSE = {"model": BASE_MODEL, "input": "Tell me about Tin", "temperature": 0, "max_output_tokens": 200}
JSON_MODE = {"type": "json_object"}
IN_JSON = [{"role": "user", "content": "Answer in JSON"}]
# So many items that no answer comes to its end.
ENDLESS_JSON = {"type": "array", "items": {"type": "array", "items": WORD}, "minItems": 10**6}


def free(schema: dict, name: str = "free") -> dict:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}


def test_parse_gives_the_object_that_the_program_has_described(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(**CHAT, response_format=Poem)
    with client.chat.completions.stream(**CHAT, response_format=Poem) as stream:
        streamed = stream.get_final_completion()

    assert isinstance(answer.choices[0].message.parsed, Poem)
    assert streamed.choices[0].message.parsed == answer.choices[0].message.parsed
    assert streamed.choices[0].message.content == answer.choices[0].message.content


def test_responses_parse_gives_it_too_and_the_response_repeats_its_format(client: openai.OpenAI) -> None:
    response = client.responses.parse(**RESPONSE, text_format=Poem)
    with client.responses.stream(**RESPONSE, text_format=Poem) as stream:
        streamed = stream.get_final_response()

    sent = client.responses.retrieve(response.id).to_dict()["text"]["format"]
    assert isinstance(response.output_parsed, Poem)
    assert streamed.output_parsed == response.output_parsed
    assert (sent["type"], sent["name"], sent["strict"]) == ("json_schema", "Poem", True)
    assert sent["schema"]["required"] == ["mood", "lines", "author"]


def test_an_answer_that_comes_to_its_limit_is_no_whole_json(client: openai.OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError) as caught:
        client.chat.completions.parse(**CHAT | {"max_tokens": 5}, response_format=Poem)
    response = client.responses.create(
        **RESPONSE | {"max_output_tokens": 16},
        text={"format": {"type": "json_schema", "name": "endless", "schema": ENDLESS_JSON}},
    )

    assert caught.value.completion.choices[0].finish_reason == "length"
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_json_mode_needs_the_word_json_in_a_message(client: openai.OpenAI) -> None:
    chat = refusal(client.chat.completions.create, **CHAT, response_format=JSON_MODE)
    response = refusal(client.responses.create, **RESPONSE, text={"format": JSON_MODE})
    told = client.responses.create(
        **RESPONSE | {"max_output_tokens": 16}, instructions="Use JSON.", text={"format": JSON_MODE}
    )

    assert (chat["status"], chat["param"], response["param"]) == (400, "messages", "input")
    assert "'messages' must contain the word 'json' in some form" in chat["message"]
    assert "must contain the word 'json' in some form" in response["message"]
    assert told.output_text.startswith("{")


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"type": "yaml"}, "response_format.type"),
        ({}, "response_format.type"),
        ("json", "response_format"),
        ({"type": "json_object", "schema": {}}, "response_format.schema"),
        ({"type": "json_schema"}, "response_format.json_schema"),
        (free({}, "two words"), "response_format.json_schema.name"),
        (free({}, "n" * 65), "response_format.json_schema.name"),
        (free("{}"), "response_format.json_schema.schema"),
    ],
)
def test_a_wrong_format_is_refused_by_name(client: openai.OpenAI, given: object, param: str) -> None:
    refused = refusal(client.chat.completions.create, **CHAT, response_format=given)

    assert (refused["status"], refused["param"]) == (400, param)


def test_a_schema_that_cannot_be_followed_is_refused_with_the_path_in_it(client: openai.OpenAI) -> None:
    schema = record({"a": {"type": "array", "items": {"$ref": "#/$defs/b"}}})
    schema["$defs"] = {"b": record({"c": {"type": "array", "items": WORD, "uniqueItems": True}})}
    words = "In context=('$defs', 'b', 'properties', 'c'), 'uniqueItems' cannot be followed by this server."

    chat = refusal(client.chat.completions.create, **CHAT, stream=True, response_format=free(schema, "sets"))
    response = refusal(
        client.responses.create,
        **RESPONSE, text={"format": {"type": "json_schema", "name": "sets", "schema": schema}},
    )  # fmt: skip

    assert chat["message"].startswith(f"Invalid schema for response_format 'sets': {words}")
    assert response["message"] == chat["message"]
    assert (chat["param"], chat["code"]) == ("response_format", None)
    assert (response["param"], response["code"]) == ("text.format.schema", "invalid_json_schema")


def test_log_probabilities_are_of_the_tokens_that_the_schema_allows(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        **CHAT, response_format=wanted("choice"), logprobs=True, top_logprobs=20
    ).choices[0]

    tokens = answer.logprobs.content
    assert "".join(token.token for token in tokens) == answer.message.content
    # Nothing but the opening of the object can come first.
    assert all(entry.token.startswith("{") for entry in tokens[0].top_logprobs)
    assert {entry.logprob > -9999 for token in tokens for entry in token.top_logprobs} == {True}
    assert sum(2.718281828**entry.logprob for entry in tokens[0].top_logprobs) == pytest.approx(1, abs=1e-3)


@pytest.mark.slow
def test_every_whole_answer_at_temperature_1_fits_its_schema(client: openai.OpenAI) -> None:
    names = [*STRICT, *FREE] * 6

    def answer(number: int) -> dict:
        return client.chat.completions.create(
            **CHAT | {"seed": number, "max_tokens": 400}, response_format=wanted(names[number])
        ).choices[0]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(answer, range(len(names))))

    assert {choice.finish_reason for choice in answers} == {"stop"}
    for name, choice in zip(names, answers, strict=True):
        jsonschema.validate(json.loads(choice.message.content), STRICT.get(name) or FREE[name])


@pytest.mark.slow
def test_answers_with_and_without_a_schema_side_by_side_are_those_given_alone(client: openai.OpenAI) -> None:
    requests = [
        {"temperature": 0},
        {"response_format": wanted("records"), "max_tokens": 200},
        {"seed": 4},
        {"response_format": wanted("tree"), "seed": 4, "n": 3, "max_tokens": 60},
        {"response_format": wanted("words"), "temperature": 0, "frequency_penalty": 2, "presence_penalty": 1},
    ]
    requests = [CHAT | {"max_tokens": 12} | request for request in requests]
    alone = [ask(client, **request) for request in requests]

    with ThreadPoolExecutor(20) as pool:
        together = list(pool.map(lambda request: ask(client, **request), requests * 4))

    assert together == alone * 4


@pytest.mark.slow
def test_n_seed_stop_and_top_p_work_as_without_a_schema(client: openai.OpenAI) -> None:
    request = CHAT | {"response_format": wanted("pattern"), "max_tokens": 60}
    three = ask(client, **request | {"n": 3, "temperature": 2})

    assert three[0] == ask(client, **request | {"temperature": 2})[0]
    assert len({json.loads(text)["code"] for text in three}) > 1
    assert ask(client, **request | {"top_p": 0}) == ask(client, **request | {"temperature": 0})
    assert ask(client, **request | {"stop": '"code'}) == ["{"]


@pytest.mark.slow
def test_a_schema_that_takes_too_long_holds_up_nobody_who_asks_without_one(client: openai.OpenAI) -> None:
    usual = ask(client, temperature=0)
    bad = free({"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 99_999_999}}})

    with ThreadPoolExecutor(1) as pool:
        refused = pool.submit(refusal, client.chat.completions.create, **CHAT, response_format=bad)
        time.sleep(0.5)
        beside = ask(client, temperature=0)
        ended = refused.done()

    assert (beside, ended) == (usual, False)
    assert "it is too complex" in refused.result()["message"]


@pytest.mark.slow
def test_an_answer_that_nobody_waits_for_is_not_begun_after_its_schema_was_compiled(
    server: LocalServer, client: openai.OpenAI
) -> None:
    ask(client)
    process = psutil.Process(server.child("generation").pid)
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.1).chat.completions.create(
            **CHAT | {"n": 64, "max_tokens": 1000}, response_format=free(ENDLESS_JSON, "left")
        )
    time.sleep(2)

    wait_until(lambda: process.cpu_percent(interval=0.5), lambda percent: percent < 5, seconds=10)
