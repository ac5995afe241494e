"""One way to ask, over all its seeds: quality, tokens, seconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan

from finetune_dataset.errors import FineTuneError
from helpers.decision.measured.lines import right_answers
from helpers.decision.options import Kind
from helpers.evaluation.measured_lines import Line

NOT_AS_TRAINED = ("asked_with", "asked_without")
"""A model that is asked otherwise than it was trained is a lesson (notebook 05), and no option."""


@dataclass(frozen=True)
class Summary:
    """What was measured about one way to ask one base model.

    Attributes:
        name: The way, and the base model where it is not the main one, for readers.
        way: The way, as notebook 05 calls it.
        kind: What one would do to have it.
        base_model: The base model.
        by_group: Place of the question → share of its answers that were right, over the seeds.
        runs: Quality of each seed.
        rows: Training rows; 0 where nothing is trained.
        looks_up: Whether facts are looked up for each question.
        prompt_tokens: Tokens of a prompt, on average.
        completion_tokens: Tokens of an answer, on average.
        latency_median: Seconds of an answer, median, with as many asked at a time as the file says.
        latency_p95: Seconds that one of twenty answers exceeds, on the slowest seed.
        seconds: Seconds of this computer for one answer: all of them together, by their number.
        training_seconds: Seconds of a training, on average; nan where they are not known.
        origin: Date and command of the measurement.
    """

    name: str
    way: str
    kind: Kind
    base_model: str
    by_group: dict[str, float]
    runs: tuple[float, ...]
    rows: int
    looks_up: bool
    prompt_tokens: float
    completion_tokens: float
    latency_median: float
    latency_p95: float
    seconds: float
    training_seconds: float
    origin: str

    @property
    def quality(self) -> float:
        """Share of right answers over all seeds."""
        return sum(self.by_group.values()) / len(self.by_group)


def summarize(lines: Sequence[Line], main: str, metrics: Sequence[str] | None = None) -> list[Summary]:
    """Summarize each way to ask over its seeds.

    Args:
        lines: What was measured.
        main: The base model that you would use; the others count as "smaller model", and become options
            where they are cheaper (see `options_in_usd`).
        metrics: Names of the scores that an answer must have to be right; all without it.

    Returns:
        One summary per base model and way, in the order of the lines; trainings with the most rows only.

    Raises:
        FineTuneError: `main` is not among the base models, or lines of one way do not fit together.
    """
    known = list(dict.fromkeys(line["base_model"] for line in lines))
    if main not in known:
        raise FineTuneError(
            f"Nothing was measured of the base model {main!r}; there is {', '.join(known) or 'nothing'}. "
            "Choose of these, or measure it: notebook 05_evaluate."
        )
    ways: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.get("step") is None and not any(part in line["way"] for part in NOT_AS_TRAINED):
            ways.setdefault((line["base_model"], line["way"]), []).append(line)
    return [_summary(base, way, found, main, metrics) for (base, way), found in ways.items()]


def kind_of(way: str, base_model: str, main: str) -> Kind:
    """Say what one would do to have a way to ask.

    Args:
        way: Its name in notebook 05, such as "few_shot_10" or "fine_tuned".
        base_model: Its base model.
        main: The base model that you would use.
    """
    if base_model != main:
        return "smaller model"
    if way.startswith("fine_tuned"):
        return "fine-tune"
    return "retrieve" if "retrieval" in way else "prompt"


def readable(way: str) -> str:
    """Write the name of a way: few_shot_10 is few-shot 10."""
    return way.replace("few_shot", "few-shot").replace("fine_tuned", "fine-tuned").replace("_", " ")


def _summary(base: str, way: str, lines: list[Line], main: str, metrics: Sequence[str] | None) -> Summary:
    rows = max(line.get("trained_rows", 0) for line in lines)
    largest = {line.get("seed"): line for line in lines if line.get("trained_rows", 0) == rows}
    used = list(largest.values())
    if len({line["n"] for line in used}) > 1:
        raise FineTuneError(
            f"The seeds of {way!r} with {base} have different numbers of questions. Measure again."
        )
    marks = [right_answers(line, metrics) for line in used]
    first = used[0]

    def mean(values: Iterable[float]) -> float:
        found = list(values)
        return sum(found) / len(found)

    return Summary(
        name=readable(way) + ("" if base == main else f", {base}"),
        way=way,
        kind=kind_of(way, base, main),
        base_model=base,
        by_group={str(place): mean(each) for place, each in enumerate(zip(*marks, strict=True))},
        runs=tuple(mean(each) for each in marks) if len(marks) > 1 else (),
        rows=rows,
        looks_up="retrieval" in way or first.get("trained_on") == "facts",
        prompt_tokens=mean(line["prompt_tokens"] for line in used),
        completion_tokens=mean(line["completion_tokens"] for line in used),
        latency_median=mean(line["latency_median"] for line in used),
        latency_p95=max(line["latency_p95"] for line in used),
        seconds=mean(line["seconds"] / line["n"] for line in used),
        training_seconds=mean(_training_seconds(line) for line in used),
        origin=", ".join(filter(None, [first.get("date", ""), first.get("command", "")])),
    )


def _training_seconds(line: Line) -> float:
    if not line.get("trained_rows"):
        return 0.0
    seconds = line.get("training_seconds")
    return nan if seconds is None else seconds
