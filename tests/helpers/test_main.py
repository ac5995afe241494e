"""`python -m helpers notebooks FOLDER`: the notebooks for somebody without a clone."""

import json
import subprocess

import pytest

from helpers.__main__ import main
from helpers.paths import ROOT, notebooks_dir

NAMES = sorted(path.name for path in notebooks_dir().glob("*.ipynb"))


def test_the_notebooks_are_copied_and_the_next_command_is_shown(tmp_path, capsys):
    folder = tmp_path / "lessons"

    assert main(["notebooks", str(folder)]) == 0

    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert (folder / NAMES[0]).read_bytes() == (notebooks_dir() / NAMES[0]).read_bytes()
    said = capsys.readouterr().out
    assert said.startswith(f"{len(NAMES)} notebooks copied to {folder}")
    assert said.endswith(f"  jupyter lab {folder / '00_start.ipynb'}\n")


def test_a_second_time_nothing_is_left_to_copy(tmp_path, capsys):
    main(["notebooks", str(tmp_path)])
    capsys.readouterr()

    assert main(["notebooks", str(tmp_path)]) == 0

    assert capsys.readouterr().out.startswith(f"0 notebooks copied to {tmp_path}; it holds {len(NAMES)}.")


def test_a_notebook_that_somebody_changed_is_not_replaced_unasked(tmp_path, capsys):
    (tmp_path / NAMES[1]).write_text("my own work")

    assert main(["notebooks", str(tmp_path)]) == 2

    assert [path.name for path in tmp_path.iterdir()] == [NAMES[1]]
    said = capsys.readouterr().err
    assert said.startswith(f"Nothing was copied: {tmp_path} holds notebooks that differ")
    assert NAMES[1] in said

    assert main(["notebooks", str(tmp_path), "--overwrite"]) == 0
    assert (tmp_path / NAMES[1]).read_bytes() == (notebooks_dir() / NAMES[1]).read_bytes()


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").touch()

    assert main(["notebooks", str(tmp_path / "file" / "lessons")]) == 2

    assert "file" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["notebooks"], ["lessons", "folder"]])
def test_a_command_that_is_none_is_refused_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)

    assert "usage: python -m helpers" in capsys.readouterr().err


def test_copies_without_outputs_hold_the_cells_and_no_answer_and_one_that_is_there_is_kept(tmp_path):
    (tmp_path / NAMES[1]).write_text("my own work")

    assert main(["notebooks", str(tmp_path), "--keep", "--without-outputs"]) == 0

    assert (tmp_path / NAMES[1]).read_text() == "my own work"
    copy, original = (
        json.loads((folder / NAMES[0]).read_text(encoding="utf-8")) for folder in (tmp_path, notebooks_dir())
    )
    code = [cell for cell in copy["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in copy["cells"]] == [cell["source"] for cell in original["cells"]]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a clone knows what git sees")
def test_what_a_learner_saves_in_the_copies_of_make_lab_is_nothing_to_git():
    ignored = subprocess.run(["git", "check-ignore", "-q", "my_notebooks/00_start.ipynb"], cwd=ROOT)

    assert ignored.returncode == 0
