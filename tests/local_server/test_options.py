"""The command line: a kept key, and names for a container."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import openai
import pytest
from serving import BASE_MODEL, ROOT, command, refusal, serve

from local_server.options import UnusableKey, kept_key

pytestmark = pytest.mark.slow


def test_a_kept_key_opens_the_server_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "key"
    with serve(tmp_path / "state", "--api-key-file", str(file)) as first:
        mode = stat.S_IMODE(file.stat().st_mode)
        stranger = openai.OpenAI(base_url=first.base_url, api_key="sk-of-somebody", max_retries=0)
        assert refusal(stranger.models.list)["message"] == (
            "Incorrect API key provided: sk-o***. It stands in the file that --api-key-file names, and in "
            "the server's server.json."
        )
    with serve(tmp_path / "state", "--api-key-file", str(file)) as second:
        assert second.client().models.retrieve(BASE_MODEL).id == BASE_MODEL

    assert first.api_key == second.api_key == file.read_text().strip()
    assert os.name != "posix" or mode == 0o600


@pytest.mark.parametrize("content", ["  local-0123456789abcdef0123\r\n", "\ufefflocal-0123456789abcdef0123"])
def test_a_key_that_somebody_wrote_is_read_without_what_stands_around_it(
    tmp_path: Path, content: str
) -> None:
    file = tmp_path / "key"
    file.write_text(content)

    assert kept_key(file) == "local-0123456789abcdef0123"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"short", b"with a space in the middle", b"\xff\xfe" * 20, b"x" * 5000]
)
def test_a_file_that_holds_no_key_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    with pytest.raises(
        UnusableKey, match=f"the key file {re.escape(str(file))} holds no usable key. Expected one"
    ):
        kept_key(file)
    assert file.read_bytes() == content


def test_a_key_file_that_cannot_be_read_is_said_without_a_traceback(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "a" / "key"):
        (tmp_path / "a").touch()
        ended = subprocess.run(
            command(tmp_path, "--api-key-file", str(file)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
        )

        assert (ended.returncode, ended.stdout) == (1, "")
        assert f"local_server: the key file {file} cannot be used" in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.name != "posix", reason="only POSIX has modes")
def test_a_key_file_that_others_can_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "key"
    file.write_text("local-0123456789abcdef0123")
    file.chmod(0o644)
    kept_key(file)

    assert (
        f"WARNING: others on this machine can read the key file {file} (mode 644)" in capsys.readouterr().err
    )


def test_further_names_are_answered_when_allowed_and_no_others(tmp_path: Path) -> None:
    with serve(tmp_path, "--allow-host", "Trainer", "--allow-host", "host.docker.internal") as server:
        for name in ("trainer", "TRAINER:8399", "host.docker.internal:80"):
            client = server.client().with_options(default_headers={"Host": name})
            assert client.models.retrieve(BASE_MODEL).id == BASE_MODEL
        other = server.client().with_options(default_headers={"Host": "trainer.example"})
        with pytest.raises(openai.PermissionDeniedError, match=r"trainer\.example"):
            other.models.list()


@pytest.mark.parametrize("name", ["http://trainer", "trainer:80", "*", "", "a b"])
def test_a_name_that_is_none_is_refused_with_what_was_expected(tmp_path: Path, name: str) -> None:
    ended = subprocess.run(
        command(tmp_path, "--allow-host", name), cwd=ROOT, capture_output=True, text=True, timeout=30
    )

    assert ended.returncode == 2
    assert "expected a name such as 'trainer'" in ended.stderr


def test_the_readme_names_every_option() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "local_server", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    readme = (ROOT / "local_server" / "README.md").read_text(encoding="utf-8")

    options = set(re.findall(r"--[a-z-]+", told)) - {"--help"}
    assert {option for option in options if f"| `{option}" not in readme} == set()
    assert len(options) > 8
