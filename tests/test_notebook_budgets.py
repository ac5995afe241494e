"""A notebook fits one sitting: how long it may be. Nobody raises a figure; a longer lesson becomes two."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from helpers.paths import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

CELLS = 32
WORDS = 900
"""Markdown of a notebook, as it is read: folded solutions do not count."""
WORDS_OF_A_CELL = 80
"""As it is read line by line: tables do not count either."""
LINES_OF_CODE = 20
HELPERS = 12
"""Names imported from `helpers`; a module counts as one."""
BYTES = 200 * 1024


def unfolded(markdown: str) -> str:
    return re.sub(r"<details>.*?</details>", "", markdown, flags=re.DOTALL)


def without_tables(markdown: str) -> str:
    return "\n".join(line for line in unfolded(markdown).splitlines() if not line.startswith("|"))


def helper_names(code: list[str]) -> set[str]:
    """What a notebook imports from `helpers`."""
    program = ast.parse(TransformerManager().transform_cell("\n".join(code)))
    return {
        alias.name
        for node in ast.walk(program)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "helpers"
        for alias in node.names
    } | {
        alias.name
        for node in ast.walk(program)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.partition(".")[0] == "helpers"
    }


def above_budget(path: Path) -> dict[str, object]:
    """What of a notebook is more than it may be."""
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    words = {text[:40]: len(without_tables(text).split()) for text in texts}
    lines = {source[:40]: len(source.splitlines()) for source in code}
    found: dict[str, object] = {
        "cells": max(0, len(cells) - CELLS),
        "words": max(0, sum(len(unfolded(text).split()) for text in texts) - WORDS),
        "long Markdown": {start: count for start, count in words.items() if count >= WORDS_OF_A_CELL},
        "long code": {start: count for start, count in lines.items() if count > LINES_OF_CODE},
        "helpers": max(0, len(helper_names(code)) - HELPERS),
        "bytes": max(0, path.stat().st_size - BYTES),
    }
    return {name: excess for name, excess in found.items() if excess}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_fits_one_sitting(path):
    assert above_budget(path) == {}


def test_every_excess_is_named(tmp_path):
    names = ", ".join(f"name{number}" for number in range(12))
    code = [f"from helpers import {names}", "import helpers.runs", "x = 1\n" * 21]
    folded = f"folded <details>{'word ' * 2_000}</details>"
    texts = [f"# Start\n{'word ' * 78}", folded, "| a table |\n" * 90]
    cells = [nbformat.v4.new_code_cell(source) for source in code]
    cells += [nbformat.v4.new_markdown_cell(text) for text in texts]
    cells += [nbformat.v4.new_markdown_cell("word " * 20) for _ in range(27)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "long.ipynb")
    (tmp_path / "long.ipynb").write_bytes((tmp_path / "long.ipynb").read_bytes() + b" " * BYTES)

    found = above_budget(tmp_path / "long.ipynb")

    assert found.pop("bytes") > 0
    assert found == {
        "cells": 1,
        "words": 80 + 1 + 4 * 90 + 27 * 20 - WORDS,
        "long Markdown": {texts[0][:40]: 80},
        "long code": {code[2][:40]: 21},
        "helpers": 1,
    }
