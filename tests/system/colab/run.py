"""`make colab`: the course beside Google Colab's own packages, from the notebooks' own set-up cell on.

1. An environment with Colab's pins (2026-08-19.txt), in .venv-colab. PyTorch's CPU build, as Colab has it, or
   where its index does not answer the same version from the default index, which has GPU libraries with it.
2. The set-up cell takes an uploaded course.zip. pip may replace the SDK and its HTTP layer, and nothing else.
3. Every notebook runs in replay, and gives what is stored, but the one that trains in its kernel.
4. What trains is installed as a message on Colab says; PyTorch, Transformers and PEFT stay. Two small jobs
   train, one of them an adapter, and that notebook runs.

It needs a network. Colab itself is a double: a module of its name. COLAB_PYTHON names a Python 3.13; without
one, this Python is taken.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import course_zip  # noqa: E402
import setup_cell  # noqa: E402
from install_torch import CPU_BUILD  # noqa: E402

PINS = HERE / "2026-08-19.txt"
TORCH = "2.11.0"
ENVIRONMENT = ROOT / ".venv-colab"
MAY_BE_REPLACED = {
    "replay": {"openai", "httpx2", "httpcore2"},
    # TRL 1.16 needs newer ones; the kernel of a notebook uses none of them.
    "local": {"datasets", "huggingface_hub", "pyarrow"},
}
# Only pandas 3 writes this class, and the stored outputs are of pandas 3.
NEWER_PANDAS = " mathjax_ignore"
TRAINS = "08_open_models"
CELL = """
import os, sys
from types import ModuleType
from IPython.core.interactiveshell import InteractiveShell
sys.modules["google.colab"] = ModuleType("google.colab")
ran = InteractiveShell.instance().run_cell(sys.argv[1])
from helpers import connect
connect("replay")
sys.exit(0 if ran.success and os.getcwd().endswith("notebooks") else 1)
"""
JOB = """
import json, os, signal, sys, time
from helpers import connect, data_path
from helpers.paths import server_state
client = connect("local")
try:
    rows = data_path("sample_runs", "elle-tiny", "train.jsonl").read_bytes().splitlines(keepends=True)[:25]
    uploaded = client.files.create(file=("train.jsonl", b"".join(rows)), purpose="fine-tune")
    hyperparameters = {"n_epochs": 1, "training_method": sys.argv[1]}
    method = {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
    create = client.fine_tuning.jobs.create
    job = create(model="periodic-tiny-2026-11", training_file=uploaded.id, method=method)
    deadline = time.monotonic() + 240
    while job.finished_at is None and job.status != "failed" and time.monotonic() < deadline:
        time.sleep(0.5)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded", (job.status, job.error)
    messages = [{"role": "user", "content": "Tell me about Iron."}]
    answer = client.chat.completions.create(model=job.fine_tuned_model, messages=messages, max_tokens=20)
    assert answer.choices[0].message.content
finally:
    os.kill(json.loads((server_state() / "server.json").read_text())["pid"], signal.SIGTERM)
"""


class Failed(Exception):
    """What failed, with what it printed."""


def run(*command: str | Path, folder: Path = ROOT, **environment: str) -> str:
    """Run a program.

    Raises:
        Failed: It failed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FINETUNE_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, timeout=1800
    )
    if done.returncode != 0:
        raise Failed((done.stdout + done.stderr)[-4000:])
    return done.stdout


def python() -> Path:
    """Return the Python of the environment."""
    return ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pip(*arguments: str | Path, folder: Path = ROOT) -> str:
    """Run pip in the environment."""
    return run(python(), "-m", "pip", "--disable-pip-version-check", *arguments, folder=folder)


def freeze() -> dict[str, str]:
    """Return name → version of what is installed, the course itself left out."""
    found = json.loads(pip("list", "--format", "json"))
    return {
        each["name"].lower().replace("-", "_"): each["version"]
        for each in found
        if "editable_project_location" not in each
    }


