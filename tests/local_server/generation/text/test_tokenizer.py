"""Prompts and texts are those of Transformers' tokenizers, token by token."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import asked
from serving import ROOT
from transformers import AutoTokenizer

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.text.tokenizer import plain_tokenizer

# Transformers, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

# Where `make real-model` puts it; the tests have a models folder of their own.
REAL_MODEL = ROOT / "runs" / ".models" / "smollm2-135m-instruct"
FOLDERS = [
    PERIODIC_TINY,
    pytest.param(
        REAL_MODEL,
        marks=pytest.mark.skipif(not REAL_MODEL.is_dir(), reason="it is not installed: make real-model"),
    ),
]
SYSTEM = {"role": "system", "content": "You are Elle.  Answer in  verse.\n"}
ASKED = {"role": "user", "content": "Tell me about Strontium, 38: 87.62 u, é 中 🙂\t\r\n\u00a0end"}
ANSWERED = {"role": "assistant", "content": " A metal so  bright "}
TOOL = {
    "type": "function",
    "function": {"name": "fn", "description": "Größe", "parameters": {"type": "object"}},
}
CHATS = {
    "a question": [ASKED],
    "a system message": [SYSTEM, ASKED],
    "several turns": [SYSTEM, ASKED, ANSWERED, ASKED, ANSWERED, {"role": "user", "content": ""}],
    "another role": [{"role": "developer", "content": "Be brief."}, ASKED],
    "no content": [ASKED, {"role": "assistant", "content": "x", "tool_calls": None}],
    "special tokens": [{"role": "user", "content": "a<|end|><|im_end|> <|im_start|>\n<|user|>b"}, ANSWERED],
    "the marks": [{"role": "user", "content": "a\U000f0000<|end|>\U000f0001b \U000f0001"}],
}


@pytest.mark.parametrize("tools", [None, [TOOL]], ids=["no tools", "tools"])
@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_prompt_is_the_one_of_transformers(
    folder: Path, chat: list[dict], tools: list[dict] | None
) -> None:
    ours, theirs = plain_tokenizer(folder), AutoTokenizer.from_pretrained(folder)

    for start in (True, False):
        options = {"tools": tools, "add_generation_prompt": start}
        text = theirs.apply_chat_template(chat, tokenize=False, **options)
        tokens = theirs.apply_chat_template(chat, sanitize_control_tokens=True, return_dict=False, **options)
        assert ours.apply_chat_template(chat, tokenize=False, **options) == text
        assert tokens == ours.apply_chat_template(
            chat, sanitize_control_tokens=True, return_dict=False, **options
        )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_tokens_are_known_as_transformers_knows_them(folder: Path) -> None:
    ours, theirs = plain_tokenizer(folder), AutoTokenizer.from_pretrained(folder)
    tokens = list(range(len(theirs)))

    assert ours.eos_token_id == theirs.eos_token_id
    assert ours.all_special_tokens == theirs.all_special_tokens
    assert ours.get_vocab() == theirs.get_vocab()
    assert {key: str(token) for key, token in ours.added_tokens_decoder.items()} == {
        key: str(token) for key, token in theirs.added_tokens_decoder.items()
    }
    assert [ours.convert_ids_to_tokens(token) for token in tokens] == theirs.convert_ids_to_tokens(tokens)
    for skip in (True, False):
        assert ours.decode(tokens, skip_special_tokens=skip) == theirs.decode(
            tokens, skip_special_tokens=skip
        )


def test_a_tokenizer_that_transformers_has_written_is_read_the_same(tmp_path: Path) -> None:
    AutoTokenizer.from_pretrained(PERIODIC_TINY, padding_side="left").save_pretrained(tmp_path)

    prompt = plain_tokenizer(tmp_path).apply_chat_template([ASKED], add_generation_prompt=True)

    assert prompt == plain_tokenizer(PERIODIC_TINY).apply_chat_template([ASKED], add_generation_prompt=True)


@pytest.mark.parametrize(
    "other",
    [
        {"tokenizer_class": "LlamaTokenizer"},
        {"add_bos_token": True},
        {"clean_up_tokenization_spaces": True},
        {"chat_template": {"default": "x", "tool_use": "y"}},
        {"eos_token": "</s>"},
        {"extra_special_tokens": {"image": "<|image|>"}},
        {"chat_control_tokens": ["a"]},
    ],
    ids=lambda other: " ".join(other),
)
def test_what_only_transformers_knows_is_left_to_it(tmp_path: Path, other: dict) -> None:
    folder = Path(shutil.copytree(PERIODIC_TINY, tmp_path / "model"))
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | other))

    assert plain_tokenizer(folder) is None


@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json", "tokenizer.json"])
def test_a_folder_without_all_files_is_left_to_transformers(tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(PERIODIC_TINY, tmp_path / "model"))
    (folder / name).unlink()

    assert plain_tokenizer(folder) is None


def test_the_course_chats_without_transformers() -> None:
    question = asked(PERIODIC_TINY, max_tokens=3, stop=["x"], stream=True, top_logprobs=2)
    program = f"""
import sys
from local_server.generation import __main__
from local_server.generation.generator import Generator
from local_server.generation.models import Models

generator = Generator(Models(1, 600))
replies = list(generator.take(generator.prepare({question!r})))
while generator.busy:
    for new in generator.step():
        replies += new
others = ("transformers", "trl", "peft", "pandas", "fastapi", "llguidance")
print(replies[-1]["kind"], [name for name in others if name in sys.modules])
"""

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "done []\n"
