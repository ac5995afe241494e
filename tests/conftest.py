"""What tests of several rooms share."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    import openai
    from serving import LocalServer

# The same inputs in every run of the suite: a new find belongs into a long run, not into somebody's build.
# `FUZZ_INPUTS=5000 pytest tests/finetune_dataset/check/test_fast.py` looks for new ones.
# A busy machine has no deadline.
settings.register_profile("suite", deadline=None, database=None, derandomize="FUZZ_INPUTS" not in os.environ)
settings.load_profile("suite")


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a file below the test's own folder, and return its path."""

    def write(content: str | bytes, name: str = "train.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    """Close the figures that a test has made; most tests never load matplotlib."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["LocalServer"]:
    """One server for all tests of a worker that do not stop it."""
    from serving import serve

    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: "LocalServer") -> "openai.OpenAI":
    return server.client()
