"""The notebooks' own cells on servers that speak as each service does: scripted doubles, see `dialects`.

No service was asked. A test says that the cells fit what the service's pages and public logs show.
"""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from dialects import Dialect, speaking
from notebook_runner import execute
from openai import BadRequestError, NotFoundError, OpenAI

from helpers.costs.spending.bills import all_bills
from helpers.jobs import extra_body
from helpers.paths import ROOT, data_path

BASES = {
    "openai": "gpt-4.1-mini-2025-04-14",
    "azure": "gpt-4.1",
    "nebius": "meta-llama/Llama-3.1-8B-Instruct",
    "bedrock": "openai.gpt-oss-20b",
}
SETTING = {"openai": "compatible", "azure": "azure", "nebius": "compatible", "bedrock": "compatible"}
YES = 'get_ipython().kernel.raw_input = lambda prompt="": "yes"  # somebody who pays'


@pytest.fixture
def run_folder(tmp_path):
    """A run with the files that notebook 01 leaves."""

    def make(backend: str) -> Path:
        folder = tmp_path / "runs" / f"my-run-{backend}"
        folder.mkdir(parents=True)
        for name in ("01_dataset.json", "train.jsonl", "validation.jsonl", "test.jsonl"):
            shutil.copy(data_path("sample_runs", "elle", name), folder / name)
        return folder

    return make


def notebook(name: str, service: Dialect, dialect: str, folder: Path, *, stop_at: str = "") -> list[str]:
    """Run the cells of a notebook; returns what each printed. The exercises stay blank.

    Args:
        name: The notebook.
        service: Whom the cells ask.
        dialect: Its dialect.
        folder: The run folder.
        stop_at: Leave out the cells from the one on that holds this text.
    """
    read = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    code = [cell for cell in read.cells if cell.cell_type == "code"]
    if stop_at:
        code = code[: next(place for place, cell in enumerate(code) if stop_at in cell.source)]
    read.cells = [nbformat.v4.new_code_cell(YES), *code]
    # Beside the notebooks, where the first cell looks for the course.
    source = folder / f"{name}.ipynb"
    nbformat.write(read, source)
    variables = {
        "FINETUNE_BACKEND": SETTING[dialect],
        "FINETUNE_RUNS_DIR": str(folder.parent),
        "FINETUNE_MODEL": BASES[dialect],
        "FINETUNE_BASE_URL": f"{service.address}/v1",
        "FINETUNE_API_KEY": "scripted",
        "AZURE_OPENAI_ENDPOINT": service.address,
        "AZURE_OPENAI_API_KEY": "scripted",
        "PYTHONPATH": str(ROOT),
    }
    done = execute(source, folder / f"{name}-done.ipynb", variables, lambda cell, cells: None)
    return ["".join(output.get("text", "") for output in cell.get("outputs", [])) for cell in done.cells[1:]]


def printed(texts: list[str]) -> str:
    return "\n".join(texts)


def client_of(service: Dialect) -> OpenAI:
    return OpenAI(base_url=service.address + service.speaks.prefix, api_key="scripted", max_retries=0)


def upload(client: OpenAI) -> str:
    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    content = "\n".join([json.dumps(row)] * 12).encode()
    return client.files.create(file=("train.jsonl", content), purpose="fine-tune").id


def test_azure_refuses_a_job_without_its_tier_and_takes_what_the_course_sends():
    with speaking("azure", BASES["azure"]) as service:
        client = client_of(service)
        request = {"model": BASES["azure"], "training_file": upload(client)}
        with pytest.raises(BadRequestError, match="does not support fine-tuning"):
            client.fine_tuning.jobs.create(**request)

        job = client.fine_tuning.jobs.create(**request, extra_body=extra_body("azure"))

    assert (job.status, job.method, job.hyperparameters.batch_size) == ("pending", None, -1)


def test_a_model_of_azure_answers_only_from_a_deployment():
    with speaking("azure", BASES["azure"]) as service:
        client = client_of(service)
        asked = {"model": BASES["azure"], "messages": [{"role": "user", "content": "Hi"}]}
        with pytest.raises(NotFoundError) as refused:
            client.chat.completions.create(**asked)

        service.held.deployed.add(BASES["azure"])

        assert refused.value.code == "DeploymentNotFound"
        assert client.chat.completions.create(**asked).choices[0].message.content == "Scripted."


def test_a_file_of_nebius_has_no_status_and_its_job_runs_at_once():
    with speaking("nebius", BASES["nebius"]) as service:
        client = client_of(service)
        file = upload(client)

        job = client.fine_tuning.jobs.create(model=BASES["nebius"], training_file=file)

        assert client.files.retrieve(file).status is None
        assert (job.status, job.result_files) == ("running", [])


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["openai", "azure", "nebius"])
def test_upload_job_and_monitor_run_on_each_dialect(dialect, run_folder):
    with speaking(dialect, BASES[dialect]) as service:
        folder = run_folder(SETTING[dialect])
        notebook("02_upload", service, dialect, folder)
        made = printed(notebook("03_job", service, dialect, folder))
        service.rewind()
        watched = printed(notebook("04_monitor", service, dialect, folder))
        bodies = service.held.bodies

    assert "failed invalid_training_file" in made
    assert "Notebook 04 watches it." in made
    assert "steps are there, and the loss fell." in watched
    tiers = {body.get("trainingType") for body in bodies}
    assert tiers == ({"globalStandard"} if dialect == "azure" else {None})
    assert json.loads((folder / "04_job.json").read_text())["status"] == "succeeded"
    metrics = (folder / "04_metrics.csv").read_text().splitlines()
    assert len(metrics) - 1 == {"openai": 40, "azure": 4, "nebius": 1}[dialect]
    if dialect == "azure":
        assert "pending    (no event yet)" in watched


@pytest.mark.slow
def test_bedrock_takes_files_refuses_supervised_jobs_and_is_watched_in_a_reinforcement_job(run_folder):
    with speaking("bedrock", BASES["bedrock"]) as service:
        folder = run_folder("compatible")
        uploaded = printed(notebook("02_upload", service, "bedrock", folder))
        with pytest.raises(Exception, match="Only the method 'reinforcement' is supported"):
            notebook("03_job", service, "bedrock", folder)

        assert service.held.jobs == {}
        client = client_of(service)
        grader = {"type": "python", "name": "scripted", "source": "def grade(sample, item): return 1.0"}
        job = client.fine_tuning.jobs.create(
            model=BASES["bedrock"],
            training_file=client.files.list().data[-1].id,
            method={"type": "reinforcement", "reinforcement": {"grader": grader}},
        )
        (folder / "03_job.json").write_text(job.to_json(), encoding="utf-8")
        watched = printed(notebook("04_monitor", service, "bedrock", folder))

    assert "Both files are uploaded, and nothing was lost." in uploaded
    assert "steps are there, and the loss fell." in watched  # its own events are not known: assumed


@pytest.mark.slow
def test_notebook_09_trains_counts_and_cleans_up_on_azure(run_folder):
    with speaking("azure", BASES["azure"]) as service:
        folder = run_folder("azure")
        said = printed(notebook("09_other_roads", service, "azure", folder))

    assert "Nothing is left behind" in said
    assert "Remove them in the portal" in said
    assert service.held.files == {}
    assert len(service.held.deleted) >= 2
    [bill] = all_bills(folder.parent)
    assert (bill.service, bill.usd) == ("azure", pytest.approx(2.0 * 12_345 / 1e6))
