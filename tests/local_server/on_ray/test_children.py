"""Jobs on a Ray cluster of two nodes: as on one machine, also when a node is lost."""

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openai
import psutil
import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from ray_cluster import MISSING, RayCluster, ray_cluster
from serving import BASE_MODEL, NAMES, LocalServer, hyperparameters, row, serve, trainers, upload, wait_until
from states import empty_state

from local_server.on_ray.children import OnRay

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(MISSING is not None, reason=str(MISSING)),
]

ROWS = [row(name) for name in NAMES[:12]]
FIRST, SECOND = 0, 1
SHORT = hyperparameters(n_epochs=4, batch_size=2)


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    # Ray's sockets need a short path.
    short = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with short as folder, ray_cluster(Path(folder), 2, 2) as cluster:
        yield cluster


def on(cluster: RayCluster, cpus: float) -> list[str]:
    return ["--runner", "ray", "--ray-address", cluster.address, "--ray-cpus", str(cpus)]


def create(client: openai.OpenAI, file_id: str, method: dict = SHORT) -> FineTuningJob:
    # With bfloat16, a measurement on a busy machine may decide.
    return client.fine_tuning.jobs.create(
        model=BASE_MODEL, training_file=file_id, seed=7, method=method, extra_body={"precision": "float32"}
    )


def ended(client: openai.OpenAI, job_id: str, seconds: float = 120) -> FineTuningJob:
    return wait_until(lambda: client.fine_tuning.jobs.retrieve(job_id), lambda job: job.finished_at, seconds)


def events_of(client: openai.OpenAI, job_id: str) -> list[FineTuningJobEvent]:
    """Oldest first."""
    return list(client.fine_tuning.jobs.list_events(job_id, limit=100))[::-1]


def told(client: openai.OpenAI, job_id: str) -> list[tuple]:
    """All that the events of a job say, without the names that every job has for itself."""
    found = [(event.level, event.type, event.message, event.data) for event in events_of(client, job_id)]
    own = re.compile(r"(file-|ftjob-|::)\w+|[\d.]+ GB are free")
    return [(level, kind, own.sub("…", message), data) for level, kind, message, data in found]


def steps(client: openai.OpenAI, job_id: str) -> list[object]:
    return [event.data for event in events_of(client, job_id) if event.type == "metrics"]


def messages(client: openai.OpenAI, job_id: str) -> list[str]:
    return [event.message for event in events_of(client, job_id)]


@pytest.fixture(scope="module")
def left_alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list]:
    """The job on one machine, without Ray."""
    with serve(tmp_path_factory.mktemp("one")) as server:
        client = server.client()
        job = create(client, upload(client, ROWS).id)
        assert ended(client, job.id).status == "succeeded"
        return {"told": told(client, job.id), "steps": steps(client, job.id)}


def test_cancel_pause_resume_a_killed_driver_and_a_killed_server_are_as_on_one_machine(
    cluster: RayCluster, left_alone: dict[str, list], tmp_path: Path
) -> None:
    with serve(tmp_path, *on(cluster, 1)) as server:
        client = server.client()
        jobs, file = client.fine_tuning.jobs, upload(client, ROWS)
        cancelled = create(client, file.id, hyperparameters(n_epochs=50, batch_size=1)).id
        wait_until(lambda: steps(client, cancelled), bool)
        paused = create(client, file.id).id
        wait_until(lambda: steps(client, paused), bool)
        jobs.pause(paused)
        jobs.cancel(cancelled)
        wait_until(lambda: trainers(tmp_path), lambda left: left == [], seconds=30)
        kept = {job: (tmp_path / "jobs" / job / "checkpoints").exists() for job in (cancelled, paused)}
        resumed = jobs.resume(paused)
        killed = create(client, file.id).id
        wait_until(lambda: steps(client, killed), bool)
        driver(server).kill()
        done = [ended(client, job).status for job in (paused, killed)]

        assert (jobs.retrieve(cancelled).status, kept) == ("cancelled", {cancelled: False, paused: True})
        assert (resumed.status, done) == ("queued", ["succeeded"] * 2)
        assert [steps(client, job) for job in (paused, killed)] == [left_alone["steps"]] * 2
        assert any(
            text.startswith("Fine-tuning job resumed from the ch") for text in messages(client, paused)
        )
        again = "The training process was killed by signal 9; the job is queued again"
        assert again in messages(client, killed)
        restarted = create(client, file.id).id
        wait_until(lambda: steps(client, restarted), bool)
        server.process.kill()
    # It stops with the server, and goes on with the next one.
    wait_until(lambda: trainers(tmp_path), lambda left: left == [], seconds=30)
    with serve(tmp_path, *on(cluster, 1)) as server:
        client = server.client()
        assert ended(client, restarted).status == "succeeded"
        assert steps(client, restarted) == left_alone["steps"]


