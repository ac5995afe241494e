"""Token counts against known answers, and the rule for epochs."""

import base64
import hashlib
import itertools
import math
import shutil

import jinja2
import pandas as pd
import pytest
import regex
from splintr import Tokenizer as SplintrTokenizer
from tokenizers import Tokenizer, models, pre_tokenizers

from finetune_dataset.errors import DatasetError, FineTuneError
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.models import context_limit
from finetune_dataset.tokens.count import (
    TokenCounts,
    count_row,
    count_tokens,
    n_epochs_auto,
)
from finetune_dataset.tokens.tool_definitions import render_tools
from helpers.paths import data_path

ROW = {
    "messages": [
        {"role": "system", "content": "tiktoken is great!"},
        {"role": "user", "content": "tiktoken is great!"},
        {"role": "assistant", "content": "tiktoken is great!"},
    ]
}
# By hand: 3 messages of 3 + 1 (role) + 6, and 3 for the row.
ESTIMATE = 3 * (3 + 1 + 6) + 3


@pytest.fixture
def word_model(tmp_path):
    """A local model's folder whose tokenizer has one token per word."""
    words = ["[UNK]", "tiktoken", "is", "great", "!"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "model", "tokens"),
    [
        ("tiktoken is great!", "gpt-4", 6),
        ("tiktoken is great!", "gpt-4o", 6),
        ("お誕生日おめでとう", "gpt-4", 9),
        ("お誕生日おめでとう", "gpt-4o", 8),
        ("", "gpt-4o", 0),
    ],
)
def test_texts_have_the_token_counts_that_openai_published(text, model, tokens):
    assert count_tokens(text, model) == tokens


# The last is one of splintr's own.
@pytest.mark.parametrize("text", ["<|endoftext|>", "<|im_start|>", "<|/think|>"])
@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4"])
def test_a_special_token_in_a_text_counts_as_plain_text(text, model):
    assert count_tokens(text, model) > 1


def test_a_row_follows_the_published_estimate():
    assert count_row(ROW, "gpt-4o-mini") == TokenCounts(total=ESTIMATE, answer=6, messages=3)


# OpenAI's cookbook, How_to_count_tokens_with_tiktoken, publishes a conversation with names (129 tokens with
# gpt-3.5-turbo, 124 with gpt-4o), a request with a tool (105 and 101), and a file with 16 tools (379 tokens a
# row for the tools, by its recorded bill). They were rebuilt outside this repository, and met to the token on
# 2026-11-21. Their texts are not ours, so the tests below hold the rules that met them.


def test_a_name_costs_its_tokens_and_one_more():
    named = {"messages": [{**ROW["messages"][0], "name": "tiktoken"}, *ROW["messages"][1:]]}
    name = count_tokens("tiktoken", "gpt-4o")

    assert count_row(named, "gpt-4o").total == ESTIMATE + 1 + name


def test_an_answer_of_weight_0_is_paid_for_but_not_trained():
    messages = [*ROW["messages"][:2], {**ROW["messages"][2], "weight": 0}]

    assert count_row({"messages": messages}, "gpt-4o") == TokenCounts(total=ESTIMATE, answer=0, messages=3)


def test_content_parts_count_like_the_same_text():
    parts = [{"type": "text", "text": "tiktoken is great!"}, {"type": "image_url", "image_url": {"url": "x"}}]
    messages = [ROW["messages"][0], {"role": "user", "content": parts}, ROW["messages"][2]]

    assert count_row({"messages": messages}, "gpt-4o").total == ESTIMATE


def test_a_call_costs_its_name_and_arguments_and_counts_as_an_answer():
    call = {"name": "tiktoken", "arguments": "tiktoken is great!"}
    said = 6 + count_tokens("tiktoken", "gpt-4o")
    answers = [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": call}],
        },
        {"role": "assistant", "function_call": call},
    ]

    counts = [count_row({"messages": [*ROW["messages"][:2], answer]}, "gpt-4o") for answer in answers]

    assert counts == [TokenCounts(total=ESTIMATE - 6 + said, answer=said, messages=3)] * 2


@pytest.mark.parametrize(
    "answer",
    [
        {"role": "assistant", "content": None, "refusal": "tiktoken is great!"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "tiktoken is great!"}]},
    ],
)
def test_a_refusal_counts_like_the_same_text(answer):
    messages = [*ROW["messages"][:2], answer]

    assert count_row({"messages": messages}, "gpt-4o") == TokenCounts(total=ESTIMATE, answer=6, messages=3)


