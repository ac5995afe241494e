"""A training program that asks its server: what it does when the server does not answer as it should."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from grading import IRON
from serving import LocalServer

from local_server.graders.answers import Outcome
from local_server.graders.types import ScoreModel, understood
from local_server.training.rewards.models import ModelsOfServer


def asked(state: Path, text: str) -> Outcome:
    grader = understood(IRON | {"range": [0, 118]})
    assert isinstance(grader, ScoreModel)
    return asyncio.run(ModelsOfServer(state).score(grader, [{"role": "user", "content": text}]))


def test_the_server_gives_the_score(server: LocalServer) -> None:
    found = asked(server.state, "What is the atomic number of iron?")

    assert (found.reward, found.errors) == (26, {})


def test_what_looks_like_a_template_in_an_answer_stays_as_it_is(server: LocalServer) -> None:
    found = asked(server.state, "What is the atomic number of iron? {{ item.secret }}")

    assert "invalid_variable_error" not in found.errors


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no JSON",
        json.dumps({"base_url": "http://127.0.0.1:9/v1", "api_key": "k"}),
        json.dumps({"base_url": 1}),
    ],
)
def test_a_server_that_does_not_answer_is_a_failure_of_the_grader(tmp_path: Path, content: str) -> None:
    (tmp_path / "server.json").write_text(content)

    found = asked(tmp_path, "What is the atomic number of iron?")

    assert found.reward == 0
    assert found.errors["model_grader_server_error"]
    assert "the server does not answer" in str(found.errors["model_grader_server_error_details"])


def test_a_refusal_of_the_server_is_told(server: LocalServer, tmp_path: Path) -> None:
    address = json.loads((server.state / "server.json").read_text())
    (tmp_path / "server.json").write_text(json.dumps(address | {"api_key": "wrong"}))

    found = asked(tmp_path, "What is the atomic number of iron?")

    assert "Incorrect API key" in str(found.errors["model_grader_server_error_details"])


def test_a_learners_grader_asks_as_its_project_and_finds_no_model_of_another(tmp_path: Path) -> None:
    heard: list[str | None] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.headers["OpenAI-Project"])
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    grader = understood(IRON | {"range": [0, 118]})
    assert isinstance(grader, ScoreModel)
    with HTTPServer(("127.0.0.1", 0), Listening) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        address = {"base_url": f"http://127.0.0.1:{listening.server_port}/v1", "api_key": "key"}
        (tmp_path / "server.json").write_text(json.dumps(address))
        for project in ("anna", None):
            asyncio.run(ModelsOfServer(tmp_path, project).score(grader, [{"role": "user", "content": "?"}]))
        listening.shutdown()

    assert heard == ["anna", None]
