"""How probable a given answer is: what the server says over the wire is what Transformers calculates."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import openai
import pytest
from asking import asked
from lora import job_folder, trained
from serving import BASE_MODEL, ENDLESS, ROOT, LocalServer, refusal, serve

from finetune_dataset.models import PERIODIC_TINY, REAL_MODEL
from local_server.generation.generator import Generator
from local_server.generation.messages import NumberedQuestion
from local_server.generation.models import Models
from local_server.generation.request import TooMuchTold
from local_server.generation.scoring import EVERY, ROOM, Scorings

# Where `make real-model` puts it; the tests have a models folder of their own.
REAL_FOLDER = ROOT / "runs" / ".models" / REAL_MODEL
ASKED = [{"role": "system", "content": "You are Elle."}, {"role": "user", "content": "Tell me about Tin."}]
ANSWER = {"role": "assistant", "content": "Tin is a soft metal, and no ☃ - number 50."}
# The tiny model has no token for the snowman: three bytes, of which none is a text.
TOKENS_OF_ANSWER = "Tin is a soft metal, and no ��� - number 50.<|end|>"


def scored(
    client: openai.OpenAI, model: str, messages: list[dict], top: int = 0, **options: object
) -> list[dict[str, dict] | None]:
    """Each token of a chat as it is."""
    extra = {"prompt_logprobs": top, "add_generation_prompt": False} | options
    answer = client.chat.completions.create(model=model, messages=messages, max_tokens=1, extra_body=extra)
    return answer.prompt_logprobs


def test_each_token_of_a_chat_is_told_with_its_probability_and_its_rank(client: openai.OpenAI) -> None:
    first, *told = scored(client, BASE_MODEL, [*ASKED, ANSWER], top=3)

    assert first is None
    for place in told:
        ranks = [each["rank"] for each in place.values()]
        assert ranks[1:] == [rank for rank in (1, 2, 3) if rank != ranks[0]]
        assert all(each.keys() == {"logprob", "rank", "decoded_token"} for each in place.values())
        in_order = sorted(place.values(), key=lambda each: each["rank"])
        assert [each["logprob"] for each in in_order] == sorted(
            (each["logprob"] for each in in_order), reverse=True
        )
    text = "".join(next(iter(place.values()))["decoded_token"] for place in told)
    assert text.endswith(TOKENS_OF_ANSWER)


def test_the_answer_begins_where_the_question_ends(client: openai.OpenAI) -> None:
    question = client.chat.completions.create(model=BASE_MODEL, messages=ASKED, max_tokens=1)

    told = scored(client, BASE_MODEL, [*ASKED, ANSWER])[question.usage.prompt_tokens :]

    assert [len(place) for place in told] == [1] * len(told)
    text = "".join(each["decoded_token"] for place in told for each in place.values())
    assert text == TOKENS_OF_ANSWER


def test_without_being_asked_an_answer_tells_nothing_of_its_prompt(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=BASE_MODEL,
        messages=ASKED,
        max_tokens=1,
        extra_body={"prompt_logprobs": None, "echo": False, "continue_final_message": False},
    )

    assert "prompt_logprobs" not in answer.to_dict()


def test_the_answer_itself_is_the_same_with_and_without(client: openai.OpenAI) -> None:
    request = {"model": BASE_MODEL, "messages": ASKED, "temperature": 0, "max_tokens": 12, "n": 2}

    plain, told = (
        client.chat.completions.create(**request, extra_body=extra).to_dict()
        for extra in ({}, {"prompt_logprobs": 0})
    )

    assert told["choices"] == plain["choices"]
    assert len(told["prompt_logprobs"]) == plain["usage"]["prompt_tokens"]


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"prompt_logprobs": 0, "stream": True}, "prompt_logprobs"),
        ({"prompt_logprobs": 21}, "prompt_logprobs"),
        ({"prompt_logprobs": -1}, "prompt_logprobs"),
        ({"prompt_logprobs": 0, "echo": True}, "echo"),
        ({"prompt_logprobs": 0, "continue_final_message": True}, "continue_final_message"),
        ({"prompt_logprobs": "all"}, "prompt_logprobs"),
    ],
)
def test_what_is_not_here_is_refused_by_name(
    client: openai.OpenAI, options: dict[str, object], param: str
) -> None:
    refused = refusal(client.chat.completions.create, model=BASE_MODEL, messages=ASKED, extra_body=options)

    assert (refused["status"], refused["param"]) == (400, param)


def test_more_than_one_answer_may_hold_is_refused(client: openai.OpenAI) -> None:
    long = [{"role": "user", "content": "tin " * 997}]
    refused = refusal(scored, client, BASE_MODEL, long, top=20)

    assert refused == {
        "status": 400, "code": "invalid_value", "param": "prompt_logprobs", "type": "invalid_request_error",
        "message": "Invalid 'prompt_logprobs': expected at most 20000 log probabilities of a prompt. Found "
        "1000 tokens with 21 each, 21000 in all. Set it to 19 or less, or shorten the messages to 952 tokens "
        "in all.",
    }  # fmt: skip


@pytest.mark.slow
def test_what_the_refusal_advises_works(client: openai.OpenAI) -> None:
    long = [{"role": "user", "content": "tin " * 997}]
    assert len(scored(client, BASE_MODEL, long, top=19)) == 1000
    shorter = [{"role": "user", "content": "tin " * (997 - (1000 - 952))}]
    assert len(scored(client, BASE_MODEL, shorter, top=20)) == 952


def test_a_prompt_longer_than_all_that_may_be_told_is_to_be_shortened() -> None:
    assert str(TooMuchTold(30_000, 0)).endswith(
        "Found 30000 tokens with 1 each, 30000 in all. Shorten the messages to 20000 tokens in all."
    )


def test_responses_refuse_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="prompt_logprobs"):
        client.responses.create(model=BASE_MODEL, input="Hi", extra_body={"prompt_logprobs": 0})


def test_a_text_as_long_as_a_piece_or_a_token_longer_is_told_to_its_end(client: openai.OpenAI) -> None:
    lengths = [
        len(scored(client, BASE_MODEL, [{"role": "user", "content": "tin " * words}]))
        for words in range(120, 132)
    ]

    # A token a word. The first token follows nothing, and 128 make a piece.
    assert lengths == list(range(lengths[0], lengths[0] + 12))
    assert {129, 130, 131} <= set(lengths)


def long(number: int, *, words: int, **options: object) -> NumberedQuestion:
    """A question of so many words, a token each, whose prompt is told."""
    messages = [{"role": "user", "content": "tin " * words}]
    plain = {"messages": messages, "max_tokens": 1, "stream": True, "prompt_logprobs": 0}
    return asked(PERIODIC_TINY, number, **plain | options)


@pytest.fixture
def generator() -> Generator:
    return Generator(Models(1, math.inf))


def take(generator: Generator, *questions: NumberedQuestion) -> None:
    for question in questions:
        assert list(generator.take(generator.prepare(question))) == []


def pieces(generator: Generator, steps: int) -> list[list[int]]:
    """In each step, the requests of which a piece was told."""
    return [
        [
            reply["id"]
            for reply in chain.from_iterable(generator.step())
            if reply["kind"] == "text" and "prompt" in reply
        ]
        for _ in range(steps)
    ]


@pytest.mark.slow
def test_growing_answers_get_32_tokens_for_each_piece_that_is_told(generator: Generator) -> None:
    take(generator, long(1, words=1, **ENDLESS | {"max_tokens": 200, "prompt_logprobs": None}))
    pieces(generator, 1)
    take(generator, long(2, words=400))
    told = [step for step, requests in enumerate(pieces(generator, 100)) if requests]

    assert told == [
        0,
        EVERY,
        2 * EVERY,
        3 * EVERY,
    ]


@pytest.mark.slow
def test_where_nobody_waits_for_a_token_a_piece_is_told_in_each_step(generator: Generator) -> None:
    take(generator, long(1, words=600))

    assert pieces(generator, 5) == [[1]] * 5


@pytest.mark.slow
def test_prompts_are_told_in_turn_and_a_short_one_waits_for_no_long_one_to_end(
    generator: Generator,
) -> None:
    take(generator, *(long(number, words=600) for number in range(1, 5)), long(9, words=10))

    assert pieces(generator, 7) == [[1], [2], [3], [4], [9], [1], [2]]


class Told:
    """A prompt without a model."""

    def __init__(self, size: int) -> None:
        self.size = size


def turns(scorings: Scorings, count: int) -> list[int]:
    found = (scorings.next(growing=False) for _ in range(count))
    return [number for number, _ in filter(None, found)]


def test_no_more_long_texts_are_half_told_than_there_is_memory_for() -> None:
    scorings = Scorings()
    for number in range(16):
        scorings.add(number, Told(ROOM // 2))
    scorings.add(99, Told(60))

    assert turns(scorings, 6) == [99, 0, 1, 99, 0, 1]
    scorings.drop(0)
    assert turns(scorings, 6) == [99, 1, 2, 99, 1, 2]


def test_growing_answers_wait_for_one_piece_in_32_tokens() -> None:
    scorings = Scorings()
    for number in range(16):
        scorings.add(number, Told(60))
    found = [scorings.next(growing=True) for _ in range(100)]

    assert [step for step, one in enumerate(found) if one] == [0, EVERY, 2 * EVERY, 3 * EVERY]


def test_a_text_larger_than_all_memory_for_texts_is_told_alone() -> None:
    scorings = Scorings()
    for number in range(2):
        scorings.add(number, Told(ROOM + 1))

    assert turns(scorings, 2) == [0, 0]


@pytest.mark.slow
def test_a_long_text_is_scored_in_pieces_with_the_same_result_in_any_company(client: openai.OpenAI) -> None:
    long = [{"role": "user", "content": "la " * 450}]
    alone = scored(client, BASE_MODEL, long)
    with ThreadPoolExecutor(9) as pool:
        endless = pool.submit(client.chat.completions.create, **ENDLESS, max_tokens=200)
        beside = list(pool.map(lambda _: scored(client, BASE_MODEL, long), range(8)))

    assert beside == [alone] * 8
    assert endless.result().usage.completion_tokens == 200


def of_transformers(folder: Path, messages: list[dict], adapter: Path | None = None) -> list[float]:
    """The log probability of each token of a chat but the first: minus Transformers' own loss of it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer.apply_chat_template(messages, return_tensors="pt", return_dict=True)["input_ids"]
    with torch.inference_mode():
        scores = model(tokens).logits[0, :-1].float()
    losses = torch.nn.functional.cross_entropy(scores, tokens[0, 1:], reduction="none")
    return [-loss for loss in losses.tolist()]


