"""Models without any job, and who may share them."""

import shutil
from pathlib import Path

import openai
import pytest
from openai.types import Model
from serving import (
    BASE_MODEL,
    ROOT,
    refusal,
    serve,
)


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


def test_checkpoint_permissions_need_an_admin_key(client: openai.OpenAI) -> None:
    permissions = client.fine_tuning.checkpoints.permissions
    name = "ft:model:local:elle:abcdefgh:ckpt-step-8"
    calls = [
        lambda: permissions.create(name, project_ids=["proj_1"]),
        lambda: permissions.list(name),
        lambda: permissions.delete("cp_1", fine_tuned_model_checkpoint=name),
    ]
    refusals = [refusal(call) for call in calls]
    assert [(refused["status"], refused["code"]) for refused in refusals] == [
        (403, "insufficient_permissions")
    ] * 3
