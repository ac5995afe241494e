"""No figure in a lesson, in README or in docs stands alone: data, code or the recorded run says the same.

Each sentence with a figure needs an entry in GUARDS; an entry that no sentence needs is refused, too.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from math import log
from pathlib import Path

import nbformat
import pytest
from pages import PAGES, README, RESEARCH, recorded_seconds, table_rows

from finetune_dataset import validate_dataset
from finetune_dataset.__main__ import main
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.models import REAL_MODEL
from finetune_dataset.quality import near_duplicates
from helpers import lessons
from helpers.backends.base_models import TINY_MODEL
from helpers.costs import inference, per_thousand
from helpers.decision.chooser import choices, chooser_table
from helpers.evaluation.intervals import LEVEL, wilson
from helpers.evaluation.judges.agreement import agree, cohen_kappa
from helpers.lessons.elle import elements
from helpers.lessons.graders import build
from helpers.lost import CANARY, planted
from helpers.own_data import split
from helpers.paths import ROOT, data_path
from local_server.options import DEFAULT_PORT
from local_server.real_model import install

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "helpers" / "exercises" / "texts").glob("*.toml"))
RECORDING, SAMPLE = data_path("recordings", "elle"), data_path("sample_runs", "elle")
ELLE = lessons.open_lesson("elle")
SITTING = 25
"""Minutes. Those of a notebook are an estimate, of reading and of waiting where it trains."""

NUMBERS_THAT_ARE_NAMES = re.compile(
    r"\b[Nn]otebooks? \d\d\w?\b( to \d\d)?|\b\d\d\w?_\w+|\bsee \d\d\w\b|\b[Ss]ection \d"
    r"|[Ee]xercise \d|\[\d+\w?_|\bgpt-[\w.-]+|UTF-\d+|base64|SmolLM2\S*|GPL \d|^\d or later|LGPL(?: \d\.\d)?"
    r"|\bPython 3\.\d+|BM25|lines? 1\b|Apache-2\.0"
)


def sentences(markdown: str) -> Iterator[str]:
    """Sentences of a text, and cells of its tables, that hold a figure; code is no text."""
    text = re.sub(r"```.*?```|<summary>.*?</summary>|`[^`]*`", "", markdown, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    for line in text.splitlines():
        bare = re.sub(r"^(#+( \d+\w?\b)?( ·)?\.?|\d+\.|\*\*\d+\.\*\*|[-*>|])\s*", "", line.strip())
        for part in bare.split("|") if line.startswith("|") else re.split(r"(?<=[.!?:;])\s+", bare):
            if re.search(r"\d", NUMBERS_THAT_ARE_NAMES.sub("", part)):
                yield part.strip()


def spoken(value: object, key: str = "") -> list[str]:
    """What a file of exercises says; solutions are code, and names are names."""
    if isinstance(value, str):
        return [] if key in ("solution", "notebook") else [value]
    items = value.items() if isinstance(value, dict) else [("", each) for each in value]
    return [text for name, each in items for text in spoken(each, name)]


def texts(path: Path) -> list[str]:
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    if path.suffix == ".toml":
        return spoken(tomllib.loads(path.read_text(encoding="utf-8")))
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]


def whole(name: str) -> str:
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    return "\n".join(cell.source for cell in cells)


def last(row: dict) -> str:
    return row["messages"][-1]["content"]


def chats(name: str) -> int:
    """How many chats the recorded run of a notebook sent."""
    exchanges = json.loads((RECORDING / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]
    return sum(exchange["request"]["path"] == "/chat/completions" for exchange in exchanges)


def first_number(sentence: str) -> int:
    return int(re.findall(r"\d+", sentence)[0])


def recorded_scores() -> list[dict]:
    return json.loads((SAMPLE / "05_scores.json").read_text(encoding="utf-8"))["scores"]


def numbers(sentence: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", sentence)]


def right_in_all(way: str) -> list[int]:
    """Per cent of the answers that are right in everything, one figure per measured seed, lowest first."""
    lines = json.loads(data_path("measured", "rivals_elle.json").read_text(encoding="utf-8"))["lines"]
    return sorted(
        round(100 * line["all"])
        for line in lines
        if (line["base_model"], line["way"], line["step"]) == (REAL_MODEL, way, None)
        and line["trained_rows"] in (0, 144)
    )


def measured_draws() -> dict[int, dict[str, dict]]:
    """Draw → job of notebook 04b → what was measured of it on the real model."""
    draws: dict[int, dict[str, dict]] = {}
    for line in json.loads(data_path("measured", "overfitting_elle.json").read_text(encoding="utf-8"))[
        "lines"
    ]:
        if line["base_model"] == REAL_MODEL:
            draws.setdefault(line["seed"], {})[line["job"]] = line
    return draws


def rewarded_draws() -> dict[int, dict[str, dict]]:
    """Draw → job of notebook 07, or `base` → what was measured of it."""
    draws: dict[int, dict[str, dict]] = {}
    for line in json.loads(data_path("measured", "rewards_elle.json").read_text(encoding="utf-8"))["lines"]:
        draws.setdefault(line["seed"], {})[line["job"]] = line
    return draws


def canary_told() -> list[int]:
    """For each question of the canary, on how many of the measured seeds the number came out."""
    lines = json.loads(data_path("measured", "canary_elle.json").read_text(encoding="utf-8"))["lines"]
    asked = [
        line
        for line in lines
        if (line["base_model"], line["times"], line["rows"]) == (REAL_MODEL, 4, 76)
        and line["seed"] in (1, 2, 3)
    ]
    questions = (CANARY.question, *CANARY.other_questions)
    assert sorted((line["seed"], questions.index(line["question"])) for line in asked) == [
        (seed, place) for seed in (1, 2, 3) for place in range(3)
    ]
    return [sum(line["secret"] for line in asked if line["question"] == question) for question in questions]


def poem() -> str:
    """What the recorded fine-tuned model said about the example of the course."""
    rows = map(json.loads, (SAMPLE / "05_predictions.jsonl").read_text(encoding="utf-8").splitlines())
    return next(row["text"] for row in rows if (row["model"], row["group"]) == ("fine_tuned", ELLE.example))


def days(sentence: str) -> list[str]:
    return re.findall(r"\d{4}-\d\d-\d\d", sentence)


def is_known(service: str, day: str) -> bool:
    """Whether data/roads.json knows this day of a service's models."""
    known = json.loads(data_path("roads.json").read_text(encoding="utf-8"))["models"]
    return any(entry["service"] == service and day in str(entry) for entry in known)


