"""What the Markdown pages of the course say: their commands, the files that they name, their links."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import mistune

from helpers.paths import ROOT, data_path

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = "<address>"
"""Stands in a command for the address of the course, as long as the project has none of its own."""

RESEARCH = ("foreign_notebooks", "structured_output", "scale")
"""Pages that tell what was measured, each figure with its day and its program, or arithmetic with its terms:
tests/docs/test_scale.py works that out again."""

COMING: set[str] = set()
"""Targets of make that the pages name and that another branch brings. Once they are there, it is empty."""

SHELLS = ("sh", "powershell", "bat")
PROGRAMS = r"make|git|cd|py|python3?|pip|jupyter|curl|set|\$env:\w+|\.venv[/\\]\S+"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

_COMMAND = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:(?:{PROGRAMS}) |make$)")


@dataclass(frozen=True)
class Command:
    """A line that a reader is told to type, and where it stands."""

    page: str
    line: str
    shell: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line}"


def address() -> str:
    """The public address of the project: `[project.urls]` of pyproject.toml, the one place for it."""
    return PROJECT.get("urls", {}).get("Repository", ADDRESS)


def commands(page: Path) -> list[Command]:
    """Every command of a page: the lines of its shell blocks, and inline code that begins with a program."""
    found = []
    for node in _nodes(page):
        if node["type"] == "block_code" and _language(node) in SHELLS:
            lines = [re.sub(r"\s+# .*$", "", line).strip() for line in node["raw"].splitlines()]
            found += [Command(page.name, line, _language(node)) for line in lines if line]
        elif node["type"] == "codespan" and _COMMAND.match(node["raw"]):
            found.append(Command(page.name, node["raw"], "sh"))
    return list(dict.fromkeys(found))


def unmarked_blocks(page: Path) -> list[str]:
    """Blocks of code that do not say what they are: nobody can tell whether they are commands."""
    return [node["raw"] for node in _nodes(page) if node["type"] == "block_code" and not _language(node)]


def spans(page: Path) -> list[str]:
    """Inline code of a page."""
    return [node["raw"] for node in _nodes(page) if node["type"] == "codespan"]


def links(page: Path) -> list[str]:
    """Where the links and pictures of a page lead."""
    return [node["attrs"]["url"] for node in _nodes(page) if node["type"] in ("link", "image")]


def anchors(page: Path) -> set[str]:
    """What `#...` can lead to in a page: its headings, in the form that GitHub gives them."""
    heads = [_text(node) for node in _nodes(page) if node["type"] == "heading"]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def table_rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its first line; as they are written."""
    section = page.read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _exchanges(recording: str, notebook: str) -> list[dict]:
    path = data_path("recordings", recording, f"{notebook}.json")
    return json.loads(path.read_text(encoding="utf-8"))["exchanges"]


def _made_at(recording: str, notebook: str, path: str) -> list[int]:
    """When the answers to the POST requests of one path were made, in seconds."""
    bodies = [
        exchange["response"]["body"].get("json", {})
        for exchange in _exchanges(recording, notebook)
        if (exchange["request"]["method"], exchange["request"]["path"]) == ("POST", path)
    ]
    return [body.get("created") or body["created_at"] for body in bodies if "error" not in body]


def recorded_seconds(recording: str) -> list[int]:
    """What a recorded run took: notebook 03 up to the course's job, that job, the answers of notebook 05."""
    sample = data_path("sample_runs", recording)
    job = json.loads((sample / "03_job.json").read_text(encoding="utf-8"))
    done = json.loads((sample / "04_job.json").read_text(encoding="utf-8"))
    answers = _made_at(recording, "05_evaluate", "/chat/completions")
    return [
        job["created_at"] - _made_at(recording, "03_job", "/files")[0],
        done["finished_at"] - job["created_at"],
        max(answers) - min(answers),
    ]


def _language(node: dict) -> str:
    return node.get("attrs", {}).get("info") or ""


def _text(node: dict) -> str:
    return node.get("raw", "") + "".join(_text(child) for child in node.get("children", []))


def _nodes(page: Path) -> list[dict]:
    parse = mistune.create_markdown(renderer=None, plugins=["table"])
    waiting, found = list(parse(page.read_text(encoding="utf-8"))), []
    while waiting:
        node = waiting.pop(0)
        found.append(node)
        waiting = [*node.get("children", []), *waiting]
    return found
