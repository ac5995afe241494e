"""What to try first: a symptom, a way that helps, and what the course's own runs say about it.

No figure stands here. Each is read from the files of the course's runs, so a line says what was measured
last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from finetune_dataset.display.html_text import html_text
from finetune_dataset.models import REAL_MODEL
from helpers.backends.base_models import TINY_MODEL
from helpers.errors import UnreadableContent
from helpers.evaluation.measured_lines import Line, read_lines
from helpers.evaluation.over_runs import over_runs
from helpers.paths import data_path
from helpers.stored_json import read_json

ALONE = ("few_shot", "few_shot_10")
WITH_FACTS = ("few_shot_retrieval", "few_shot_10_retrieval")
"""Prompts with examples, as `helpers.lessons.rivals` names them: without and with facts from a search."""


@dataclass(frozen=True)
class Choice:
    """A line of the chooser.

    Attributes:
        symptom: What one sees, or has.
        way: What to try first.
        evidence: What the course's runs say, for the way and against it.
        notebooks: Names of the notebooks that show it.
    """

    symptom: str
    way: str
    evidence: str
    notebooks: tuple[str, ...]


@dataclass(frozen=True)
class ChooserTable:
    """The chooser, as a table with links in a notebook, and as text elsewhere.

    Attributes:
        lines: The ways that ask for the least work first.
    """

    lines: tuple[Choice, ...]

    def __repr__(self) -> str:
        """Write one way below the other."""
        return "\n".join(
            f"{line.symptom}\n  -> {line.way}: {line.evidence} ({', '.join(line.notebooks)})"
            for line in self.lines
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr>{_cell(line.symptom)}{_cell(line.way, 'b')}{_cell(line.evidence)}<td{_LEFT}>"
            + ", ".join(f'<a href="{name}.ipynb">{name}</a>' for name in line.notebooks)
            + "</td></tr>"
            for line in self.lines
        )
        head = "".join(f"<th{_LEFT}>{html_text(name)}</th>" for name in _HEAD)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


_HEAD = ("What you see", "Try first", "What the course's runs say", "Look")
_LEFT = ' style="text-align:left"'


def _cell(text: str, tag: str = "span") -> str:
    return f"<td{_LEFT}><{tag}>{html_text(text)}</{tag}></td>"


def chooser_table() -> ChooserTable:
    """Return the chooser, with links to the notebooks that show each line.

    Raises:
        UnreadableContent: A file of the course's runs is missing, or no JSON; it is named.
    """
    return ChooserTable(tuple(choices()))


def choices() -> list[Choice]:
    """Return the lines of the chooser: the ways that ask for the least work first.

    Raises:
        UnreadableContent: A file of the course's runs is missing, or no JSON; it is named.
    """
    lines = read_lines(data_path("measured", "rivals_elle.json"))
    lines = [line for line in lines if line["base_model"] == REAL_MODEL and line.get("step") is None]
    runs = pd.concat([over_runs(lines), _recorded_run()])
    return [
        Choice(
            "the form is wrong, and the prompt shows no examples yet",
            "prompt with examples",
            f"right form: {_span(runs, 'form', 'base')} without examples, "
            f"{_span(runs, 'form', *ALONE)} with three or ten",
            ("05_evaluate",),
        ),
        Choice(
            "facts are wrong, change, or are many",
            "retrieval",
            f"right facts: {_span(runs, 'facts', *ALONE)} with examples alone, "
            f"{_span(runs, 'facts', *WITH_FACTS)} with facts looked up, too; "
            f"a job whose rows had no facts in the question: {_span(runs, 'facts', 'fine_tuned_no_facts')}",
            ("05_evaluate",),
        ),
        Choice(
            "form, style or voice fails, although the prompt shows it; or the prompt is long",
            "supervised",
            f"right in everything: {_span(runs, 'all', 'fine_tuned')}; the best prompts: "
            f"{_span(runs, 'all', *WITH_FACTS)}; they are {_times_as_long(lines)} times as long",
            ("03_job", "05_evaluate"),
        ),
        Choice(
            "the model has to call your function", "supervised, rows with calls", _tools(), ("06b_tools",)
        ),
        Choice(
            "you can only say which of two answers is better",
            "preference (dpo), after supervised",
            _preferences(),
            ("06_preferences",),
        ),
        Choice("a program can grade an answer", "reinforcement", _rewards(), ("07_rewards",)),
    ]


def _recorded_run() -> pd.DataFrame:
    """The run that notebook 05 shows, in the columns of `over_runs`."""
    rivals = _stored("sample_runs", "elle", "05_rivals.json")["rivals"]
    scores = [(one["model"], metric, share) for one in rivals for metric, share in one["scores"].items()]
    scores += [(one["model"], "all", one["all"]) for one in rivals]
    return pd.DataFrame(
        [(*score, score[-1]) for score in scores], columns=["model", "metric", "lowest", "highest"]
    )


def _span(runs: pd.DataFrame, metric: str, *ways: str) -> str:
    """The lowest and the highest share of these ways over all measured runs, in percent."""
    found = runs[(runs["metric"] == metric) & runs["model"].isin(ways)]
    low, high = round(100 * found["lowest"].min()), round(100 * found["highest"].max())
    return f"{high}%" if low == high else f"{low} to {high}%"


def _times_as_long(lines: list[Line]) -> str:
    """How many times as many tokens the prompts with examples and facts have as those of the fine-tune."""
    tokens = {line["way"]: line["prompt_tokens"] for line in lines}
    return " to ".join(f"{tokens[way] / tokens['fine_tuned']:.0f}" for way in WITH_FACTS)


def _tools() -> str:
    found = _stored("sample_runs", "elle", "06b_tools.json")
    right = {line["way"]: f"{100 * line['share']:.0f}%" for line in found["scores"]}
    beyond = {(line["questions"], line["model"]): line for line in found["beyond"]}
    talk = beyond["small talk", "calls"]
    return (
        f"right calls: {right['base']} before, {right['base, forced']} if a call was forced, "
        f"{right['mixed']} after (one draw); with rows of calls alone, it also called in {talk['called']} of "
        f"{talk['asked']} cases of small talk"
    )


def _preferences() -> str:
    lines = _stored("measured", "preferences_elle.json")["lines"]
    lines = [line for line in lines if (line["base_model"], line["pairs"]) == (TINY_MODEL, "facts")]
    right = pd.DataFrame(lines).pivot(index="seed", columns="job", values="facts")
    [paired] = set(right) - {"start", "shown"}
    better, behind = right[paired] > right["start"], right[paired] < right["shown"]
    return (
        f"more right answers than before on {better.sum()} of {len(right)} draws; but a supervised job on "
        f"the better answers was ahead of it on {behind.sum()}"
    )


def _rewards() -> str:
    draws: dict[int, dict[str, Any]] = {}
    for line in _stored("measured", "rewards_elle.json")["lines"]:
        if line["base_model"] == TINY_MODEL:
            draws.setdefault(line["seed"], {})[line["job"]] = line
    ahead = sum(of["both"]["greedy_both"] > of["base"]["greedy_both"] for of in draws.values())
    free = [of["base"]["greedy_complete"] for of in draws.values()]
    gamed = max(of["short"]["greedy_complete"] for of in draws.values())
    return (
        f"for complete and short answers, more reward than the base model at temperature 0 on {ahead} of "
        f"{len(draws)} draws; for complete ones no job is needed: temperature 0 gave {100 * min(free):.0f} "
        f"to {100 * max(free):.0f}%; a grader that counted characters was gamed: at most "
        f"{100 * gamed:.0f}% complete"
    )


def _stored(*parts: str) -> Mapping[str, Any]:
    return read_json(
        data_path(*parts), dict, way_out="Take the file from the course again.", error=UnreadableContent
    )