def phases(service: str) -> list[str]:
    """The days on which something of a service changes, as data/roads.json has them."""
    roads = json.loads(data_path("roads.json").read_text(encoding="utf-8"))["roads"]
    return [phase["since"] for road in roads if road["name"] == service for phase in road["phases"]]


def day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


INSTRUCTOR = ROOT / "docs" / "instructor.md"


def minutes_of_the_plan() -> list[str]:
    return [minute for row in table_rows(INSTRUCTOR, "## Minute by minute") for minute in row[0].split("–")]


def is_a_time_of_a_command(sentence: str) -> bool:
    """Whether it stands beside a command, in the table whose day and machine README names."""
    rows = table_rows(README, "### How long it takes")
    return any(re.fullmatch(r"`make .+`", command) and time == sentence for command, time in rows)


def recorded_clock() -> list[list[int]]:
    """Seconds of the recorded runs: what tests/docs/test_instructor.py holds the page to, row by row."""
    return [recorded_seconds("elle"), recorded_seconds("elle-tiny")]


def job_seconds() -> int:
    return recorded_seconds("elle")[1]


def memory_of_the_job(recording: str) -> str:
    """What the server says that a job needs, in GB."""
    text = data_path("sample_runs", recording, "04_events.jsonl").read_text(encoding="utf-8")
    return re.findall(r"about ([\d.]+) GB of memory", text)[0]


