"""Where an answer ends, and its log probabilities."""

import math
import random

import openai
import pytest
import torch
from chatting import QUESTION, ask
from hypothesis import given, settings, strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionTokenLogprob
from serving import BASE_MODEL
from tokenizers import AddedToken, Tokenizer, decoders, models
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation import answer
from local_server.generation.answer import Answer, GrowingText

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

COURSE = AutoTokenizer.from_pretrained(PERIODIC_TINY)


def byte_for_byte() -> PreTrainedTokenizerBase:
    """One token for each byte: every longer character is split. Two more stand for themselves."""
    tokenizer = Tokenizer(
        models.BPE(vocab={name: place for place, name in enumerate(sorted(ByteLevel.alphabet()))}, merges=[])
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True)])
    tokenizer.add_tokens(["a token, added"])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def with_spaces() -> PreTrainedTokenizerBase:
    """As SentencePiece has them: a space at the beginning is dropped, unknown characters are bytes."""
    names = [
        "<unk>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        "▁",
        "▁sea",
        "sea",
        "▁the",
        "s",
        "é",
        "\ufffd",
    ]
    tokenizer = Tokenizer(
        models.BPE(vocab={name: place for place, name in enumerate(names)}, merges=[], byte_fallback=True)
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


BYTES, SPACES = byte_for_byte(), with_spaces()


def spelled(text: str) -> list[int]:
    return BYTES.convert_tokens_to_ids([answer_byte(byte) for byte in text.encode()])


def answer_byte(byte: int) -> str:
    return next(name for name, value in answer._byte_of().items() if value == bytes([byte]))


any_tokenizer = st.sampled_from([COURSE, BYTES])
any_text = st.text("aé€😀\ufffd s", max_size=6)
any_tokens = st.lists(
    st.one_of(
        st.integers(0, 2047).map(lambda number: [number]),
        any_text.map(spelled),
        st.sampled_from([0x80, 0xC3, 0xE2, 0xF0]).map(
            lambda byte: BYTES.convert_tokens_to_ids([answer_byte(byte)]) * 70
        ),
    ),
    max_size=40,
).map(lambda parts: [token for part in parts for token in part])


@settings(deadline=None, max_examples=100)
@given(any_tokenizer, any_tokens)
def test_text_that_grows_token_by_token_is_the_text_of_all_tokens_at_once(
    tokenizer: PreTrainedTokenizerBase, tokens: list[int]
) -> None:
    tokens = [token % len(tokenizer) for token in tokens]
    growing, text = GrowingText(tokenizer), ""
    for place, token in enumerate(tokens, start=1):
        text += growing.add(token)
        at_once = tokenizer.decode(tokens[:place], skip_special_tokens=True)
        assert at_once.startswith(text)
        assert at_once[len(text) :].strip("\ufffd") == ""


spaced_tokens = st.lists(
    st.one_of(
        st.sampled_from(["▁", "▁sea", "sea", "▁the", "s", "é"]).map(lambda name: [name]),
        st.text("a€😀ü", min_size=1, max_size=3).map(
            lambda text: [f"<0x{byte:02X}>" for byte in text.encode()]
        ),
    ),
    max_size=30,
).map(lambda parts: SPACES.convert_tokens_to_ids([name for part in parts for name in part]))


@settings(deadline=None, max_examples=100)
@given(spaced_tokens)
def test_spaces_and_characters_in_bytes_are_kept_where_a_tokenizer_drops_a_space_at_the_beginning(
    tokens: list[int],
) -> None:
    growing = GrowingText(SPACES)

    assert "".join(map(growing.add, tokens)) == SPACES.decode(tokens)


@settings(deadline=None, max_examples=100)
@given(
    any_tokenizer, any_tokens, st.lists(st.text("aé€ s", min_size=1, max_size=3), max_size=3), st.booleans()
)
def test_an_answer_is_the_text_before_the_first_stop_text_however_it_is_taken(
    tokenizer: PreTrainedTokenizerBase, tokens: list[int], stops: list[str], live: bool
) -> None:
    tokens = [token % len(tokenizer) for token in tokens] or [0]
    growing = Answer(tokenizer, set(), stops, len(tokens), live)
    pieces = []
    for token in tokens:
        growing.add(token)
        pieces.append(growing.take()[0])
        if growing.finish_reason is not None:
            break

    text = tokenizer.decode(tokens, skip_special_tokens=True)
    found = [place for stop in stops if (place := text.find(stop)) >= 0]
    assert "".join(pieces) == text[: min(found, default=len(text))]
    assert growing.finish_reason == ("stop" if found else "length")


def test_a_stop_text_whose_character_lies_in_two_tokens_is_not_given_out_by_half() -> None:
    growing = Answer(BYTES, set(), ["aé"], 10, live=True)
    pieces = []
    for token in spelled("saé"):
        growing.add(token)
        pieces.append(growing.take()[0])

    assert ("".join(pieces), growing.finish_reason) == ("s", "stop")


@pytest.mark.parametrize("live", [True, False])
def test_a_token_costs_the_same_at_the_end_of_a_long_answer_as_at_its_beginning(
    live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    tokens = random.Random(3).choices(range(len(BYTES)), k=3000)
    growing = Answer(BYTES, set(), ["never said"], len(tokens) + 1, live)
    whole = answer._decoded
    monkeypatch.setattr(
        answer,
        "_decoded",
        lambda *arguments, **options: decoded.append(len(arguments[1])) or whole(*arguments, **options),
    )
    for token in [*tokens, *spelled("a" * 500), *(spelled("é")[:1] * 500)][: len(tokens)]:
        growing.add(token)
        growing.take()

    assert max(decoded) <= 40
    assert len(decoded) <= 3 * len(tokens)


def test_a_stop_text_of_megabytes_costs_no_more_than_the_text() -> None:
    sizes = []

    class Stop(str):
        def __getitem__(self, key: slice) -> str:
            sizes.append(key.stop)
            return super().__getitem__(key)

    growing = Answer(BYTES, set(), [Stop("s" * 4_000_000)], 100, live=True)
    for token in spelled("sea"):
        growing.add(token)

    assert max(sizes) <= len("sea")
    assert growing.take()[0] == "sea"


def test_a_token_that_was_added_as_text_has_its_own_bytes() -> None:
    number = BYTES.convert_tokens_to_ids("a token, added")
    entry = answer.logprob(BYTES, torch.zeros(len(BYTES)), number, 0)

    assert bytes(entry["bytes"]) == b"a token, added"


def test_a_stop_text_ends_the_answer_and_is_left_out_also_when_streamed(client: openai.OpenAI) -> None:
    text = ask(client, temperature=0)[0]
    stop = text[len(text) // 2 : len(text) // 2 + 4]
    expected = text[: text.index(stop)]
    request = {
        "model": BASE_MODEL,
        "messages": QUESTION,
        "max_tokens": 12,
        "temperature": 0,
        "stop": [stop, "§"],
    }
    whole = client.chat.completions.create(**request, logprobs=True)
    streamed = client.chat.completions.create(**request, stream=True)

    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (expected, "stop")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == expected
    spelled = "".join(entry.token for entry in whole.choices[0].logprobs.content)
    assert spelled.startswith(expected)
    assert stop not in spelled


def logprobs_of(client: openai.OpenAI, **options) -> list[ChatCompletionTokenLogprob]:
    request = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 20, "logprobs": True} | options
    answer = ChatCompletion.model_validate(client.chat.completions.create(**request).to_dict())
    entries = answer.choices[0].logprobs.content
    assert b"".join(bytes(entry.bytes) for entry in entries).decode() == answer.choices[0].message.content
    return entries


def test_log_probabilities_are_those_of_the_raw_scores(client: openai.OpenAI) -> None:
    greedy = logprobs_of(client, temperature=0, top_logprobs=20)
    wild = logprobs_of(client, temperature=2, seed=3, top_logprobs=20, frequency_penalty=1)

    for entry in greedy:
        assert len(entry.top_logprobs) == 20
        assert entry.top_logprobs[0].model_dump() == entry.model_dump(exclude={"top_logprobs"})
        assert 0.5 < sum(math.exp(top.logprob) for top in entry.top_logprobs) <= 1.00001
    assert [top.token for top in wild[0].top_logprobs] == [top.token for top in greedy[0].top_logprobs]
    assert [top.logprob for top in wild[0].top_logprobs] == pytest.approx(
        [top.logprob for top in greedy[0].top_logprobs], abs=1e-4
    )


def test_log_probabilities_come_without_alternatives_and_in_a_stream(client: openai.OpenAI) -> None:
    alone = logprobs_of(client, temperature=0)
    streamed = client.chat.completions.create(
        model=BASE_MODEL, messages=QUESTION, max_tokens=20, temperature=0, logprobs=True, stream=True
    )

    entries = []
    for chunk in streamed:
        choice = ChatCompletionChunk.model_validate(chunk.to_dict()).choices[0]
        if choice.delta.content:
            assert "".join(entry.token for entry in choice.logprobs.content) == choice.delta.content
            entries += choice.logprobs.content

    assert [entry.top_logprobs for entry in alone] == [[]] * len(alone)
    assert [entry.model_dump() for entry in entries] == [entry.model_dump() for entry in alone]
