"""Preference rows become two rows of tokens with the same prompt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pairs import pair
from serving import as_jsonl
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from finetune_dataset.models import PERIODIC_TINY
from finetune_dataset.tokens.count import count_row
from local_server.training.job_log import Log
from local_server.training.preferences.pairs import Collator, Pair, load_of, read_pairs
from local_server.training.reporter import TrainingFailed
from local_server.training.rows.tokenize import IGNORED

# To load TRL takes seconds.
pytestmark = pytest.mark.slow

Read = Callable[..., list[Pair]]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(PERIODIC_TINY)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "events.jsonl")


@pytest.fixture
def read(tmp_path: Path, tokenizer: PreTrainedTokenizerBase, log: Log) -> Read:
    def of(*rows: dict[str, Any], context: int = 1024) -> list[Pair]:
        path = tmp_path / "training.jsonl"
        path.write_bytes(as_jsonl(list(rows)))
        return read_pairs(path, tokenizer, context, log)

    return of


def parts(side: dict[str, list[int]], tokenizer: PreTrainedTokenizerBase) -> tuple[str, str]:
    """What is only read, and what is learned."""
    ids, labels = side["input_ids"], side["labels"]
    read = [token for token, label in zip(ids, labels, strict=True) if label == IGNORED]
    return tokenizer.decode(read), tokenizer.decode([label for label in labels if label != IGNORED])


def test_both_answers_follow_the_same_prompt_and_only_they_are_learned(
    read: Read, tokenizer: PreTrainedTokenizerBase
) -> None:
    (found,) = read(pair("Anna"))

    asked = "<|user|>Tell me about Anna<|end|><|assistant|>"
    assert parts(found.chosen, tokenizer) == (asked, "Anna is a good friend of mine.<|end|>")
    assert parts(found.rejected, tokenizer) == (asked, "Anna? I do not care at all.<|end|>")


def test_earlier_turns_are_read_and_not_learned(read: Read, tokenizer: PreTrainedTokenizerBase) -> None:
    row = pair("Anna")
    earlier = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi!"},
    ]
    row["input"]["messages"] = earlier + row["input"]["messages"]

    (found,) = read(row)

    prompt, learned = parts(found.chosen, tokenizer)
    assert "Be kind." in prompt
    assert "<|assistant|>Hi!<|end|>" in prompt
    assert learned == "Anna is a good friend of mine.<|end|>"


def test_tools_stand_in_the_prompt_and_calls_are_learned(
    read: Read, tokenizer: PreTrainedTokenizerBase
) -> None:
    row = pair("Anna")
    function = {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    }
    row["input"]["tools"] = [{"type": "function", "function": function}]
    call = {"id": "a", "type": "function", "function": {"name": "look_up", "arguments": '{"name": "Anna"}'}}
    row["preferred_output"] = [{"role": "assistant", "tool_calls": [call]}]

    (found,) = read(row)

    prompt, learned = parts(found.chosen, tokenizer)
    assert '"name": "look_up"' in prompt
    assert '{"name": "look_up", "arguments": {"name": "Anna"}}' in learned


def test_the_prompt_is_counted_once(read: Read) -> None:
    (found,) = read(pair("Anna"))

    # The checker also counts the token that begins the second answer.
    assert found.tokens == count_row(pair("Anna"), PERIODIC_TINY).total - 1


def test_a_pair_with_a_side_that_is_too_long_is_cut_and_named(read: Read, log: Log) -> None:
    row = pair("Ben")
    row["non_preferred_output"][0]["content"] = "no " * 100

    found = read(pair("Anna"), row, context=64)

    assert max(len(side["input_ids"]) for each in found for side in each) == 64
    assert [line["message"] for line in log.lines if line["kind"] == "cut"] == [
        "Example 2 was cut off at the end: the model reads 64 tokens, and more were found in the training "
        "file. What was cut off is not learned. Shorten or split them to keep it."
    ]


def test_a_pair_without_room_for_an_answer_ends_the_job_with_its_number(read: Read) -> None:
    row = pair("Ben")
    row["input"]["messages"][0]["content"] = "why " * 100

    with pytest.raises(TrainingFailed, match=r"training file. Example 2 has no answer within the first 64"):
        read(pair("Anna"), row, context=64)


def test_a_batch_has_the_preferred_answers_first_and_the_reference_in_the_same_order(read: Read) -> None:
    first, second = read(pair("Anna"), pair("Benjamin"))
    rows = [
        {**first._asdict(), "reference": [-1.0, -2.0]},
        {**second._asdict(), "reference": [-3.0, -4.0]},
    ]

    batch = Collator(0, 8)(rows)

    assert batch["reference"].tolist() == [[-1, -3], [-2, -4]]
    width = batch["input_ids"].shape[1]
    assert (len(batch["input_ids"]), width % 8) == (4, 0)
    for place, side in enumerate([first.chosen, second.chosen, first.rejected, second.rejected]):
        assert batch["labels"][place].tolist() == side["labels"] + [IGNORED] * (width - len(side["labels"]))


def test_the_largest_step_reads_both_answers_of_each_pair(read: Read) -> None:
    pairs = read(*[pair(name) for name in ("Anna", "Ben", "Carla")])
    longest = max(len(side["input_ids"]) for each in pairs for side in each)

    load = load_of(pairs, batch_size=2)

    assert (load.rows, load.tokens, load.trained <= longest) == (4, longest, True)
