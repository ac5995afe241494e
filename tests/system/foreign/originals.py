"""Runs other people's notebooks against a server, with their cells as they are.

    python tests/system/foreign/originals.py NOTEBOOK... [--model DIR] [--sdk FOLDER] [--data NAME=FILE]

Fetch the notebooks yourself, with the files that lie beside them; none is kept here. A server is started
for each, with aliases for the names of models. What stands between a notebook and the world is answered
here: a `pip` that installs nothing, pauses of at most a second, a key where one is typed in, data sets from
files (`--data`), clients with an address of their own that are led to the server. Between two cells the
runner waits for the jobs, as the texts of the notebooks ask of their reader.

For each notebook it prints one JSON line: cells of code, cells that ran, and the first that did not.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import openai
from jupyter_client.manager import start_new_kernel

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from serving import BASE_MODEL, LocalServer, serve  # noqa: E402

CELL_SECONDS = 280
ALIASES = ("gpt-*", "o?-*", "meta-llama/*", "Qwen/*", "ministral-*", "babbage-*", "davinci-*")
UNFINISHED = ("validating_files", "queued", "running")
# Runs in the kernel before the first cell.
BEFORE = r"""
def _prepare():
    import builtins, getpass, json, os, sys, time, types
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(seconds, 1))
    key = os.environ["OPENAI_API_KEY"]
    builtins.input = getpass.getpass = lambda *_, **__: key
    get_ipython().register_magic_function(lambda line, cell=None: print("pip:", line), "line", "pip")
    # Where notebooks of Colab have their key.
    colab = types.ModuleType("google.colab")
    colab.drive = types.SimpleNamespace(mount=lambda *_, **__: None)
    colab.userdata = types.SimpleNamespace(get=lambda *_: key)
    sys.modules["google.colab"] = colab
    try:
        import openai
    except ImportError:
        openai = None
    if hasattr(openai, "OpenAI"):
        # Clients with an address or a key of their own.
        for name in ("OpenAI", "AsyncOpenAI"):
            kind = getattr(openai, name)
            def begin(self, *arguments, _begin=kind.__init__, **options):
                options.pop("base_url", None)
                _begin(self, *arguments, **options | {"api_key": key})
            kind.__init__ = begin
    elif openai is not None:
        class _Keyed(type(openai)):
            api_key = property(lambda _: key, lambda _, __: None)
        openai.__class__ = _Keyed
    given = json.loads(os.environ["FOREIGN_DATA"])
    if given:
        import datasets
        real = datasets.load_dataset
        def load_dataset(name, *arguments, split=None, **options):
            if name not in given:
                return real(name, *arguments, split=split, **options)
            whole = datasets.Dataset.from_json(given[name])
            if split is None:
                return whole.train_test_split(test_size=0.2, seed=1)
            part = split.partition("[")[2].rstrip("]").lstrip(":")
            return whole.select(range(min(int(part), len(whole)))) if part.isdigit() else whole
        datasets.load_dataset = load_dataset
_prepare()
del _prepare
"""


def run(notebook: Path, server: LocalServer, sdk: str | None, data: dict[str, str]) -> dict[str, object]:
    """Run the cells of a notebook, one after the other, in its own folder.

    Args:
        notebook: The file.
        server: Where its calls go.
        sdk: A folder of packages that go before those that are installed.
        data: Name of a data set on a hub → a file of JSON lines in its place.

    Returns:
        What is printed of it.
    """
    cells = [cell.source for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    cells = [source for source in cells if source.strip()]
    manager, client = start_new_kernel(cwd=str(notebook.parent), env=environment(server, sdk, data))
    ran, stopped = 0, None
    try:
        client.execute_interactive(BEFORE, timeout=120, output_hook=lambda _: None)
        for number, source in enumerate(cells, start=1):
            said = run_cell(client, source)
            if said is None:
                ran += 1
                wait_for_jobs(server)
            elif stopped is None:
                stopped = {"cell": number, "said": said}
            print(f"{number}/{len(cells)}", said or "", file=sys.stderr, flush=True)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    jobs = server.client().fine_tuning.jobs
    seen = [
        {"status": job.status, "model": job.model, "error": job.error and job.error.message}
        for job in jobs.list()
    ]
    events = [event for job in jobs.list() for event in jobs.list_events(job.id)]
    warned = [event.message for event in events if event.level == "warn"]
    return {"notebook": notebook.name, "cells": len(cells), "ran": ran, "stopped": stopped, "jobs": seen,
            "warned": warned}  # fmt: skip


def environment(server: LocalServer, sdk: str | None, data: dict[str, str]) -> dict[str, str]:
    """What a reader would set before opening the notebook; each version of the SDK has its own names."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return bare | {
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_BASE": server.base_url,
        "OPENAI_API_KEY": server.api_key,
        "NEBIUS_API_KEY": server.api_key,
        "PATH": f"{HERE / 'stand_ins'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, (sdk, os.environ.get("PYTHONPATH")))),
        "FOREIGN_DATA": json.dumps(data),
        "HF_HUB_OFFLINE": "1",
        "WANDB_MODE": "offline",
        "MPLBACKEND": "agg",
    }


def run_cell(client, source: str) -> str | None:
    """Run one cell; returns what stopped it, or None."""
    try:
        reply = client.execute_interactive(
            source,
            timeout=CELL_SECONDS,
            output_hook=show if os.environ.get("FOREIGN_SHOW") else lambda _: None,
        )["content"]
    except TimeoutError:
        return f"still running after {CELL_SECONDS} seconds"
    if reply["status"] == "ok":
        return None
    return re.sub(r"\s+", " ", f"{reply['ename']}: {reply['evalue']}")[:400]


def show(message: dict) -> None:
    """Print what a cell prints."""
    content = message["content"]
    print(content.get("text") or content.get("data", {}).get("text/plain", ""), end="", file=sys.stderr)


def wait_for_jobs(server: LocalServer) -> None:
    """Wait until no job is active: the next cell is for a reader who has waited."""
    deadline = time.monotonic() + CELL_SECONDS
    while time.monotonic() < deadline:
        jobs: list[openai.types.fine_tuning.FineTuningJob] = (
            server.client().fine_tuning.jobs.list(limit=5).data
        )
        if all(job.status not in UNFINISHED for job in jobs):
            return
        time.sleep(0.5)


def main() -> None:
    """Run the notebooks that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--model", help="folder of the base model")
    parser.add_argument("--name", default=BASE_MODEL, help="its id")
    parser.add_argument("--sdk", help="folder with another version of the SDK")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=FILE")
    arguments = parser.parse_args()
    options = [f"--alias={pattern}={arguments.name}" for pattern in ALIASES]
    if arguments.model:
        options += ["--model", arguments.model]
    pairs = [each.rpartition("=") for each in arguments.data]
    data = {name: str(Path(file).resolve()) for name, _, file in pairs}
    for notebook in arguments.notebooks:
        with tempfile.TemporaryDirectory() as state, serve(Path(state) / "state", *options) as server:
            print(json.dumps(run(notebook.resolve(), server, arguments.sdk, data)), flush=True)


if __name__ == "__main__":
    main()
