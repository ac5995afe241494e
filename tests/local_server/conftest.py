"""One server for all tests of a worker that do not stop it."""

from collections.abc import Iterator

import openai
import pytest
from serving import LocalServer, serve


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: LocalServer) -> openai.OpenAI:
    return server.client()
