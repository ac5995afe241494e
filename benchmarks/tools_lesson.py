"""Does the lesson of notebook 06b_tools hold on other draws? Runs the notebook itself, on each draw.

    python benchmarks/tools_lesson.py --draws 1 2 3                      SmolLM2-135M (`make real-model`)
    python benchmarks/tools_lesson.py --model periodic-tiny-2026-11

Each draw holds out other elements, trains with another seed, and is one run of the whole notebook on a local
server of its own: two jobs, then about 350 short chats at temperature 0. The notebook's own check cell must
hold. Prints its two tables, with Wilson's 95 % intervals, and the seconds that each job trained.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import pandas as pd
from common import ROOT, machine

from finetune_dataset.models import models_dir

sys.path.insert(0, str(ROOT / "tools"))

import course

NOTEBOOK = ROOT / "notebooks" / "06b_tools.ipynb"
SET = "DRAW = 1"
FILES = "jobs", "tools"


def with_draw(draw: int, folder: Path) -> Path:
    """A copy of the notebook in which another number is drawn."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    if text.count(SET) != 1:
        raise SystemExit(f"{NOTEBOOK} does not set its draw in one place as {SET!r}.")
    copy = folder / NOTEBOOK.name
    copy.write_text(text.replace(SET, f"DRAW = {draw}"), encoding="utf-8")
    return copy


def main() -> None:
    """Print what each draw gave."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=course.REAL_MODEL)
    parser.add_argument("--draws", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    os.environ |= {"FINETUNE_MODEL": options.model, "FINETUNE_MODELS_DIR": str(models_dir())}
    print(machine("torch", "transformers", "trl"))
    for draw in options.draws:
        with tempfile.TemporaryDirectory() as name:
            folder, began = Path(name) / "my-run", time.monotonic()
            folder.mkdir()
            course.live_run(folder, [with_draw(draw, Path(name))], {})
            jobs, found = (json.loads((folder / f"06b_{file}.json").read_text("utf-8")) for file in FILES)
        # The server trains one job after the other.
        times = [jobs["calls"]["created_at"], *(job["finished_at"] for job in jobs.values())]
        seconds = {name: end - start for name, (start, end) in zip(jobs, pairwise(times), strict=True)}
        print(f"draw {draw}: the notebook took {time.monotonic() - began:.0f} s, its jobs {seconds}")
        for table in ("scores", "beyond"):
            print(pd.DataFrame(found[table]).round(2).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
