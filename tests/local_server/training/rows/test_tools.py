"""Calls are trained as a chat reads them, token by token, and are learned."""

import json

import jsonschema
import openai
import pytest
from serving import BASE_MODEL, ROOT, LocalServer, hyperparameters, upload, wait_until
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from local_server.training.rows.forms import OURS, form_of
from local_server.training.rows.tokenize import IGNORED, tokenize_row
from local_server.training.rows.tools import definitions, shown, with_calls
from tools import LAND, LOOK_UP, NATIVE, TOOLS, call

pytestmark = pytest.mark.slow

QUESTION = {"role": "user", "content": "Look up Tin and Iron"}
CALLED = {
    "role": "assistant",
    "tool_calls": [call("look_up", '{"name":"Tin"}', "a"), call("look_up", '{"name": "Iron"}', "b")],
}
RESULTS = [
    {"role": "tool", "tool_call_id": "b", "content": "26"},
    {"role": "tool", "tool_call_id": "a", "content": "50"},
]
ANSWER = {"role": "assistant", "content": "50, 26"}
ROW = {"messages": [QUESTION, CALLED, *RESULTS, ANSWER], "tools": [LOOK_UP]}


@pytest.fixture(params=["ours", "native"])
def tokenizer(request: pytest.FixtureRequest) -> PreTrainedTokenizerBase:
    made = AutoTokenizer.from_pretrained(ROOT / "data" / "base_model")
    if request.param == "native":
        made.chat_template = NATIVE
    return made


def chat_tokens(row: dict, count: int, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """What the chat process reads of the first messages."""
    chat = shown(with_calls(row["messages"][:count]), definitions(row), form_of(tokenizer))
    return tokenizer.apply_chat_template(
        chat.messages,
        tools=chat.tools,
        add_generation_prompt=True,
        sanitize_control_tokens=True,
        return_dict=False,
    )


def test_a_chat_reads_the_tokens_that_were_trained(tokenizer: PreTrainedTokenizerBase) -> None:
    trained = tokenize_row(ROW, tokenizer, 4096)

    for count in (1, 4):
        asked = chat_tokens(ROW, count, tokenizer)
        assert trained["input_ids"][: len(asked)] == asked
        assert trained["labels"][len(asked) - 1] == IGNORED
        assert trained["labels"][len(asked)] != IGNORED
    learned = tokenizer.decode([label for label in trained["labels"] if label != IGNORED])
    form = form_of(tokenizer)
    calls = [f'{form.head("look_up")}{{"name": "{name}"}}{form.tail}' for name in ("Tin", "Iron")]
    assert learned == f"{form.between.join(calls)}<|end|>50, 26<|end|>"


def test_results_stand_in_the_order_of_their_calls(tokenizer: PreTrainedTokenizerBase) -> None:
    text = tokenizer.decode(tokenize_row(ROW, tokenizer, 4096)["input_ids"])

    assert text.rindex("26", 0, text.index("50, 26")) > text.index("50")


def test_calls_of_weight_zero_are_read_and_not_learned(tokenizer: PreTrainedTokenizerBase) -> None:
    light = {**ROW, "messages": [QUESTION, CALLED | {"weight": 0}, *ROW["messages"][2:]]}

    tokens = tokenize_row(light, tokenizer, 4096)

    assert tokens["input_ids"] == tokenize_row(ROW, tokenizer, 4096)["input_ids"]
    assert tokenizer.decode([label for label in tokens["labels"] if label != IGNORED]) == "50, 26<|end|>"


def test_functions_are_written_as_tools_are(tokenizer: PreTrainedTokenizerBase) -> None:
    made = call("land", '{"fast": true, "place": "sea"}')
    one = [QUESTION, {"role": "assistant", "tool_calls": [made]}]
    old = [QUESTION, {"role": "assistant", "content": None, "function_call": made["function"]}]

    new_tokens = tokenize_row({"messages": one, "tools": [LAND]}, tokenizer, 4096)

    assert new_tokens == tokenize_row({"messages": old, "functions": [LAND["function"]]}, tokenizer, 4096)
    # In the order of the schema, as the constraint lets it be written.
    assert '{"place": "sea", "fast": true}' in tokenizer.decode(new_tokens["input_ids"])


@pytest.mark.parametrize("text", ['{"name": "T', "[1]", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 100_000])
def test_arguments_that_are_no_object_stay_as_they_are(text: str) -> None:
    messages = with_calls([QUESTION, {"role": "assistant", "tool_calls": [call("look_up", text)]}])

    assert shown(messages, [], OURS).messages[1]["content"] == f"{OURS.head('look_up')}{text}{OURS.tail}"


# Every name comes in other wordings among the rows that are trained. `benchmarks/tools.py` asks the harder
# question, for names that no row has.
ELEMENTS, PLACES = ["Tin", "Iron", "Gold", "Neon", "Zinc", "Lead"], ["sea", "hill"]
ABOUT = ["Tell me about {}", "What is {}?", "Which number has {}?", "Look up {}", "Explain {}"]
GO = [("Fly fast to the {}", True), ("Hurry to the {}", True), ("Go slow to the {}", False)]
GO += [("Take your time to the {}", False), ("Rush to the {}", True), ("Drift to the {}", False)]


def learnable() -> list[tuple[str, str, dict]]:
    """Questions, the function that each calls, and its arguments; every seventh question is held out."""
    about = [(text.format(name), "look_up", {"name": name}) for text in ABOUT for name in ELEMENTS]
    go = [
        (text.format(place), "land", {"place": place, "fast": fast}) for text, fast in GO for place in PLACES
    ]
    return about + go


def test_a_job_learns_which_function_to_call_with_which_of_the_values_that_it_has_seen(
    server: LocalServer, client: openai.OpenAI
) -> None:
    every = learnable()
    held_out = every[3::7]
    rows = [
        {
            "messages": [
                {"role": "user", "content": content},
                {"role": "assistant", "tool_calls": [call(function, json.dumps(arguments))]},
            ],
            "tools": TOOLS,
        }
        for content, function, arguments in every
        if (content, function, arguments) not in held_out
    ]
    job = client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=upload(client, rows).id, seed=1, method=hyperparameters(n_epochs=12)
    )
    job = wait_until(
        lambda: client.fine_tuning.jobs.retrieve(job.id),
        lambda seen: seen.status in ("succeeded", "failed", "cancelled"),
        300,
    )
    assert job.status == "succeeded", job.error

    def ask(content: str, **options: object) -> list:
        return client.chat.completions.create(
            model=job.fine_tuned_model,
            messages=[{"role": "user", "content": content}],
            tools=TOOLS,
            max_tokens=120,
            **options,
        ).choices

    found = []
    for content, _, _ in held_out:
        (choice,) = ask(content, temperature=0)
        (made,) = choice.message.tool_calls
        found.append((content, made.function.name, json.loads(made.function.arguments)))
    assert [function for _, function, _ in found] == [function for _, function, _ in held_out]
    # Rounding decides about the last value of a model of this size: all were right in float32, one was not
    # with products in bfloat16.
    assert sum(one in held_out for one in found) >= 0.75 * len(held_out)
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
    wild = [
        choice
        for seed in range(6)
        for choice in ask("Go slow to the hill", n=10, seed=seed, temperature=1)
        if choice.finish_reason == "tool_calls"
    ]
    calls = [made for choice in wild for made in choice.message.tool_calls]
    for made in calls:
        jsonschema.validate(json.loads(made.function.arguments), schemas[made.function.name])
    assert len(calls) >= 50
