"""How fast a job's events become a table, and how fast they come from the local server, page by page.

`python benchmarks/events.py` makes 100,000 events of one job, as SDK objects, dicts and JSON lines, with
the numbers in `data` and with messages only, and times `metrics_frame` on each. The peer is what one would
write with pandas alone: `json_normalize`, and one regular expression over the messages. Then a real server
holds a job with 10,000 events, and the SDK reads all its pages; the peer of the server is the SDK itself,
which has to read what the server writes. Limits are ratios of processor time, which other programs change
little; the medians of rounds in which all take turns. Takes about half a minute.
"""

import json
import time
from collections.abc import Callable
from statistics import median

import openai
import pandas as pd
import psutil
from common import TRAINING, Line, machine, options, report, serve
from openai.types.fine_tuning import FineTuningJobEvent

from helpers.jobs.events import metrics_frame
from local_server.jobs.store import JobStore

# Processor time of `metrics_frame` over pandas alone; of the server over the SDK that reads its pages.
TABLE_MOST, PAGES_MOST = 1.0, 1.0
# What the messages of OpenAI look like (2024).
PATTERN = (
    r"Step (?P<step>\d+)/(?P<total_steps>\d+): training loss=(?P<train_loss>[-+.\w]+)"
    r"(?:, validation loss=(?P<valid_loss>[-+.\w]+))?"
)


def step_event(step: int, total: int) -> dict:
    """One step as OpenAI reports it; the values only have to differ."""
    losses = {"train_loss": 5 / step, "train_mean_token_accuracy": step / total}
    message = f"Step {step}/{total}: training loss={losses['train_loss']:.2f}"
    if step % 10 == 0:
        losses |= {"valid_loss": 6 / step, "valid_mean_token_accuracy": step / total}
        message += f", validation loss={losses['valid_loss']:.2f}"
    return {
        "object": "fine_tuning.job.event",
        "id": f"ftevent-{step:024d}",
        "created_at": 1_700_000_000 + step,
        "level": "info",
        "message": message,
        "data": {"step": step, "total_steps": total, **losses},
        "type": "metrics",
    }


def typed(events: list[dict]) -> list[FineTuningJobEvent]:
    """Events as the SDK makes them."""
    return [FineTuningJobEvent.construct(**event) for event in events]


def without_data(events: list[dict]) -> list[dict]:
    """Events of the kind that says its numbers in the message only."""
    return [{**event, "data": None} for event in events]


FORMS: dict[str, Callable[[list[dict]], object]] = {
    "SDK objects": typed,
    "dicts": lambda events: events,
    "JSON lines": lambda events: "\n".join(json.dumps(event) for event in events),
    "SDK objects, messages only": lambda events: typed(without_data(events)),
    "dicts, messages only": without_data,
}


def with_pandas(events: list[dict]) -> pd.DataFrame:
    """The peer: it knows one wording, and neither repeats nor text in place of numbers."""
    frame = pd.json_normalize(events)
    told = frame["message"].str.extract(PATTERN).apply(pd.to_numeric)
    data = frame.filter(like="data.").rename(columns=lambda name: name.removeprefix("data."))
    return data.combine_first(told).sort_values("step").reset_index(drop=True)


DICTS = "pandas alone, dicts"
# What pandas alone needs for a form; for forms that are not here, their dicts are there already.
PEERS: dict[str, tuple[str, Callable]] = {
    DICTS: ("dicts", with_pandas),
    "json and pandas": ("JSON lines", lambda text: with_pandas([*map(json.loads, text.splitlines())])),
}


def spent(run: Callable[[], object]) -> float:
    """Processor seconds of this process alone."""
    began = time.process_time()
    run()
    return time.process_time() - began


def against(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of pairs that followed each other."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def tables(count: int, rounds: int) -> list[Line]:
    """Time `metrics_frame` on each form of the events, and its peer on dicts, in turns."""
    # Newest first, as services send them.
    events = [step_event(step, count) for step in range(count, 0, -1)]
    forms = {name: make(events) for name, make in FORMS.items()}
    for form in forms.values():
        assert len(metrics_frame(form)) == count
    assert len(with_pandas(events)) == count
    ours: dict[str, list[float]] = {name: [] for name in forms}
    theirs: dict[str, list[float]] = {peer: [] for peer in PEERS}
    for _ in range(rounds):
        for peer, (form, run) in PEERS.items():
            theirs[peer].append(spent(lambda form=form, run=run: run(forms[form])))
        for name, form in forms.items():
            ours[name].append(spent(lambda form=form: metrics_frame(form)))
    lines = []
    for name, times in ours.items():
        peer = next((peer for peer, (form, _) in PEERS.items() if form == name), DICTS)
        work, ratio = f"{count:,} events to a table, {name}", against(times, theirs[peer])
        lines.append(
            Line(work, "processor s", median(times), peer, median(theirs[peer]), ratio, TABLE_MOST, False)
        )
    return lines


def pages(count: int, rounds: int) -> Line:
    """Let the SDK read every page of one job's events from a real server."""
    with serve() as server:
        client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
        file = client.files.create(file=TRAINING, purpose="fine-tune")
        (model, *_) = client.models.list()
        job = client.fine_tuning.jobs.create(model=model.id, training_file=file.id)
        client.fine_tuning.jobs.cancel(job.id)
        store = JobStore(server.state / "server.db")
        with store.transaction():
            for step in range(1, count + 1):
                event = step_event(step, count)
                store.add_event(job.id, event["message"], data=event["data"], type="metrics")
        store.close()

        def read() -> list[FineTuningJobEvent]:
            return list(client.fine_tuning.jobs.list_events(job.id, limit=100))

        assert len(metrics_frame(read())) == count
        ours, theirs, clock = [], [], []
        # The server process alone: its child loads PyTorch for the job, at its own time.
        process = psutil.Process(server.pid)
        for _ in range(rounds):
            before, began = sum(process.cpu_times()[:2]), time.perf_counter()
            theirs.append(spent(read))
            ours.append(sum(process.cpu_times()[:2]) - before)
            clock.append(time.perf_counter() - began)
    return Line(
        f"{count:,} events, 100 on a page, from the server", "processor s", median(ours),
        "the SDK that reads them", median(theirs), against(ours, theirs), PAGES_MOST, at_least=False,
        note=f"together {median(clock):.2g} s of the clock",
    )  # fmt: skip


def main() -> None:
    """Measure both and print."""
    parser = options(__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events to a table (default: 100000)")
    parser.add_argument("--served", type=int, default=10_000, help="events on the server (default: 10000)")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is measured (default: 5)")
    arguments = parser.parse_args()
    print(machine("openai", "pandas", "fastapi", "uvicorn"))
    found = tables(arguments.events, arguments.rounds)
    report([*found, pages(arguments.served, arguments.rounds)], arguments.lines)


if __name__ == "__main__":
    main()
