"""The model list without any job."""

import shutil
import subprocess
from pathlib import Path

import openai
import pytest
from openai.types import Model
from serving import BASE_MODEL, ROOT, command, serve


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "data" / "base_model", tmp_path / "base")


def test_the_base_model_is_listed_and_cannot_be_deleted(client: openai.OpenAI) -> None:
    model = client.models.retrieve(BASE_MODEL)

    assert client.models.list().data[0] == model
    assert model == Model(
        id=BASE_MODEL, created=model.created, object="model", owned_by="local-server", shutdown_date=None
    )
    with pytest.raises(openai.PermissionDeniedError, match="base model of this server"):
        client.models.delete(BASE_MODEL)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (b"{}", "found {}"),
        (b'{"model_id": 5}', "found {'model_id': 5}"),
        (b'{"model_id": "\\ud800"}', "a printable text"),
        (b"[]", "found []"),
        (b"model_id = tiny", "Expecting value"),
        (b"\xff", "invalid start byte"),
    ],
)
def test_a_base_model_without_a_readable_id_is_refused_at_the_start(
    tmp_path: Path, model_folder: Path, card: bytes, words: str
) -> None:
    (model_folder / "course.json").write_bytes(card)

    ran = subprocess.run(
        [*command(tmp_path / "state"), "--model", str(model_folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"the id of the base model cannot be read from {model_folder / 'course.json'}: " in ran.stderr
    assert words in ran.stderr
    assert "delete the file to use the folder's name" in ran.stderr


def test_the_base_model_keeps_its_name_and_age_when_its_folder_disappears(
    tmp_path: Path, model_folder: Path
) -> None:
    with serve(tmp_path / "state", "--model", str(model_folder)) as server:
        client = server.client()
        shutil.rmtree(model_folder)

        listed = client.models.list().data

        created = int((ROOT / "data" / "base_model" / "config.json").stat().st_mtime)
        base = Model(id=BASE_MODEL, created=created, object="model", owned_by="local-server")
        assert [model.model_dump() for model in listed] == [base.model_dump() | {"shutdown_date": None}]
        assert client.models.retrieve(BASE_MODEL) == listed[0]
