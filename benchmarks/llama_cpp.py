"""llama.cpp's own server on a base model of the course, for `chat.py` to measure beside the others.

`python benchmarks/llama_cpp.py --model FOLDER --threads 1` writes the weights as a GGUF file in float32 and
serves it until stdin closes; the first line on stdout is its address. It needs `pip install gguf xllamacpp`
(llama.cpp with its server as a wheel, MIT), or with `--llama-server COMMAND` a `llama-server` of your own.
"""

import argparse
import json
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from common import free_port, until_it_listens

# The cache of each client at once; 1,024 tokens are the context of the tiny model.
CLIENTS, CONTEXT = 64, 1024
# How llama.cpp cuts text into words: digits one by one, the rest as GPT-2. Both base models do so.
PRE_TOKENIZER = "smollm"


def write_gguf(folder: Path, path: Path) -> None:
    """Write a Llama-shaped model with a byte-level vocabulary, all numbers in float32.

    Args:
        folder: Of the base model, as Transformers keeps it.
        path: The new file.
    """
    import gguf
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer, config = AutoTokenizer.from_pretrained(folder), model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_vocab_size(config.vocab_size)
    vocabulary = json.loads(tokenizer.backend_tokenizer.to_str())
    special = {token["id"] for token in vocabulary["added_tokens"] if token["special"]}
    kinds = (gguf.TokenType.NORMAL, gguf.TokenType.CONTROL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokenizer.convert_ids_to_tokens(range(config.vocab_size)))
    writer.add_token_types([kinds[token in special] for token in range(config.vocab_size)])
    writer.add_token_merges([" ".join(pair) for pair in vocabulary["model"]["merges"]])
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    tied = {"lm_head.weight"} if config.tie_word_embeddings else set()
    for name, weight in model.state_dict().items():
        if name in tied:
            continue
        for part, heads in (("q_proj", config.num_attention_heads), ("k_proj", config.num_key_value_heads)):
            # llama.cpp turns neighboring numbers of a head, Transformers its two halves.
            if f".{part}." in name:
                weight = weight.view(heads, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), weight.numpy().copy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def serve_wheel(path: Path, threads: int) -> None:
    """Serve the file in this process, until stdin closes."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames, parameters.port = ["127.0.0.1"], free_port()
    parameters.n_parallel, parameters.n_ctx = CLIENTS, CLIENTS * CONTEXT
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(parameters)
    print(json.dumps({"base_url": f"{server.listening_address}/v1"}), flush=True)
    sys.stdin.read()


def until_it_is_loaded(address: str) -> None:
    """Wait until llama.cpp has read its model: before, it answers 503."""
    while True:
        try:
            urllib.request.urlopen(address).close()
            return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
            time.sleep(0.02)


def serve_command(command: str, path: Path, threads: int) -> None:
    """Serve the file with a program of one's own, until stdin closes."""
    port = free_port()
    options = ["-m", path, "--host", "127.0.0.1", "--port", port, "-t", threads, "-tb", threads]
    options += ["-np", CLIENTS, "-c", CLIENTS * CONTEXT, "--jinja"]
    process = subprocess.Popen([*shlex.split(command), *map(str, options)], stdout=subprocess.DEVNULL)
    # When this process is told to end, the program has to end, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        until_it_listens(process, port)
        until_it_is_loaded(f"http://127.0.0.1:{port}/health")
        print(json.dumps({"base_url": f"http://127.0.0.1:{port}/v1"}), flush=True)
        sys.stdin.read()
    finally:
        process.terminate()
        process.wait(30)


def main() -> None:
    """Write the file in a process that is gone before the server starts, and serve it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of the base model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--llama-server", metavar="COMMAND", help="a llama-server of your own")
    parser.add_argument("--file", type=Path, help="serve this file, and write it first where it is missing")
    parser.add_argument("--write", action="store_true", help="write the file and end")
    arguments = parser.parse_args()
    if arguments.write:
        write_gguf(arguments.model, arguments.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.file or Path(folder) / "model.gguf"
        if not path.exists():
            command = [sys.executable, __file__, "--model", arguments.model, "--file", path, "--write"]
            subprocess.run(list(map(str, command)), check=True)
        if arguments.llama_server:
            serve_command(arguments.llama_server, path, arguments.threads)
        else:
            serve_wheel(path, arguments.threads)


if __name__ == "__main__":
    main()
