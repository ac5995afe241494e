"""What the course says of services is true on any day: the clock is moved, and all of it is read again."""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import nbformat
import pandas as pd
import pytest
from billed_rows import ROW
from pages import PAGES, table_rows

from finetune_dataset.report import DatasetReport
from helpers import roads
from helpers.backends.notices import notice
from helpers.costs.estimate import estimate_cost
from helpers.costs.retirements import find_notices, retirement_table
from helpers.decision.places import places_to_train
from helpers.errors import BackendUnavailable
from helpers.paths import ROOT, data_path
from helpers.roads.choose import choose
from helpers.roads.known import all_roads
from helpers.roads.table import facts_of, open_on

DAYS = [date(2026, 11, 29), date(2027, 1, 7), date(2027, 1, 20), date(2027, 2, 15), date(2028, 1, 1)]
each_day = pytest.mark.parametrize("today", DAYS, ids=str)

DAY = r"(\d{4}-\d\d-\d\d)"
AHEAD = (
    rf"(?:new jobs|answers|works|train\w*|tuned models?) until {DAY}(?! at the latest)",
    rf"(?:ends|end|stops?|closes) (?:fine-tuning )?on {DAY}",
    rf"[Ww]ill \D*{DAY}",
    rf"; until {DAY}",
)
"""Words that promise something for a day: it must not be over."""
PAST = (
    rf"(?:since|ended on|shut down on|no new jobs after|planned for) {DAY}",
    rf"promised \D*{DAY}",
    rf"(?:[Rr]ead on|schedule of|by|had fine-tuned before) {DAY}",
)
"""Words that say something has happened: its day must have come."""
EXCEPT = r"promised training of OpenAI's models until \S+(?: and their tuned models until \S+)?"
"""A promise that is told as one is no promise of the course."""


def untrue(text: str, today: date) -> list[str]:
    """The parts of a text that are not true on a day."""
    text = re.sub(r"new jobs were promised until", "promised", text)
    told = re.sub(EXCEPT, "", text)
    ahead = [found for pattern in AHEAD for found in re.finditer(pattern, told)]
    past = [found for pattern in PAST for found in re.finditer(pattern, told)]
    return [
        *(found[0] for found in ahead if date.fromisoformat(found[1]) < today),
        *(found[0] for found in past if date.fromisoformat(found[1]) > today),
        *re.findall(r"(?:-\d+|\b0) days", text),
        *(found[0] for found in re.finditer(rf"made on {DAY}", text) if found[1] != str(today)),
    ]


def said_on(today: date, report: DatasetReport) -> Iterator[str]:
    """All that the course computes about services for a day."""
    for road in all_roads():
        try:
            yield notice(road.name, today)
        except BackendUnavailable as refused:
            yield str(refused)
        yield from facts_of(road.name, today)["known"]
    for service in ("openai", "azure"):
        for models, end in find_notices(service):
            yield end.describe(today)
            for model in models:
                yield repr(estimate_cost(report, model, 3, service, price=1.0, today=today))
    yield from places_to_train(today)
    for table in (open_on(today), choose(today), choose(today, newcomer=False), retirement_table(today)):
        yield from table.reset_index().astype(str).apply(", ".join, axis=1)


@pytest.fixture
def report(tmp_path) -> DatasetReport:
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    return DatasetReport(path, "supervised", None, 1)


@each_day
def test_every_computed_sentence_is_true_on_its_day(today, report):
    said = list(said_on(today, report))

    assert {text: untrue(text, today) for text in said if untrue(text, today)} == {}
    assert len(said) > 60


