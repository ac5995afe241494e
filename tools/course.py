"""Run the notebooks from a terminal.

python tools/course.py run --name NAME   all notebooks on the local server, in one run folder
python tools/course.py store             all notebooks on recorded answers; outputs are stored in notebooks/
python tools/course.py record            a real run becomes data/recordings/elle and data/sample_run
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
from jupyter_client import KernelClient
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from openai import OpenAIError

from finetune_dataset.errors import FineTuneError
from helpers import connect, open_run
from helpers.backends.connect import LOCAL_MODEL
from helpers.backends.local_server import running_server
from helpers.backends.replay import write_manifest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("0*.ipynb"))
CELL_SECONDS = 600
"""How long one cell may run; the longest, the live monitor, takes about half a minute."""
SERVER_END_SECONDS = 20
"""How long the server may take to end its training and chat processes; they take about two seconds."""
RECORDING, SAMPLE_RUN = ROOT / "data" / "recordings" / "elle", ROOT / "data" / "sample_run"


class InterruptibleClient(NotebookClient):
    """A client in which Ctrl-C and SIGTERM raise KeyboardInterrupt, as in any program.

    nbclient (0.11) answers them by ending the kernel in the middle of its own
    waiting, which then fails in a different way each time.
    """

    async def async_start_new_kernel_client(self, **kwargs: object) -> KernelClient:
        """Take nbclient's signal handlers off, which it has installed just before this call."""
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # Windows has none to take off.
                asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.default_int_handler)
        return await super().async_start_new_kernel_client(**kwargs)


def execute(
    source: Path, target: Path, environment: dict[str, str], on_cell: Callable[[int, int], None]
) -> nbformat.NotebookNode:
    """Run one notebook from top to bottom in its own kernel.

    Args:
        source: The notebook.
        target: Where the notebook with its outputs goes, also when a cell fails.
        environment: Variables for the kernel, besides those of this process.
        on_cell: Called with the number of the code cell that starts, and how many there are.

    Returns:
        The notebook with its outputs.

    Raises:
        CellExecutionError: A cell failed that is not tagged `raises-exception`.
        CellTimeoutError: A cell took longer than CELL_SECONDS.
        DeadKernelError: The kernel ended.
    """
    notebook = nbformat.read(source, as_version=4)
    cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    client = InterruptibleClient(
        notebook,
        # Whether two prints reach us as one message or two depends on the load of the machine.
        coalesce_streams=True,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        # ipykernel 7 warns on every start that a loopback kernel is not encrypted.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        record_timing=False,
        resources={"metadata": {"path": str(source.parent)}},
        on_cell_start=lambda cell, cell_index: (
            cell.cell_type == "code" and on_cell(cells.index(cell_index) + 1, len(cells))
        ),
    )
    try:
        client.execute(env=os.environ | environment)
    except KeyboardInterrupt:
        if client.km is not None:  # Otherwise nbclient has ended the kernel already.
            run_sync(client.km.shutdown_kernel)(now=True)
        raise
    finally:
        nbformat.write(tidy(notebook), target)
    return notebook


