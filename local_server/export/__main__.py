"""Take a fine-tuned model along: `python -m local_server.export MODEL FOLDER`.

The folder is a plain one of Transformers, which other programs load: an adapter is added to the weights of
its base. The server may run meanwhile, or not.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from local_server.base_models import UnusableModel
from local_server.jobs.models import find_model
from local_server.offered.choice import chosen
from local_server.settings import PACKAGES, Settings, default_state
from local_server.store import Store


def main() -> int:
    """Write the model; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_server.export", description=__doc__)
    parser.add_argument("model", metavar="MODEL", help="a fine-tuned model or checkpoint, ft:…")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="folder to write; it must not be there")
    parser.add_argument(
        "--state", type=Path, default=default_state(), help="folder of the server (default: runs/.server)"
    )
    arguments = parser.parse_args()
    database = arguments.state / "server.db"
    if not database.is_file():
        print(f"no server has run on {arguments.state}: {database.name} is not there.", file=sys.stderr)
        return 1
    try:
        settings = Settings(arguments.state.absolute(), chosen([]), api_key="")
    except UnusableModel as error:
        print(error, file=sys.stderr)
        return 1
    store = Store(database)
    try:
        found = find_model(settings, store, arguments.model)
    finally:
        store.close()
    if found is None:
        print(f"there is no model '{arguments.model}' in {arguments.state}.", file=sys.stderr)
        return 1
    # A process of its own: this one, as the server, never loads PyTorch.
    program = [sys.executable, "-m", "local_server.training.merge"]
    environment = {**os.environ, **settings.child_environment()}
    folder = arguments.folder.absolute()
    status = subprocess.run(
        [*program, str(found.folder), str(folder)], env=environment, cwd=PACKAGES
    ).returncode
    if status == 0:
        print(f"{arguments.model} is in {folder}")
    return status


if __name__ == "__main__":
    sys.exit(main())