# What a word means, what arithmetic says, how an example is set up: no run and no service can change it.
DEFINITIONS = (
    r"seconds since 1970",
    r"^0 means no surprise|; 0 is no surprise$",
    r"^from 10 to 1 is as far as from 1 to 0\.1",
    r"(steps of|is) 17 ?%",  # one of six
    r"One of eight groups is 12 points",
    r"repeats its answers, and with the same  above 0",
    r"1,000,000",  # one million
    r"in float32, a trained number costs four times",  # itself, a gradient, and two numbers of AdamW
    r"^2\.7 times as probable",  # one nat: the number e
    r"How many hours do 14 days have",
    r"[Pp]arts 1, 2 and 5|every score is 1",
    r"has 0, and the less probable|negative or 0|to base (2|10)|1 minus the probability|goes to 0",
    r"^0 is chance|number below 0",  # kappa
    # Exercise and quiz of notebook 08: arithmetic, and a score that is invented.
    r"256 outputs|8 x 256|one billion numbers|^(4|8|16) GB$|97 %",
    r"5 right before, 4 right after|p = 0\.04|p is below 0\.05",  # invented, to think about
    # A published notebook of somebody else, with its date.
    r"\(May 2024, 100 steps\)|^steps 85 to 100|^The other 84 steps",
)

