"""The chooser: a line says what the files of the course's runs say, and leads to what shows it."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.decision import chooser
from helpers.decision.chooser import choices, chooser_table
from helpers.errors import UnreadableContent
from helpers.paths import data_path, notebooks_dir

FILES = (
    "measured/rivals_elle.json",
    "measured/preferences_elle.json",
    "sample_runs/elle/05_rivals.json",
    "sample_runs/elle/06b_tools.json",
    "measured/rewards_elle.json",
)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the runs, in a place where they may be changed."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data_path(name), tmp_path / name)
    monkeypatch.setattr(chooser, "data_path", tmp_path.joinpath)
    return tmp_path


def change(path: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def evidence(way: str) -> str:
    [found] = [choice.evidence for choice in choices() if choice.way.startswith(way)]
    return found


def test_each_way_has_a_line_and_a_link_to_notebooks_that_are_there() -> None:
    page = chooser_table()._repr_html_()
    linked = re.findall(r'<a href="(\w+)\.ipynb">(\w+)</a>', page)

    assert re.findall(r"<b>(.+?)</b>", page) == [
        "prompt with examples",
        "retrieval",
        "supervised",
        "supervised, rows with calls",
        "preference (dpo), after supervised",
        "reinforcement",
    ]
    assert page.count("</td>") == 4 * 6
    assert [names for names in linked if names[0] != names[1]] == []
    assert [name for name, _ in linked if not (notebooks_dir() / f"{name}.ipynb").is_file()] == []


def test_without_a_page_each_way_is_told_with_its_evidence_and_notebooks() -> None:
    lines = repr(chooser_table()).splitlines()

    assert lines[::2] == [choice.symptom for choice in choices()]
    assert lines[1::2] == [
        f"  -> {choice.way}: {choice.evidence} ({', '.join(choice.notebooks)})" for choice in choices()
    ]


def test_shares_of_several_runs_go_from_the_lowest_to_the_highest(copied: Path) -> None:
    def edit(content: Any) -> None:
        real = [line for line in content["lines"] if line["base_model"] == chooser.REAL_MODEL]
        one = next(line for line in real if line["way"] == "fine_tuned")
        content["lines"] = [line for line in content["lines"] if line["way"] != "fine_tuned"]
        for seed, right in ((1, "1000"), (2, "1100")):
            marks = dict.fromkeys(one["marks"], right)
            content["lines"].append({**one, "seed": seed, "n": 4, "marks": marks})

    def edit_recorded(content: Any) -> None:
        content["rivals"][-1]["all"] = 0.75

    change(copied / "measured/rivals_elle.json", edit)
    change(copied / "sample_runs/elle/05_rivals.json", edit_recorded)

    [found] = [choice.evidence for choice in choices() if choice.way == "supervised"]
    assert found.startswith("right in everything: 25 to 75%; the best prompts: ")


def test_a_preference_job_that_lost_a_draw_is_told_so(copied: Path) -> None:
    def edit(content: Any) -> None:
        for line in content["lines"]:
            line["facts"] = {"start": 30, "shown": 40}.get(line["job"], 35 if line["seed"] < 4 else 20)

    change(copied / "measured/preferences_elle.json", edit)

    assert evidence("preference") == (
        "more right answers than before on 3 of 5 draws; but a supervised job on the better answers was "
        "ahead of it on 5"
    )


def test_draws_on_which_rewards_did_not_help_are_told(copied: Path) -> None:
    def edit(content: Any) -> None:
        for line in content["lines"]:
            if line["seed"] == 1:
                line["greedy_both"] = line["greedy_complete"] = 0.5

    change(copied / "measured/rewards_elle.json", edit)

    assert evidence("reinforcement").startswith(
        "for complete and short answers, more reward than the base model at temperature 0 on 4 of 5 draws"
    )


def test_calls_that_nobody_wanted_are_told(copied: Path) -> None:
    def edit(content: Any) -> None:
        for line in content["beyond"]:
            if (line["questions"], line["model"]) == ("small talk", "calls"):
                line.update(called=7, asked=9)

    change(copied / "sample_runs/elle/06b_tools.json", edit)

    assert evidence("supervised, rows").endswith("it also called in 7 of 9 cases of small talk")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_there_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()

    with pytest.raises(UnreadableContent, match=re.escape(Path(name).name)):
        choices()
