"""Requests that no client library sends: each is refused in words, and leaves the server as it was."""

import json

import httpx2
import pytest
from serving import BASE_MODEL, LocalServer, as_jsonl, row

FORM = (
    '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
    '--x\r\nContent-Disposition: form-data; name="file"; filename="NAME"\r\n\r\nhello\r\n--x--\r\n'
)


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


def test_json_under_another_content_type_is_refused_with_the_right_one(http: httpx2.Client) -> None:
    answer = http.post("/fine_tuning/jobs", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["error"]["message"]


def test_a_refused_job_leaves_the_list_of_jobs_readable(http: httpx2.Client, training_file: str) -> None:
    job = {"model": BASE_MODEL, "training_file": training_file}
    body = json.dumps(job | {"hyperparameters": {"learning_rate_multiplier": float("inf")}})

    refused = http.post("/fine_tuning/jobs", content=body, headers={"Content-Type": "application/json"})

    assert (refused.status_code, http.get("/fine_tuning/jobs").status_code) == (400, 200)


@pytest.mark.parametrize(("charset", "name"), [("utf-7", "+2AA-"), ("unicode_escape", r"\ud800")])
def test_a_file_name_with_half_of_a_character_is_mended(http: httpx2.Client, charset: str, name: str) -> None:
    content_type = f"multipart/form-data; boundary=x; charset={charset}"

    file = http.post("/files", content=FORM.replace("NAME", name), headers={"Content-Type": content_type})

    assert (file.status_code, file.json()["filename"]) == (200, "?")
    assert file.json() in http.get("/files").json()["data"]


def test_a_field_name_with_half_of_a_character_is_mended(http: httpx2.Client) -> None:
    content_type = "multipart/form-data; boundary=x; charset=utf-7"
    form = FORM.replace('name="purpose"', 'name="+2AA-"')

    refused = http.post("/files", content=form, headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "?")


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"data": {"purpose": "vision", "expires": "3600"}}, "expires", "unknown_parameter"),
        (
            {"data": {"purpose": "vision", "expires_after[minutes]": "60"}},
            "expires_after.minutes",
            "unknown_parameter",
        ),
        ({"files": [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]}, "file", "invalid_value"),
        ({"data": {"purpose": ["vision", "evals"]}}, "purpose", "invalid_value"),
    ],
)
def test_a_form_with_a_field_that_is_unknown_or_comes_twice_is_refused(
    http: httpx2.Client, changes: dict, param: str, code: str
) -> None:
    files = http.get("/files").json()
    form = {"data": {"purpose": "vision"}, "files": [("file", ("a.txt", b"a"))]}

    answer = http.post("/files", **form | changes)

    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code)
    assert http.get("/files").json() == files


def test_a_part_of_an_upload_has_no_field_but_its_data(http: httpx2.Client) -> None:
    answer = http.post("/uploads/upload_x/parts", data={"number": "1"}, files={"data": b"x"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "number")


@pytest.mark.parametrize(
    "query", ["&".join(f"metadata[a{i}]=b" for i in range(2000)), "metadata=a", "metadata[a=b"]
)
def test_a_metadata_filter_that_cannot_be_one_is_refused(http: httpx2.Client, query: str) -> None:
    answer = http.get(f"/fine_tuning/jobs?{query}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "metadata")


@pytest.mark.parametrize("job_id", ["a" * 5000, "%00", "%ff%ed%a0%80", "%2e%2e"])
@pytest.mark.parametrize("call", ["cancel", "pause", "resume"])
def test_an_impossible_job_id_is_not_found(http: httpx2.Client, job_id: str, call: str) -> None:
    answer = http.post(f"/fine_tuning/jobs/{job_id}/{call}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "fine_tune_not_found")


@pytest.mark.parametrize(
    "path", ["/files/", "/fine_tuning/jobs/", "/fine_tuning/jobs//events", "/files/a%2Fb"]
)
def test_a_path_that_is_no_route_is_not_found(http: httpx2.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_a_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(http: httpx2.Client) -> None:
    answer = http.request("PATCH", "/files")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert answer.json()["error"]["message"] == "Not allowed to PATCH on /v1/files."
