"""The server's own description, and generated requests that hold the server to it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from serving import BASE_MODEL, ROOT, LocalServer, row, serve, upload

# `make fuzz` sets both. Without it, only the edges of every described field are tried, which takes seconds.
SEED = os.environ.get("FUZZ_SEED", "1")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
EXTENT = ("--max-examples", str(EXAMPLES)) if EXAMPLES else ("--phases", "coverage")
FEWEST_CASES = 2000 if EXAMPLES else 1000


def address(server: LocalServer) -> str:
    return server.base_url.removesuffix("/v1") + "/openapi.json"


@pytest.fixture(scope="module")
def description(server: LocalServer) -> dict:
    return httpx2.get(address(server), headers={"Authorization": f"Bearer {server.api_key}"}).json()


@pytest.mark.slow
def test_generated_requests_get_only_described_answers(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        # Three rows are too few: jobs are created, but no training process is ever started for them.
        file = upload(server.client(), [row("Zoe")] * 3)
        hooks = {
            "SCHEMATHESIS_HOOKS": str(ROOT / "tests" / "support" / "fuzzing.py"),
            "FUZZ_MODEL": BASE_MODEL,
            "FUZZ_TRAINING_FILE": file.id,
        }

        ran = subprocess.run(
            [
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                address(server),
                f"--header=Authorization: Bearer {server.api_key}",
                "--request-timeout=30",
                f"--seed={SEED}",
                *EXTENT,
                "--generation-database=none",
                "--warnings=off",
                "--no-color",
            ],
            cwd=tmp_path,
            env=os.environ | hooks,
            capture_output=True,
            text=True,
        )

    print(ran.stdout)
    assert ran.returncode == 0, ran.stderr
    assert int(re.search(r"(\d+) generated", ran.stdout)[1]) >= FEWEST_CASES


def test_a_route_is_described_with_all_its_answers(description: dict) -> None:
    described = description["paths"]["/v1/files"]["post"]

    refusals = {status: {"$ref": f"#/components/responses/{status}"} for status in described["responses"]}
    assert described == {
        "summary": "Store an upload on disk, then list it",
        "description": "Rows are checked later, by the job, as at OpenAI.",
        "operationId": "create_v1_files_post",
        "requestBody": {
            "content": {
                "multipart/form-data": {"schema": {"$ref": "#/components/schemas/Body_create_v1_files_post"}}
            },
            "required": True,
        },
        "responses": refusals
        | {
            "200": {
                "description": "Done.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/wire.File"}}},
            }
        },
    }
    assert list(refusals) == ["200", "400", "401", "403", "413", "415", "500", "503", "507"]


def test_the_key_is_asked_for_everywhere_but_at_the_health_check(description: dict) -> None:
    operations = {
        f"{method} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    assert [name for name, operation in operations.items() if "401" not in operation["responses"]] == [
        "get /healthz"
    ]
    assert description["security"] == [{"key": []}]
    assert description["components"]["securitySchemes"] == {"key": {"type": "http", "scheme": "bearer"}}


def test_what_leaves_json_behind_is_described_by_its_media_type(description: dict) -> None:
    content = description["paths"]["/v1/files/{file_id}/content"]["get"]["responses"]["200"]["content"]
    completion = description["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]
    assert (list(content), list(completion)) == (
        ["application/octet-stream"],
        ["application/json", "text/event-stream"],
    )
