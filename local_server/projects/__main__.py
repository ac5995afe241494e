"""Keys for a class, and what its learners do: the file of `--projects`, a table of jobs, their end."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from local_server.access import keys
from local_server.access.keys import Limits, Projects, UnusableProjects
from local_server.projects.owner import NotAnswered, Owner
from local_server.settings import default_state

_MOST = 10_000


def main(given: Sequence[str] | None = None) -> int:
    """Do what a command says.

    Args:
        given: The arguments; those of the program by default.

    Returns:
        0, or 1 when it was not possible.
    """
    arguments = _parser().parse_args(given)
    try:
        arguments.run(arguments)
    except (UnusableProjects, NotAnswered) as error:
        print(f"local_server.projects: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_server.projects",
        description=__doc__,
        epilog="make and key take --file FILE; grid, end and purge take --state DIR. See COMMAND --help.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    file = argparse.ArgumentParser(add_help=False)
    file.add_argument("--file", type=Path, required=True, metavar="FILE", help="the file of --projects")
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument(
        "--state", type=Path, default=default_state(), help="folder of the server (default: runs/.server)"
    )
    make = commands.add_parser("make", parents=[file], help="make the file, and a list of the keys beside it")
    make.add_argument(
        "learners",
        nargs="+",
        metavar="COUNT_OR_NAME",
        help="how many learners (learner-01, learner-02, …), or their names",
    )
    make.set_defaults(run=_make)
    key = commands.add_parser(
        "key", parents=[file], help="print a new key for one learner, new or known; the old one ends"
    )
    key.add_argument("name")
    key.set_defaults(run=_key)
    grid = commands.add_parser("grid", parents=[state], help="print what each learner's newest job does")
    grid.set_defaults(run=_grid)
    for name, run, words in (
        ("end", _end, "cancel the jobs of a learner that have not ended"),
        ("purge", _purge, "end the jobs of a learner, and delete all that the project keeps"),
    ):
        command = commands.add_parser(name, parents=[state], help=words)
        command.add_argument("name")
        command.set_defaults(run=run)
    return parser


def _make(arguments: argparse.Namespace) -> None:
    names: list[str] = arguments.learners
    if len(names) == 1 and names[0].isdecimal():
        count = int(names[0])
        if not 1 <= count <= _MOST:
            raise UnusableProjects(f"expected 1 to {_MOST:,} learners, found {count:,}.")
        names = keys.numbered(count)
    drawn = keys.new_keys(names)
    beside = arguments.file.with_suffix(".keys.csv")
    # The keys first: without them, the file would be of no use.
    keys.write_new(beside, "project,key\n" + "".join(f"{name},{key}\n" for name, key in drawn.items()))
    try:
        known_by = {keys.digest(key): name for name, key in drawn.items()}
        keys.write_new(arguments.file, keys.text_of(Projects(known_by, Limits())))
    except UnusableProjects:
        beside.unlink()
        raise
    print(
        f"{arguments.file} is for the server: python -m local_server --projects {arguments.file}\n"
        f"{beside} has the keys of {len(drawn)} learners. Hand each its own, and delete that file."
    )


def _key(arguments: argparse.Namespace) -> None:
    projects = keys.read(arguments.file)
    ((name, key),) = keys.new_keys([arguments.name]).items()
    others = {known_by: other for known_by, other in projects.names.items() if other != name}
    draft = arguments.file.with_name(arguments.file.name + ".new")
    keys.write_new(draft, keys.text_of(replace(projects, names={**others, keys.digest(key): name})))
    os.replace(draft, arguments.file)
    print(f"{name},{key}")
    print("The server reads the file at its start: start it again; jobs go on.", file=sys.stderr)


def _grid(arguments: argparse.Namespace) -> None:
    lines = [("project", "status", "step", "job"), *Owner(arguments.state).grid()]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    for line in lines:
        print("  ".join([*(text.ljust(width) for text, width in zip(line, widths, strict=False)), line[3]]))


def _end(arguments: argparse.Namespace) -> None:
    ended = Owner(arguments.state).end(arguments.name)
    print(f"{arguments.name}: {len(ended)} jobs cancelled" + "".join(f"\n  {job_id}" for job_id in ended))


def _purge(arguments: argparse.Namespace) -> None:
    jobs, files = Owner(arguments.state).purge(arguments.name)
    print(f"{arguments.name}: {jobs} jobs and {files} files deleted, with models, responses and records")


if __name__ == "__main__":
    sys.exit(main())
