"""The options of a server that trains on a Ray cluster."""

import argparse
import re

_RUNNERS = ("local", "ray")
# As many as `--slots` takes; the room of the cluster decides.
_MOST_SLOTS = 64


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


def settle(arguments: argparse.Namespace) -> None:
    """Put defaults in the place of what was not given: without a cluster, its address is None.

    Args:
        arguments: The command line; changed.

    Raises:
        ValueError: An option of the cluster is given without `--runner ray`, or a job takes nothing.
    """
    given = {"--ray-address": arguments.ray_address, "--ray-cpus": arguments.ray_cpus}
    given["--ray-gpus"] = arguments.ray_gpus
    unused = [name for name, value in given.items() if value is not None]
    on_ray = arguments.runner == "ray"
    if unused and not on_ray:
        raise ValueError(f"{', '.join(unused)} needs --runner ray")
    arguments.ray_address = (arguments.ray_address or "auto") if on_ray else None
    arguments.ray_cpus = 1.0 if arguments.ray_cpus is None else arguments.ray_cpus
    arguments.ray_gpus = arguments.ray_gpus or 0.0
    arguments.slots = arguments.slots or (_MOST_SLOTS if on_ray else 1)
    if arguments.ray_cpus == arguments.ray_gpus == 0:
        raise ValueError("--ray-cpus 0 needs --ray-gpus above 0: otherwise all jobs begin at once")


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if text != "auto" and not (re.fullmatch(r"[A-Za-z0-9._-]+", host) and port.isdecimal()):
        raise argparse.ArgumentTypeError(f"expected auto or HOST:PORT such as 10.0.0.5:6379, not {text!r}")
    return text


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    # Ray counts in ten-thousandths, and more than one only in whole ones.
    if not (0 <= share <= 1024 and (share <= 1 or share.is_integer()) and round(share, 4) == share):
        raise argparse.ArgumentTypeError(
            f"expected a share from 0 to 1 with at most four digits, or a whole number, not {text!r}"
        )
    return share