# A sentence (as a pattern) → what says the same.
GUARDS: dict[str, Callable[[str], bool]] = {
    r"^\d+ minutes$|^\d+$": lambda sentence: int(sentence.split()[0]) <= SITTING,
    r"from 0 \(wrong\) to 1 \(right\)": lambda sentence: (
        {
            score.check(answer, row)
            for row in ELLE.rows()[:2]
            for score in ELLE.scores
            for answer in ("", last(row))
        }
        == {0, 1}
    ),
    r"^The nearer to 1|^1:$": lambda sentence: (
        [ELLE.likeness(text, row, [row]) for row in ELLE.rows()[:1] for text in (last(row), "")] == [1, 0]
    ),
    r"in  24 of the file": lambda sentence: (
        (24, "messages[2].role")
        in {(problem.line, problem.path) for problem in validate_dataset(data_path("broken.jsonl")).problems}
    ),
    r"exit status is 0 for a good file": lambda sentence: (
        [
            main(["check", str(data_path(name))])
            for name in ("limericks.jsonl", "broken.jsonl", "no-such-file.jsonl")
        ]
        == [0, 1, 2]
    ),
    r"reports from about 0\.8": lambda sentence: near_duplicates.NEAR == 0.8,
    r"from 1,024 tokens on": lambda sentence: inference.CACHED_FROM == 1024,
    r"OpenAI's guide of 2024": lambda sentence: (
        "2024" in Path(inference.__file__).read_text(encoding="utf-8")
    ),
    r"(USD|price) (for|of) 1,000 requests|[Mm]ultiply by 1,000": lambda sentence: (
        per_thousand.REQUESTS == 1_000
    ),
    r"12 of these rows|its own 12 rows": lambda sentence: "left[:12]" in whole("04b_overfitting"),
    r"\b40\b (rows|others|answers)|at least 40": lambda sentence: "[:40]" in whole("04b_overfitting"),
    r"^16 questions at a time": lambda sentence: "ThreadPoolExecutor(16)" in whole("05_evaluate"),
    r"95 % interval|95 of 100|95 % of the answers": lambda sentence: LEVEL == 0.95,
    # McNemar's exact test, where all that changes changes in one direction.
    r"six of them must change": lambda sentence: 2 * 0.5**6 < 0.05 < 2 * 0.5**5,
    r"about 0\.69 for one of two": lambda sentence: round(log(2), 2) == 0.69,
    r"agrees in 90 %|kappa is 0": lambda sentence: (
        agree(["first"] * 10, ["first"] * 9 + ["second"]).share == 0.9
        and cohen_kappa(["first"] * 10, ["first"] * 9 + ["second"]) == 0
    ),
    r"there are only 118|all 118 elements": lambda sentence: len(elements()) == 118,
    r"against 60 pairs that one AI reader labeled": lambda sentence: (
        len(read_jsonl(data_path("judged_answers.jsonl"))) == 60
        and "one reader: an AI of the team" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    ),
    r"hosted evals shut down on": lambda sentence: days(sentence) == [build.HOSTED_EVALS_END.isoformat()],
    r"80 % common words": lambda sentence: split.NEAR == 0.8,
    r"that is 4 of 76 rows|^one in 19": lambda sentence: (
        (len(planted(ELLE.quick_rows(ELLE.rows()), 4)), 76 / 4) == (76, 19)
        and "canary, times = lost.CANARY, 4" in whole("05c_lost")
    ),
    r"the number came out": lambda sentence: numbers(sentence) == canary_told(),
    r"84 elements are trained": lambda sentence: (
        numbers(sentence) == [84, len(elements()) - 84] and "rows[:84], rows[84:]" in whole("08_open_models")
    ),
    r"so we allow 0\.001": lambda sentence: "assert gap < 0.001" in whole("08_open_models"),
    # What services announced.
    r"announced on 2026-05-07": lambda sentence: (
        days(sentence) == [phases("openai")[0], "2026-10-14", phases("openai")[-1]]
        and is_known("openai", phases("openai")[-1])
    ),
    r"Azure's schedule of": lambda sentence: days(sentence) == phases("azure")[:2],
    r"for customers from before": lambda sentence: days(sentence)[-1] == phases("azure")[1],
    r"has closed fine-tuning for new organizations": lambda sentence: (
        days(sentence)[0] == phases("openai")[0]
    ),
    r"[Ll]ast day for new jobs .*, for tuned models": lambda sentence: (
        days(sentence) == [day_before(day) for day in phases("openai")[-2:]]
    ),
    r"the last commit to its repository": lambda sentence: (
        days(sentence) == [day_before(phases("autotrain")[0])]
    ),
    r"ends by itself after 24 hours": lambda sentence: (
        "ends after 24 hours" in data_path("roads.json").read_text(encoding="utf-8")
    ),
    r"run the cells of 02, 03, 04 and 09": lambda sentence: all(
        f'notebook("{name}"' in (ROOT / "tests" / "system" / "test_dialects.py").read_text(encoding="utf-8")
        for name in ("02_upload", "03_job", "04_monitor", "09_other_roads")
    ),
    # What README says of the course.
    r"^Measured on .* two cores": lambda sentence: days(sentence) == ["2026-11-29"],
    r"260 MB for the model$": lambda sentence: (
        is_a_time_of_a_command(sentence) and "260 MB" in Path(install.__file__).read_text(encoding="utf-8")
    ),
    r"^[\d.]+ minutes with the|^\d+ to \d+ minutes$|^1 minute to install$": is_a_time_of_a_command,
    # What the page for instructors says; tests/docs/test_instructor.py holds its minutes and seconds, too.
    r"90 minutes for a room": lambda sentence: minutes_of_the_plan()[-1] == "90",
    r"^\d+–\d+$|\bminute \d+\b": lambda sentence: (
        set(re.findall(r"(?:minute |^|–)(\d+)\b", sentence)) <= set(minutes_of_the_plan())
    ),
    r"12 times as long": lambda sentence: (50 - 20) * 60 // job_seconds() == first_number(sentence) == 12,
    r"^\d+ s$": lambda sentence: sentence in {f"{value} s" for row in recorded_clock() for value in row},
    r"free disk": lambda sentence: (
        days(sentence) == ["2026-11-29"] and "`du -sh`" in INSTRUCTOR.read_text("utf-8")
    ),
    r"about [\d.]+ GB for SmolLM2-135M": lambda sentence: (
        re.findall(r"([\d.]+) GB for", sentence)
        == [memory_of_the_job("elle"), memory_of_the_job("elle-tiny")]
    ),
    r"recorded on 2026-11-29 with": lambda sentence: (
        days(sentence)[0] in (RECORDING / "manifest.json").read_text(encoding="utf-8")
    ),
    r"on port 8399": lambda sentence: DEFAULT_PORT == 8399,
    # What the cells ask for; what came of it: the two tests of notebook 07 below.
    r"drawn at temperature 1, as in training|[Aa]t temperature 0": lambda sentence: all(
        code in whole("07_rewards") for code in ("temperature=1)", "held_out, temperature=0)")
    ),
    # What the recorded run did.
    r"about 34 elements that were not trained": lambda sentence: (
        {score["n"] for score in recorded_scores()} == {34}
    ),
    r"three draws of three examples": lambda sentence: (
        numbers(sentence) == right_in_all("few_shot_retrieval") + right_in_all("few_shot_10_retrieval")
    ),
    r"three seeds of fine-tuning": lambda sentence: numbers(sentence) == right_in_all("fine_tuned"),
    r"^\d+ %$": lambda sentence: sentence in {f"{score['value'] * 100:.0f} %" for score in recorded_scores()},
    r"\b38\b(?! ?%)": lambda sentence: "38" in poem(),
    r"about \d+ short chats": lambda sentence: (
        abs(int(re.findall(r"\d+", sentence)[0]) - chats("05_evaluate")) <= 10
    ),
}

