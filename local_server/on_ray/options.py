"""The options of a server that trains on a Ray cluster."""

import argparse
import re

from local_server.settings import Cluster

_RUNNERS = ("local", "ray")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options to those of the server."""
    group = parser.add_argument_group("training on a Ray cluster")
    group.add_argument(
        "--runner",
        choices=_RUNNERS,
        default="local",
        help="where jobs train: on this machine, or on a Ray cluster whose machines share the state folder "
        "and the base models (default: local)",
    )
    # Without defaults: who names one of them without `--runner ray` is told.
    group.add_argument(
        "--ray-address",
        type=_address,
        metavar="HOST:PORT",
        help="head of the cluster; auto is the cluster that this machine belongs to (default: auto)",
    )
    group.add_argument(
        "--ray-cpus",
        type=_share,
        metavar="SHARE",
        help="processors that Ray sets aside for a job; 0.5 puts two jobs on one (default: 1)",
    )
    group.add_argument(
        "--ray-gpus",
        type=_share,
        metavar="SHARE",
        help="GPUs that Ray sets aside for a job; 0.25 puts four jobs on one (default: 0)",
    )


def cluster(arguments: argparse.Namespace) -> Cluster | None:
    """What the options choose.

    Args:
        arguments: The command line.

    Returns:
        The cluster; None for training on this machine.

    Raises:
        ValueError: An option of the cluster is given without `--runner ray`, or a job takes nothing.
    """
    address, cpus, gpus = arguments.ray_address, arguments.ray_cpus, arguments.ray_gpus
    if arguments.runner != "ray":
        given = {"--ray-address": address, "--ray-cpus": cpus, "--ray-gpus": gpus}
        if unused := [name for name, value in given.items() if value is not None]:
            raise ValueError(f"{', '.join(unused)} needs --runner ray")
        return None
    chosen = Cluster(address or "auto", 1.0 if cpus is None else cpus, gpus or 0.0)
    if chosen.cpus == chosen.gpus == 0:
        raise ValueError("--ray-cpus 0 needs --ray-gpus above 0: otherwise all jobs begin at once")
    return chosen


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text != "auto" and not (re.fullmatch(r"[A-Za-z0-9._-]+", host) and port.isdecimal()):
        raise argparse.ArgumentTypeError(f"expected auto or HOST:PORT such as 10.0.0.5:6379, not {text!r}")
    return text


def _share(text: str) -> float:
    share = float(text)
    # Ray counts in ten-thousandths, and more than one only in whole ones.
    if not (0 <= share <= 1024 and (share <= 1 or share.is_integer()) and round(share, 4) == share):
        raise argparse.ArgumentTypeError(
            f"expected a share from 0 to 1 with at most four digits, or a whole number, not {text!r}"
        )
    return share
