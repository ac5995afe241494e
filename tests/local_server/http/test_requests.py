"""Forms and headers that no client library sends: refused or mended, and the server is as before."""

import httpx2
import pytest
from serving import LocalServer

FORM = (
    '--x\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
    '--x\r\nContent-Disposition: form-data; name="file"; filename="NAME"\r\n\r\nhello\r\n--x--\r\n'
)


@pytest.fixture(scope="module")
def http(server: LocalServer) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {server.api_key}"}
    with httpx2.Client(base_url=server.base_url, headers=headers, timeout=30) as client:
        yield client


def test_json_under_another_content_type_is_refused_with_the_right_one(http: httpx2.Client) -> None:
    answer = http.post("/fine_tuning/jobs", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 400
    assert "Content-Type: application/json" in answer.json()["error"]["message"]


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
