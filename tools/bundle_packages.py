"""Which packages of the locks a bundle needs, for computers that are not this one.

pip asks the computer that it runs on what a marker means. A bundle is made here and installed elsewhere, so
the markers are read here for each platform and Python, and once more by pip where the bundle is installed.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from install_torch import CPU_LOCK, LOCKS, TORCH_LOCK
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = LOCKS.parent
PYTHONS = ("3.11", "3.12", "3.13")
REPLAY, ALL = ("lab", "xlsx"), ("lab", "xlsx", "local")
"""What is installed for recorded answers, and for training too: extras of pyproject.toml."""


@dataclass(frozen=True)
class Platform:
    """A kind of computer.

    Attributes:
        markers: What PEP 508 calls its environment.
        tags: Its kinds of wheels as pip names them, the preferred ones first.
    """

    markers: dict[str, str]
    tags: tuple[str, ...]


def _markers(os_name: str, sys_platform: str, machine: str, system: str) -> dict[str, str]:
    return {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_machine": machine,
        "platform_system": system,
        "platform_release": "",
        "platform_version": "",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def _linux(machine: str) -> tuple[str, ...]:
    # Debian 12, Ubuntu 22.04 and RHEL 9 run them all; where a package has an older wheel, that one.
    return (f"manylinux2014_{machine}", *(f"manylinux_2_{minor}_{machine}" for minor in range(5, 35)))


PLATFORMS = {
    "linux-x86_64": Platform(_markers("posix", "linux", "x86_64", "Linux"), _linux("x86_64")),
    "linux-aarch64": Platform(_markers("posix", "linux", "aarch64", "Linux"), _linux("aarch64")),
    "macos-arm64": Platform(_markers("posix", "darwin", "arm64", "Darwin"), ("macosx_14_0_arm64",)),
    "windows-amd64": Platform(_markers("nt", "win32", "AMD64", "Windows"), ("win_amd64",)),
}
"""PyTorch has no build for a Mac with an Intel processor any more."""


@dataclass(frozen=True)
class Package:
    """A package of a lock.

    Attributes:
        text: Its lines, as they stand there.
        requirement: Its name, version and marker.
        hashes: The SHA-256 of the files that may be installed.
    """

    text: str
    requirement: Requirement
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        """As pip compares names."""
        return canonicalize_name(self.requirement.name)

    def line(self, marker: Marker | None = None) -> str:
        """Return the line of a requirements file.

        Args:
            marker: For whom it is; pip asks the computer that it runs on.
        """
        pinned = f"{self.requirement.name}{self.requirement.specifier}" + (f" ; {marker}" if marker else "")
        return " ".join([pinned, *(f"--hash=sha256:{sha}" for sha in sorted(self.hashes))]) + "\n"


@dataclass(frozen=True)
class Target:
    """A platform with a Python.

    Attributes:
        platform: Its name in `PLATFORMS`.
        python: As in "3.12".
    """

    platform: str
    python: str

    def __str__(self) -> str:
        """Name it in a sentence, and its folder."""
        return f"{self.platform}-py{self.python}"

    def environments(self) -> list[dict[str, str]]:
        """Return what markers ask about: of the first release of this Python, and of a late one."""
        markers = PLATFORMS[self.platform].markers
        return [
            {
                **markers,
                "python_version": self.python,
                "python_full_version": full,
                "implementation_version": full,
            }
            for full in (f"{self.python}.0", f"{self.python}.99")
        ]


def read_lock(path: Path) -> list[Package]:
    """Return the packages of a lock, with those of the locks that it names.

    Args:
        path: A file that `tools/lock.py` has written.
    """
    lock = path.read_text(encoding="utf-8")
    others = re.findall(r"^-r (\S+)$", lock, flags=re.MULTILINE)
    found = [package for name in others for package in read_lock(path.with_name(name))]
    for text in re.findall(r"^[A-Za-z].*\n(?: +.*\n?)*", lock, flags=re.MULTILINE):
        requirement = Requirement(text.partition("\n")[0].removesuffix("\\").strip())
        found.append(Package(text, requirement, frozenset(re.findall(r"--hash=sha256:(\w{64})", text))))
    return found


def needed(extras: Iterable[str], environment: dict[str, str]) -> set[str]:
    """Return the names of the packages that the course needs, and those that they need in turn.

    What a package needs is read from this environment. One that is not installed here, because it is for
    another platform, has no needs of its own.

    Args:
        extras: Of pyproject.toml.
        environment: What markers ask about.
    """
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    optional = [about["project"]["optional-dependencies"][extra] for extra in extras]
    lines = sum(optional, about["project"]["dependencies"] + about["build-system"]["requires"])
    waiting = [Requirement(line) for line in lines]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        asked = ("", *sorted(requirement.extras))
        for key in {(canonicalize_name(requirement.name), extra) for extra in asked} - seen:
            seen.add(key)
            for inner in _requires(key[0]):
                if inner.marker is None or inner.marker.evaluate({**environment, "extra": key[1]}):
                    waiting.append(inner)
    return {name for name, _ in seen}


@cache
def _requires(name: str) -> tuple[Requirement, ...]:
    try:
        return tuple(map(Requirement, metadata.requires(name) or ()))
    except metadata.PackageNotFoundError:
        return ()


def packages(target: Target, extras: Iterable[str], torch: str) -> list[list[Package]]:
    """Return what one computer needs: one list for each Python release that needs other versions.

    Args:
        target: Its platform and Python.
        extras: Of pyproject.toml.
        torch: "cpu", "gpu", or "none"; only Linux has two builds.
    """
    lists: list[list[Package]] = []
    locked = read_lock(LOCKS / "course.txt") + (
        read_torch(target.platform, torch) if "local" in extras else []
    )
    for environment in target.environments():
        names = needed(extras, environment)
        found = [
            package
            for package in locked
            if _with_torch(package, names)
            and (package.requirement.marker is None or package.requirement.marker.evaluate(environment))
        ]
        if found not in lists:
            lists.append(found)
    return lists


def _with_torch(package: Package, names: set[str]) -> bool:
    # What only the build for GPUs needs is not installed where the small build is.
    return package.name in names or package.name.startswith(("nvidia-", "cuda-", "triton"))


def read_torch(platform: str, torch: str) -> list[Package]:
    """Return PyTorch, and for its build for GPUs what that needs.

    Args:
        platform: A name in `PLATFORMS`.
        torch: "cpu", "gpu", or "none".
    """
    if torch == "none":
        return []
    if platform.startswith("linux") and torch == "cpu":
        return read_lock(CPU_LOCK)
    return read_lock(TORCH_LOCK)