def tidy(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Remove what differs from run to run, so that storing twice gives the same bytes.

    Widget state is never saved: with it GitHub refuses to show the file.
    """
    models: dict[str, str] = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        for output in cell.get("outputs", []):
            view = output.get("data", {}).get("application/vnd.jupyter.widget-view+json")
            if view:
                view["model_id"] = models.setdefault(view["model_id"], f"widget-{len(models):02}")
    return notebook


class JobWatch(threading.Thread):
    """Print the newest metrics of the server's newest job, beside the notebooks that run."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.client, self.done = connect("local"), threading.Event()

    def run(self) -> None:
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
    print(text, flush=True)


def say_cell(cell: int, cells: int) -> None:
    if cell % 5 == 0:
        say(f"   cell {cell} of {cells}")


def live_run(folder: Path, kernel_environment: dict[str, str]) -> None:
    """Execute all notebooks in order on a local server of their own, which ends with them.

    Args:
        folder: The run folder; executed notebooks and the server's state go there too.
        kernel_environment: Variables for the kernels only.

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
    watch = JobWatch()
    watch.start()
    try:
        for notebook in NOTEBOOKS:
            started = time.monotonic()
            say(notebook.stem)
            execute(notebook, folder / "notebooks" / notebook.name, kernel_environment, say_cell)
            say(f"   done in {time.monotonic() - started:.0f} s")
    finally:
        watch.done.set()
        stop_server(folder / "server")


def stop_server(state: Path) -> None:
    """End the server of a state folder and wait until it has; its jobs, files and models stay there."""
    # Asked first: a killed server leaves its file behind, and its process id may have a new owner.
    if running_server(state) is None:
        return
    address = state / "server.json"
    process_id = json.loads(address.read_text(encoding="utf-8"))["pid"]
    os.kill(process_id, signal.SIGTERM)
    deadline = time.monotonic() + SERVER_END_SECONDS
    while address.exists():
        if time.monotonic() > deadline:
            say(f"The local server (process {process_id}) has not ended. Its log: {state / 'server.log'}")
            return
        time.sleep(0.1)


def summarize(folder: Path, total_seconds: float) -> dict[str, object]:
    """The facts of a run, from the files that its notebooks left."""

    def read(name: str) -> dict:
        return json.loads((folder / name).read_text(encoding="utf-8"))

    job, dataset = read("04_job.json"), read("01_dataset.json")
    metrics = pd.read_csv(folder / "04_metrics.csv")
    return {
        "backend": "local",
        "model": job["model"],
        "fine_tuned_model": job["fine_tuned_model"],
        "job_id": job["id"],
        "rows": dataset["rows"],
        "n_epochs": job["method"]["supervised"]["hyperparameters"]["n_epochs"],
        "steps": int(metrics["step"].max()),
        "first_train_loss": float(metrics["train_loss"].iloc[0]),
        "last_train_loss": float(metrics["train_loss"].iloc[-1]),
        "last_valid_loss": float(metrics["full_valid_loss"].dropna().iloc[-1]),
        "job_seconds": job["finished_at"] - job["created_at"],
        "total_seconds": round(total_seconds, 1),
        "scores": read("05_scores.json")["scores"],
    }


def run(name: str) -> None:
    started = time.monotonic()
    os.environ["FINETUNE_BACKEND"] = "local"
    folder = open_run(name).folder
    live_run(folder, {})
    summary = summarize(folder, time.monotonic() - started)
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    scores = pd.DataFrame(summary["scores"]).pivot(index="model", columns="metric", values="value")
    table = scores.loc[["base", "few_shot", "fine_tuned"], ["form", "rhyme", "facts"]].map("{:.0%}".format)
    shown = os.path.relpath(folder)
    say(f"""
{summary["job_id"]}: {summary["steps"]} steps, {summary["n_epochs"]} epochs, {summary["job_seconds"]} s
train_loss {summary["first_train_loss"]:.3f} -> {summary["last_train_loss"]:.3f}, \
last valid_loss {summary["last_valid_loss"]:.3f}
fine-tuned model: {summary["fine_tuned_model"]}

{summary["scores"][0]["n"]} held-out elements, share of right answers:
{table.to_string()}

{summary["total_seconds"]:.0f} s in all. Facts: {shown}/summary.json
Executed notebooks: {shown}/notebooks. To open them: make lab, then this folder in the file list.""")


def store() -> None:
    for name in [name for name in os.environ if name.startswith("FINETUNE_")]:
        del os.environ[name]
    for notebook in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as runs_dir:
            environment = {"FINETUNE_REPLAY_SPEED": "instant", "FINETUNE_RUNS_DIR": runs_dir}
            done = Path(runs_dir) / notebook.name
            execute(notebook, done, environment, lambda cell, cells: None)
            shutil.copyfile(done, notebook)
        say(f"{notebook.name}: outputs stored")


def record() -> None:
    with tempfile.TemporaryDirectory() as runs_dir:
        exchanges, folder = Path(runs_dir) / "recording", Path(runs_dir) / "my-run"
        live_run(folder, {"FINETUNE_RECORD": str(exchanges)})
        recorded = sorted(path.stem for path in exchanges.glob("*.json"))
        write_manifest(
            exchanges, backend="local", model=LOCAL_MODEL, command="make record", notebooks=recorded
        )
        shutil.rmtree(RECORDING, ignore_errors=True)
        shutil.copytree(exchanges, RECORDING)
        shutil.rmtree(SAMPLE_RUN, ignore_errors=True)
        SAMPLE_RUN.mkdir(parents=True)
        for file in folder.glob("0*.*"):
            shutil.copy(file, SAMPLE_RUN / file.name)
        for name in ("train.jsonl", "validation.jsonl", "test.jsonl"):
            shutil.copy(folder / name, SAMPLE_RUN / name)
    store()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["run", "store", "record"])
    parser.add_argument("--name", default="my-run", help="the run folder's name (default my-run)")
    options = parser.parse_args()
    # SIGTERM ends the program as Ctrl-C does, so that the server ends with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        {"run": lambda: run(options.name), "store": store, "record": record}[options.command]()
    except (CellControlSignal, DeadKernelError, FineTuneError, OpenAIError, OSError) as error:
        say(f"\nStopped. {explain(error)}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. What the notebooks have written stays in the run folder.")
        return 130
    return 0


def explain(error: Exception) -> str:
    """One paragraph for a reader, without the frames of libraries."""
    if isinstance(error, CellExecutionError):
        return f"A cell failed with {error.ename}: {error.evalue}\nThe executed notebook shows which one."
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
