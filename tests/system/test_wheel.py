"""The course without a clone: a wheel in an environment of its own, used from an empty folder."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
OFFLINE = ROOT / "tests" / "offline"


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a program in a folder, without the clone on its path; return what it prints."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FINETUNE_") and name != "PYTHONPATH"
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONPATH": str(OFFLINE), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip wheel .` builds it, but without asking an index."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *offline, "--wheel-dir", folder, ROOT, folder=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment that holds the wheel.

    What the course needs comes from this environment: a path that a .pth file names is searched for packages,
    but its own .pth files (the editable course among them) are not read.
    """
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder)
    interpreter = folder / "bin" / "python"
    site_packages = Path(
        run(interpreter, "-c", "import site; print(site.getsitepackages()[0])", folder=folder).strip()
    )
    dependencies = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site_packages / "dependencies.pth").write_text("\n".join(dependencies))
    pip = (sys.executable, "-m", "pip", "--python", interpreter)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, folder=folder)
    return interpreter


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_the_wheel_holds_the_files_of_the_course_and_no_others(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"finetune_dataset", "helpers", "local_server", "fine_tuning_course"}
    assert {
        "finetune_dataset/DATASET_CODES.md",
        "finetune_dataset/__init__.pyi",
        "finetune_dataset/py.typed",
        "helpers/__init__.pyi",
        "helpers/exercises/texts/00.toml",
        "fine_tuning_course/data/base_model/model.safetensors",
        "fine_tuning_course/data/recordings/elle/manifest.json",
        "fine_tuning_course/notebooks/00_start.ipynb",
    } <= set(names)


def test_connect_replays_and_runs_go_to_the_folder_of_the_start(python, empty):
    program = """
import helpers
from helpers import base_model, connect, open_run
client = connect(step="03_job")
print(helpers.__file__, base_model(client), len(client.models.list().data), open_run().folder, sep="\\n")
"""
    notice, where, model, models, runs = run(python, "-c", program, folder=empty).splitlines()

    assert "Nothing leaves this machine." in notice
    assert Path(where).is_relative_to(python.parents[1])
    assert (model, int(models) > 0, runs) == ("smollm2-135m-instruct", True, str(empty / "runs" / "my-run"))


def test_the_doctor_looks_at_the_wheel(python, empty):
    said = run(python, "-m", "helpers", "doctor", folder=empty, JUPYTER_PATH=f"{sys.prefix}/share/jupyter")

    levels = {
        line[:20].split(maxsplit=1)[1].split("  ")[0].strip(): line.split()[0]
        for line in said.splitlines()[:10]
    }
    assert {name: levels[name] for name in ("packages", "training", "backend", "recordings")} == {
        "packages": "ok", "training": "ok", "backend": "ok", "recordings": "ok"
    }  # fmt: skip
    assert f"GB free in {empty}" in said
    assert "failed itself" not in said


def test_a_dataset_is_checked_and_counted_with_the_courses_own_model(python, empty):
    program = """
from finetune_dataset import validate_dataset
from helpers import data_path
print(validate_dataset(data_path("sample_runs", "elle", "train.jsonl"), model="periodic-tiny").tokens)
"""
    counted = json.loads(
        (ROOT / "data" / "sample_runs" / "elle-tiny" / "01_dataset.json").read_text(encoding="utf-8")
    )

    assert int(run(python, "-c", program, folder=empty)) == counted["tokens"]


def test_the_checker_is_a_command(python, empty):
    (empty / "train.jsonl").write_bytes(
        (ROOT / "data" / "sample_runs" / "elle-tiny" / "train.jsonl").read_bytes()
    )

    said = run(python, "-m", "finetune_dataset", "check", "train.jsonl", folder=empty)

    assert said == "train.jsonl: 144 rows, no problems found\n"


def test_the_notebooks_are_copied_with_one_command(python, empty):
    run(python, "-m", "helpers", "notebooks", "course", folder=empty)

    copied = {path.name: path.read_bytes() for path in (empty / "course").iterdir()}
    assert copied == {path.name: path.read_bytes() for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_the_local_server_starts(python, empty):
    pytest.importorskip("torch", reason="needs the training stack")
    program = """
import json, os, signal
from helpers import connect
from helpers.paths import server_state
client = connect("local")
print([model.id for model in client.models.list().data])
os.kill(json.loads((server_state() / "server.json").read_text())["pid"], signal.SIGTERM)
"""

    assert run(python, "-c", program, folder=empty) == "['periodic-tiny-2026-11']\n"
    assert (empty / "runs" / ".server").is_dir()