def driver(server: LocalServer) -> psutil.Process:
    """The process that speaks with the cluster."""
    children = psutil.Process(server.process.pid).children()
    return next(child for child in children if "local_server.on_ray" in child.cmdline())


def test_a_machine_that_does_not_see_the_job_folder_fails_the_job_and_says_what_to_share(
    cluster: RayCluster, tmp_path: Path
) -> None:
    settings = replace(empty_state(tmp_path), ray_address=cluster.address, ray_cpus=0.5)
    folder = settings.job_folder("ftjob-1")
    folder.mkdir()
    children = OnRay(settings)

    assert (children.connect(), children.slots) == (None, 1)
    trainer = children.train(folder)
    exit_status = trainer.process.wait(60)
    trainer.stdin.close()
    children.stop()

    assert exit_status == 1
    assert re.fullmatch(
        rf"The machine \S+ does not see {folder}\. Put the state folder \(--state\) and the base models "
        r"\(FINETUNE_MODELS_DIR\) on storage that all machines of the cluster share, at the same path\.\n",
        (folder / "trainer.log").read_text(encoding="utf-8"),
    )


def far_on(
    cluster: RayCluster, number: int, client: openai.OpenAI, state: Path, jobs: list[str]
) -> list[str]:
    """The jobs on a node that have a checkpoint behind them."""
    there, found = {process.pid for process in cluster.node(number)}, []
    for job in jobs:
        note = state / "jobs" / job / "node.json"
        if note.exists() and json.loads(note.read_text())["pid"] in there and len(steps(client, job)) > 6:
            found.append(job)
    return found


# The last one: the cluster of this file then has one node.
def test_twenty_jobs_survive_the_loss_of_a_node_with_the_events_of_one_machine(
    cluster: RayCluster, left_alone: dict[str, list], tmp_path: Path
) -> None:
    # Ten have room at once, and five when a node is lost.
    with serve(tmp_path, *on(cluster, 0.4)) as server:
        client = server.client()
        file = upload(client, ROWS)
        jobs = [create(client, file.id).id for _ in range(20)]
        wait_until(lambda: far_on(cluster, SECOND, client, tmp_path, jobs), lambda far: len(far) >= 2)

        cluster.kill(SECOND)

        done = [ended(client, job, 200) for job in jobs]
        starts = [
            next(event.created_at for event in events_of(client, job) if event.message.endswith("started"))
            for job in jobs
        ]
        assert [job.status for job in done] == ["succeeded"] * 20
        assert len({job.fine_tuned_model for job in done}) == 20
        assert [steps(client, job) for job in jobs] == [left_alone["steps"]] * 20
        assert starts == sorted(starts)
        lost = [job for job in jobs if any("was lost" in text for text in messages(client, job))]
        assert 1 <= len(lost) <= 5
        undisturbed = [told(client, job) for job in jobs if job not in lost]
        waited = re.compile("Waiting for a free slot")
        assert [[line for line in lines if not waited.match(line[2])] for lines in undisturbed] == [
            left_alone["told"]
        ] * len(undisturbed)
        kept = [
            [point.step_number for point in client.fine_tuning.jobs.checkpoints.list(job)] for job in jobs
        ]
        assert kept == [[24, 18, 12]] * 20
    wait_until(lambda: trainers(tmp_path), lambda left: left == [], seconds=30)
