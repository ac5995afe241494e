"""A model as a GGUF file: llama.cpp reads it, and says what Transformers says."""

import json
import shutil
import subprocess
import sys
from math import inf
from pathlib import Path

import pytest
from lora import job_folder, trained
from serving import ROOT

from finetune_dataset.models import PERIODIC_TINY, REAL_MODEL
from local_server.export import gguf_file
from local_server.export.gguf_file import CannotConvert, write

QUESTIONS = ["Tell me about Tin.", "What is Iron?", "Hello there, what can you do in 2031?"]
REAL = ROOT / "runs" / ".models" / REAL_MODEL

ASK_LLAMA_CPP = """
import json, sys
import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx, parameters.n_parallel = sys.argv[1], 512, 1
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
# Half precision, which it takes by itself, is another model's cache.
parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
server = xllamacpp.Server(parameters)
answers = []
for question in json.loads(sys.argv[2]):
    chat = [{"role": "user", "content": question}]
    asked = {"messages": chat, "temperature": 0, "max_tokens": int(sys.argv[3]), "logprobs": True}
    said = server.handle_chat_completions(asked)
    tokens = [(each["id"], each["logprob"]) for each in said["choices"][0]["logprobs"]["content"]]
    answers.append((said["usage"]["prompt_tokens"], tokens))
print(json.dumps(answers))
"""

ASK_TRANSFORMERS = """
import json, sys
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
answers = []
for question in json.loads(sys.argv[2]):
    chat = [{"role": "user", "content": question}]
    form = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
    asked = tokenizer.apply_chat_template(chat, **form)
    count = asked["input_ids"].shape[1]
    made = model.generate(
        **asked, max_new_tokens=int(sys.argv[3]), do_sample=False, output_scores=True,
        return_dict_in_generate=True,
    )
    tokens = made.sequences[0, count:].tolist()
    scores = [float(step[0].log_softmax(0)[token]) for step, token in zip(made.scores, tokens)]
    answers.append((count, list(zip(tokens, scores))))
print(json.dumps(answers))
"""


