"""The real base model (SmolLM2-135M) in the server's own programs, against bare Transformers and PEFT.

`python benchmarks/real_model.py chat` asks it 1 and 16 questions at the same time, at most 48 tokens each,
temperature 0, and lets Transformers' `generate` answer them in one padded batch, in the same precision and on
as many threads. `... full` and `... lora` train 5 steps of 4 rows with the training program, and in a bare
loop (with PEFT for `lora`) on the same batches. The bare loop scores trained positions only, as the program
does; the last loss shows that both did the same work. Each runs in a process of its own, in turns, and counts
from itertools import chain
from the end of the first step. `... memory` holds 20 adapters beside one base in a chat process, and compares
its memory with that of the base alone.

Needs the real model: `--model FOLDER` (`make real-model` installs it). Each takes one to four minutes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from statistics import median

import psutil
from common import SEED, TRAINING, Line, child_environment, machine, options, report, trained_loss

from finetune_dataset.models import models_dir

MODEL = models_dir() / "smollm2-135m-instruct"
STEPS, BATCH_SIZE, RATES = 5, 4, {"full": 1e-4, "lora": 1e-3}
LIMITS = {"full": 0.95, "lora": 0.95, 1: 1.0, 16: 1.0}
MAX_TOKENS = 48
ADAPTERS = 20


def questions(count: int) -> list[list[dict]]:
    """The prompts of the first rows of the course's own training data."""
    with open(TRAINING, encoding="utf-8") as lines:
        return [json.loads(line)["messages"][:-1] for line, _ in zip(lines, range(count), strict=False)]


# What runs in a process of its own. Each prints one line of JSON for `measured`.


def ours_chat(model: Path, count: int, rounds: int) -> None:
    """The chat process's own loop, from the questions to the last token."""
    from local_server.generation.generator import Generator
    from local_server.generation.messages import NumberedQuestion
    from local_server.generation.models import Models

    generator = Generator(Models(1, 600))
    speeds = []
    for _ in range(rounds + 1):
        began, tokens = time.perf_counter(), 0
        for number, messages in enumerate(questions(count), start=1):
            asked: NumberedQuestion = {
                "id": number, "folder": str(model), "messages": messages, "tools": [], "calls": None,
                "max_tokens": MAX_TOKENS, "temperature": 0.0, "top_p": 1.0, "seed": 1, "stop": [], "n": 1,
                "stream": False, "top_logprobs": None, "frequency_penalty": 0.0, "presence_penalty": 0.0,
                "schema": None, "start": True, "prompt_logprobs": None,
            }  # fmt: skip
            if refused := list(generator.take(generator.prepare(asked))):
                raise SystemExit(refused[0]["message"])
        while generator.busy:
            for reply in chain.from_iterable(generator.step()):
                tokens += reply["completion_tokens"] if reply["kind"] == "done" else 0
        speeds.append(tokens / (time.perf_counter() - began))
    held = generator._models.get(str(model)).held
    chosen = [str(held.precision).removeprefix("torch."), held._threads]
    print(json.dumps({"speed": median(speeds[1:]), "note": chosen}))


