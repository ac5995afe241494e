"""What the driver asks a cluster, and what is said where none answers."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from ray_cluster import MISSING
from states import empty_state

from local_server.on_ray.children import OnRay
from local_server.on_ray.cluster import room

NODES = [{"Resources": {"CPU": 2.0, "GPU": 1.0}}, {"Resources": {"CPU": 0.9}}, {"Resources": {}}]


@pytest.mark.parametrize(
    ("cpus", "gpus", "jobs"),
    # 0.3 goes three times into 0.9, whatever the machine makes of 0.9 / 0.3.
    [(1, 0, 2), (0.3, 0, 6 + 3), (0.5, 0.25, 4), (0, 0.1, 10), (4, 0, 0), (1, 2, 0)],
)
def test_there_is_room_for_whole_jobs_on_each_machine(cpus: float, gpus: float, jobs: int) -> None:
    assert room(NODES, cpus, gpus) == jobs


@pytest.mark.slow
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_where_no_cluster_answers_the_server_says_what_to_type(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    problem = OnRay(replace(empty_state(tmp_path), ray_address=f"127.0.0.1:{port}")).connect()

    assert problem == (
        f"the cluster cannot be used: 127.0.0.1:{port} does not answer (ConnectionRefusedError: [Errno 111] "
        f"Connection refused). Type `ray start --head --disable-usage-stats --port={port}` on 127.0.0.1, and "
        f"`ray start --address=127.0.0.1:{port}` on this machine."
    )
