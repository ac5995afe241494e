"""The arithmetic of `docs/scale.md` is worked out again, and its terms are those of the code."""

import re

import pytest

from helpers.paths import ROOT
from local_server.access.keys import Limits

PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
INSTRUCTOR = (ROOT / "docs" / "instructor.md").read_text(encoding="utf-8")
READ_MS, JOB, REAL_JOB = 0.4, 21, 143
STORAGE = Limits().storage_mb


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("30 a second, {:.1f} % of a core", 30 * READ_MS / 10),
        ("200 a second, {:.0f} % of a core", 200 * READ_MS / 10),
        ("`d` = 21 s, S = 1: {:.0f} minutes", 29 * JOB / 60),
        ("`d` = 21 s, S = 1: {:.0f} minutes", 199 * JOB / 60),
        ("`d` = 143 s, S = 1: {:.0f} minutes", 29 * REAL_JOB / 60),
        ("`d` = 143 s, S = 1: {:.0f} minutes", 199 * REAL_JOB / 60),
        ("learners × {:,} MB", STORAGE),
        ("| {:.0f} GB | 400 GB |", 30 * STORAGE / 1000),
        ("| 60 GB | {:.0f} GB |", 200 * STORAGE / 1000),
        ("learners × 0.3 GB, assumed | {:.0f} GB |", 30 * 0.3),
        ("| {:.0f} GB |", 200 * 0.3),
        ("29 × 3.63 s = {:.0f} s", 29 * 3.63),
        ("99 × 3.37 s = {:.0f} s", 99 * 3.37),
        ("1,000 jobs × 220 rows / 3,600 s = {:.0f} rows a second", 1000 * 220 / 3600),
        ("10,000 learners × 10 jobs × 220 rows × 0.5 kB = {:.0f} GB", 10_000 * 10 * 220 * 0.5 / 1e6),
        ("1,000 × 0.4 ms = {:.0f} % of a core", 1000 * READ_MS / 10),
        ("4 processes: {:.0f} % each", 1000 * READ_MS / 10 / 4),
        ("10,000 learners × 2 GB = {:.0f} TB at the limit", 10_000 * STORAGE / 1e6),
        ("10,000 × 10 adapters × 20 MB = {:.0f} TB", 10_000 * 10 * 20 / 1e6),
        ("1,000 jobs × 143 s / 3,600 s = {:.0f} slots", 1000 * REAL_JOB / 3600),
        ("1,000 adapters × 20 MB = {:.0f} GB", 1000 * 20 / 1000),
    ],
)
def test_the_page_says_what_comes_out(words: str, value: float) -> None:
    assert words.format(value) in PAGE


def test_the_seconds_of_a_job_are_those_of_the_page_for_instructors() -> None:
    (real, tiny) = re.findall(r"from its creation to its end \| (\d+) s \| (\d+) s", INSTRUCTOR)[0]

    assert (int(tiny), int(real)) == (JOB, REAL_JOB)
    # The time of a read stands where it is taken.
    assert f"{READ_MS} (measured" in (ROOT / "local_server" / "jobs" / "routes.py").read_text(
        encoding="utf-8"
    )
