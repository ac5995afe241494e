"""How fast a dataset file is checked, against the logic of OpenAI's cookbook script.

    python benchmarks/validate.py                        200 MB, one process
    python benchmarks/validate.py --megabytes 1000 --workers 2
    python benchmarks/validate.py --engine               the row check in `datasets.map`, two workers
    python benchmarks/validate.py --rules                what the fast path is worth: the rules do all rows

Makes a file of chats first (seeded; text of Python's own library and of a few other languages),
then runs each variant in a process of its own: processor time, wall time and memory. The other
side is written for this comparison from the published list of the script's checks. It counts
with tiktoken, as the script does; its vocabulary is taken from splintr. Where tiktoken is not installed,
that variant is left out.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from statistics import mean, median
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

MODEL = "gpt-4o-mini"
LANGUAGES = (
    "Le modèle répond à la question de l'élève, puis il vérifie chaque étape avant de continuer.",
    "Der Händler prüft die Lieferung, überweist den Betrag und schickt eine kurze Bestätigung.",
    "Modelul învață din exemple bune; întrebările neclare trebuie întâi lămurite cu răbdare.",
    "¿Cuánto cuesta el envío a Málaga si pido cinco unidades antes del próximo miércoles?",
    "Мы проверили данные дважды, и оба раза ответ был один и тот же: ошибок не найдено.",
    "請先檢查資料的格式，然後再開始訓練模型，這樣可以節省很多時間和金錢。",
    "ご質問ありがとうございます。商品は明日の午後にお届けする予定です。",
    "يرجى التحقق من البيانات قبل بدء التدريب حتى لا نضيع الوقت والمال.",
)
SYSTEMS = [
    f"You are the assistant of {who}. Answer in a friendly tone, in the language of the question. "
    "If you do not know the answer, say so and ask for what you need. " * (1 + number % 4)
    for number, who in enumerate(
        ("a library", "a bank", "a school", "an online shop", "a hospital", "a software team", "a museum")
    )
]
TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Use this to {name.replace('_', ' ')}.",
            "parameters": {
                "type": "object",
                "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
                "required": ["query"],
            },
        },
    }
    for name in ("search_orders", "open_ticket", "find_article", "check_stock")
]


def paragraphs() -> list[str]:
    """Cut the sources of Python's library into pieces of 60 to 2,000 characters."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    found = []
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" not in path.parts:
            pieces = path.read_text(encoding="utf-8", errors="replace").split("\n\n")
            found += [piece.strip() for piece in pieces if 60 <= len(piece.strip()) <= 2_000]
    return found