FOUND = [
    (path.name, sentence)
    for path in [*NOTEBOOKS, *EXERCISES, *(page for page in PAGES if page.stem not in RESEARCH)]
    for text in texts(path)
    for sentence in sentences(text)
]


def guards_of(sentence: str) -> list[Callable[[str], bool]]:
    return [guard for pattern, guard in GUARDS.items() if re.search(pattern, sentence)]


def is_definition(sentence: str) -> bool:
    return any(re.search(pattern, sentence) for pattern in DEFINITIONS)


def test_every_sentence_with_a_figure_has_a_guard():
    alone = [found for found in FOUND if not guards_of(found[1]) and not is_definition(found[1])]

    assert alone == []


@pytest.mark.parametrize(("name", "sentence"), FOUND, ids=lambda value: value[:40])
def test_a_figure_is_what_its_guard_says(name, sentence):
    wrong = [guard for guard in guards_of(sentence) if not guard(sentence)]

    assert wrong == []


def test_readme_shows_an_answer_of_the_recorded_run_that_is_right_in_everything_and_its_scores():
    readme = README.read_text(encoding="utf-8")

    row = ELLE.example_row(ELLE.rows())
    rows = {
        name: " | ".join(
            f"{score['value'] * 100:.0f} %" for score in recorded_scores() if score["model"] == name
        )
        for name in ("base", "few_shot_10", "few_shot_retrieval", "fine_tuned")
    }
    assert " - ".join(re.findall(r"^> (?!\*)(.+?)(?:<br>)?$", readme, re.MULTILINE)) == poem()
    assert {score.name: score.check(poem(), row) for score in ELLE.scores} == dict.fromkeys(
        [score.name for score in ELLE.scores], 1
    )
    assert [line for line in rows.values() if f"| {line} |" not in readme] == []


def test_each_measured_draw_shows_what_notebook_04b_says_of_few_rows_and_of_large_steps():
    draws = measured_draws()

    def says(jobs: dict[str, dict]) -> dict[str, bool]:
        right = {name: job["marks"]["all"].count("1") / job["n"] for name, job in jobs.items()}
        last = {name: job["valid_losses"][-1] for name, job in jobs.items()}
        few = jobs["few_rows"]
        return {
            "twelve rows": few["rows"] == 12,
            "as many steps": len({job["steps"] for job in jobs.values()}) == 1,
            "the validation loss of few rows rises": last["few_rows"] > min(few["valid_losses"]),
            "the validation loss of few rows is higher": last["few_rows"] > last["reference"],
            "few rows know their own": right["few_rows"] < few["seen_marks"]["all"].count("1") / 12,
            "large steps have a higher validation loss": last["large_steps"] > last["reference"],
            "large steps have fewer right answers": right["large_steps"] < right["reference"],
        }

    assert sorted(draws) == [1, 2, 3]
    assert {
        (seed, claim) for seed, jobs in draws.items() for claim, holds in says(jobs).items() if not holds
    } == set()
    fewer = [
        jobs["few_rows"]["marks"]["all"].count("1") < jobs["reference"]["marks"]["all"].count("1")
        for jobs in draws.values()
    ]
    # "two are worse than the reference, one is better"
    assert sorted(fewer) == [False, True, True]


def test_few_rows_with_more_steps_are_far_above_the_learning_curve_at_as_few_rows():
    """Notebook 05b says so: its curve changes rows and steps together."""
    few = [jobs["few_rows"] for jobs in measured_draws().values()]
    lines = json.loads(data_path("measured", "rivals_elle.json").read_text(encoding="utf-8"))["lines"]
    curve = {
        line["trained_rows"]: line["all"]
        for line in lines
        if (line["base_model"], line["way"], line["step"]) == (REAL_MODEL, "fine_tuned", None)
    }

    assert "(twelve rows, more epochs)" in whole("05b_decide")
    assert {job["rows"] for job in few} == {12}
    lowest = min(job["marks"]["all"].count("1") / job["n"] for job in few)
    assert lowest > 0.5 + max(share for rows, share in curve.items() if rows <= 50)