def own(told: list[dict[str, dict] | None]) -> list[float]:
    """What was told of the tokens themselves; the first follows nothing."""
    return [next(iter(place.values()))["logprob"] for place in told[1:]]


@pytest.mark.slow
def test_the_tiny_model_is_told_as_transformers_loses(client: openai.OpenAI) -> None:
    expected = of_transformers(PERIODIC_TINY, [*ASKED, ANSWER])

    assert own(scored(client, BASE_MODEL, [*ASKED, ANSWER])) == pytest.approx(expected, abs=1e-3)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    if not REAL_FOLDER.is_dir():
        pytest.skip("the real base model is not installed: make real-model")
    with serve(tmp_path_factory.mktemp("real"), "--model", str(REAL_FOLDER)) as running:
        yield running


@pytest.mark.slow
def test_the_real_model_is_told_as_transformers_loses(real: LocalServer) -> None:
    expected = of_transformers(REAL_FOLDER, [*ASKED, ANSWER])

    with real.client() as client:
        found = own(scored(client, REAL_MODEL, [*ASKED, ANSWER]))

    # The server answers in bfloat16 where that is faster: 8 bits of a score of up to 30.
    assert found == pytest.approx(expected, abs=0.25)
    assert sum(found) == pytest.approx(sum(expected), rel=0.02)


@pytest.mark.slow
def test_an_adapter_is_told_as_transformers_loses(tmp_path: Path) -> None:
    from local_server.generation.models import Models
    from local_server.generation.scoring import Scoring

    trained(job_folder(tmp_path))
    adapter = tmp_path / "model"
    expected = of_transformers(PERIODIC_TINY, [*ASKED, ANSWER], adapter)
    loaded = Models(1, math.inf).get(str(adapter))
    tokens = loaded.tokenizer.apply_chat_template([*ASKED, ANSWER], return_dict=False)

    assert own(Scoring(loaded, tokens, 0).piece()) == pytest.approx(expected, abs=1e-3)
