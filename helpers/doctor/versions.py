"""Which packages the course asks for, and whether a version fits: without a package that reads versions."""

from __future__ import annotations

import importlib.metadata
import re
from typing import NamedTuple

from helpers.paths import ROOT

DISTRIBUTION = "fine-tuning-course"
"""The course's own name in pyproject.toml."""

_REQUIREMENT = re.compile(r"""([A-Za-z0-9._-]+)\s*((?:[<>=!]=?\s*[\w.]+\s*,?\s*)*)""")
_BOUND = re.compile(r"([<>=!]=?)\s*([\w.]+)")


class Requirement(NamedTuple):
    """A package that the course needs.

    Attributes:
        name: As the index spells it.
        bounds: Such as ">=2.2,<4"; empty where any version fits.
    """

    name: str
    bounds: str


def required(extra: str = "") -> list[Requirement]:
    """Return what the course needs, from pyproject.toml, or from the facts of the installed wheel.

    Args:
        extra: The name of an optional part ("local"); without it what every notebook needs.

    Raises:
        OSError: pyproject.toml cannot be read.
        PackageNotFoundError: The course is neither a folder nor installed.
    """
    project = ROOT / "pyproject.toml"
    if project.is_file():
        text = project.read_text(encoding="utf-8")
        found = re.search(rf"^{extra or 'dependencies'} = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL)
        lines = re.findall(r'"([^"]+)"', found.group(1)) if found else []
    else:
        lines = []
        for line in importlib.metadata.requires(DISTRIBUTION) or []:
            requirement, _, condition = line.partition(";")
            if (f"'{extra}'" in condition.replace('"', "'")) if extra else "extra" not in condition:
                lines.append(requirement)
    matches = (_REQUIREMENT.match(line.strip()) for line in lines)
    return [Requirement(match.group(1), match.group(2).strip()) for match in matches if match]


def fits(version: str, bounds: str) -> bool:
    """Tell whether a version is within bounds.

    Args:
        version: As installed ("3.1.1", "2.13.0+cpu").
        bounds: As in `Requirement`.
    """
    here = _release(version)
    for sign, bound in _BOUND.findall(bounds):
        there = _release(bound)
        width = max(len(here), len(there))
        mine, other = here + (0,) * (width - len(here)), there + (0,) * (width - len(there))
        holds = {
            ">=": mine >= other, "<=": mine <= other, ">": mine > other, "<": mine < other,
            "==": mine == other, "!=": mine != other,
        }  # fmt: skip
        if not holds.get(sign, True):
            return False
    return True


def _release(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version.strip())
    return tuple(int(part) for part in found.group().split(".")) if found else ()
