"""Jobs per minute on a Ray cluster of one and two nodes, and what a job costs there over the local runner.

`python benchmarks/cluster.py` first runs single jobs, one after another: with the local runner, each one a
fork of a process that has PyTorch loaded; with `--keep-warm 0`, where each loads it; and on a cluster of one
node, where each loads it, too. Then it sends `--jobs` jobs at once to one node and to two, of one processor
each. At last, one worker of a cluster and two check eight dataset files and count their tokens
(`validate_files`). Needs `pip install "fine-tuning-course[ray]"`. Both nodes are processes of this machine
and share its cores: with fewer than three of them, or others at work, two nodes are less than twice as fast
as one. Takes about three minutes.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

import validate
from common import ROOT, SEED, TRAINING, Line, Server, machine, options, processor_seconds, report, serve
from openai import OpenAI

sys.path.insert(0, str(ROOT / "tests" / "support"))

from ray_cluster import MISSING, ray_cluster

EPOCHS, BATCH_SIZE, ROWS = 1, 2, 40
LOOK_SECONDS = 0.1


class Jobs:
    """Jobs of 20 steps of the course's training rows.

    Args:
        server: Where they run; one job has been run there before anything is measured.
        further: Processes that work for it and are not below it.
    """

    def __init__(self, server: Server, *further: int) -> None:
        self._processes = (server.pid, *further)
        self._client = OpenAI(base_url=server.base_url, api_key=server.api_key)
        with open(TRAINING, "rb") as file:
            rows = b"".join(islice(file, ROWS))
        self._file = self._client.files.create(file=("rows.jsonl", rows), purpose="fine-tune").id
        self.seconds(1)

    def one(self) -> tuple[float, float]:
        """A single job: its seconds, and those of the processor, Ray's own work included."""
        before = sum(map(processor_seconds, self._processes))
        seconds = self.seconds(1)
        return seconds, sum(map(processor_seconds, self._processes)) - before

    def seconds(self, count: int) -> float:
        """The time from the first `jobs.create` until the last of `count` jobs has ended."""
        chosen = {"n_epochs": EPOCHS, "batch_size": BATCH_SIZE}
        began, jobs = time.monotonic(), self._client.fine_tuning.jobs
        waiting = [
            jobs.create(
                model="periodic-tiny-2026-11", training_file=self._file, seed=SEED,
                method={"type": "supervised", "supervised": {"hyperparameters": chosen}},
            ).id
            for _ in range(count)
        ]  # fmt: skip
        while waiting:
            time.sleep(LOOK_SECONDS)
            job = jobs.retrieve(waiting[0])
            if job.finished_at is not None:
                if job.status != "succeeded":
                    raise SystemExit(f"The job failed: {job.error}")
                del waiting[0]
        return time.monotonic() - began


@contextmanager
def cluster(*cpus: int) -> Iterator[Jobs]:
    """A server whose jobs train on a cluster with so many processors in each node."""
    short = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with (
        short as folder,
        ray_cluster(Path(folder), *cpus) as started,
        serve("--chat-on-demand", "--runner", "ray", "--ray-address", started.address) as server,
    ):
        yield Jobs(server, started.pid)


# With the workers of a cluster; 0 checks in this process, without one.
CHECK = """
import sys, time
from contextlib import nullcontext
from finetune_dataset import validate_files
workers, address, *files = sys.argv[1:]
if int(workers):
    import ray
    from ray.util.multiprocessing import Pool
    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
with Pool(int(workers)) if int(workers) else nullcontext() as pool:
    starmap = pool and (lambda call, paths: pool.starmap(call, paths, chunksize=1))
    validate_files(files[:2], model="gpt-4o-mini", starmap=starmap)
    began = time.monotonic()
    reports = validate_files(files, model="gpt-4o-mini", starmap=starmap)
    print(time.monotonic() - began, sum(report.n_rows for report in reports))
"""


def megabytes_per_second(folder: Path, megabytes: int) -> list[float]:
    """How fast eight files are checked: in one process, by one worker of a cluster, and by two."""
    lines, files, size = validate.rows(SEED), [], 0
    for number in range(8):
        files.append(folder / f"part{number}.jsonl")
        with open(files[-1], "w", encoding="utf-8") as file:
            while file.tell() < megabytes * 1e6 / 8:
                file.writelines(islice(lines, 500))
        size += files[-1].stat().st_size
    short = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    speeds, found = [], set()
    with short as place, ray_cluster(Path(place), 1, 1) as started:
        for workers in (0, 1, 2):
            command = [sys.executable, "-c", CHECK, str(workers), started.address, *map(str, files)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
            seconds, rows = done.stdout.split()[-2:]
            speeds.append(size / 1e6 / float(seconds))
            found.add(rows)
    if len(found) > 1:
        raise SystemExit(f"Not the same rows: {found}")
    return speeds


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--jobs", type=int, default=6, help="jobs that are sent at once (default: 6)")
    parser.add_argument("--megabytes", type=int, default=200, help="of files to check (default: 200)")
    parser.add_argument("--repeat", type=int, default=3, help="single jobs of each kind (default: 3)")
    arguments = parser.parse_args()
    if MISSING:
        raise SystemExit(f"benchmarks/cluster.py {MISSING}")
    print(machine("ray", "torch"))
    warm, cold, on_ray, per_minute = [], [], [], []
    with (
        serve("--chat-on-demand") as forks,
        serve("--chat-on-demand", "--keep-warm", "0") as processes,
        cluster(1) as node,
    ):
        forked, loading = Jobs(forks), Jobs(processes)
        # In turns: whatever else runs here meets all three.
        for _ in range(arguments.repeat):
            for jobs, found in ((forked, warm), (loading, cold), (node, on_ray)):
                found.append(jobs.one())
                print("one job: {:.1f} s, {:.1f} s of the processor".format(*found[-1]), flush=True)
    for cpus in ((1,), (1, 1)):
        with cluster(*cpus) as nodes:
            per_minute.append(60 * arguments.jobs / nodes.seconds(arguments.jobs))
        print(f"nodes of one processor, {len(cpus)}: {per_minute[-1]:.1f} jobs a minute", flush=True)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        checked = megabytes_per_second(Path(folder), arguments.megabytes)

    def job(peer: str, others: list[tuple[float, float]]) -> Line:
        ours, theirs = (median(processor for _, processor in found) for found in (on_ray, others))
        clock = median(mine - other for (mine, _), (other, _) in zip(on_ray, others, strict=True))
        note = f"{ours - theirs:+.1f} s, and {clock:+.1f} s of the clock"
        return Line(
            "a job of 20 steps on Ray, processor time", "s", ours, peer, theirs, ours / theirs, note=note
        )

    one, two = per_minute
    report(
        [
            job("local, a warm fork", warm),
            job("local, --keep-warm 0", cold),
            Line(
                f"{arguments.jobs} jobs at once, two nodes", "per min", two, "one node", one, two / one,
                note="both nodes are on this machine",
            ),
            Line(
                f"{arguments.megabytes} MB in 8 files checked, two workers", "MB/s", checked[2],
                "one worker", checked[1], checked[2] / checked[1], note=f"without Ray {checked[0]:.0f} MB/s",
            ),
        ],
        arguments.lines,
    )  # fmt: skip


if __name__ == "__main__":
    main()
