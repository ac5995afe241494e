"""A Ray cluster of two nodes on this machine, for tests and benchmarks: Ray's own cluster utility.

Its processes are started without the guard of `tests/offline`: Ray looks for cloud services at its start.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MEGABYTE = 1024**2
MISSING = None if importlib.util.find_spec("ray") else 'needs Ray: pip install "fine-tuning-course[ray]"'


class RayCluster:
    """A running cluster. The first node is its head, and the driver's own.

    Args:
        process: This file, as a program.

    Attributes:
        address: HOST:PORT of the head.
    """

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.address, *raylets = self._read()
        self._raylets = [int(pid) for pid in raylets]

    @property
    def pid(self) -> int:
        """The process below which all others of the cluster are."""
        return self._process.pid

    def _read(self) -> list[str]:
        """One line of the program; what Ray prints before it is left out."""
        for line in self._process.stdout:
            if line.startswith("cluster "):
                return line.split()[1:]
        raise RuntimeError("Ray's cluster could not be started; its words stand above")

    def node(self, number: int) -> list[psutil.Process]:
        """The processes of a node: workers and what they run."""
        return psutil.Process(self._raylets[number]).children(recursive=True)

    def kill(self, number: int) -> None:
        """End every process of a node at once, as when its machine loses power."""
        lost = [psutil.Process(self._raylets[number]), *self.node(number)]
        for process in lost:
            process.suspend()
        for process in lost:
            process.kill()


@contextmanager
def ray_cluster(folder: Path, *cpus: int) -> Iterator[RayCluster]:
    """Run a cluster until the block ends.

    Args:
        folder: For what Ray keeps; its path is short, because sockets lie there.
        *cpus: Of each node.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    # The guard is one folder of the path.
    path = [part for part in kept.pop("PYTHONPATH", "").split(os.pathsep) if Path(part).name != "offline"]
    variables = {
        "PYTHONPATH": os.pathsep.join(path),
        "RAY_TMPDIR": str(folder),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_health_check_period_ms": "1000",
    }
    process = subprocess.Popen(
        [sys.executable, __file__, *map(str, cpus)],
        env=kept | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield RayCluster(process)
        finally:
            process.stdin.close()
            process.wait(60)


def main(cpus: list[int]) -> None:
    """Start the nodes, say where they are, and end with stdin."""
    from ray.cluster_utils import Cluster

    small = {"object_store_memory": 80 * MEGABYTE, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": cpus[0], **small})
    nodes = [cluster.head_node, *(cluster.add_node(num_cpus=number, **small) for number in cpus[1:])]
    cluster.wait_for_nodes()
    raylets = [node.all_processes["raylet"][0].process.pid for node in nodes]
    # Here and not under the address of the network: that can change, and tests may not connect to it.
    print("cluster", f"127.0.0.1:{cluster.address.rpartition(':')[2]}", *raylets, flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]])
