"""What the driver asks the cluster: whether it answers, and how many jobs it has room for."""

import socket
from typing import Any

_CONNECT_SECONDS = 3.0


def connect(address: str) -> str | None:
    """Connect this process with a cluster.

    Args:
        address: HOST:PORT of its head, or "auto" for the one that this machine belongs to.

    Returns:
        Why it is not possible, with what to type; None when it was.
    """
    import ray

    host, _, port = address.rpartition(":")
    try:
        if host:
            # Ray itself tries for minutes.
            socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:
        told = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        head = "ray start --head --disable-usage-stats"
        if not host:
            here = "`ray start --address=HOST:PORT` on this machine"
            return f"this machine belongs to no Ray cluster ({told}). Type `{head}`, or {here}"
        here = f"`ray start --address={address}` on this machine"
        return f"{address} does not answer ({told}). Type `{head} --port={port}` on {host}, and {here}"
    return None


def living_nodes() -> list[dict[str, Any]]:
    """The machines of the cluster that live now, in Ray's own words.

    Raises:
        ConnectionError: This machine is not among them. Ray would submit to it for ever.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    if ray.get_runtime_context().get_node_id() not in [node["NodeID"] for node in nodes]:
        raise ConnectionError("this machine is no longer in the cluster")
    return nodes


def room(nodes: list[dict[str, Any]], cpus: float, gpus: float) -> int:
    """How many jobs the machines can run at once.

    Args:
        nodes: The machines.
        cpus: That a job takes.
        gpus: That a job takes; one of the two is above 0.
    """
    needs = [(name, share) for name, share in (("CPU", cpus), ("GPU", gpus)) if share > 0]
    # Ray counts in ten-thousandths.
    return sum(
        min(round(1e4 * node["Resources"].get(name, 0)) // round(1e4 * share) for name, share in needs)
        for node in nodes
    )


def machine() -> str:
    """The name of this machine in the cluster: its address."""
    import ray

    address: str = ray.util.get_node_ip_address()
    return address
