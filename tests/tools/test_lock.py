"""The locks name every package by its hash, and no index of anybody's."""

import re
import tomllib
from pathlib import Path

import pytest
from lock import COURSE_LOCK, EXTRAS, HEADER, LAB_LOCK, LAB_TOO, packages, read_course
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(lock: Path) -> dict[str, str]:
    """Package → version; the lock of the course with that of the lab."""
    text = read_course() if lock == COURSE_LOCK else lock.read_text(encoding="utf-8")
    lines = (package.split()[0].split("==") for package in packages(text))
    return {name: version for name, version in lines}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_with_hashes_and_nothing_else(lock):
    text = lock.read_text(encoding="utf-8")
    found = packages(text)

    assert text == HEADER + (LAB_TOO if lock == COURSE_LOCK else "") + "".join(found)
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


def test_the_lock_of_the_course_begins_with_that_of_the_lab_and_says_no_package_twice():
    course, lab = (packages(path.read_text(encoding="utf-8")) for path in (COURSE_LOCK, LAB_LOCK))
    names, other_names = ({package.split("==")[0] for package in lock} for lock in (lab, course))

    assert f"-r {LAB_LOCK.name}\n" == LAB_TOO
    assert not names & other_names
    assert packages(read_course()) == lab + course


def test_the_lock_of_the_lab_has_what_replay_needs_and_nothing_that_trains():
    versions = pinned(LAB_LOCK)
    asked = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["lab"]]
    needed = {Requirement(text).name for text in [*asked, *PROJECT["build-system"]["requires"]]}

    assert {name.replace("_", "-") for name in needed} - set(versions) == set()
    assert {"torch", "transformers", "trl", "peft", "datasets", "fastapi"} & set(versions) == set()
