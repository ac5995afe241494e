"""Jobs that train an adapter: what they keep, what can come after them, and what they stand on."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import openai
import pytest
from chatting import ask
from lora import ROWS, interrupted, job_folder, lines_of, losses, trained
from openai.types.fine_tuning import FineTuningJob
from serving import BASE_MODEL, ROOT, LocalServer, hyperparameters, refusal, upload, wait_until

pytestmark = pytest.mark.slow

QUESTION = [*ROWS[0]["messages"][:2]]


def job_on(client: openai.OpenAI, model: str, **way: object) -> FineTuningJob:
    """Train to the end, with fields that are not OpenAI's."""
    created = client.fine_tuning.jobs.create(
        model=model,
        training_file=upload(client, ROWS * 2).id,
        method=hyperparameters(n_epochs=2, batch_size=4, learning_rate_multiplier=10),
        seed=1,
        extra_body=way,
    )
    job = wait_until(lambda: client.fine_tuning.jobs.retrieve(created.id), lambda job: job.finished_at)
    assert job.status == "succeeded", job.error
    return job


@pytest.fixture(scope="module")
def adapter(client: openai.OpenAI) -> FineTuningJob:
    return job_on(client, BASE_MODEL, training_method="lora", lora_rank=4)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job that nobody interrupts."""
    folder = job_folder(tmp_path_factory.mktemp("alone"))
    trained(folder)
    return folder


def test_the_events_say_what_is_trained_and_the_folders_hold_adapters_only(
    client: openai.OpenAI, server: LocalServer, adapter: FineTuningJob
) -> None:
    events = list(client.fine_tuning.jobs.list_events(adapter.id, limit=50))
    (choice,) = [event for event in events if event.message.startswith("LoRA r4 in float32 on 1 thread")]
    folder = server.state / "jobs" / adapter.id
    kept = [folder / "model", *(folder / "checkpoints").glob("checkpoint-*")]

    assert choice.data["training_method"] == "lora"
    assert (adapter.training_method, adapter.lora_rank) == ("lora", 4)
    assert len(kept) == 2
    for model in kept:
        assert {path.name for path in model.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}


def test_an_adapter_answers_in_its_own_way_beside_its_base_and_its_checkpoint(
    client: openai.OpenAI, adapter: FineTuningJob
) -> None:
    (_, first) = client.fine_tuning.jobs.checkpoints.list(adapter.id).data
    names = [BASE_MODEL, adapter.fine_tuned_model, first.fine_tuned_model_checkpoint]

    answers = [ask(client, model=name, messages=QUESTION, temperature=0) for name in names * 2]

    assert answers[:3] == answers[3:]
    assert answers[0] != answers[1]


def test_the_next_job_goes_on_from_an_adapter_and_does_not_need_it_any_more(
    client: openai.OpenAI, adapter: FineTuningJob
) -> None:
    following = job_on(client, adapter.fine_tuned_model, training_method="lora")
    whole = job_on(client, adapter.fine_tuned_model, training_method="full")

    def first_loss(job: FineTuningJob) -> float:
        events = list(client.fine_tuning.jobs.list_events(job.id, limit=50))[::-1]
        return next(event.data["train_loss"] for event in events if event.type == "metrics")

    assert first_loss(following) < first_loss(adapter)
    assert first_loss(whole) == pytest.approx(first_loss(following), rel=1e-3)
    for job in (following, whole):
        assert ask(client, model=job.fine_tuned_model, messages=QUESTION)
    client.models.delete(whole.fine_tuned_model)


def test_a_model_that_an_adapter_stands_on_cannot_be_deleted_before_it(client: openai.OpenAI) -> None:
    base = job_on(client, BASE_MODEL)
    standing = job_on(client, base.fine_tuned_model, training_method="lora")

    error = refusal(client.models.delete, base.fine_tuned_model)
    forgetting = refusal(client.delete, f"/fine_tuning/jobs/{base.id}", cast_to=object)
    (checkpoint,) = [
        each.fine_tuned_model_checkpoint
        for each in client.fine_tuning.jobs.checkpoints.list(standing.id)
        if each.fine_tuned_model_checkpoint != standing.fine_tuned_model
    ]

    assert (error["status"], error["code"]) == (400, "model_in_use")
    assert "other models stand on, as adapters: " in error["message"]
    assert f"'{standing.fine_tuned_model}'" in error["message"]
    assert forgetting["code"] == "model_in_use"
    client.models.delete(standing.fine_tuned_model)
    client.models.delete(checkpoint)
    assert client.models.delete(base.fine_tuned_model).deleted


@pytest.mark.parametrize(
    "how", [lambda process: process.kill(), lambda process: process.stdin.close()], ids=["killed", "paused"]
)
def test_an_adapter_that_was_interrupted_goes_on_with_the_same_losses_and_weights(
    alone: Path, tmp_path: Path, how: Callable[[subprocess.Popen], None]
) -> None:
    folder = job_folder(tmp_path / "interrupted")
    before = interrupted(folder, 12, how)

    lines = trained(folder)

    assert "finished" not in {line["kind"] for line in before}
    assert lines[-1]["kind"] == "finished"
    assert [line["kind"] for line in lines].count("chosen") == 1
    assert losses(lines) == losses(lines_of(alone))
    name = Path("model") / "adapter_model.safetensors"
    assert (folder / name).read_bytes() == (alone / name).read_bytes()


def test_an_adapter_is_made_beside_a_torchao_that_peft_refuses(tmp_path):
    (tmp_path / "torchao").mkdir()
    (tmp_path / "torchao" / "__init__.py").write_text("raise RuntimeError('not needed')")
    (tmp_path / "torchao-0.10.0.dist-info").mkdir()
    (tmp_path / "torchao-0.10.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: torchao\nVersion: 0.10.0\n"
    )
    program = """
import sys, torch
sys.path.insert(0, sys.argv[1])
from local_server.training.adapters import hide_torchao
if sys.argv[2] == "hidden":
    hide_torchao()
from peft import LoraConfig, get_peft_model
get_peft_model(torch.nn.Sequential(torch.nn.Linear(4, 4)), LoraConfig(r=1, target_modules=["0"]))
"""

    def make(way: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, str(tmp_path), way]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert "incompatible version of torchao" in make("seen").stderr
    assert make("hidden").stderr == ""
