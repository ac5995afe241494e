"""README is short, and what it and the pages in docs name is there: files, targets, settings, links."""

import json
import re
from functools import cache
from pathlib import Path

import pytest
from pages import COMING, PAGES, README, address, anchors, commands, links, spans, unmarked_blocks

from helpers.paths import ROOT

WORDS = 900
"""README, everything counted that has a blank beside it. Nobody raises it; more goes to docs."""
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROGRAMS = ("finetune_dataset", "helpers", "local_server", "tools", "notebooks")
OURS = (*PROGRAMS, "benchmarks", "data", "docs", "locks", "tests")
FILE = re.compile(
    r"[\w.\-<>/]+\.(?:md|py|txt|toml|jsonl?|csv|ipynb|cff|ya?ml|zip|db|png)|[\w.\-<>]+(?:/[\w.\-<>]+)*/"
)
"""What a file or a folder looks like: a name with an ending that we use, or with a slash at its end."""
ABOUT_OTHERS = "foreign_notebooks"
"""This page names files of other repositories; those of ours that it names begin with a folder of ours."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


@cache
def made() -> str:
    """What a person or a program may put on the disk is named in our code or left out of git."""
    code = [
        path for name in PROGRAMS for path in (ROOT / name).rglob("*") if path.suffix in (".py", ".ipynb")
    ]
    return "\n".join([path.read_text(encoding="utf-8") for path in code] + [MAKEFILE])


def ignored() -> list[str]:
    return [line for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if "/" in line]


def there(page: Path, name: str) -> bool:
    """Whether a name is a file of the course, or one that the course makes."""
    if any(folder.joinpath(name).exists() for folder in (ROOT, page.parent)):
        return True
    if name.partition("/")[0] in OURS:
        return False
    return (
        name.startswith(tuple(ignored()))
        or f'"{Path(name).name}' in made()
        or f"/{Path(name).name}" in made()
    )


def test_a_page_that_a_notebook_names_is_there():
    notebooks = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    named = set(re.findall(r"docs/[\w.]+\.md", "\n".join(notebooks)))

    assert named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_readme_is_short():
    assert len(README.read_text(encoding="utf-8").split()) <= WORDS


def test_readme_leads_to_every_page():
    shown = {(ROOT / link).resolve() for link in links(README)}
    second = {(ROOT / "docs" / link).resolve() for page in PAGES[1:] for link in links(page)}

    assert {page for page in PAGES[1:] if page not in shown | second} == set()


def dead_links(page: Path) -> list[str]:
    dead = []
    for link in links(page):
        if re.match(r"https?://", link):
            continue  # `make test` has no network
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    return dead


def missing_files(page: Path) -> list[str]:
    named = [span for span in spans(page) if FILE.fullmatch(span)]
    ours = [name for name in named if page.stem != ABOUT_OTHERS or name.partition("/")[0] in OURS]
    return [name for name in ours if not there(page, name)]


@each_page
def test_a_link_leads_to_a_file_that_is_there_and_to_a_heading_that_it_has(page):
    assert dead_links(page) == []


@each_page
def test_a_file_that_a_page_names_is_there_or_is_made_by_the_course(page):
    assert missing_files(page) == []


def test_what_is_not_there_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n[a](gone.md), [b](#a-page), [c](#another), [d](page.md#a-page)\n\n"
        "`tools/course.py`, `tools/gone.py`, `helpers/gone/`, `03_job.json`, `make run`, `no file.py`\n\n"
        "```sh\nmake gone   # a comment\n```\n\n    an indented block\n"
    )

    assert dead_links(page) == ["gone.md", "#another"]
    assert missing_files(page) == ["tools/gone.py", "helpers/gone/"]
    assert [command.line for command in commands(page)] == ["make run", "make gone"]
    assert unmarked_blocks(page) == ["an indented block"]


@each_page
def test_a_page_says_of_each_block_what_it_is(page):
    assert unmarked_blocks(page) == []


@each_page
def test_each_target_of_make_that_a_page_names_is_in_the_makefile(page):
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    named = {
        match[1]
        for command in commands(page)
        if (match := re.match(r"(?:\S+=\S+ )*make ([a-z-]+)(?: |$)", command.line))
    }

    assert named - targets - COMING == set()


def test_a_target_that_is_there_is_not_said_to_come():
    assert COMING & set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) == set()


def test_each_target_that_make_prints_has_a_line_in_the_table_of_commands():
    printed = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)) - {"help"}
    table = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    assert {target for target in printed if f"| `make {target}" not in table} == set()


@each_page
def test_each_setting_that_a_page_names_is_read_by_the_course(page):
    settings = set(re.findall(r"\b(?:FINETUNE|AZURE)_[A-Z_]+\b", page.read_text(encoding="utf-8")))

    assert {name for name in settings if name not in made()} == set()


@each_page
def test_each_variable_that_a_page_gives_to_make_is_one_that_the_makefile_uses(page):
    given = {
        name
        for command in commands(page)
        if re.match(r"(?:\S+=\S+ )*make\b", command.line) and not {*command.line.split()} & COMING
        for name in re.findall(r"make .*?\b([A-Z_]+)=", command.line)
    }

    assert {name for name in given if not re.search(rf"\$\(.*?\b{name}\b|\$\$\{{{name}\b", MAKEFILE)} == set()


def test_readme_has_the_clone_line_with_the_address_that_the_project_has():
    lines = [command.line for command in commands(README)]

    assert f"git clone {address()} fine-tuning-course" in lines
    assert lines.index("make run") < lines.index("make test")


def test_readme_shows_recorded_answers_before_training():
    text = README.read_text(encoding="utf-8")

    assert 0 < text.index("| `make lab` |") < text.index("FINETUNE_BACKEND=local make lab")


def test_the_page_of_the_notebooks_gives_the_minutes_that_each_notebook_gives():
    rows = [line.split(" | ") for line in (ROOT / "docs" / "notebooks.md").read_text("utf-8").splitlines()]
    said = {row[0].split("]")[0][3:]: int(row[4]) for row in rows if row[0].startswith("| [")}

    titles = {
        path.stem: "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert said == {name: int(re.findall(r"\| (\d+) minutes \|", text)[0]) for name, text in titles.items()}
