"""The largest memory of a training with TRL's trainer, for notebook 08 and its estimate.

`python benchmarks/memory.py` trains the real base model for two steps of 4 rows with 120 tokens each, whole
and with an adapter, each in a process of its own, and keeps the peaks in data/measured/memory.json. On a CPU,
a peak is resident memory less that of the imports; on a GPU, what PyTorch has taken (`--cuda`).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "data" / "measured" / "memory.json"
# As in notebook 08: rank of the adapter, precision.
WAYS = {
    "all, float32": (None, "float32"),
    "LoRA, float32": (16, "float32"),
    "LoRA, bfloat16": (16, "bfloat16"),
}
ROWS, TOKENS, STEPS = 4, 120, 2


def resident() -> int:
    """The largest resident memory so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def train(folder: str, way: str, cuda: bool) -> float:
    """Train in this process; returns gigabytes."""
    import tempfile

    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    rank, precision = WAYS[way]
    imported = resident()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, precision))
    draw = torch.Generator().manual_seed(1)
    tokens = torch.randint(3, model.config.vocab_size, (ROWS * STEPS, TOKENS), generator=draw).tolist()
    rows = Dataset.from_list([{"input_ids": each, "labels": each} for each in tokens])
    with tempfile.TemporaryDirectory() as out:
        settings = SFTConfig(
            output_dir=out, max_steps=STEPS, per_device_train_batch_size=ROWS, learning_rate=1e-4,
            bf16=False, gradient_checkpointing=False, use_cpu=not cuda, save_strategy="no", report_to="none",
            disable_tqdm=True, dataset_kwargs={"skip_prepare_dataset": True},
        )  # fmt: skip
        adapter = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear") if rank else None
        words = AutoTokenizer.from_pretrained(folder)
        SFTTrainer(model, settings, train_dataset=rows, processing_class=words, peft_config=adapter).train()
    return (torch.cuda.max_memory_allocated() if cuda else resident() - imported) / 1e9


def main() -> None:
    """Measure every way, or with `--way` this one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="folder of the model (default: the real base model)")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--cuda", action="store_true", help="on the GPU; nothing is kept")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from finetune_dataset.models import REAL_MODEL, models_dir

    folder = arguments.model or models_dir() / REAL_MODEL
    if arguments.way:
        print(json.dumps(train(str(folder), arguments.way, arguments.cuda)))
        return
    lines = []
    for way in WAYS:
        command = [sys.executable, __file__, "--model", folder, "--way", way, *(["--cuda"] * arguments.cuda)]
        quiet = {**os.environ, "TQDM_DISABLE": "1"}
        done = subprocess.run(
            list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True, env=quiet
        )
        peak = float(done.stdout.splitlines()[-1])
        print(f"{folder.name}, {way}, {ROWS} x {TOKENS} tokens: {peak:.2f} GB", flush=True)
        today = datetime.now(UTC).date().isoformat()
        lines.append({"base_model": folder.name, "way": way, "gigabytes": round(peak, 2), "date": today})
    if not arguments.cuda and not arguments.model:
        KEPT.write_text(
            json.dumps({"rows": ROWS, "tokens": TOKENS, "lines": lines}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
