"""The two ways through the course, each from the first notebook to the last."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import course
import psutil
import pytest

from helpers.paths import ROOT, data_path

RECORDED = [path.name for path in sorted(data_path("sample_runs").iterdir())]
RUN = [sys.executable, "tools/course.py", "run", "--name", "real", "--model", course.TINY_MODEL]

RIVALS = ["base", "few_shot", "few_shot_10", "retrieval", "few_shot_retrieval", "fine_tuned"]


@pytest.fixture(scope="module", params=RECORDED)
def replayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """All notebooks in order, in one run folder, on the answers of one recording: folder and notebooks."""
    runs = tmp_path_factory.mktemp("runs")
    dataset, model, recorded = course.RECORDINGS[request.param]
    environment = {
        "FINETUNE_BACKEND": "replay",
        "FINETUNE_REPLAY_SPEED": "instant",
        "FINETUNE_RUNS_DIR": str(runs),
        "FINETUNE_DATASET": dataset,
        "FINETUNE_MODEL": model,
    }
    notebooks = {
        path.name: course.execute(path, runs / path.name, environment, lambda cell, cells: None)
        for path in recorded
    }
    return {"name": request.param, "folder": runs / "my-run", "notebooks": notebooks}


@pytest.mark.slow
def test_the_sample_run_is_what_the_notebooks_make_from_the_recording(replayed):
    folder = data_path("sample_runs", replayed["name"])
    sample = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}

    made = {name: (replayed["folder"] / name).read_text(encoding="utf-8") for name in sample}

    assert {"train.jsonl", "03_job.json", "04_metrics.csv", "05_scores.json"} <= set(sample)
    assert made == sample


@pytest.mark.slow
def test_the_notebooks_print_the_same_in_order_as_alone(replayed):
    if replayed["name"] != "elle":
        pytest.skip("the stored outputs are those of the recording elle")

    def printed(notebook: dict) -> list[str]:
        outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
        lines = [line for output in outputs for line in "".join(output.get("text", "")).splitlines()]
        return [line for line in lines if "the sample run's copy is used" not in line]

    stored = {path.name: printed(json.loads(path.read_text(encoding="utf-8"))) for path in course.NOTEBOOKS}

    assert {name: printed(notebook) for name, notebook in replayed["notebooks"].items()} == stored


@pytest.fixture(scope="module")
def real_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """What `make run` does: the core notebooks on a local server, which trains the tiny model."""
    runs = tmp_path_factory.mktemp("runs")
    environment = os.environ | {"FINETUNE_RUNS_DIR": str(runs)}
    done = subprocess.run(RUN, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return runs / "real", done.stdout


def test_a_real_run_leaves_a_summary_with_every_fact(real_run):
    summary = json.loads((real_run[0] / "summary.json").read_text(encoding="utf-8"))

    assert summary["backend"] == "local"
    assert summary["fine_tuned_model"].startswith(f"ft:{summary['model']}:")
    assert summary["job_id"].startswith("ftjob-")
    assert summary["rows"] == {"training": 144, "validation": 24, "test": 68}
    assert summary["steps"] == summary["n_epochs"] * 144 / 2
    assert summary["last_train_loss"] < summary["first_train_loss"] / 2
    assert 0 < summary["last_valid_loss"] < summary["first_train_loss"]
    assert 0 < summary["job_seconds"] <= summary["total_seconds"]
    assert [rival["model"] for rival in summary["rivals"]] == RIVALS
    for rival in summary["rivals"]:
        assert rival["base_model"] == summary["model"]
        assert min(rival["prompt_tokens"], rival["completion_tokens"]) > 0
        assert 0 < rival["latency_median"] <= rival["latency_p95"]
    prompts = {rival["model"]: rival["prompt_tokens"] for rival in summary["rivals"]}
    assert prompts["base"] < prompts["fine_tuned"] == prompts["retrieval"] < prompts["few_shot"]
    [seed] = summary["seeds"]
    assert (seed["seed"], seed["fine_tuned_model"]) == (7, summary["fine_tuned_model"])
    assert seed["scores"] == summary["rivals"][-1]["scores"]
    assert [(each["set"], each["n"]) for each in summary["lost"]] == [
        ("temperature_1", 8),
        ("no_system", 8),
        ("prose", 8),
        ("off_topic", 12),
    ]
    assert all(0 <= each[model] <= 1 for each in summary["lost"] for model in ("base", "fine_tuned"))


def test_a_real_run_teaches_the_form_and_to_copy_the_facts_of_elements_never_trained(real_run):
    summary = json.loads((real_run[0] / "summary.json").read_text(encoding="utf-8"))

    scores = {(score["model"], score["metric"]): score for score in summary["scores"]}
    assert set(scores) == {(model, metric) for model in RIVALS for metric in ("form", "rhyme", "facts")}
    assert all(score["low"] <= score["value"] <= score["high"] for score in scores.values())
    assert {score["n"] for score in scores.values()} == {34}
    assert scores["base", "form"]["value"] == scores["retrieval", "form"]["value"] == 0
    assert scores["fine_tuned", "form"]["value"] >= 0.85
    assert scores["fine_tuned", "rhyme"]["value"] >= 0.75
    assert scores["fine_tuned", "facts"]["value"] >= 0.60


def test_a_real_run_shows_its_progress_and_ends_its_server(real_run):
    folder, output = real_run

    assert [path.stem for path in course.CORE if path.stem not in output] == []
    assert "training loss=" in output
    assert "summary.json" in output
    assert not (folder / "server" / "server.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["sarcastic", "recipes"])
def test_the_whole_course_runs_with_another_dataset(tmp_path, dataset):
    environment = os.environ | {"FINETUNE_RUNS_DIR": str(tmp_path), "FINETUNE_DATASET": dataset}
    # These make their own rows, of elements, whatever the dataset is.
    numbers = [path.stem.partition("_")[0] for path in course.NOTEBOOKS]
    its_own = [number for number in numbers if number not in ("06", "06b", "07", "08")]

    done = subprocess.run(
        [*RUN, "--all", "--only", *its_own],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((tmp_path / "real" / "01_dataset.json").read_text(encoding="utf-8"))
    assert facts["dataset"] == dataset


def processes_of(runs: Path) -> list[psutil.Process]:
    """Servers and their children that work in a folder of runs: its path stands in their commands."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and str(runs) in " ".join(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.slow