def asked(program: str, model: Path, most: int = 30) -> list[tuple[int, list[tuple[int, float]]]]:
    """For each question the tokens of its prompt, and those of the answer with their logarithms."""
    command = [sys.executable, "-c", program, str(model), json.dumps(QUESTIONS), str(most)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def differences(one: list, other: list) -> list[float]:
    """How far two models are apart, in nats, for each question; infinite where they say other tokens."""
    found = []
    for (prompt, said), (same_prompt, also) in zip(one, other, strict=True):
        # llama.cpp's server leaves out tokens that are a part of a character, and the one that ends all.
        rest, gaps = iter(also), [0.0 if prompt == same_prompt else inf]
        for token, score in said:
            gaps.append(next((abs(score - its) for same, its in rest if same == token), inf))
        found.append(max(gaps) if len(said) > 0.7 * len(also) else inf)
    return found


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the tiny model whose files can be changed."""
    return shutil.copytree(PERIODIC_TINY, tmp_path / "model")


def changed(folder: Path, file: str, **changes: object) -> Path:
    content = json.loads((folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text(json.dumps(content | changes), encoding="utf-8")
    return folder


def test_a_file_holds_the_shape_the_words_and_every_weight_of_a_model(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    write(PERIODIC_TINY, tmp_path / "tiny.gguf")

    read = gguf.GGUFReader(tmp_path / "tiny.gguf")
    fields = {
        name: read.get_field(name).contents()
        for name in (
            "general.architecture", "llama.block_count", "tokenizer.ggml.pre", "tokenizer.chat_template",
        )
    }  # fmt: skip
    assert fields == {
        "general.architecture": "llama",
        "llama.block_count": 5,
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.chat_template": (PERIODIC_TINY / "chat_template.jinja").read_text(encoding="utf-8"),
    }
    assert sum(int(tensor.n_elements) for tensor in read.tensors) == 4_479_744
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.gguf"]


@pytest.mark.parametrize(("kind", "share"), [("bf16", 0.5), ("q8_0", 0.31)])
def test_narrow_numbers_make_a_smaller_file(tmp_path: Path, kind: gguf_file.Type, share: float) -> None:
    pytest.importorskip("gguf")
    write(PERIODIC_TINY, tmp_path / "whole.gguf")
    write(PERIODIC_TINY, tmp_path / "small.gguf", kind)

    whole, small = ((tmp_path / f"{name}.gguf").stat().st_size for name in ("whole", "small"))
    assert small / whole == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("file", "changes", "problem"),
    [
        (
            "config.json",
            {"architectures": ["Qwen2ForCausalLM"]},
            "its architecture is Qwen2ForCausalLM, expected",
        ),
        ("config.json", {"attention_bias": True}, "its layers have biases"),
        ("config.json", {"quantization_config": {"bits": 4}}, "its weights are quantized"),
        ("config.json", {"rope_parameters": {"rope_type": "llama3"}}, "its positions are of the type"),
        ("tokenizer.json", {"normalizer": {"type": "NFC"}}, "its tokenizer changes the text"),
        ("tokenizer.json", {"pre_tokenizer": {"type": "Whitespace"}}, "cuts text in a way that is not known"),
    ],
)  # fmt: skip
def test_what_would_be_another_model_is_refused_and_the_way_out_is_named(
    copied: Path, file: str, changes: dict[str, object], problem: str
) -> None:
    pytest.importorskip("gguf")

    with pytest.raises(CannotConvert, match=r"convert_hf_to_gguf\.py") as refused:
        write(changed(copied, file, **changes), copied.parent / "out.gguf")

    assert problem in str(refused.value)
    assert [path.name for path in copied.parent.iterdir()] == ["model"]


def test_without_the_package_the_line_that_installs_it_is_said(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)

    with pytest.raises(CannotConvert, match=r'pip install "gguf'):
        write(PERIODIC_TINY, tmp_path / "out.gguf")


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    (tmp_path / "out.gguf").write_text("mine", encoding="utf-8")

    with pytest.raises(FileExistsError, match="is there already"):
        write(PERIODIC_TINY, tmp_path / "out.gguf")

    assert (tmp_path / "out.gguf").read_text(encoding="utf-8") == "mine"


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        pytest.param(PERIODIC_TINY, id="tiny"),
        # Its heads share keys.
        pytest.param(REAL, id="real", marks=pytest.mark.skipif(not REAL.is_dir(), reason="not installed")),
    ],
)
def test_llama_cpp_says_the_same_tokens_about_as_likely_as_transformers(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("xllamacpp")
    write(model, tmp_path / "out.gguf")

    found = differences(asked(ASK_LLAMA_CPP, tmp_path / "out.gguf"), asked(ASK_TRANSFORMERS, model))

    assert max(found) < 0.02


@pytest.mark.slow
def test_a_model_whose_heads_share_keys_and_whose_words_are_filled_up_is_read_as_it_is(
    tmp_path: Path,
) -> None:
    """Random numbers: whatever is at the wrong place gives other tokens. Few: two can be about as likely."""
    pytest.importorskip("gguf")
    pytest.importorskip("xllamacpp")
    program = """
import sys, torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
torch.manual_seed(3)
config = LlamaConfig(
    vocab_size=2100, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, head_dim=32, tie_word_embeddings=False, rope_theta=500.0, initializer_range=0.3,
    eos_token_id=1, pad_token_id=0, bos_token_id=None, max_position_embeddings=512,
)
LlamaForCausalLM(config).save_pretrained(sys.argv[2])
AutoTokenizer.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[2])
"""
    command = [sys.executable, "-c", program, str(PERIODIC_TINY), str(tmp_path / "model")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    write(tmp_path / "model", tmp_path / "random.gguf")

    said = asked(ASK_LLAMA_CPP, tmp_path / "random.gguf", 4)
    found = differences(said, asked(ASK_TRANSFORMERS, tmp_path / "model", 4))

    assert max(found) < 0.02


@pytest.mark.slow
def test_an_adapter_of_a_job_becomes_a_file_that_llama_cpp_asks(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    pytest.importorskip("xllamacpp")
    trained(job_folder(tmp_path / "job"))
    adapter, base = tmp_path / "job" / "model", asked(ASK_TRANSFORMERS, PERIODIC_TINY)
    for out in ("model.gguf", "model"):
        program = [sys.executable, "-m", "local_server.export", str(adapter), str(tmp_path / out)]
        done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    said = asked(ASK_LLAMA_CPP, tmp_path / "model.gguf")
    found = differences(said, asked(ASK_TRANSFORMERS, tmp_path / "model"))

    assert max(found) < 0.02
    assert max(differences(said, base)) > 0.1