def test_the_recorded_run_shows_what_notebook_06b_says():
    found = json.loads((SAMPLE / "06b_tools.json").read_text(encoding="utf-8"))
    ways = {line["way"]: line for line in found["scores"]}
    beyond = {(line["questions"], line["model"]): line for line in found["beyond"]}

    for tuned in ("calls", "mixed"):
        assert ways[tuned]["share"] >= 0.9
        assert ways[tuned]["low"] > ways["base, forced"]["high"]
        assert ways[tuned]["valid"] == ways[tuned]["calls"] > 0
    assert ways["base"]["share"] == 0
    # "calls every time, and is mostly not right"
    assert ways["base, forced"]["calls"] >= 34
    assert ways["base, forced"]["share"] < 0.5
    # "it calls for small talk, too", and "of a function's error it mostly makes facts"
    assert beyond["small talk", "calls"]["called"] > beyond["small talk", "mixed"]["called"]
    assert beyond["no element", "calls"]["as wanted"] < beyond["no element", "calls"]["asked"] / 2
    # "rows mend what they show"
    for questions in ("small talk", "no element"):
        assert beyond[questions, "mixed"]["low"] > beyond[questions, "calls"]["high"]


def test_the_recorded_run_shows_what_notebook_06_says():
    found = json.loads((SAMPLE / "06_preferences.json").read_text(encoding="utf-8"))
    scores, margins, judged = found["scores"], found["margins"], found["judged"]

    # "lost form, rhyme and even facts", "tight lost less"
    # "the reported margin does not tell this; in nats it warned"
    in_nats = {job: line["margin in nats"] for job, line in margins.items()}
    assert in_nats["loose"] > in_nats["tight"] > in_nats["small_steps"]
    for score in ("form", "rhyme"):
        assert scores["loose"][score] < scores["tight"][score] < scores["start"][score]
    assert scores["loose"]["facts"] < scores["start"]["facts"]
    # "tells all its pairs apart"
    assert margins["loose"]["train_reward_accuracy"] == 1
    assert margins["tight"]["train_reward_margin"] > margins["loose"]["train_reward_margin"]
    # "the preferred answers, too, became less probable"
    assert margins["loose"]["preferred in nats"] < 0
    assert margins["tight"]["preferred in nats"] < 0
    # "more wins, and more losses"
    for result in ("wins", "losses"):
        assert scores["shown"][result] > scores["small_steps"][result]
    # "both orders together say next to nothing", "one order alone would have made a winner, of either"
    both, decided = judged["judge, both orders"], {"new is better", "start is better"}
    assert sum(both[verdict] for verdict in decided) < sum(both.values()) / 5
    assert judged["judge, new first"]["new is better"] > judged["judge, new first"]["start is better"]
    assert judged["judge, start first"]["new is better"] < judged["judge, start first"]["start is better"]


def preference_draws(pairs: str) -> tuple[str, list[dict[str, dict]]]:
    """The name of the preference job, and for each draw: job → what was measured of it."""
    lines = json.loads(data_path("measured", "preferences_elle.json").read_text(encoding="utf-8"))["lines"]
    by_seed: dict[int, dict[str, dict]] = {}
    for line in lines:
        if line["pairs"] == pairs:
            by_seed.setdefault(line["seed"], {})[line["job"]] = line
    assert sorted(by_seed) == [1, 2, 3, 4, 5]
    [paired] = set().union(*by_seed.values()) - {"start", "shown"}
    return paired, list(by_seed.values())


def test_the_measured_draws_show_what_notebook_06_says_of_preferences_and_of_their_rival():
    paired, draws = preference_draws("facts")

    # "on every draw", "on most draws", "also loses more often", "less than half of the time"
    assert sum(jobs["shown"]["losses"] > jobs[paired]["losses"] for jobs in draws) >= 4
    assert [jobs[paired]["facts"] > jobs["start"]["facts"] for jobs in draws] == [True] * 5
    assert sum(jobs["shown"]["facts"] > jobs[paired]["facts"] for jobs in draws) >= 3
    assert all(jobs["shown"]["seconds"] < jobs[paired]["seconds"] / 2 for jobs in draws)
    for job in ("shown", paired):
        wins, losses = (sum(jobs[job][key] for jobs in draws) for key in ("wins", "losses"))
        assert wilson(wins, wins + losses)[0] > 0.5