def make_environment() -> str:
    """Install Colab's pins, or put them back; returns in words what they stand on."""
    if not python().exists():
        run(os.environ.get("COLAB_PYTHON") or sys.executable, "-m", "venv", ENVIRONMENT)
    pip("uninstall", "--quiet", "--yes", "fine-tuning-course")
    pip("install", "--quiet", "--no-deps", "--requirement", PINS)
    build = "the CPU build"
    if freeze().get("torch", "").partition("+")[0] != TORCH:
        try:
            pip("install", "--quiet", "--no-deps", *CPU_BUILD, f"torch=={TORCH}+cpu")
        except Failed:
            pip("install", "--quiet", f"torch=={TORCH}")
    if "+cpu" not in freeze()["torch"]:
        build = "the default index's build, because PyTorch's own index did not answer"
    version = run(python(), "--version").strip()
    return f"{version} (Colab has 3.13), torch {TORCH}: {build}"


def replaced(before: dict[str, str], allowed: set[str]) -> str:
    """Return in words what pip has replaced.

    Raises:
        Failed: Something that it must leave alone.
    """
    after = freeze()
    changed = {
        name: f"{old} -> {after.get(name, 'gone')}" for name, old in before.items() if after.get(name) != old
    }
    if set(changed) - allowed:
        raise Failed(f"pip has replaced {changed}; only {', '.join(sorted(allowed))} may be.")
    changes = ", ".join(f"{name} {what}" for name, what in changed.items())
    return (
        f"replaced: {changes or 'nothing'}; added: {', '.join(sorted(set(after) - set(before))) or 'nothing'}"
    )


def notebooks(course: Path, runs: Path, *, training: bool) -> Iterator[tuple[str, str]]:
    """Run notebooks as nbval does: that which trains, or the others; yields name and nbval's last line.

    Raises:
        Failed: A cell failed, or has printed something else than what is stored.
    """
    beside = runs / "nbval"
    pip("install", "--quiet", "--no-deps", "--target", beside, "nbval", "coverage")
    for path in sorted((course / "notebooks").glob("*.ipynb")):
        if (path.stem == TRAINS) != training:
            continue
        path.write_text(path.read_text(encoding="utf-8").replace(NEWER_PANDAS, ""), encoding="utf-8")
        options = ("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", "-q", "-W", "ignore")
        alone = ("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", path.parent)
        said = run(
            *(python(), "-m", "pytest", *options, *alone, path),
            folder=path.parent,
            PYTHONPATH=str(beside),
            FINETUNE_BACKEND="replay",
            FINETUNE_REPLAY_SPEED="instant",
            FINETUNE_RUNS_DIR=str(runs / path.stem),
        )
        yield path.stem, re.findall(r"\d+ passed.*", said)[-1]


def lane(folder: Path) -> Iterator[str]:
    """Do everything; yields what has passed."""
    yield make_environment()
    before = freeze()
    course_zip.write(folder / "course.zip")
    run(python(), "-c", CELL, setup_cell.code(""), folder=folder)
    yield f"the set-up cell; {replaced(before, MAY_BE_REPLACED['replay'])}"
    for name, said in notebooks(folder / "course", folder / "runs", training=False):
        yield f"{name}: {said}"
    before = freeze()
    # As helpers.paths.how_to_install_local says on Colab.
    pip("install", "--quiet", "--editable", f"{folder / 'course'}[local]", folder=folder)
    yield f"the training stack; {replaced(before, MAY_BE_REPLACED['local'])}"
    for method in ("full", "lora"):
        runs = str(folder / "runs" / method)
        run(python(), "-c", JOB, method, folder=folder / "course", FINETUNE_RUNS_DIR=runs)
        yield f"a small job, {method}"
    for name, said in notebooks(folder / "course", folder / "runs", training=True):
        yield f"{name}: {said}"


def main() -> int:
    """Run the lane; returns the exit status: 1 when something failed."""
    passed, began = 0, time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="colab-"))
    try:
        for said in lane(folder):
            passed += 1
            print(f"passed   {said} ({time.monotonic() - began:.0f} s)", flush=True)
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"FAILED   {error}\n{passed} passed, 1 failed")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
