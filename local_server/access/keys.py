"""The file of `--projects`: who has which key, and the limits. It holds no key, only what one is known by."""

import hashlib
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

# No dot and no quote: the name stands in the file, in a header and in the path of a URL.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
MEGABYTE = 1024**2


class UnusableProjects(Exception):
    """The file of projects cannot be used or made; the message says why, and what to do."""


@dataclass(frozen=True)
class Limits:
    """What each project may use.

    Attributes:
        running_jobs: Jobs that train at the same time.
        queued_jobs: Jobs that wait besides, paused ones included.
        steps_per_job: Steps of one job.
        storage_mb: Files, models and records together, in units of 1,048,576 bytes.
    """

    running_jobs: int = 1
    queued_jobs: int = 1
    steps_per_job: int = 1000
    storage_mb: int = 2000


@dataclass(frozen=True)
class Projects:
    """The projects of one server.

    Attributes:
        names: By the SHA-256 of the key, in hexadecimal digits.
        limits: Of each project.
        created: When the file was written, in Unix seconds.
    """

    names: Mapping[str, str]
    limits: Limits
    created: int = 0

    def of_key(self, key: str) -> str | None:
        """The project that a key opens, or None."""
        return self.names.get(digest(key))

    def has(self, name: str) -> bool:
        """Whether there is a project of this name."""
        return name in self.names.values()


def digest(key: str) -> str:
    """What a key is known by. It is 32 random bytes, so that no guess finds it, and needs no slow hash."""
    return hashlib.sha256(key.encode()).hexdigest()


def read(path: Path) -> Projects:
    """Read the file of projects.

    Args:
        path: The file, as `text_of` writes it.

    Returns:
        The projects.

    Raises:
        UnusableProjects: It is not there, or it is no such file.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        status = path.stat()
    except OSError as error:
        raise UnusableProjects(
            f"the file of projects {path} cannot be read: {error.strerror or error}. "
            f"`python -m local_server.projects make 30 --file {path}` makes one."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UnusableProjects(f"the file of projects {path} is no TOML: {error}. {_ADVICE}") from None
    # Who can write there can give himself a key.
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "posix" and mode & 0o022:
        raise UnusableProjects(
            f"others on this machine can change the file of projects {path} (mode {mode:o}). "
            f"`chmod 600 {path}` ends that."
        )
    try:
        return replace(_projects(content), created=int(status.st_mtime))
    except ValueError as error:
        raise UnusableProjects(f"the file of projects {path} cannot be used: {error}. {_ADVICE}") from None


_ADVICE = "Correct it, or make a new one with `python -m local_server.projects make`."


def _projects(content: dict[str, object]) -> Projects:
    if unknown := content.keys() - {"limits", "projects"}:
        raise ValueError(f"it has '{min(unknown)}', expected [limits] and [projects]")
    projects, limits = content.get("projects"), content.get("limits", {})
    if not isinstance(projects, dict) or not projects or not isinstance(limits, dict):
        raise ValueError('expected a table [projects] with lines such as learner-01 = "…", and [limits]')
    names: dict[str, str] = {}
    for name, known_by in projects.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r:.80} is no name: expected 1 to 64 letters, digits, - or _")
        if not isinstance(known_by, str) or not _HASH.fullmatch(known_by):
            raise ValueError(f"'{name}' has no SHA-256 of a key: expected 64 hexadecimal digits")
        if known_by in names:
            raise ValueError(f"'{name}' and '{names[known_by]}' have the same key")
        names[known_by] = name
    known = {field.name for field in fields(Limits)}
    for limit, value in limits.items():
        if limit not in known:
            raise ValueError(f"there is no limit '{limit}', expected {', '.join(sorted(known))}")
        least = 0 if limit == "queued_jobs" else 1
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"the limit '{limit}' is {value!r:.40}, expected a whole number from {least} on")
    return Projects(names, Limits(**limits))


def numbered(count: int) -> list[str]:
    """Names for learners: learner-01, learner-02, … as many digits as the last one needs, at least two."""
    width = max(2, len(str(count)))
    return [f"learner-{number:0{width}}" for number in range(1, count + 1)]


def new_keys(names: Iterable[str]) -> dict[str, str]:
    """Draw a key for each project.

    Args:
        names: Of the projects.

    Returns:
        Name to key.

    Raises:
        UnusableProjects: A name cannot be used, or is there twice.
    """
    keys: dict[str, str] = {}
    for name in names:
        if not _NAME.fullmatch(name) or name in keys:
            raise UnusableProjects(
                f"{name!r:.80} is no name for a project, or it is there twice. Expected 1 to 64 letters of "
                "English, digits, - or _, each name once."
            )
        keys[name] = "local-" + secrets.token_urlsafe(32)
    return keys


def text_of(projects: Projects) -> str:
    """Write the file of projects.

    Args:
        projects: What it holds.

    Returns:
        TOML.
    """
    limits = projects.limits
    lines = [
        "# Who may use the server, for `python -m local_server --projects FILE`. It is read at the start.",
        "# Behind each name stands the SHA-256 of a key, not the key. A line that is removed locks its key",
        "# out; what belongs to the project stays until it is purged.",
        "",
        "[limits]  # of each project",
        *(f"{field.name} = {getattr(limits, field.name)}" for field in fields(Limits)),
        "",
        "[projects]",
        *(f'{name} = "{known_by}"' for known_by, name in projects.names.items()),
    ]
    return "\n".join(lines) + "\n"


def write_new(path: Path, text: str) -> None:
    """Write a file that only its owner can read (mode 600), and never over another one.

    Args:
        path: The file.
        text: Its content.

    Raises:
        UnusableProjects: It is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UnusableProjects(f"{path} is there already. Pass another name, or move it away.") from None
    except OSError as error:
        raise UnusableProjects(f"{path} cannot be written: {error.strerror or error}.") from None
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