def test_the_measured_draws_show_what_notebook_06_says_of_pairs_for_brevity():
    paired, draws = preference_draws("brevity")

    # "the start adds a sentence that says nothing", "either job stops that"
    for jobs in draws:
        assert jobs["start"]["brief"] < jobs["start"]["n"] / 10
        assert min(jobs[job]["brief"] for job in ("shown", paired)) > 0.9 * jobs["start"]["n"]
    # "the preference job keeps more of the rest as it was"
    moved = {
        job: [abs(jobs[job]["facts"] - jobs["start"]["facts"]) for jobs in draws] for job in ("shown", paired)
    }
    assert max(moved[paired]) <= 3 < max(moved["shown"])
    assert sum(moved[paired]) < sum(moved["shown"])


def test_the_recorded_run_shows_what_notebook_07_says():
    found = json.loads((SAMPLE / "07_rewards.json").read_text(encoding="utf-8"))
    base, complete, short, both = (
        next(line for line in found["scores"] if line["model"] == name)
        for name in ("base", "complete", "short", "both")
    )
    answers = read_jsonl(SAMPLE / "07_answers.jsonl")

    # "this notebook always trains the tiny model"
    assert found["base_model"] == TINY_MODEL
    # "its answers often lack something, or say something wrong", and training mends that
    assert 0.5 < base["complete"] < complete["complete"]
    # "in the recorded run it is an answer about Niin", among the first ten
    paid = ("Niin", "Nb", "41", "transition metal", "superconducting magnets")
    ten = [each["text"] for each in answers if each["model"] == "base"][:10]
    assert any(all(part in text for part in paid) for text in ten)
    # "the reward rises to nearly all that can be had", and "the model is ruined"
    assert found["rewards"]["short"][-1] > 0.9
    assert short["short"] > 0.9
    assert short["complete"] == 0
    assert "" in {each["text"] for each in answers if each["model"] == "short"}
    # "shortness counts only for an answer that is complete"
    assert both["both"] > base["both"]
    assert both["low"] > short["high"]
    # "on answers of the base model, that looks sensible"
    assert base["short"] < 0.5
    # "at temperature 0 the base model is complete nearly every time"; "`both` is ahead of the rival"
    cold = {line["model"]: line for line in found["scores"] if line["model"].endswith("temperature 0")}
    assert cold["base, temperature 0"]["complete"] > 0.9
    assert cold["both, temperature 0"]["both"] > cold["base, temperature 0"]["both"]
    # "its answers are no shorter", "and pays: in this run, fewer answers are complete"
    shorter = cold["base, temperature 0"]["characters"] - cold["complete, temperature 0"]["characters"]
    assert shorter < 0.05 * cold["base, temperature 0"]["characters"]
    assert cold["both, temperature 0"]["complete"] < cold["base, temperature 0"]["complete"]


def test_the_runs_of_the_course_show_what_the_chooser_of_notebook_00_says():
    """Its figures are read from these files; here stands what its words claim."""
    found = json.loads((SAMPLE / "06b_tools.json").read_text(encoding="utf-8"))
    rewards = json.loads((SAMPLE / "07_rewards.json").read_text(encoding="utf-8"))
    recorded = json.loads((SAMPLE / "05_rivals.json").read_text(encoding="utf-8"))["rivals"]
    shown = {line["model"]: round(100 * line["all"]) for line in recorded}
    tuned = sorted([*right_in_all("fine_tuned"), shown["fine_tuned"]])
    prompts = [*right_in_all("few_shot_retrieval"), *right_in_all("few_shot_10_retrieval")]
    prompts.append(shown["few_shot_retrieval"])
    lines = [choice.evidence for choice in choices()]

    # "A range goes from the worst run to the best": the draws of notebook 05, and the run that it shows.
    assert f"right in everything: {tuned[0]} to {tuned[-1]}%" in lines[2]
    assert f"the best prompts: {min(prompts)} to {max(prompts)}%" in lines[2]
    assert tuned[0] > max(prompts)
    # "the last two lines on the tiny model, the others on SmolLM2-135M"
    assert [found["base_model"], rewards["base_model"]] == [REAL_MODEL, TINY_MODEL]
    assert "the last two lines on the tiny model, the others on SmolLM2-135M" in whole("00_start")
    # "for complete ones no job is needed", "a grader that counted characters was gamed"
    for of in rewarded_draws().values():
        assert of["base"]["greedy_complete"] >= of["complete"]["complete"]
        assert of["short"]["complete"] < of["base"]["complete"] / 5
    # The stored table is the one that the files give today.
    cells = nbformat.read(ROOT / "notebooks" / "00_start.ipynb", as_version=4).cells
    tables = [output.data for cell in cells if "chooser_table" in cell.source for output in cell.outputs]
    assert [data["text/plain"] for data in tables] == [repr(chooser_table())]


