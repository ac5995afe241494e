"""Run the notebooks from a terminal.

python tools/course.py run --name NAME   the core notebooks, 00 to 05, on the local server, in one run folder;
                                         --all runs the others too, --model MODEL trains that base model
python tools/course.py store             all notebooks on recorded answers; outputs are stored in notebooks/
python tools/course.py record [NAME...]  real runs become data/recordings/NAME and data/sample_runs/NAME;
                                         --only 06b records and stores this notebook alone, beside the others
"""

import argparse
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import zip_longest
from pathlib import Path

import nbformat
import pandas as pd
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from notebook_runner import InterruptibleClient, execute, start_kernel
from openai import OpenAIError
from record_playground import STEP, ask_all
from run_summary import summarize
from stop_server import stop_server

from finetune_dataset.models import REAL_MODEL, models_dir
from helpers import base_model, connect, open_run
from helpers.backends.base_models import TINY_MODEL
from helpers.backends.recordings.record import add_to_manifest, write_manifest
from helpers.errors import BackendUnavailable, FineTuneError
from helpers.plots.small_png import with_few_colors

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[01]*.ipynb"))
CORE = [path for path in NOTEBOOKS if re.match(r"0[0-5]_", path.name)]
"""The journey; the other notebooks go deeper into one of its steps, or to other roads."""
LOADED_AHEAD = ("openai", "pandas", "matplotlib.pyplot", "ipywidgets")
"""What nearly every notebook imports, in 1.5 s of processor time (Nov 2026)."""
MODELS_DIR = models_dir()
RECORDINGS = {
    "elle": ("elle", REAL_MODEL, NOTEBOOKS),
    "elle-tiny": ("elle", TINY_MODEL, CORE),
    "sarcastic": ("sarcastic", REAL_MODEL, CORE),
    "recipes": ("recipes", REAL_MODEL, CORE),
}
"""What is recorded: the dataset, the base model, and which notebooks."""

DATASET_FILES = ("01_dataset.json", "train.jsonl", "validation.jsonl", "test.jsonl")
"""What notebook 01 leaves for all later ones; it holds no ids of a server."""
PLAYGROUND = "05c_lost"
"""Recorded with this notebook: answers to all that its playground offers."""


class JobWatch(threading.Thread):
    """Print the newest metrics of the server's newest job, beside the notebooks that run."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.client, self.done = connect("local"), threading.Event()

    def run(self) -> None:
        """Ask once a second until `done` is set or the server is gone."""
        seen = ""
        while not self.done.wait(1.0):
            try:
                jobs = self.client.fine_tuning.jobs.list(limit=3).data
                running = [job.id for job in jobs if job.status == "running"]
                for job_id in running:
                    newest = self.client.fine_tuning.jobs.list_events(job_id, limit=1).data[0]
                    if newest.type == "metrics" and newest.id != seen:
                        seen = newest.id
                        say(f"      {job_id}  {newest.message}")
            except OpenAIError:
                return  # The server is gone. The notebooks say so.


def say(text: str) -> None:
    """Print at once, also where the output is a file."""
    print(text, flush=True)


def say_cell(cell: int, cells: int) -> None:
    """Tell of every fifth cell that starts."""
    if cell % 5 == 0:
        say(f"   cell {cell} of {cells}")


def live_run(
    folder: Path,
    notebooks: list[Path],
    kernel_environment: dict[str, str],
    afterwards: Callable[[], None] = lambda: None,
) -> None:
    """Execute notebooks in order on a local server of their own, which ends with them.

    Args:
        folder: The run folder; executed notebooks and the server's state go there too.
        notebooks: Which.
        kernel_environment: Variables for the kernels only.
        afterwards: What else to do while the server runs.

    Raises:
        CellControlSignal: A cell failed or took too long; what ran before stays in the folder.
    """
    os.environ |= {
        "FINETUNE_BACKEND": "local",
        "FINETUNE_RUN": folder.name,
        "FINETUNE_RUNS_DIR": str(folder.parent),
        "FINETUNE_LOCAL_STATE": str(folder / "server"),
    }
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    with ExitStack() as at_end:
        at_end.callback(end_server, folder / "server")

        def kernel_for(notebook: Path) -> InterruptibleClient:
            client = start_kernel(notebook, kernel_environment, load=LOADED_AHEAD)
            at_end.callback(client.end_kernel)
            return client

        # Each kernel starts, and imports, while something else runs: the server's start, the notebook before.
        following = kernel_for(notebooks[0])
        watch = JobWatch()
        at_end.callback(watch.done.set)
        base_model(watch.client)  # A model that is not installed is said here, and not in the third notebook.
        watch.start()
        for notebook, after in zip_longest(notebooks, notebooks[1:]):
            started = time.monotonic()
            say(notebook.stem)
            client = following
            if after:
                following = kernel_for(after)
            execute(notebook, folder / "notebooks" / notebook.name, kernel_environment, say_cell, client)
            say(f"   done in {time.monotonic() - started:.0f} s")
        afterwards()


def end_server(state: Path) -> None:
    """End the server of a run; one that does not end is told, and the run's results still count."""
    try:
        stop_server(state)
    except BackendUnavailable as error:
        say(str(error))


