"""JSON that could mean two things, or that no answer could hold, is refused in words."""

import json
import urllib.error
import urllib.request

import httpx2
import pytest
from grading import ECHO
from serving import BASE_MODEL, LocalServer, as_jsonl, row


@pytest.fixture(scope="module")
def http(server: LocalServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def training_file(http: httpx2.Client) -> str:
    files = {"file": ("a.jsonl", as_jsonl([row("Zoe")]))}
    return http.post("/files", data={"purpose": "fine-tune"}, files=files).json()["id"]


JSON_BODIES = {
    "an infinite number": (
        '{"hyperparameters": {"learning_rate_multiplier": 1e400}}',
        "1e400 is not a number",
    ),
    "no number": ('{"seed": NaN}', "NaN is not a number"),
    "half of a character": (r'{"metadata": {"a": "\ud800"}}', r"'\ud800', which is half of a character"),
    "a key twice": ('{"seed": 1, "seed": 2}', "the key 'seed' appears more than once"),
    "thousands of brackets": ("[" * 100_000, "recursion"),
    "thousands of digits": ('{"seed": ' + "9" * 5000 + "}", "4300 digits"),
    "bytes that are not UTF-8": (b'{"model": "\xff"}', "0xff in position 11"),
    "a list": ("[]", "Expected a JSON object as the body"),
    "nothing": ("", "Found no body"),
}


@pytest.mark.parametrize("name", JSON_BODIES)
@pytest.mark.parametrize("path", ["/fine_tuning/jobs", "/chat/completions", "/uploads"])
def test_a_body_that_is_no_clear_json_is_refused(http: httpx2.Client, path: str, name: str) -> None:
    body, words = JSON_BODIES[name]
    answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


def test_a_refused_job_leaves_the_list_of_jobs_readable(http: httpx2.Client, training_file: str) -> None:
    job = {"model": BASE_MODEL, "training_file": training_file}
    body = json.dumps(job | {"hyperparameters": {"learning_rate_multiplier": float("inf")}})

    refused = http.post("/fine_tuning/jobs", content=body, headers={"Content-Type": "application/json"})

    assert (refused.status_code, http.get("/fine_tuning/jobs").status_code) == (400, 200)


def test_half_a_character_is_refused(server: LocalServer) -> None:
    # The SDK cannot send it; JSON can say it.
    request = urllib.request.Request(
        f"{server.base_url}/fine_tuning/alpha/graders/validate",
        data=json.dumps({"grader": ECHO | {"name": "\ud800"}}).encode(),
        headers={"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400
