"""Which tokens of a chat the model learns."""

import pytest
from serving import ROOT
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from local_server.training.rows.tokenize import IGNORED, tokenize_row

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

TWO_ANSWERS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Symbol of gold?"},
    {"role": "assistant", "content": "Au"},
    {"role": "user", "content": "And of tin?"},
    {"role": "assistant", "content": [{"type": "text", "text": "Sn"}]},
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(ROOT / "data" / "base_model")


def learned(tokens: dict[str, list[int]], tokenizer: PreTrainedTokenizerBase) -> str:
    return tokenizer.decode([label for label in tokens["labels"] if label != IGNORED])


def test_every_answer_is_learned_with_its_end_and_nothing_else(tokenizer: PreTrainedTokenizerBase) -> None:
    tokens = tokenize_row({"messages": TWO_ANSWERS}, tokenizer, 1024)

    assert tokenizer.decode(tokens["input_ids"]) == (
        "<|system|>Be brief.<|end|><|user|>Symbol of gold?<|end|><|assistant|>Au<|end|>"
        "<|user|>And of tin?<|end|><|assistant|>Sn<|end|>"
    )
    assert learned(tokens, tokenizer) == "Au<|end|>Sn<|end|>"
    assert len(tokens["input_ids"]) == len(tokens["labels"])


def test_an_answer_with_weight_zero_is_read_but_not_learned(tokenizer: PreTrainedTokenizerBase) -> None:
    messages = [dict(message) for message in TWO_ANSWERS]
    messages[2]["weight"] = 0
    tokens = tokenize_row({"messages": messages}, tokenizer, 1024)

    assert tokens["input_ids"] == tokenize_row({"messages": TWO_ANSWERS}, tokenizer, 1024)["input_ids"]
    assert learned(tokens, tokenizer) == "Sn<|end|>"


def test_a_chat_reads_the_same_tokens_that_training_did(tokenizer: PreTrainedTokenizerBase) -> None:
    prompt = tokenizer.apply_chat_template(TWO_ANSWERS[:2], tokenize=False, add_generation_prompt=True)
    prompt_tokens = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    tokens = tokenize_row({"messages": TWO_ANSWERS[:3]}, tokenizer, 1024)

    assert tokens["input_ids"][: len(prompt_tokens)] == prompt_tokens
    assert tokens["labels"][: len(prompt_tokens)] == [IGNORED] * len(prompt_tokens)
    assert IGNORED not in tokens["labels"][len(prompt_tokens) :]


def test_a_row_that_is_too_long_is_read_until_that_is_certain(tokenizer: PreTrainedTokenizerBase) -> None:
    messages = TWO_ANSWERS * 50
    whole = tokenize_row({"messages": messages}, tokenizer, 10_000)
    fitting, short = (
        tokenize_row({"messages": messages}, tokenizer, len(whole["labels"]) - cut) for cut in (0, 1)
    )
    early = tokenize_row({"messages": messages}, tokenizer, 100)
    assert fitting == short == whole
    assert 100 < len(early["input_ids"]) < 150
    assert early == {name: values[: len(early["labels"])] for name, values in whole.items()}