def install_real_model() -> None:
    """Install the real base model when nobody has chosen another one; without it the tiny one is used."""
    if "FINETUNE_MODEL" in os.environ or (models_dir() / REAL_MODEL).is_dir():
        return
    if subprocess.run([sys.executable, "-m", "local_server.real_model"]).returncode:
        say(f"The real base model could not be installed. This run trains {TINY_MODEL}.")
        os.environ["FINETUNE_MODEL"] = TINY_MODEL


def run(name: str, notebooks: list[Path]) -> None:
    """Run the course for real and show what came of it.

    Args:
        name: The run's name.
        notebooks: Which.
    """
    os.environ["FINETUNE_BACKEND"] = "local"
    folder = open_run(name).folder
    install_real_model()
    started = time.monotonic()
    live_run(folder, notebooks, {})
    summary = summarize(folder, time.monotonic() - started)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    scores = pd.DataFrame(summary["scores"]).pivot(index="model", columns="metric", values="value")
    models, metrics = (
        list(dict.fromkeys(str(score[key]) for score in summary["scores"])) for key in ("model", "metric")
    )
    table = scores.loc[models, metrics].map("{:.0%}".format)
    shown = os.path.relpath(folder)
    say(f"""
{summary["job_id"]}: {summary["steps"]} steps, {summary["n_epochs"]} epochs, {summary["job_seconds"]} s
train_loss {summary["first_train_loss"]:.3f} -> {summary["last_train_loss"]:.3f}, \
last valid_loss {summary["last_valid_loss"]:.3f}
fine-tuned model: {summary["fine_tuned_model"]}

{summary["scores"][0]["n"]} held-out groups, share of right answers:
{table.to_string()}

{summary["total_seconds"]:.0f} s in all. Facts: {shown}/summary.json
Executed notebooks: {shown}/notebooks. {how_to_open(folder)}""")


def how_to_open(folder: Path) -> str:
    """Say how the executed notebooks are opened: the file list of `make lab` shows the course's folder."""
    if folder.is_relative_to(ROOT):
        return f"To open them: make lab, then {folder.relative_to(ROOT)}/notebooks in the file list."
    return f"To open them: {sys.executable} -m jupyterlab {folder / 'notebooks'}"


def store(only: Sequence[str] = ()) -> None:
    """Run each notebook on recorded answers and keep its outputs in `notebooks/`.

    Args:
        only: Numbers of notebooks ("06b"); without any, all.
    """
    for name in [name for name in os.environ if name.startswith("FINETUNE_")]:
        del os.environ[name]
    for notebook in chosen(NOTEBOOKS, only):
        with tempfile.TemporaryDirectory() as runs_dir:
            environment = {"FINETUNE_REPLAY_SPEED": "instant", "FINETUNE_RUNS_DIR": runs_dir}
            done = Path(runs_dir) / notebook.name
            executed = execute(notebook, done, environment, lambda cell, cells: None)
            for output in (each for cell in executed.cells for each in cell.get("outputs", [])):
                if picture := output.get("data", {}).get("image/png"):
                    small = with_few_colors(base64.b64decode(picture))
                    output["data"]["image/png"] = base64.b64encode(small).decode()
            nbformat.write(executed, notebook)
        say(f"{notebook.name}: outputs stored")


def chosen(notebooks: list[Path], only: Sequence[str]) -> list[Path]:
    """Those notebooks whose numbers are asked for; without any number, all."""
    return [path for path in notebooks if not only or path.stem.partition("_")[0] in only]


