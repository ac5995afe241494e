"""The page for instructors: the minutes are whole, its seconds are recorded, its errors can be said."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
import pytest
from pages import COMING, recorded_seconds, table_rows

from helpers.paths import ROOT, data_path

PAGE = ROOT / "docs" / "instructor.md"
PLAN = table_rows(PAGE, "## Minute by minute")
ERRORS = [(said.strip("`"), way) for said, way in table_rows(PAGE, "## Errors, by what they say")]
CODE = ("finetune_dataset", "helpers", "local_server", "tools")
HOLE = "\0"
"""In a text of the code: a place that is filled when it is said."""


def minutes(row: list[str]) -> tuple[int, int]:
    begin, end = row[0].split("–")
    return int(begin), int(end)


def at(minute: int) -> str:
    """The notebooks that begin at a minute."""
    return next(row[1] for row in PLAN if minutes(row)[0] == minute)


def test_the_minutes_fill_the_ninety_without_a_gap():
    ends = [minutes(row) for row in PLAN]

    assert [end for _, end in ends[:-1]] == [begin for begin, _ in ends[1:]]
    assert (ends[0][0], ends[-1][1]) == (0, 90)


def test_the_job_is_started_before_minute_20_and_collected_at_minute_50():
    started = [minutes(row)[1] for row in PLAN if "03_job" in row[1]]

    assert min(started) == 20
    assert at(50) == "04_monitor"


def test_each_notebook_of_the_plan_is_one_and_comes_after_those_that_it_reads():
    named = [name for row in PLAN for name in re.findall(r"\d\d\w?_\w+", row[1])]
    first = list(dict.fromkeys(named))

    assert [name for name in first if not (ROOT / "notebooks" / f"{name}.ipynb").exists()] == []
    assert first.index("01_dataset") < first.index("02_upload") < first.index("03_job")
    assert first.index("03_job") < first.index("04_monitor") < first.index("05_evaluate")
    assert first.index("05_evaluate") < first.index("05b_decide")


def test_each_cut_is_made_at_a_minute_of_the_plan():
    begins = {minutes(row)[0] for row in PLAN}

    assert {int(row[0].removeprefix("minute ")) for row in table_rows(PAGE, "### Cut points")} <= begins


# ---- seconds


def test_the_seconds_are_those_of_the_recorded_runs():
    rows = table_rows(PAGE, "### What the minutes rest on")
    days = {
        json.loads(data_path("recordings", name, "manifest.json").read_text(encoding="utf-8"))["recorded_at"][
            :10
        ]
        for name in ("elle", "elle-tiny")
    }

    assert [row[1] for row in rows] == [f"{seconds} s" for seconds in recorded_seconds("elle")]
    assert [row[2] for row in rows] == [f"{seconds} s" for seconds in recorded_seconds("elle-tiny")]
    assert {day for day in days if day not in PAGE.read_text(encoding="utf-8")} == set()


def test_a_laptop_may_be_as_slow_as_the_page_says():
    slower = int(re.findall(r"takes (\d+) times as long", PAGE.read_text(encoding="utf-8"))[0])
    [_, job, _] = recorded_seconds("elle")

    assert slower == (50 - 20) * 60 // job


# ---- errors


def written(node: ast.AST) -> str:
    """A text as the code writes it, with HOLE where something is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part) for part in node.values)
    return HOLE


def in_program(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    explaining = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in explaining:
            yield written(node)


@cache
def programs() -> dict[str, str]:
    """The source of each program, with the pieces of a long text put together."""
    paths = (path for name in CODE for path in sorted((ROOT / name).rglob("*.py")))
    sources = (path.read_text(encoding="utf-8") for path in paths)
    return {source: re.sub(r'"\s+f?"', "", source) for source in sources}


@cache
def lines_of_others() -> list[str]:
    """What the Makefile and the notebooks' cells can say, line by line."""
    cells = [
        cell.source
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    return "\n".join([(ROOT / "Makefile").read_text(encoding="utf-8"), *cells]).splitlines()


def can_be_said(quoted: str) -> bool:
    """Whether one text of the code has all pieces of a quote, in their order."""
    pieces = [piece.strip() for piece in quoted.split("…") if piece.strip(" .;,")]
    pattern = re.compile(".*?".join(map(re.escape, pieces)), re.DOTALL)
    longest = max(pieces, key=len)
    near = [source for source, joined in programs().items() if longest in joined]
    texts = [text for source in near for text in in_program(source)]
    return any(pattern.search(text) for text in [*texts, *lines_of_others()])


@pytest.mark.parametrize("quoted", [said for said, _ in ERRORS], ids=lambda said: said[:50])
def test_an_error_on_the_page_is_one_that_the_code_can_say(quoted):
    if COMING and not can_be_said(quoted):
        pytest.skip("another branch brings it")
    assert can_be_said(quoted)


def test_an_error_with_another_word_is_found():
    assert can_be_said("The recording has no answer for …")
    assert not can_be_said("The recording has no reply for …")


def test_each_error_has_a_way_out():
    assert [said for said, way in ERRORS if len(way.split()) < 4] == []


def test_the_page_has_the_places_that_an_instructor_looks_for():
    text = PAGE.read_text(encoding="utf-8")
    headings = [
        "Minute by minute",
        "The day before",
        "Without a network",
        "When a laptop fails",
        "Questions that come",
    ]

    assert [heading for heading in headings if f"\n## {heading}\n" not in text] == []


def test_every_page_for_instructors_is_reached_from_readme():
    assert "docs/instructor.md" in Path(ROOT / "README.md").read_text(encoding="utf-8")
