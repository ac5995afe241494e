"""What `make lab` prepares: copies that nobody loses, and Lab's first look."""

import json
import os
import sys

import pytest
from jupyterlab_server.workspaces_handler import WorkspacesManager
from open_lab import CONFIG, FIRST, LAYOUT, MY_NOTEBOOKS, prepare, refuse_root

from helpers.paths import ROOT, notebooks_dir

NAMES = sorted(path.name for path in notebooks_dir().glob("*.ipynb"))


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "my_notebooks", tmp_path / "runs" / ".lab"


def test_notebooks_are_copied_without_answers(folders, capsys):
    prepare(*folders)

    assert sorted(path.name for path in folders[0].iterdir()) == NAMES
    cells = json.loads((folders[0] / NAMES[0]).read_text(encoding="utf-8"))["cells"]
    assert [cell["outputs"] for cell in cells if cell.get("outputs")] == []
    assert capsys.readouterr().out.startswith(f"{len(NAMES)} notebooks copied to my_notebooks/;")


def test_own_work_and_an_own_layout_stay(folders):
    prepare(*folders)
    (folders[0] / NAMES[0]).write_text("my own work", encoding="utf-8")
    layout = next(folders[1].iterdir())
    layout.write_text("{}", encoding="utf-8")

    prepare(*folders)

    assert (folders[0] / NAMES[0]).read_text(encoding="utf-8") == "my own work"
    assert layout.read_text(encoding="utf-8") == "{}"


def test_lab_finds_the_layout(folders):
    prepare(*folders)

    assert WorkspacesManager(str(folders[1])).load("default")["data"] == LAYOUT["data"]
    assert ROOT / FIRST == MY_NOTEBOOKS / "00_start.ipynb"


def test_lab_finds_its_settings():
    assert json.loads((CONFIG / "labconfig" / "page_config.json").read_text(encoding="utf-8")) == {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    }


def test_root_reads_what_to_type_before_anything_is_copied(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)

    with pytest.raises(SystemExit) as refusal:
        refuse_root(["--no-browser"])

    assert str(refusal.value).splitlines()[-1].strip() == f"{sys.executable} tools/open_lab.py --allow-root"
    assert (refuse_root(["--allow-root"]), refuse_root(["--help"])) == (None, None)


def test_everybody_else_starts_it_as_it_is(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)

    assert refuse_root([]) is None