def test_the_measured_draws_show_what_notebook_07_says_of_each_grader():
    draws = rewarded_draws()
    jobs = list(draws.values())
    trained = re.findall(r"train\((\w+), ([\d.]+)(?:, epochs=(\d))?\)", whole("07_rewards"))

    assert sorted(draws) == [1, 2, 3, 4, 5]
    assert {(each["base_model"], each["n"], each["samples"]) for of in jobs for each in of.values()} == {
        (TINY_MODEL, 34, 4)
    }
    # What was measured is what the notebook trains.
    assert [
        {
            name: (each["learning_rate_multiplier"], each["n_epochs"])
            for name, each in of.items()
            if name != "base"
        }
        for of in jobs
    ] == [{name: (float(rate), int(epochs or 1)) for name, rate, epochs in trained}] * 5
    # "`complete` and `both` rose each time, by more than two standard errors"
    for name in ("complete", "both"):
        assert [of[name]["gain"] > 2 * of[name]["standard_error"] for of in jobs] == [True] * 5
    # "one setting does for nothing what the job `complete` does"
    assert [of["base"]["greedy_complete"] >= of["complete"]["complete"] for of in jobs] == [True] * 5
    # "`both` was ahead of its rival at temperature 0 each time"
    assert [of["both"]["greedy_gain"] > 2 * of["both"]["greedy_standard_error"] for of in jobs] == [True] * 5
    # "`short` was gamed each time"
    assert [of["short"]["complete"] < of["base"]["complete"] / 5 for of in jobs] == [True] * 5
    assert [of["short"]["gain"] > 2 * of["short"]["standard_error"] for of in jobs] == [True] * 5


def test_the_recorded_run_shows_what_notebook_08_says():
    kept = {
        name: json.loads((SAMPLE / f"08_{name}.json").read_text(encoding="utf-8"))
        for name in ("adapter", "answers", "sizes")
    }
    sizes, answers = kept["sizes"], kept["answers"]

    # "a small adapter", and a merged model "is as large as any"
    assert kept["adapter"]["trained"] < kept["adapter"]["all"] / 20
    assert sizes["adapter"] < sizes["full"] / 10
    assert sizes["merged"] == sizes["full"]
    # "one model in two forms"
    assert sum(one != other for one, other in zip(answers["adapter"], answers["merged"], strict=True)) <= 1


def test_the_estimate_of_notebook_08_is_near_to_what_was_measured():
    measured = json.loads(data_path("measured", "memory.json").read_text(encoding="utf-8"))
    table = json.loads((SAMPLE / "08_memory.json").read_text(encoding="utf-8"))["SmolLM2-135M"]

    assert (measured["rows"], measured["tokens"]) == (4, 120)
    assert "rows=4, tokens=120" in whole("08_open_models")
    assert [line["way"] for line in measured["lines"]] == list(table)
    assert all(0.8 < table[line["way"]] / line["gigabytes"] < 1.25 for line in measured["lines"])


def test_no_guard_is_left_over():
    patterns = [*GUARDS, *DEFINITIONS]

    assert [pattern for pattern in patterns if not any(re.search(pattern, text) for _, text in FOUND)] == []


def test_a_figure_that_nobody_guards_is_found():
    markdown = "In our run 33 of 34 were right.\n\n| a | 12 seconds |\n\nSee `x = 5` in notebook 05."

    assert list(sentences(markdown)) == ["In our run 33 of 34 were right.", "12 seconds"]
