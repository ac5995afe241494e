"""Every benchmark that fits into ten minutes, in its short form, and one table of all figures.

    python benchmarks/all.py

The table has a row for each figure: the work, the peer, its figure and ours, the ratio, the limit, and
whether it is reached. The benchmarks run one after the other and hand their lines over (`--lines`). Ratios
are taken within one run. A short form has few rounds, and on a machine that others use, figures of the clock
vary by a half and ratios of processor time by a tenth: run a benchmark alone, on a quiet machine, before you
believe its figures. `--only NAME` runs some; `--minutes` changes the time. Not here, because they take
longer: `elle.py`, `learning_rates.py`, `structured.py`, and training the real model (`real_model.py full`,
`lora`).
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from common import Line, machine, options, report

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Short:
    """The short form of a benchmark.

    Attributes:
        command: File and options.
        seconds: That it takes on two cores (Nov 2026); it is left out where less time remains.
    """

    command: tuple[str, ...]
    seconds: int


SHORT = {
    "first step": Short(("first_step.py", "--repeat", "3"), 30),
    "training": Short(("train_loop.py", "--repeat", "1", "--threads", "1"), 160),
    "chat": Short(("chat.py", "--repeat", "1"), 120),
    "load": Short(("load.py", "--rounds", "1", "--requests", "300"), 40),
    "events": Short(("events.py", "--rounds", "3"), 40),
    "redraw": Short(("redraw.py", "--rounds", "5"), 20),
    "validation": Short(("all.py", "--validation", "20"), 60),
    "real model": Short(("real_model.py", "chat", "--repeat", "1"), 90),
}
# Megabytes per second of the processor, over the checks of OpenAI's cookbook.
VALIDATION = {"checks": 3, "checks and tokens": 6}


def validation(megabytes: int) -> list[Line]:
    """What `validate.py` measures, on a smaller file."""
    import validate

    lines = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chats.jsonl"
        validate.write_file(path, megabytes)
        for what, limit in VALIDATION.items():
            work, peer = f"validation, {what}, {megabytes} MB", "cookbook's checks"
            try:
                theirs, ours = (
                    megabytes / validate.measure(f"{who}, {what}", path, 1)["processor"]
                    for who in ("script", "ours")
                )
            except subprocess.CalledProcessError as failed:
                (*_, why) = failed.stderr.strip().splitlines() or ["it ended without figures"]
                lines.append(Line(work, "", None, peer, reach=limit, note=why))
                continue
            lines.append(Line(work, "MB per processor s", ours, peer, theirs, ours / theirs, limit))
    return lines


def measured(name: str, short: Short, seconds: float) -> list[Line]:
    """Run a benchmark, and read its lines; one line that says why, where there are none."""
    if short.seconds > seconds:
        return [Line(name, "", None, note=f"no time left; python benchmarks/{' '.join(short.command)}")]
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines.json"
        command = [sys.executable, HERE / short.command[0], *short.command[1:], "--lines", lines]
        try:
            done = subprocess.run(
                list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                timeout=max(seconds, 2 * short.seconds),
            )  # fmt: skip
        except subprocess.TimeoutExpired as late:
            return [Line(name, "", None, note=f"still ran after {late.timeout:.0f} s")]
        if done.returncode or not lines.exists():
            (*_, why) = done.stderr.strip().splitlines() or ["it ended without lines"]
            return [Line(name, "", None, note=f"failed: {why}")]
        return [Line(**line) for line in json.loads(lines.read_text(encoding="utf-8"))]


def main() -> None:
    """Run them and print the table."""
    parser = options(__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="that all may take together (default: 10)")
    parser.add_argument("--only", nargs="+", choices=SHORT, default=list(SHORT), help="only these")
    parser.add_argument("--validation", type=int, metavar="MB", help="run this one here, with a file of MB")
    arguments = parser.parse_args()
    if arguments.validation:
        report(validation(arguments.validation), arguments.lines)
        return
    print(
        f"{machine('torch', 'transformers', 'trl', 'openai')}; short forms; a machine that others use varies"
    )
    began, found = time.monotonic(), []
    for name in arguments.only:
        left = 60 * arguments.minutes - (time.monotonic() - began)
        started = time.monotonic()
        found += measured(name, SHORT[name], left)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    report(found, arguments.lines)
    print(f"\n{time.monotonic() - began:.0f} s; now {machine('openai')}")


if __name__ == "__main__":
    main()
