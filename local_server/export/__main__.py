"""Take a model along: `python -m local_server.export MODEL OUT`.

OUT becomes a plain folder of Transformers, which other programs load, or, with a name that ends in .gguf, one
file for llama.cpp. An adapter is added to the weights of its base. The server may run meanwhile, or not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

from local_server.base_models import UnusableModel
from local_server.export.gguf_file import CannotConvert, Type, write
from local_server.jobs.models import find_model
from local_server.offered.choice import chosen
from local_server.settings import PACKAGES, Settings, default_state
from local_server.store import Store
from local_server.training.keeping import ADAPTER_CONFIG, base_of


class NotFound(Exception):
    """There is no such model; the message says where it was looked for."""


def main() -> int:
    """Write the model; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m local_server.export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "model", metavar="MODEL", help="a fine-tuned model or checkpoint, ft:…, or the folder of a model"
    )
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="folder, or file.gguf, to write; it must not be there"
    )
    parser.add_argument(
        "--type",
        choices=get_args(Type),
        default="f32",
        help="numbers of a .gguf file: f32 loses nothing (default), bf16 has half the size, q8_0 a quarter",
    )
    parser.add_argument(
        "--state", type=Path, default=default_state(), help="folder of the server (default: runs/.server)"
    )
    arguments = parser.parse_args()
    out: Path = arguments.out.absolute()
    try:
        folder, environment = _find(arguments.model, arguments.state)
        if out.suffix == ".gguf":
            status = _write_file(folder, out, arguments.type, environment)
        else:
            status = _write_folder(folder, out, environment)
    except NotFound as error:
        print(error, file=sys.stderr)
        return 1
    except (CannotConvert, UnusableModel, OSError, ValueError, LookupError) as error:
        print(f"the model cannot be written: {error}", file=sys.stderr)
        return 1
    if status == 0:
        print(f"{arguments.model} is in {out}")
    return status


def _find(model: str, state: Path) -> tuple[Path, dict[str, str]]:
    """The folder of a model, and what a process that reads it needs in its environment.

    Raises:
        NotFound: No server has run there, or it has no such model.
        UnusableModel: A base model cannot be used.
    """
    given = Path(model)
    if any((given / name).is_file() for name in ("config.json", ADAPTER_CONFIG)):
        return given.absolute(), {}
    database = state / "server.db"
    if not database.is_file():
        raise NotFound(f"no server has run on {state}: {database.name} is not there.")
    settings = Settings(state.absolute(), chosen([]), api_key="")
    store = Store(database)
    try:
        found = find_model(settings, store, model)
    finally:
        store.close()
    if found is None:
        raise NotFound(f"there is no model '{model}' in {state}.")
    return found.folder, settings.child_environment()


def _write_folder(model: Path, folder: Path, environment: dict[str, str]) -> int:
    """Write a whole model; returns the exit status of the process that does."""
    # A process of its own: this one, as the server, never loads PyTorch.
    program = [sys.executable, "-m", "local_server.training.merge", str(model), str(folder)]
    return subprocess.run(program, env={**os.environ, **environment}, cwd=PACKAGES).returncode


def _write_file(model: Path, file: Path, kind: Type, environment: dict[str, str]) -> int:
    """Write a GGUF file; returns the exit status."""
    # It says at once when the base of an adapter is gone.
    if base_of(model) is None:
        write(model, file, kind)
        return 0
    # Whole first, beside the file: there is the room that the file needs.
    with tempfile.TemporaryDirectory(prefix=".whole-", dir=file.parent) as name:
        whole = Path(name, "model")
        if status := _write_folder(model, whole, environment):
            return status
        write(whole, file, kind)
    return 0


if __name__ == "__main__":
    sys.exit(main())
