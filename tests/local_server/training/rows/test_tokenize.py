"""Which tokens of a chat the model learns."""

import json
from pathlib import Path

import pytest
from serving import ROOT
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from local_server.training.job_log import Log
from local_server.training.reporter import TrainingFailed
from local_server.training.rows import progress, tokenize
from local_server.training.rows.tokenize import IGNORED, tokenize_row, tokenize_rows
from local_server.training.supervised.trainer import tokenized

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


def one_after_the_other(row: dict, tokenizer: PreTrainedTokenizerBase) -> dict[str, list[int]]:
    """The plainest way: one call of the template and one of the tokenizer for each text."""
    found: dict[str, list[int]] = {"input_ids": [], "labels": []}
    done, messages = "", [
        {"role": each["role"], "content": each["content"] if isinstance(each["content"], str) else "Sn"}
        for each in row["messages"]
    ]  # fmt: skip
    for index, message in enumerate(row["messages"]):
        if message["role"] == "assistant":
            for part, prompt in ((messages[:index], True), (messages[: index + 1], False)):
                text = tokenizer.apply_chat_template(part, tokenize=False, add_generation_prompt=prompt)
                tokens = tokenizer(text[len(done) :], add_special_tokens=False)["input_ids"]
                learned = not prompt and message.get("weight") != 0
                found["input_ids"] += tokens
                found["labels"] += tokens if learned else [IGNORED] * len(tokens)
                done = text
    return found


def test_rows_that_are_tokenized_together_have_the_tokens_that_each_has_alone(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    rows = [
        {"messages": TWO_ANSWERS},
        {"messages": TWO_ANSWERS[:3]},
        {"messages": [*TWO_ANSWERS[:2], {"role": "assistant", "content": "", "weight": 0}, *TWO_ANSWERS[3:]]},
        {"messages": [{"role": "user", "content": "元素 <|end|> 😀" * 20}, TWO_ANSWERS[2]]},
        {"messages": TWO_ANSWERS * 60},
        *map(json.loads, (ROOT / "data" / "limericks.jsonl").read_text(encoding="utf-8").splitlines()[:40]),
    ]

    # Some rows need several rounds: in one, a row has as many characters as the model reads tokens.
    assert tokenize_rows(rows, tokenizer, 3000) == [one_after_the_other(row, tokenizer) for row in rows]


def test_a_row_that_cannot_be_tokenized_spoils_no_other(tokenizer: PreTrainedTokenizerBase) -> None:
    good = {"messages": TWO_ANSWERS}
    text = {"messages": [TWO_ANSWERS[1], {"role": "assistant", "content": "half a character: \ud83d"}]}

    before, bad, after = tokenize_rows([good, text, good], tokenizer, 1024)

    assert before == after == tokenize_row(good, tokenizer, 1024)
    assert isinstance(bad, Exception)


def test_what_a_template_refuses_behind_the_last_token_that_is_read_harms_nobody(
    tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses = "{% if messages | length > 3 %}{{ raise_exception('too many') }}{% endif %}"
    monkeypatch.setattr(tokenizer, "chat_template", refuses + str(tokenizer.chat_template))

    read, refused = (tokenize_rows([{"messages": TWO_ANSWERS}], tokenizer, most)[0] for most in (9, 1024))

    assert isinstance(read, dict)
    assert len(read["input_ids"]) > 9
    assert str(refused) == "too many"


@pytest.fixture
def training(tmp_path: Path) -> Path:
    """A file whose rows are tokenized in three parts: too long ones, and a blank line, are among them."""
    answers = ["Au"] * 4 + ["Au " * 2000] + ["Au"] * 4
    rows = [json.dumps({"messages": [TWO_ANSWERS[1], {"role": "assistant", "content": a}]}) for a in answers]
    path = tmp_path / "training.jsonl"
    path.write_text("\n".join([*rows[:3], "", *rows[3:]]) + "\n")
    return path


def test_a_file_keeps_the_order_of_its_rows_and_names_those_that_are_cut_off(
    training: Path, tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenize, "_AT_ONCE", 300)
    log = Log(training.with_name("events.jsonl"))

    rows = tokenized(training, tokenizer, 1024, log)

    assert [len(row["labels"]) for row in rows] == [len(rows[0]["labels"])] * 4 + [1024] + [
        len(rows[0]["labels"])
    ] * 4
    assert [line["message"].partition(" was")[0] for line in log.lines] == ["Example 6"]


def test_the_examples_of_a_file_without_room_for_an_answer_are_all_named(
    training: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    with pytest.raises(TrainingFailed, match="Example 1 has no answer within the first 5 tokens") as failed:
        tokenized(training, tokenizer, 5, Log(training.with_name("events.jsonl")))

    assert [text.partition(" has")[0] for text in failed.value.further] == [
        f"Example {line}" for line in (2, 3, 5, 6, 7, 8, 9, 10)
    ]


def test_the_reading_of_a_file_that_takes_long_is_told(
    training: Path, tokenizer: PreTrainedTokenizerBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokenize, "_AT_ONCE", 300)
    monkeypatch.setattr(progress, "PERIOD_SECONDS", 0.0)
    log = Log(training.with_name("events.jsonl"))

    tokenized(training, tokenizer, 1024, log)

    told = [line["message"] for line in log.lines if line["kind"] == "reading"]
    assert told[-1] == "Preparing the training file: 9 of 9 examples read"
    assert len(told) > 2
