"""A server with projects: two learners, and the owner's own key."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import openai
from serving import LocalServer, serve

from local_server.projects.__main__ import main

LEARNERS = ("anna", "ben")


@dataclass
class Classroom:
    """A running server of a class.

    Attributes:
        server: With the owner's key.
        keys: Of each learner.
    """

    server: LocalServer
    keys: dict[str, str]

    def client(self, name: str, **options) -> openai.OpenAI:
        """The SDK with a learner's key."""
        return openai.OpenAI(base_url=self.server.base_url, api_key=self.keys[name], max_retries=0, **options)

    def http(self, key: str, **headers: str) -> httpx2.Client:
        """Bare requests with a key."""
        return httpx2.Client(
            base_url=self.server.base_url.removesuffix("/v1"),
            headers={"Authorization": f"Bearer {key}", **headers},
            timeout=60,
        )


def made(folder: Path, *learners: str, **limits: int) -> tuple[Path, dict[str, str]]:
    """A file of projects with these learners and limits, and their keys."""
    file = folder / "projects.toml"
    assert main(["make", *(learners or LEARNERS), "--file", str(file)]) == 0
    with open(folder / "projects.keys.csv", encoding="utf-8", newline="") as lines:
        keys = {line["project"]: line["key"] for line in csv.DictReader(lines)}
    text = file.read_text()
    for name, value in limits.items():
        start, _, rest = text.partition(f"{name} = ")
        text = f"{start}{name} = {value}\n{rest.partition(chr(10))[2]}"
    file.write_text(text)
    return file, keys


@contextmanager
def classroom(folder: Path, *options: str, **limits: int) -> Iterator[Classroom]:
    """Run a server with two learners until the block ends."""
    file, keys = made(folder, **limits)
    with serve(folder / "state", "--projects", str(file), *options) as server:
        yield Classroom(server, keys)
