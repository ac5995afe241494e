"""Benchmarks are run by hand, and rarely: here it is seen when an import is gone or a table is wrong."""

import ast
import importlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from finetune_dataset.models import LOCAL_MODEL, REAL_MODEL
from helpers.lessons import open_lesson
from helpers.paths import ROOT

FOLDER = ROOT / "benchmarks"
PACKAGES = ("finetune_dataset", "helpers", "local_server")
# Parts of a benchmark, which are not run by themselves.
PARTS = {"chat_company.py", "chat_engines.py", "common.py", "llama_cpp.py"}


def file_of(module: str) -> Path | None:
    """The file of a module of the course or of a benchmark; None for other packages."""
    base = ROOT if module.partition(".")[0] in PACKAGES else FOLDER
    places = (base / f"{module.replace('.', '/')}.py", base / module.replace(".", "/") / "__init__.py")
    return next(filter(Path.is_file, places), None)


def names_in(path: Path) -> set[str]:
    """What can be imported from a file, without running it."""
    found = set()
    if path.name == "__init__.py":
        found |= {place.stem for place in path.parent.glob("*.py")}
        # A package that loads its names when they are first used lists them here.
        if path.with_suffix(".pyi").is_file():
            found |= names_in(path.with_suffix(".pyi"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {name.asname or name.name for name in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def stale_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            file = file_of(node.module)
            if file is None and node.module.partition(".")[0] in PACKAGES:
                yield f"{node.module} is gone"
            elif file is not None:
                known = names_in(file)
                yield from (f"{node.module}.{name.name}" for name in node.names if name.name not in known)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_a_benchmark_imports_only_what_is_there(path):
    assert list(stale_imports(path)) == []


def test_a_name_that_is_gone_is_found(tmp_path):
    old = tmp_path / "old.py"
    old.write_text("def late():\n    from helpers.paths import ROOT, WHERE\n    import helpers.gone\n")

    assert list(stale_imports(old)) == ["helpers.paths.WHERE"]


def test_every_benchmark_is_explained():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    programs = {path.name for path in FOLDER.glob("*.py")} - PARTS

    assert {name for name in programs if f"python benchmarks/{name}" not in text} == set()


@pytest.fixture
def common(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    import common

    yield common
    del sys.modules["common"]


def test_a_table_says_what_is_reached_missed_and_not_measured(common):
    Line = common.Line
    lines = [
        Line("answers", "per s", 9.0, "llama.cpp", 10.0, 0.9, reach=0.9),
        Line("answers", "per s", 8.0, "llama.cpp", 10.0, 0.8, reach=0.9),
        Line("first step", "s", 0.9, "fork", 0.3, 3.0, reach=1, at_least=False, limits="ours"),
        Line("first step", "s", 1.1, "fork", 0.3, 3.7, reach=1, at_least=False, limits="ours"),
        Line("answers", "per s", 9.0, "llama.cpp", reach=0.9, note="pip install gguf"),
        Line("events", "s", 2.0),
    ]

    rows = [tuple(filter(None, row.split("  "))) for row in common.table(lines).splitlines()]

    assert [tuple(cell.strip() for cell in row) for row in rows] == [
        ("work", "peer", "peer's", "ours", "ratio", "reach"),
        ("answers", "llama.cpp", "10", "9 per s", "0.9", "≥ 0.9 ×", "reached"),
        ("answers", "llama.cpp", "10", "8 per s", "0.8", "≥ 0.9 ×", "MISSED"),
        ("first step", "fork", "0.3", "0.9 s", "3", "≤ 1 s", "reached"),
        ("first step", "fork", "0.3", "1.1 s", "3.7", "≤ 1 s", "MISSED"),
        ("answers", "llama.cpp", "–", "9 per s", "–", "≥ 0.9 ×", "not measured: pip install gguf"),
        ("events", "–", "2 s", "–"),
    ]


def test_lines_are_handed_over_as_they_are(common, tmp_path, capsys):
    lines = [common.Line("answers", "per s", 9.0, "llama.cpp", 10.0, 0.9, reach=0.9)]
    parsed = common.options("What it measures.").parse_args(["--lines", str(tmp_path / "lines.json")])

    common.report(lines, parsed.lines)

    handed = common.json.loads(parsed.lines.read_text(encoding="utf-8"))
    assert [common.Line(**line) for line in handed] == lines
    assert "reached" in capsys.readouterr().out


@pytest.mark.slow
def test_what_a_benchmark_of_rivals_has_measured_is_kept_and_not_measured_again(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    rivals = importlib.import_module("rivals")
    asked = []

    class Bench:
        base, train = "small", [{"messages": [{}, {"content": "What is Gold?"}, {}]}] * 144

        def prompts(self, seed: int) -> list[dict]:
            asked.append(("prompts", seed))
            return [{"base_model": "small", "way": "few_shot", "seed": seed}]

        def job(self, seed: int, rows: list, trained_on: str) -> list[dict]:
            asked.append((trained_on, seed, len(rows)))
            about = {"base_model": "small", "way": "fine_tuned", "seed": seed, "trained_on": trained_on}
            return [about | {"trained_rows": len(rows)}]

    def measure(seeds: list[int], pieces: int, *, curve: bool = False) -> None:
        done = rivals.Measured(tmp_path / "new" / "lines.json")
        for _, lines in zip(range(pieces), rivals.pieces(Bench(), done, seeds, curve=curve), strict=False):
            done.add(lines)

    measure([1], 2)
    measure([1, 2], 9)
    measure([1, 2], 9)
    measure([1], 9, curve=True)

    assert asked == [
        ("prompts", 1),
        ("facts", 1, 144),
        ("no_facts", 1, 144),
        ("prompts", 2),
        ("facts", 2, 144),
        ("no_facts", 2, 144),
        *(("facts", 1, rows) for rows in (10, 25, 50, 100)),
    ]
    assert len(json.loads((tmp_path / "new" / "lines.json").read_text())["lines"]) == len(asked)


def test_the_benchmark_of_overfitting_trains_and_asks_what_notebook_04b_does(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    overfitting = importlib.import_module("overfitting")
    lesson = open_lesson("elle")
    cells = nbformat.read(ROOT / "notebooks" / "04b_overfitting.ipynb", as_version=4).cells
    code = {
        start: next(cell.source for cell in cells if cell.cell_type == "code" and start in cell.source)
        for start in ("ROWS, LARGE", "JOBS =")
    }
    train, validation, _ = lesson.split(lesson.rows())

    def told(base: str, seed: int) -> tuple:
        parts = {"train.jsonl": list(train), "validation.jsonl": list(validation)}
        names = {
            "BASE": base, "DRAW": seed, "lesson": lesson, "random": random,
            "run": SimpleNamespace(read_rows=parts.__getitem__),
        }  # fmt: skip
        sizes = next(line for line in code["ROWS, LARGE"].splitlines() if line.startswith("ROWS, LARGE"))
        for source in (sizes, code["JOBS ="]):
            exec(source, names)
        return names["held_out"], names["JOBS"]

    def measured(base: str, seed: int) -> tuple:
        rows, rate = overfitting.sizes(base)
        draw = overfitting.Draw(lesson, seed, rows)
        return draw.held_out, overfitting.settings(lesson, base, draw, rate)

    for base, seed in ((LOCAL_MODEL, 1), (REAL_MODEL, 1), (REAL_MODEL, 2)):
        assert told(base, seed) == measured(base, seed)
    assert told(REAL_MODEL, 1) != told(REAL_MODEL, 2)