def test_a_preference_row_counts_its_prompt_once_and_both_outputs():
    row = {
        "input": {"messages": ROW["messages"][:2]},
        "preferred_output": [ROW["messages"][2]],
        "non_preferred_output": [ROW["messages"][2]],
    }

    assert count_row(row, "gpt-4o") == TokenCounts(total=ESTIMATE + 10, answer=12, messages=4)


def test_a_reinforcement_row_has_no_answer():
    row = {"messages": ROW["messages"][:2], "reference": "tiktoken is great!", "input": "tiktoken"}

    assert count_row(row, "gpt-4o") == TokenCounts(total=ESTIMATE - 10, answer=0, messages=2)


@pytest.mark.parametrize("model", ["gpt-4-0613", "gpt-4o"])
def test_a_tool_costs_the_text_that_the_model_reads_however_it_is_declared(model):
    melting_point = {
        "name": "melting_point",
        "description": "Look up the melting point of an element",
        "parameters": {
            "type": "object",
            "properties": {"symbol": {"type": "string", "description": "Symbol, for example Sn"}},
            "required": ["symbol"],
        },
    }
    rows = [
        ROW | {"tools": [{"type": "function", "function": melting_point}]},
        ROW | {"functions": [melting_point]},
    ]

    extra = {count_row(row, model).total - count_row(ROW, model).total for row in rows}

    assert extra == {count_tokens(render_tools([melting_point]), model)}


def test_a_local_model_counts_one_token_for_each_role_and_each_end(word_model):
    assert count_row(ROW, word_model) == TokenCounts(total=3 * (1 + 4 + 1), answer=4, messages=3)


def test_a_local_model_without_a_tokenizer_is_named(tmp_path):
    with pytest.raises(FineTuneError, match=r"tokenizer\.json was not found"):
        count_tokens("text", tmp_path)


def test_the_base_model_counts_a_limerick_as_its_own_chat_template_renders_it():
    row = read_jsonl(data_path("limericks.jsonl"))[0]
    source = data_path("base_model", "chat_template.jinja").read_text()
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(source)
    chat = template.render(messages=row["messages"], add_generation_prompt=False)
    tokenizer = Tokenizer.from_file(str(data_path("base_model", "tokenizer.json")))

    counts = count_row(row, "ft:periodic-tiny-2026-11:local:elle:AbCd1234")

    assert counts.total == len(tokenizer.encode(chat, add_special_tokens=False))
    assert 0 < counts.answer < counts.total
    assert all(
        tokenizer.token_to_id(token) for token in ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
    )


CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system
You are a helpful assistant of tests<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}"""


@pytest.mark.parametrize("first", [0, 1])
def test_a_model_whose_template_is_chatml_counts_what_the_template_renders(tmp_path, monkeypatch, first):
    folder = tmp_path / "smollm2-135m-instruct"
    folder.mkdir()
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path))
    shutil.copy(data_path("base_model", "tokenizer.json"), folder)
    (folder / "chat_template.jinja").write_text(CHATML)
    messages = read_jsonl(data_path("limericks.jsonl"))[0]["messages"][first:]
    chat = jinja2.Template(CHATML, keep_trailing_newline=True).render(messages=messages)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    by_name = count_row({"messages": messages}, "ft:smollm2-135m-instruct:local:elle:AbCd1234")

    assert by_name.total == len(tokenizer.encode(chat, add_special_tokens=False))
    assert by_name == count_row({"messages": messages}, folder)


def test_the_real_model_is_counted_when_it_is_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "none"))

    with pytest.raises(DatasetError, match=r"is not installed\. To install it: `python -m local_server"):
        count_tokens("helium", "smollm2-135m-instruct")
    assert context_limit("ft:smollm2-135m-instruct:local::x").tokens == 8_192


def test_a_dataset_becomes_a_table_of_counts():
    table = pd.DataFrame([count_row(row, "gpt-4o") for row in (ROW, ROW)])

    assert table.to_dict("list") == {"total": [ESTIMATE] * 2, "answer": [6, 6], "messages": [3, 3]}


@pytest.mark.parametrize(
    ("rows", "epochs"),
    [
        (1, 25),
        (4, 25),
        (5, 20),
        (10, 10),
        (20, 5),
        (33, 3),
        (34, 3),
        (100, 3),
        (8_333, 3),
        (8_334, 2),
        (12_501, 1),
    ],
)
def test_auto_epochs_follow_the_cookbook(rows, epochs):
    assert n_epochs_auto(rows) == epochs


def test_a_file_that_is_no_tokenizer_is_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")

    with pytest.raises(FineTuneError, match=r"tokenizer\.json is no tokenizer that can be read"):
        count_tokens("text", tmp_path)


# Encoding → how many ranks it has, and the SHA-256 that tiktoken expects of the table that OpenAI publishes
# (`expected_hash` in `tiktoken_ext/openai_public.py`). That they are equal was found on 2026-11-28.
TABLES = {
    "cl100k_base": (100_256, "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"),
    "o200k_base": (199_998, "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"),
}


@pytest.mark.parametrize("encoding", TABLES)
def test_the_vocabulary_is_the_one_that_openai_publishes(encoding):
    ranks, published = TABLES[encoding]
    tokenizer = SplintrTokenizer.from_pretrained(encoding)

    lines = (base64.b64encode(tokenizer.decode_bytes([rank])) + b" %d\n" % rank for rank in range(ranks))

    assert hashlib.sha256(b"".join(lines)).hexdigest() == published


class SecondImplementation:
    """Byte pair encoding as the paper has it: always the pair of the lowest rank, one at a time.

    It shares with `splintr` the table of ranks, and nothing else; `regex` cuts the text, with the patterns
    that tiktoken has (`tiktoken_ext/openai_public.py`).
    """

    def __init__(self, encoding: str) -> None:
        self.cut = regex.compile(PATTERNS[encoding])
        tokenizer = SplintrTokenizer.from_pretrained(encoding)
        self.ranks = {tokenizer.decode_bytes([rank]): rank for rank in range(TABLES[encoding][0])}

    def count(self, text: str) -> int:
        return sum(self._pieces(piece.encode()) for piece in self.cut.findall(text))

    def _pieces(self, word: bytes) -> int:
        parts = [word[at : at + 1] for at in range(len(word))]
        while len(parts) > 1:
            ranks = [self.ranks.get(a + b, math.inf) for a, b in itertools.pairwise(parts)]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[best] == math.inf:
                break
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        return len(parts)


LETTERS = r"[^\r\n\p{L}\p{N}]?"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PATTERNS = {
    "cl100k_base": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"
    r" ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k_base": rf"{LETTERS}{UPPER}*{LOWER}+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    rf"{LETTERS}{UPPER}+{LOWER}*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
FIXED_TEXTS = {
    "English": "The quick brown fox can't jump over 1,234,567 lazy dogs; it's HTTPServer's fault, isn't it?",
    "code": "def f(x):\n\treturn {'a': [x**2 for x in range(10)]}  # comment\r\n\n\n    done = True\n",
    "French": "L'été dernier, nous avons mangé des crêpes à l'œuf près de Besançon.",
    "Romanian": "Mâine dimineață, țânțarii și-au găsit locuință în grădină.",
    "German": "Die Donaudampfschifffahrtsgesellschaft übt heute in Überlingen.",
    "Russian": "Мы проверили данные дважды, и оба раза ошибок не найдено.",
    "Arabic": "يرجى التحقق من البيانات قبل بدء التدريب.",
    "Hindi": "कृपया प्रशिक्षण से पहले डेटा जाँचें।",
    "Chinese": "請先檢查資料的格式，然後再開始訓練模型。",
    "Japanese": "お誕生日おめでとう。明日の午後にお届けします。",
    "emoji": "👩‍👩‍👧 👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️",
    "spaces": "  a   b \t c\n\n  d  \n",
    "JSON": '{"id": "call_7", "arguments": "{\\"city\\": \\"Lyon\\"}"}',
}


@pytest.mark.parametrize("encoding", PATTERNS)
def test_a_second_implementation_counts_the_same_tokens_in_each_encoding(encoding):
    second, model = SecondImplementation(encoding), {"cl100k_base": "gpt-4", "o200k_base": "gpt-4o"}[encoding]

    counts = {name: count_tokens(text, model) for name, text in FIXED_TEXTS.items()}

    assert counts == {name: second.count(text) for name, text in FIXED_TEXTS.items()}
