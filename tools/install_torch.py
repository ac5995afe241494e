"""Install PyTorch without gigabytes of GPU libraries where there is no GPU, and check it against its hashes.

Why: on Linux the default package index serves a CUDA build. PyTorch's own CPU
index has a build of about 200 MB. A machine that already has PyTorch, such as
Google Colab, keeps it.
"""

import importlib.util
import platform
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

LOCKS = Path(__file__).resolve().parents[1] / "locks"
TORCH_LOCK, CPU_LOCK = LOCKS / "torch.txt", LOCKS / "torch-cpu.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's documented index of CPU builds."""

# One short attempt: some networks do not reach that index.
CPU_BUILD = ("--retries", "0", "--timeout", "10", "--index-url", CPU_INDEX)


def pip_install(*arguments: str | Path) -> bool:
    """Install exactly what is named; what PyTorch needs besides comes with the other packages.

    Args:
        arguments: Options and requirements of `pip install`.

    Returns:
        Whether pip could install all of it.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    return subprocess.run([*command, *arguments]).returncode == 0


def main() -> int:
    """Install PyTorch once.

    Returns:
        0 when PyTorch is there, 1 when pip failed.
    """
    parser = ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--without-hash", action="store_true", help="take the CPU build even if no hash of it is known"
    )
    options = parser.parse_args()
    if importlib.util.find_spec("torch"):
        print("PyTorch is installed already; it stays as it is.")
        return 0
    if platform.system() == "Linux" and shutil.which("nvidia-smi") is None:
        print("No GPU found: asking PyTorch's CPU index for the small build.", flush=True)
        if pip_install("--require-hashes", *CPU_BUILD, "--requirement", CPU_LOCK):
            return 0
        if options.without_hash:
            version = CPU_LOCK.read_text(encoding="utf-8").partition("torch==")[2].split()[0]
            return 0 if pip_install(*CPU_BUILD, f"torch=={version}") else 1
        print(
            f"The CPU index did not answer, or {CPU_LOCK.name} has no hash of its build for this machine and "
            f"Python {platform.python_version()}. Taking the default index's build, with its GPU libraries. "
            "To take the small build unchecked: python tools/install_torch.py --without-hash",
            flush=True,
        )
    return 0 if pip_install("--require-hashes", "--requirement", TORCH_LOCK) else 1


if __name__ == "__main__":
    raise SystemExit(main())
