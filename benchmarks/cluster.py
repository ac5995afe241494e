"""Jobs per minute on a Ray cluster of one and two nodes, and what a job costs there over the local runner.

`python benchmarks/cluster.py` first runs single jobs, one after another: with the local runner, each one a
fork of a process that has PyTorch loaded; with `--keep-warm 0`, where each loads it; and on a cluster of one
node, where each loads it, too. Then it sends `--jobs` jobs at once to one node and to two, of one processor
each. Needs `pip install "fine-tuning-course[ray]"`. Both nodes are processes of this machine and share its
cores: with fewer than three of them, or others at work, two nodes are less than twice as fast as one. Takes
about three minutes.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from statistics import median

from common import ROOT, SEED, TRAINING, Line, Server, machine, options, report, serve
from openai import OpenAI

sys.path.insert(0, str(ROOT / "tests" / "support"))

from ray_cluster import MISSING, ray_cluster

EPOCHS, BATCH_SIZE, ROWS = 1, 2, 40
LOOK_SECONDS = 0.1


class Jobs:
    """Jobs of 20 steps of the course's training rows.

    Args:
        server: Where they run; one job has been run there before anything is measured.
    """

    def __init__(self, server: Server) -> None:
        self._client = OpenAI(base_url=server.base_url, api_key=server.api_key)
        with open(TRAINING, "rb") as file:
            rows = b"".join(islice(file, ROWS))
        self._file = self._client.files.create(file=("rows.jsonl", rows), purpose="fine-tune").id
        self.seconds(1)

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
        yield Jobs(server)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__)
    parser.add_argument("--jobs", type=int, default=8, help="jobs that are sent at once (default: 8)")
    parser.add_argument("--repeat", type=int, default=3, help="single jobs of each kind (default: 3)")
    arguments = parser.parse_args()
    if MISSING:
        raise SystemExit(f"benchmarks/cluster.py {MISSING}")
    print(machine("ray", "torch"))
    warm, cold, on_ray = [], [], []
    with (
        serve("--chat-on-demand") as forks,
        serve("--chat-on-demand", "--keep-warm", "0") as processes,
        cluster(1) as one,
    ):
        forked, loading = Jobs(forks), Jobs(processes)
        # In turns: whatever else runs here meets all three.
        for _ in range(arguments.repeat):
            warm.append(forked.seconds(1))
            cold.append(loading.seconds(1))
            on_ray.append(one.seconds(1))
        one_node = 60 * arguments.jobs / one.seconds(arguments.jobs)
    with cluster(1, 1) as two:
        two_nodes = 60 * arguments.jobs / two.seconds(arguments.jobs)

    def job(peer: str, theirs: list[float]) -> Line:
        more = median(mine - other for mine, other in zip(on_ray, theirs, strict=True))
        note = f"{more:+.1f} s for each job"
        ratio = median(on_ray) / median(theirs)
        return Line("one job of 20 steps on Ray", "s", median(on_ray), peer, median(theirs), ratio, note=note)

    report(
        [
            job("local, a warm fork", warm),
            job("local, --keep-warm 0", cold),
            Line(
                f"{arguments.jobs} jobs at once, two nodes", "per min", two_nodes, "one node", one_node,
                two_nodes / one_node, note="both nodes are on this machine",
            ),
        ],
        arguments.lines,
    )  # fmt: skip


if __name__ == "__main__":
    main()
