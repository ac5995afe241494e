"""The locks name every package by its hash, and no index of anybody's."""

import re
import tomllib
from pathlib import Path

import pytest
from lock import COURSE_LOCK, EXTRAS, HEADER, packages
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(lock: Path) -> dict[str, str]:
    """Package → version."""
    lines = (package.split()[0].split("==") for package in packages(lock.read_text(encoding="utf-8")))
    return {name: version for name, version in lines}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_with_hashes_and_nothing_else(lock):
    text = lock.read_text(encoding="utf-8")
    found = packages(text)

    assert text == HEADER + "".join(found)
    assert [package for package in found if "--hash=sha256:" not in package] == []
    assert not re.search(r"https?:|--index|--find-links|file:", text)


def test_the_lock_of_the_course_fits_what_the_course_asks_for():
    versions = pinned(COURSE_LOCK)
    extras = [PROJECT["project"]["optional-dependencies"][extra] for extra in EXTRAS]
    asked = [Requirement(text) for text in sum(extras, PROJECT["project"]["dependencies"])]
    backend = [Requirement(text) for text in PROJECT["build-system"]["requires"]]

    missing = [
        str(each)
        for each in asked + backend
        if each.name != "torch"
        and not each.specifier.contains(versions.get(each.name.replace("_", "-"), "0"))
    ]
    assert missing == []


def test_both_builds_of_pytorch_are_one_version_and_not_in_the_lock_of_the_course():
    course, torch, cpu = (
        pinned(ROOT / "locks" / name) for name in ("course.txt", "torch.txt", "torch-cpu.txt")
    )

    assert cpu == {"torch": f"{torch['torch']}+cpu"}
    assert not set(torch) & set(course)