def test_a_failing_cell_ends_the_run_with_its_message_and_nothing_left_running(tmp_path):
    (tmp_path / "real" / "quick.jsonl").mkdir(parents=True)  # notebook 00 cannot write its training file here
    environment = os.environ | {"FINETUNE_RUNS_DIR": str(tmp_path)}

    done = subprocess.run(RUN, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)

    executed = json.loads((tmp_path / "real" / "notebooks" / "00_start.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in executed["cells"] for output in cell.get("outputs", [])]
    assert done.returncode == 1
    assert "A cell failed" in done.stdout
    assert "quick.jsonl" in done.stdout
    assert [output["ename"] for output in outputs if output["output_type"] == "error"] == ["DatasetError"]
    assert processes_of(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_leaves_nothing_running(tmp_path, ending):
    environment = os.environ | {"FINETUNE_RUNS_DIR": str(tmp_path)}
    run = subprocess.Popen(RUN, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    lines = iter(run.stdout.readline, "")
    assert any("cell 5" in line for line in lines), "the run ended before its fifth cell"
    assert processes_of(tmp_path) != []

    run.send_signal(ending)
    run.communicate(timeout=60)

    assert run.returncode == 130
    assert processes_of(tmp_path) == []


def test_a_run_name_that_cannot_be_a_folder_is_refused_before_anything_starts(tmp_path):
    command = [sys.executable, "tools/course.py", "run", "--name", "../elsewhere"]
    environment = os.environ | {"FINETUNE_RUNS_DIR": str(tmp_path)}

    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert "'../elsewhere' cannot be the name of a run" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_that_is_recorded_alone_takes_the_place_of_its_own_part_and_no_other(
    tmp_path, monkeypatch
):
    for kind in ("recordings", "sample_runs"):
        shutil.copytree(data_path(kind, "elle-tiny"), tmp_path / "data" / kind / "elle-tiny")
    recording, sample_run = (tmp_path / "data" / kind / "elle-tiny" for kind in ("recordings", "sample_runs"))
    (sample_run / "06b_of_the_last_time.json").write_text("old")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def live_run(
        folder: Path, notebooks: list[Path], environment: dict[str, str], afterwards: object
    ) -> None:
        """A run that sees the files of the dataset, and leaves what its one notebook makes."""
        (folder / "06b_tools.json").write_text(json.dumps(sorted(path.name for path in folder.iterdir())))
        exchanges = Path(environment["FINETUNE_RECORD"])
        exchanges.mkdir()
        for notebook in notebooks:
            (exchanges / f"{notebook.stem}.json").write_text("new")

    monkeypatch.setattr(course, "ROOT", tmp_path)
    monkeypatch.setattr(course, "live_run", live_run)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    course.record("elle-tiny", ["06b"])

    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    changed = {path.relative_to(tmp_path / "data") for path, _ in set(before.items()) ^ set(after.items())}
    manifest = json.loads((recording / "manifest.json").read_text(encoding="utf-8"))
    old = {path for path in changed if path.name.startswith("06b_") and path.name != "06b_tools.json"}
    assert changed - old == {
        Path("recordings/elle-tiny/06b_tools.json"),
        Path("recordings/elle-tiny/manifest.json"),
        Path("sample_runs/elle-tiny/06b_tools.json"),
    }
    assert {path.parts[0] for path in old} == {"sample_runs"}
    assert json.loads((sample_run / "06b_tools.json").read_text()) == sorted(course.DATASET_FILES)
    assert (manifest["command"], manifest["later"][-1]["command"]) == (
        "make record NAME=elle-tiny",
        "make record NAME=elle-tiny ONLY='06b'",
    )
    assert {"05_evaluate", "06b_tools"} <= set(manifest["notebooks"])


def test_a_notebook_that_is_not_there_cannot_be_recorded():
    command = [sys.executable, "tools/course.py", "record", "--only", "66"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert "no notebook has the number 66" in done.stderr
