"""The workflows of GitHub run what the repository has: all is pinned, and every file and target is there.

Their form is checked by zizmor, in `make lint`.
"""

import re

import pytest

from helpers.paths import ROOT

FILES = sorted((ROOT / ".github").rglob("*.yml"))
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in FILES)


def test_every_action_is_pinned_to_a_commit_and_says_its_version():
    used = re.findall(r"uses: (.*)", TEXT)

    others = [
        line for line in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ]
    assert others == ["./.github/actions/install"] * 2
    assert (ROOT / others[0] / "action.yml").is_file()


def test_an_action_has_one_version_in_all_files():
    pins = {tuple(pin) for pin in re.findall(r"uses: ([\w./-]+)@(\S+)", TEXT)}

    assert len(pins) == len({action for action, _ in pins}) == 2


@pytest.mark.parametrize("system", ["ubuntu-latest", "macos-latest", "windows-latest"])
def test_units_and_notebooks_run_on_each_system(system):
    jobs = dict(
        re.findall(
            r"^  (\w+):\n((?:    .*\n|\n)+)",
            (ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )

    assert set(jobs) >= {"lint", "unit", "notebooks"}
    assert [name for name in ("unit", "notebooks") if f"os: {system}" not in jobs[name]] == []


def test_what_the_workflows_name_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    tested = re.findall(r"-m pytest (.+)", TEXT)
    files = re.findall(r"(?:python|-r) ((?:tools|locks)/\S+)", TEXT)

    assert [target for target in re.findall(r"run: make (\S+)", TEXT) if f"\n{target}:" not in makefile] == []
    assert [path for paths in tested for path in paths.split() if not (ROOT / path).exists()] == []
    assert [path for path in files if not (ROOT / path).is_file()] == []
    assert len(tested) >= 3
    assert len(files) >= 2
