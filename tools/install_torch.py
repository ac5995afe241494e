"""Install PyTorch without gigabytes of GPU libraries where there is no GPU.

Why: on Linux the default package index serves a CUDA build. PyTorch's own CPU
index has a build of about 200 MB. A machine that already has PyTorch, such as
Google Colab, keeps it.
"""

import importlib.util
import platform
import shutil
import subprocess
import sys

VERSION = "torch==2.13.0"
# PyTorch's documented index of CPU builds.
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def pip_install(*arguments: str) -> bool:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(command).returncode == 0


def main() -> int:
    if importlib.util.find_spec("torch"):
        print("PyTorch is installed already; it stays as it is.")
        return 0
    if platform.system() == "Linux" and shutil.which("nvidia-smi") is None:
        print("No GPU found: asking PyTorch's CPU index for the small build.", flush=True)
        # One short attempt: some networks do not reach that index. Its needs come with the other packages.
        if pip_install("--no-deps", "--retries", "0", "--timeout", "10", "--index-url", CPU_INDEX, VERSION):
            return 0
        print(f"The CPU index did not answer. Taking {VERSION} from the default index.", flush=True)
    return 0 if pip_install(VERSION) else 1


if __name__ == "__main__":
    raise SystemExit(main())
