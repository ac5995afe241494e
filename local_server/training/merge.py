"""Write a model as a whole one: `python -m local_server.training.merge MODEL_FOLDER FOLDER`.

`python -m local_server.export` runs it, and takes the model's name.
"""

import argparse
import os
import sys
from pathlib import Path

from transformers import AutoTokenizer

from local_server.training.adapters import merged
from local_server.training.keeping import base_of


def write(model: Path, folder: Path) -> None:
    """Write a plain Transformers folder: safetensors, config, tokenizer and chat template.

    Args:
        model: Folder of the model: whole, or an adapter.
        folder: To be made. It is there when all of it has been written, or not at all.

    Raises:
        FileExistsError: The folder is there already.
        OSError: The model cannot be read, or the folder cannot be written.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} is there already. Give a folder that is not there.")
    draft = folder.with_name(folder.name + ".new")
    merged(model).save_pretrained(draft)
    AutoTokenizer.from_pretrained(base_of(model) or model, local_files_only=True).save_pretrained(draft)
    os.rename(draft, folder)


def main() -> int:
    """Write the model; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_server.training.merge", description=__doc__)
    parser.add_argument("model", type=Path, help="folder of a model: whole, or an adapter")
    parser.add_argument("folder", type=Path, help="folder to write; it must not be there")
    arguments = parser.parse_args()
    try:
        write(arguments.model, arguments.folder)
    except (OSError, ValueError) as error:
        print(f"the model cannot be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
