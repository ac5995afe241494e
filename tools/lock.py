"""Write the locks again: `make lock`. One resolution for Python 3.11 and newer, on Linux, macOS and Windows.

locks/lab.txt         what recorded answers and JupyterLab need: what `make lab` installs
locks/course.txt      every package but PyTorch and the course itself: begins with locks/lab.txt, by its name
locks/ray.txt         what Ray needs beside these: what `make test-slow` installs, too
locks/torch.txt       PyTorch from the default index, and the GPU libraries that its build for Linux needs
locks/torch-cpu.txt   PyTorch's small CPU builds for Linux, from PyTorch's own index

uv resolves. A version that stands in a lock stays while it fits the ranges of pyproject.toml; name packages
to take their newest versions: `make lock NEWEST="pandas numpy"`. Needs a network.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from install_torch import CPU_INDEX, CPU_LOCK, LOCKS, TORCH_LOCK

ROOT = LOCKS.parent
COURSE_LOCK = LOCKS / "course.txt"
LAB_LOCK = LOCKS / "lab.txt"
RAY_LOCK = LOCKS / "ray.txt"
EXTRAS = ("xlsx", "local", "lab", "dev")
ON_EVERY_PLATFORM = ["--universal", "--python-version", "3.11"]
# torch and what only its build for GPUs needs.
TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
# jsonschema tries to import it, and it builds 38 parsers then: a second of processor time in each process
# that reads a notebook (version 1.1.0, measured Nov 2026). Without it, the format "iri" is not checked.
LEFT_OUT = re.compile(r"rfc3987-syntax==")
LAB_TOO = "-r lab.txt\n"
"""First in the lock of the course: each hash stands once, and pip looks beside the file that says so."""
HEADER = "# Made by `make lock` (tools/lock.py). Do not edit.\n"


def compile_lock(*arguments: str | Path) -> None:
    """Run `uv pip compile`; hashes always, and no line that names an index.

    Raises:
        CalledProcessError: No versions fit, or no index was reached; uv says which on standard error.
    """
    options = ["--quiet", "--generate-hashes", "--no-header", "--no-annotate"]
    command = [sys.executable, "-m", "uv", "pip", "compile", *options, *arguments]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def read_course() -> str:
    """Return the lock of the course with that of the lab, which it names in its first line."""
    return LAB_LOCK.read_text(encoding="utf-8") + COURSE_LOCK.read_text(encoding="utf-8")


def packages(lock: str) -> list[str]:
    """Return the packages of a lock: each is its line with the version, and the lines of its hashes."""
    return re.findall(r"^[A-Za-z].*\n(?: +.*\n)*", lock, flags=re.MULTILINE)


def resolve(newest: list[str], folder: Path) -> list[str]:
    """Return what the course needs, with torch.

    Args:
        newest: Names of packages that may leave the version of the lock.
        folder: Where uv may write.
    """
    lock = folder / "all.txt"
    lock.write_text("".join(packages(read_course() + TORCH_LOCK.read_text(encoding="utf-8"))))
    extras = [f"--extra={extra}" for extra in EXTRAS]
    newer = [f"--upgrade-package={name}" for name in newest]
    compile_lock("pyproject.toml", *extras, *newer, *ON_EVERY_PLATFORM, "--output-file", lock)
    return [package for package in packages(lock.read_text(encoding="utf-8")) if not LEFT_OUT.match(package)]


def resolve_lab(found: list[str], folder: Path) -> list[str]:
    """Return what replay in JupyterLab needs, and what installs the course itself: a part of the whole.

    Args:
        found: What `resolve` gave; its versions stay.
        folder: Where uv may write.
    """
    lock, backend = folder / "lab.txt", folder / "backend.in"
    lock.write_text("".join(found), encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    backend.write_text("\n".join(project["build-system"]["requires"]), encoding="utf-8")
    compile_lock("pyproject.toml", backend, "--extra=lab", *ON_EVERY_PLATFORM, "--output-file", lock)
    names = {package.split("==")[0] for package in packages(lock.read_text(encoding="utf-8"))}
    return [package for package in found if package.split("==")[0] in names]


def resolve_ray(found: list[str], folder: Path) -> list[str]:
    """Return what Ray needs beside the course.

    Args:
        found: What `resolve` gave; its versions stay.
        folder: Where uv may write.
    """
    lock = folder / "ray.txt"
    lock.write_text("".join([*found, *_locked(RAY_LOCK)]), encoding="utf-8")
    extras = [f"--extra={extra}" for extra in (*EXTRAS, "ray")]
    compile_lock("pyproject.toml", *extras, *ON_EVERY_PLATFORM, "--output-file", lock)
    resolved = packages(lock.read_text(encoding="utf-8"))
    return [package for package in resolved if package not in found and not LEFT_OUT.match(package)]


def _locked(lock: Path) -> list[str]:
    return packages(lock.read_text(encoding="utf-8")) if lock.exists() else []


def resolve_cpu_build(version: str, folder: Path) -> list[str]:
    """Return PyTorch's CPU builds of a version, with the hashes that PyTorch's index gives.

    Args:
        version: As in "2.13.0".
        folder: Where uv may write.

    Raises:
        CalledProcessError: PyTorch's index was not reached.
    """
    wanted, lock = folder / "torch.in", folder / "torch-cpu.txt"
    wanted.write_text(f"torch=={version}+cpu\n")
    compile_lock(wanted, "--no-deps", "--index-url", CPU_INDEX, "--output-file", lock)
    return packages(lock.read_text(encoding="utf-8"))


def write(path: Path, found: list[str], first: str = "") -> None:
    """Write a lock, its packages in the order of their names, after a first line."""
    path.write_text(HEADER + first + "".join(found), encoding="utf-8")


def main() -> int:
    """Write the five locks; names on the command line are the packages that may become newer."""
    with tempfile.TemporaryDirectory() as name:
        found = resolve(sys.argv[1:], Path(name))
        lab = resolve_lab(found, Path(name))
        write(LAB_LOCK, lab)
        others = [package for package in found if package not in lab and not TORCH.match(package)]
        write(COURSE_LOCK, others, LAB_TOO)
        write(RAY_LOCK, resolve_ray(found, Path(name)))
        torch = [package for package in found if TORCH.match(package)]
        write(TORCH_LOCK, torch)
        version = re.findall(r"^torch==(\S+)", "".join(torch), flags=re.MULTILINE)[0]
        try:
            write(CPU_LOCK, resolve_cpu_build(version, Path(name)))
        except subprocess.CalledProcessError:
            print(f"{CPU_LOCK.relative_to(ROOT)} stays as it is: PyTorch's index was not reached.")
            return 0 if f"torch=={version}+cpu " in CPU_LOCK.read_text(encoding="utf-8") else 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