def rows(seed: int) -> Iterator[str]:
    """Give lines without end: 5 % of the rows with tools, 2 % with an image, 5 % with weights."""
    chance, texts = random.Random(seed), paragraphs()

    def text() -> str:
        if chance.random() < 0.08:
            words = chance.choice(LANGUAGES).split()
            return " ".join(chance.choices(words, k=chance.randrange(20, 200)))
        piece = chance.choice(texts)
        return piece[chance.randrange(len(piece) // 4) :].strip() or "Yes."

    while True:
        messages: list[dict[str, Any]] = []
        if chance.random() < 0.8:
            messages.append({"role": "system", "content": chance.choice(SYSTEMS)})
        row: dict[str, Any] = {"messages": messages}
        for _ in range(chance.choice((1, 1, 2, 2, 3))):
            messages.append({"role": "user", "content": text()})
            messages.append({"role": "assistant", "content": text()})
        kind = chance.random()
        if kind < 0.05:
            call_id, name = f"call_{chance.randrange(10**9)}", chance.choice(TOOLS)["function"]["name"]
            arguments = json.dumps({"query": text()[:80], "limit": chance.randrange(1, 20)})
            call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
            messages[-1:-1] = [
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": call_id, "content": text()},
            ]
            row["tools"] = TOOLS
        elif kind < 0.07:
            image = {"type": "image_url", "image_url": {"url": f"https://example.com/{chance.random()}.png"}}
            messages[-2]["content"] = [{"type": "text", "text": messages[-2]["content"]}, image]
        elif kind < 0.12:
            for message in messages:
                if message["role"] == "assistant":
                    message["weight"] = chance.randrange(2)
            messages[-1]["weight"] = 1
        yield json.dumps(row, ensure_ascii=chance.random() < 0.8) + "\n"


def write_file(path: Path, megabytes: int) -> None:
    """Write whole rows until the file has the size."""
    left = megabytes * 1_000_000
    with path.open("w", encoding="utf-8", newline="\n") as target:
        for line in rows(seed=7):
            left -= len(line.encode())
            if left < 0:
                return
            target.write(line)


def script_checks(path: Path) -> list[dict[str, Any]]:
    """Do the script's seven checks: the whole file in a list, problems counted but not located."""
    with path.open(encoding="utf-8") as source:
        dataset = [json.loads(line) for line in source]
    errors: defaultdict[str, int] = defaultdict(int)
    for example in dataset:
        if not isinstance(example, dict):
            errors["data_type"] += 1
            continue
        messages = example.get("messages")
        if not messages:
            errors["missing_messages_list"] += 1
            continue
        for message in messages:
            if "role" not in message or "content" not in message:
                errors["message_missing_key"] += 1
            if any(key not in ("role", "content", "name", "function_call", "weight") for key in message):
                errors["message_unrecognized_key"] += 1
            if message.get("role") not in ("system", "user", "assistant", "function"):
                errors["unrecognized_role"] += 1
            content = message.get("content")
            if (not content and not message.get("function_call")) or not isinstance(content, str):
                errors["missing_content"] += 1
        if not any(message.get("role") == "assistant" for message in messages):
            errors["example_missing_assistant_message"] += 1
    return dataset


def script_tokens(dataset: list[dict[str, Any]]) -> int:
    """Count as the script does, each answer twice; what would stop it (numbers, parts) is left out here."""
    encoding = tiktoken_encoding()
    lengths, answers, turns = [], [], []
    missing: Counter[str] = Counter()
    for example in dataset:
        messages = example["messages"]
        for role in ("system", "user"):
            missing[role] += all(message["role"] != role for message in messages)
        total = 3
        for message in messages:
            total += 3
            for key, value in message.items():
                if isinstance(value, str):
                    total += len(encoding.encode(value, disallowed_special=()))
                    total += key == "name"
        said = [message["content"] for message in messages if message["role"] == "assistant"]
        answers.append(sum(len(encoding.encode(text, disallowed_special=())) for text in said if text))
        lengths.append(total)
        turns.append(len(messages))
    for values in (lengths, answers, turns):
        average, middle = mean(values), median(values)  # The script prints these for each list.
        assert min(values) <= min(average, middle) <= max(values)
    return sum(lengths)


@cache
def tiktoken_encoding() -> Any:  # noqa: ANN401  (tiktoken need not be installed)
    """Build tiktoken's o200k_base from the vocabulary that splintr carries, without a download."""
    import tiktoken
    from splintr import O200K_BASE_PATTERN, Tokenizer

    tokenizer = Tokenizer.from_pretrained("o200k_base")
    ranks = {tokenizer.decode_token_bytes(rank): rank for rank in range(199_998)}
    return tiktoken.Encoding("o200k", pat_str=O200K_BASE_PATTERN, mergeable_ranks=ranks, special_tokens={})


def ours(path: Path, model: str | None, workers: int) -> str:
    """Run `validate_dataset` and say what it found."""
    from finetune_dataset import validate_dataset

    report = validate_dataset(path, model=model, workers=workers)
    return f"{report.n_rows:,} rows, {dict(report.counts)}, {report.tokens or 0:,} tokens"


def rules_alone(path: Path) -> str:
    """Run `validate_dataset` without the fast path, to see what that is worth."""
    from finetune_dataset.check import line

    with mock.patch.object(line, "good_row", lambda raw: None):  # noqa: PT008  (a Mock itself takes time)
        return ours(path, None, 1)


def engine(path: Path) -> str:
    """Run the row check, as it is, in Hugging Face `datasets` with two workers."""
    from datasets import disable_progress_bars, load_dataset

    from finetune_dataset import check_line

    disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        lines = load_dataset("text", data_files=str(path), split="train", cache_dir=cache)
        checked = lines.map(
            lambda row: check_line(row["text"].encode(), model=MODEL),
            num_proc=2,
            remove_columns="text",
        )
        bad = len(checked) - sum(checked["ok"])
        return f"{len(checked):,} rows, {bad:,} bad, {sum(checked['tokens']):,} tokens"


VARIANTS: dict[str, Callable[[Path, int], str]] = {
    "script, checks": lambda path, _: f"{len(script_checks(path)):,} rows",
    "ours, checks": lambda path, _: ours(path, None, 1),
    "script, checks and tokens": lambda path, _: f"{script_tokens(script_checks(path)):,} tokens",
    "ours, checks and tokens": lambda path, _: ours(path, MODEL, 1),
    "ours, rules alone": lambda path, _: rules_alone(path),
    "ours, more workers": lambda path, workers: ours(path, MODEL, workers),
    "datasets.map, two workers": lambda path, _: engine(path),
}


def measure(variant: str, path: Path, workers: int) -> dict[str, Any]:
    """Run one variant in a fresh process."""
    command = [sys.executable, __file__, "--run", variant, "--file", str(path), "--workers", str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def run(variant: str, path: Path, workers: int) -> None:
    """Do the work of one variant here, and print its figures as JSON."""
    if variant.startswith("script") and "tokens" in variant:
        tiktoken_encoding()  # Not a part of the script's work.
    if variant.startswith("ours"):
        import finetune_dataset.validate  # The script's imports are not counted either.  # noqa: F401
    start, wall = time.process_time(), time.perf_counter()
    said = VARIANTS[variant](path, workers)
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = time.process_time() - start + usage[1].ru_utime + usage[1].ru_stime
    figures = {
        "said": said,
        "processor": seconds,
        "wall": time.perf_counter() - wall,
        "memory": [each.ru_maxrss / 1024 for each in usage],
    }
    print(json.dumps(figures))


def main() -> None:
    """Make the file, run the variants, and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--engine", action="store_true", help="show the row check in datasets.map instead")
    parser.add_argument("--rules", action="store_true", help="compare with and without the fast path instead")
    parser.add_argument("--variants", nargs="*", help="only those with one of these in the name")
    parser.add_argument("--file", type=Path, help="a file of your own")
    parser.add_argument("--run", choices=VARIANTS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.run:
        run(chosen.run, chosen.file, chosen.workers)
        return
    names = [name for name in VARIANTS if "workers" not in name and "rules" not in name]
    if chosen.workers > 1:
        names = ["script, checks and tokens", "ours, more workers"]
    if chosen.rules:
        names = ["ours, checks", "ours, rules alone"]
    if chosen.engine:
        names = ["ours, checks and tokens", "datasets.map, two workers"]
    if find_spec("tiktoken") is None and "script, checks and tokens" in names:
        names.remove("script, checks and tokens")
        print("Without the script's tokens: tiktoken is not installed (pip install tiktoken).")
    if chosen.variants:
        names = [name for name in names if any(words in name for words in chosen.variants)]
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.file or Path(folder) / "chats.jsonl"
        if not path.exists():
            write_file(path, chosen.megabytes)
        megabytes = path.stat().st_size / 1e6
        base: dict[str, tuple[float, float]] = {}
        print(f"{megabytes:,.0f} MB; seconds of processor and wall time; memory: this process, largest child")
        for name in names:
            figures = measure(name, path, chosen.workers)
            wall, spent = figures["wall"], figures["processor"]
            base.setdefault(name.partition(", ")[2] if "script" in name else "", (spent, wall))
            ratio = ""
            for what, (script_spent, script_wall) in base.items():
                if "script" not in name and what and (what == name.partition(", ")[2] or "workers" in name):
                    ratio = f", {script_spent / spent:.1f} x by processor, {script_wall / wall:.1f} x by wall"
            mine, child = figures["memory"]
            print(
                f"{name:28} {spent:6.1f} s {wall:6.1f} s {megabytes / spent:7.1f} MB/s{ratio}\n"
                f"{'':28} memory {mine:.0f} MB, {child:.0f} MB; {figures['said']}"
            )


if __name__ == "__main__":
    main()