def bare_chat(model: Path, count: int, rounds: int, precision: str, threads: int) -> None:
    """Transformers' `generate` on all questions in one padded batch."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, precision)).eval()
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    speeds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        batch = tokenizer.apply_chat_template(
            questions(count), add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            output = loaded.generate(**batch, max_new_tokens=MAX_TOKENS, do_sample=False)
        answers = output[:, batch["input_ids"].shape[1] :]
        # Up to the end of each answer: what stands behind it is padding.
        ends = (answers == loaded.generation_config.eos_token_id).int().cumsum(dim=1)
        tokens = int(((ends - (answers == loaded.generation_config.eos_token_id).int()) == 0).sum())
        speeds.append(tokens / (time.perf_counter() - began))
    print(json.dumps({"speed": median(speeds[1:]), "note": [precision, threads]}))


def ours_training(model: Path, method: str, precision: str, threads: int) -> None:
    """The training program itself, on a job folder like those of the server."""
    import threading

    from local_server.training.__main__ import train
    from local_server.training.job_log import Line as Entry, Log

    times: list[tuple[float, float]] = []

    class TimedLog(Log):
        def append(self, line: Entry) -> None:
            super().append(line)
            if line["kind"] == "metrics":
                times.append((time.perf_counter(), time.process_time()))

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = TRAINING.read_text(encoding="utf-8").splitlines(keepends=True)[: STEPS * BATCH_SIZE]
        (folder / "training.jsonl").write_text("".join(rows), encoding="utf-8")
        specification = {
            "n_epochs": 1, "batch_size": BATCH_SIZE, "learning_rate_multiplier": 1.0, "seed": SEED,
            "model_folder": str(model), "learning_rates": RATES, "training_method": method,
            "precision": precision, "threads": threads,
        }  # fmt: skip
        log = TimedLog(folder / "events.jsonl")
        train(folder, specification, log, threading.Event())
    say(times, log.metrics()[-1]["train_loss"])


def say(times: list[tuple[float, float]], loss: float) -> None:
    """Print the steps per second, and per second of the processor, from the second step on."""
    (wall, cpu), (last_wall, last_cpu) = times[0], times[-1]
    steps = len(times) - 1
    print(json.dumps({"speed": steps / (last_wall - wall), "cpu": steps / (last_cpu - cpu), "note": [loss]}))


def bare_training(model: Path, method: str, precision: str, threads: int) -> None:
    """Forward, backward, clipping, AdamW and a falling rate; around it only PEFT's model, for an adapter."""
    import torch
    from accelerate.data_loader import SeedableRandomSampler
    from torch.utils.data import DataLoader
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    from local_server.training.rows.tokenize import read_rows, tokenize_row

    torch.set_num_threads(threads)
    tokenizer = AutoTokenizer.from_pretrained(model)
    loaded = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, precision)).train()
    if method == "lora":
        from peft import LoraConfig, get_peft_model

        torch.manual_seed(SEED)
        loaded = get_peft_model(
            loaded, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
        )
    rows = [tokenize_row(row, tokenizer, 8192) for _, row in read_rows(TRAINING)][: STEPS * BATCH_SIZE]
    sampler = SeedableRandomSampler(rows, data_seed=SEED)
    collate = DataCollatorForLanguageModeling(tokenizer.pad_token_id)
    trained = [parameter for parameter in loaded.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATES[method], weight_decay=0.0, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)
    times = []
    for batch in DataLoader(rows, BATCH_SIZE, sampler=sampler, collate_fn=collate):
        loss = trained_loss(loaded, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        times.append((time.perf_counter(), time.process_time()))
    say(times, loss.item())


def adapters_in_memory(model: Path) -> None:
    """Load the base, then 20 adapters, and let each of them read a prompt."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from local_server.generation.models import Models
    from local_server.generation.weights.cache import Cache

    with tempfile.TemporaryDirectory() as name:
        subject = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16)
        adapted = get_peft_model(
            subject, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM")
        )
        adapted.save_pretrained(Path(name) / "0")
        for number in range(1, ADAPTERS):
            shutil.copytree(Path(name) / "0", Path(name) / str(number))
        size = (Path(name) / "0" / "adapter_model.safetensors").stat().st_size
        del subject, adapted
        models, process = Models(1, 600), psutil.Process()
        places = torch.tensor([[0, 1, 2, 3]])

        def answer(folder: Path) -> None:
            cache = Cache()
            models.get(str(folder)).model(places + 1, torch.ones_like(places), places, cache)

        with torch.inference_mode():
            answer(model)
            alone = process.memory_info().rss
            for number in range(ADAPTERS):
                answer(Path(name) / str(number))
        print(json.dumps({"base": alone, "adapter": size, "all": process.memory_info().rss}))


PROGRAMS = {
    "ours_chat": ours_chat, "bare_chat": bare_chat, "ours_training": ours_training,
    "bare_training": bare_training, "adapters_in_memory": adapters_in_memory,
}  # fmt: skip


def measured(program: str, *arguments: object) -> dict:
    """Run one of the programs in a new process, and read its last line."""
    with tempfile.TemporaryDirectory() as state:
        result = subprocess.run(
            [sys.executable, __file__, "run", program, json.dumps([str(arguments[0]), *arguments[1:]])],
            env=child_environment(Path(state)), stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    return json.loads(result.stdout.splitlines()[-1])


def main() -> None:
    """Measure one thing, and print both figures and their ratio."""
    parser = options(__doc__)
    parser.add_argument("what", choices=["chat", "full", "lora", "memory", "run"])
    parser.add_argument("rest", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, default=MODEL, help="folder of the real model")
    parser.add_argument("--repeat", type=int, default=3, help="runs or rounds of each (default: 3)")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], help="of a training")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of a training")
    arguments = parser.parse_args()
    if arguments.what == "run":
        program, packed = arguments.rest
        folder, *further = json.loads(packed)
        PROGRAMS[program](Path(folder), *further)
        return
    model = arguments.model.absolute()
    if not model.is_dir():
        sys.exit(f"There is no base model in {model}; `make real-model` installs it.")
    print(machine("torch", "transformers", "peft"))
    if arguments.what == "memory":
        lines = [memory(model)]
    elif arguments.what == "chat":
        lines = [chat(model, count, arguments.repeat) for count in (1, 16)]
    else:
        precision = arguments.precision or {"full": "float32", "lora": "bfloat16"}[arguments.what]
        lines = training(model, arguments.what, precision, arguments.threads, arguments.repeat)
    report(lines, arguments.lines)


def memory(model: Path) -> Line:
    """The memory of a chat process with 20 adapters."""
    found = measured("adapters_in_memory", model)
    theirs = found["base"] + ADAPTERS * found["adapter"]
    work = f"memory of a base and {ADAPTERS} adapters"
    peer = "base + size of the adapters"
    ratio = found["all"] / theirs
    return Line(work, "MB", found["all"] / 1e6, peer, theirs / 1e6, ratio, 1.1, at_least=False)


def chat(model: Path, count: int, repeat: int) -> Line:
    """Tokens per second of so many answers at once."""
    pairs = []
    for _ in range(repeat):
        ours = measured("ours_chat", model, count, 2)
        bare = measured("bare_chat", model, count, 2, *ours["note"])
        pairs.append((ours["speed"], bare["speed"]))
    precision, threads = ours["note"]
    work = f"real model, chat, clients: {count}, {precision}, {threads} threads"
    return beside(work, "tokens/s", pairs, LIMITS[count])


def training(model: Path, method: str, precision: str, threads: int, repeat: int) -> list[Line]:
    """Steps per second, of the clock and of the processor."""
    pairs, cpu = [], []
    for _ in range(repeat):
        ours = measured("ours_training", model, method, precision, threads)
        bare = measured("bare_training", model, method, precision, threads)
        pairs.append((ours["speed"], bare["speed"]))
        cpu.append((ours["cpu"], bare["cpu"]))
    work = f"real model, step, {method}, {precision}, {threads} threads"
    print(f"last loss {ours['note'][0]:.4f} and {bare['note'][0]:.4f}")
    return [
        beside(work, "steps/s", pairs, None),
        beside(work, "steps per processor s", cpu, LIMITS[method]),
    ]


def beside(work: str, unit: str, pairs: list[tuple[float, float]], limit: float | None) -> Line:
    """The medians, and the median of the ratios of runs that followed each other."""
    ours, bare = (median(values) for values in zip(*pairs, strict=True))
    return Line(work, unit, ours, "bare PyTorch", bare, median(mine / other for mine, other in pairs), limit)


if __name__ == "__main__":
    main()