def record(name: str, only: Sequence[str] = ()) -> None:
    """Make a recording and its sample run again, from one real run.

    Args:
        name: Of the recording.
        only: Numbers of notebooks ("06b") that are recorded alone, and take the place of their own part in
            the recording. They may read the dataset's files, and nothing else of earlier notebooks: jobs and
            models of another run are not on this server. Without any, all that RECORDINGS names is recorded.
    """
    dataset, model, recorded_with = RECORDINGS[name]
    notebooks = chosen(NOTEBOOKS, only) if only else recorded_with
    say(f"== {name}: {dataset} on {model}")
    os.environ |= {"FINETUNE_DATASET": dataset, "FINETUNE_MODEL": model}
    # Where models are installed: the runs of a recording are in a folder of their own, without any.
    os.environ["FINETUNE_MODELS_DIR"] = str(MODELS_DIR)
    recording, sample_run = (ROOT / "data" / kind / name for kind in ("recordings", "sample_runs"))
    with tempfile.TemporaryDirectory() as runs_dir:
        exchanges, folder = Path(runs_dir) / "recording", Path(runs_dir) / "my-run"
        folder.mkdir()
        for file in DATASET_FILES if only else ():
            shutil.copy(sample_run / file, folder / file)

        def record_more() -> None:
            if PLAYGROUND in [notebook.stem for notebook in notebooks]:
                os.environ["FINETUNE_RECORD"] = str(exchanges)
                asked = ask_all(connect("local", step=STEP), folder)
                del os.environ["FINETUNE_RECORD"]
                say(f"{STEP}: {asked} answers")

        live_run(folder, notebooks, {"FINETUNE_RECORD": str(exchanges)}, record_more)
        recorded = sorted(path.stem for path in exchanges.glob("*.json"))
        command = f"make record NAME={name}"
        if only:
            shutil.copytree(exchanges, recording, dirs_exist_ok=True)
            add_to_manifest(recording, command=f"{command} ONLY='{' '.join(only)}'", notebooks=recorded)
            patterns = [f"{number}_*.*" for number in only]
            for old in [path for pattern in patterns for path in sample_run.glob(pattern)]:
                old.unlink()
        else:
            write_manifest(exchanges, backend="local", model=model, command=command, notebooks=recorded)
            for kept in (recording, sample_run):
                shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(exchanges, recording)
            sample_run.mkdir(parents=True)
            patterns = ["[01]*.*", "train.jsonl", "validation.jsonl", "test.jsonl"]
        for made in (path for pattern in patterns for path in folder.glob(pattern)):
            shutil.copy(made, sample_run / made.name)


def main() -> int:
    """Run one command.

    Returns:
        0 when it was done, 1 when it failed, 130 after Ctrl-C or SIGTERM.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["run", "store", "record"])
    parser.add_argument("recordings", nargs="*", metavar="NAME", help=f"which of {', '.join(RECORDINGS)}")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="06b", help="run, store or record these alone"
    )
    parser.add_argument("--name", default="my-run", help="the run folder's name (default my-run)")
    parser.add_argument("--all", action="store_true", help="run the notebooks beside the core ones, too")
    parser.add_argument("--model", help="the base model of a run, such as periodic-tiny-2026-11")
    options = parser.parse_args()
    if unknown := set(options.recordings) - set(RECORDINGS):
        parser.error(f"no recording {', '.join(sorted(unknown))}; there are {', '.join(RECORDINGS)}")
    if unknown := set(options.only) - {path.stem.partition("_")[0] for path in NOTEBOOKS}:
        parser.error(f"no notebook has the number {', '.join(sorted(unknown))}")
    if options.model:
        os.environ["FINETUNE_MODEL"] = options.model
    # SIGTERM ends the program as Ctrl-C does, so that the server ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.command == "run":
            run(options.name, chosen(NOTEBOOKS if options.all else CORE, options.only))
        for name in (options.recordings or RECORDINGS) if options.command == "record" else ():
            record(name, options.only)
        if options.command in ("store", "record"):
            store(options.only)
    except (CellControlSignal, DeadKernelError, FineTuneError, OpenAIError, OSError) as error:
        say(f"\nStopped. {explain(error)}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. What the notebooks have written stays in the run folder.")
        return 130
    return 0


def explain(error: Exception) -> str:
    """Say in one paragraph what went wrong, without the frames of libraries."""
    if isinstance(error, CellExecutionError):
        return f"A cell failed with {error.ename}: {error.evalue}\nThe executed notebook shows which one."
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