@each_day
def test_what_notebook_09_shows_is_true_on_its_day(today):
    shown: list[object] = []
    names = {"today": today, "roads": roads, "pd": pd, "display": lambda *values: shown.extend(values)}
    notebook = nbformat.read(ROOT / "notebooks" / "09_other_roads.ipynb", as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    alone = [source for source in code if "display(" in source and "run." not in source]
    for source in alone:
        exec(source, names)  # the cells that need nothing but the day

    tables = [table for table in shown if isinstance(table, pd.DataFrame)]
    said = [text for table in tables for text in table.astype(str).to_numpy().ravel()]
    assert (len(alone), len(tables)) == (2, 3)
    assert {text: untrue(text, today) for text in said if untrue(text, today)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "OpenAI ends fine-tuning on 2027-01-06.",
        "new jobs until 2027-01-05 only for some",
        "one made on 2026-11-21 would live 54 days",
        "fine-tunes stop on 2027-01-14",
        "Azure will train OpenAI's models only for customers from before 2026-10-14",
        "OpenAI creates no jobs since 2028-01-06",
        "would live 0 days",
    ],
)
def test_the_check_finds_sentences_that_are_not_true_on_15_february_2027(text):
    assert untrue(text, date(2027, 2, 15)) != []


def test_on_the_last_day_of_jobs_they_are_open_and_on_the_next_they_are_not():
    for end in (end for service in ("openai", "azure") for _, end in find_notices(service)):
        after = end.last_job + timedelta(days=1)

        assert f"new jobs until {end.last_job}" in end.jobs(end.last_job)
        assert re.match("no new jobs after|new jobs were promised until", end.jobs(after))


def test_the_days_of_the_phases_are_those_of_the_models():
    known = json.loads(data_path("roads.json").read_text(encoding="utf-8"))
    since = {road["name"]: [phase["since"] for phase in road["phases"]] for road in known["roads"]}

    def after(service: str, field: str) -> str:
        last = max(each[field] for each in known["models"] if each["service"] == service)
        return str(date.fromisoformat(last) + timedelta(days=1))

    assert since["openai"][2] == after("openai", "last_job")
    assert since["openai"][3] == max(
        each["shutdown"] for each in known["models"] if each["service"] == "openai"
    )
    assert since["azure"][2:] == [after("azure", "last_job"), after("azure", "shutdown")]


SERVICES = r"OpenAI|Azure|Nebius|Bedrock|Together|AutoTrain|Microsoft"
# Days that services gave about something else than a road.
OTHER_DAYS = {"2026-11-30": "the end of OpenAI's hosted evals"}


def static_texts() -> Iterator[tuple[str, str]]:
    """Sentences of pages and notebooks, whose texts nobody computes."""
    for page in [*PAGES, ROOT / "local_server" / "README.md"]:
        for line in page.read_text(encoding="utf-8").splitlines():
            yield page.name, line
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for sentence in re.split(r"(?<=[.:!?])\s+|\n+", cell.source):
                    yield path.name, sentence


def test_every_day_that_a_page_or_a_notebook_gives_of_a_service_is_known_to_the_file():
    known = data_path("roads.json").read_text(encoding="utf-8")
    days = set(re.findall(DAY, known)) | set(OTHER_DAYS)
    days |= {str(date.fromisoformat(day) - timedelta(days=1)) for day in days}  # the last day of a phase

    strange = [
        (name, sentence)
        for name, sentence in static_texts()
        if re.search(SERVICES, sentence)
        and re.search("last day|until|since|stop|customers|announced|notice|clos", sentence)
        if set(re.findall(DAY, sentence)) - days
    ]

    assert strange == []


def test_no_page_and_no_notebook_counts_from_the_day_on_which_it_was_written():
    """A sentence about a service with a day in it says the day, and not how far it is."""
    depends = r"\b(still|soon|currently|yet|days? left|until now|from now|recently|will (end|stop|close))\b"
    promises = rf"(?:new jobs|tuned models) until {DAY}"

    found = [
        (name, sentence)
        for name, sentence in static_texts()
        if re.search(SERVICES, sentence) and re.search(DAY, sentence)
        if re.search(depends, sentence) or re.search(promises, sentence)
    ]

    assert found == []


def test_readme_says_of_each_road_how_far_it_was_tried():
    rows = table_rows(ROOT / "README.md", "## Other roads")
    shown = {title: tried for tried, titles in rows for title in titles.split(", ")}

    assert shown == {road.title: road.tested for road in all_roads()}


def test_a_table_of_any_day_has_the_same_roads():
    assert [open_on(day).index.tolist() for day in DAYS] == [[road.title for road in all_roads()]] * len(DAYS)
    assert isinstance(open_on(DAYS[0]), pd.DataFrame)
