"""The files that describe the project say the same as pyproject.toml."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_citation_has_what_the_citation_file_format_requires_and_the_version_of_the_project():
    citation = yaml.safe_load(read("CITATION.cff"))

    # Required by the schema of version 1.2.0, and the kinds of entries that it has.
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert set(citation) <= {
        *{"cff-version", "message", "title", "authors", "type", "abstract", "version", "license"},
        *{"keywords", "date-released", "doi", "url", "repository-code"},
    }
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert all(set(author) == {"name"} for author in citation["authors"])


def test_the_changelog_begins_with_the_version_of_the_project():
    releases = re.findall(r"^## (\S+)", read("CHANGELOG.md"), flags=re.MULTILINE)

    assert releases[0] == PROJECT["version"]
    assert len(releases) == len(set(releases))


def test_no_index_and_no_address_of_the_project_is_named_before_there_is_one():
    assert "urls" not in PROJECT
    assert "url" not in yaml.safe_load(read("CITATION.cff"))


def test_each_hook_before_a_commit_runs_from_our_own_environment():
    hooks = [
        hook for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"] for hook in repo["hooks"]
    ]

    assert {hook["id"] for hook in hooks} == {"ruff-check", "ruff-format", "files"}
    assert {(hook["language"], hook["entry"].split()[0]) for hook in hooks} == {
        ("system", ".venv/bin/python")
    }
