"""`kill -9` at random moments: nothing is lost or done twice, and the job ends like one that was left alone.

KILL_ROUNDS sets the number of kills for each method (`make kills` has 30), KILL_SEED the moments. By default
supervised jobs have 6, and those of other methods one.
"""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.fine_tuning import FineTuningJobEvent
from pairs import pair, preferences
from rewarded import SHORT, asked, reinforcement
from serving import BASE_MODEL, NAMES, LocalServer, hyperparameters, row, serve, trainers, upload, wait_until

from tools import calling

SEED = int(os.environ.get("KILL_SEED", "1"))
PEOPLE = [f"{first} {second}" for first in NAMES[:5] for second in NAMES[10:]]
NUMBERS = {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 2.0}
# Method of a job, or what its rows hold → its rows, its settings, and kills by default.
METHODS = {
    "supervised": ([row(name) for name in PEOPLE], hyperparameters(**NUMBERS), 6),
    "tools": ([calling(name) for name in PEOPLE], hyperparameters(**NUMBERS), 1),
    "reinforcement": (
        [asked(name) for name in PEOPLE[:16]],
        reinforcement(SHORT, n_epochs=3, batch_size=4, compute_multiplier=0.25, eval_interval=2),
        1,
    ),
    "dpo": ([pair(name) for name in PEOPLE], preferences(**NUMBERS, beta=0.1), 1),
}
# In this time a job is checked and queued, and its training process is loading.
EARLY_SECONDS = 2


def all_events(client: openai.OpenAI, job_id: str) -> list[FineTuningJobEvent]:
    """Oldest first."""
    return list(client.fine_tuning.jobs.list_events(job_id, limit=500))[::-1]


def steps(events: list[FineTuningJobEvent]) -> list[dict]:
    return [event.data for event in events if event.type == "metrics"]


def await_moment(moments: random.Random, client: openai.OpenAI, job_id: str) -> None:
    """Three of four moments lie before the first step, where most states are; one lies some steps later."""
    if moments.random() < 3 / 4:
        time.sleep(moments.uniform(0, EARLY_SECONDS))
        return
    reached = len(steps(all_events(client, job_id))) + moments.randint(1, 30)
    wait_until(lambda: ended(client, job_id) or len(steps(all_events(client, job_id))) >= reached, bool)


def kill(server: LocalServer, target: str) -> None:
    """Server first: otherwise it would see its trainer die."""
    victims = [server.process] if target in ("server", "both") else []
    trainer = server.child("training")
    if target in ("trainer", "both") and trainer:
        victims.append(trainer)
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    if target != "trainer":
        server.process.wait()


def ended(client: openai.OpenAI, job_id: str) -> bool:
    return client.fine_tuning.jobs.retrieve(job_id).status in ("succeeded", "failed", "cancelled")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize(
    "method",
    ["supervised", *(pytest.param(name, marks=pytest.mark.slow) for name in METHODS if name != "supervised")],
)
def test_a_job_that_is_killed_again_and_again_ends_like_one_that_was_left_alone(
    tmp_path: Path, method: str
) -> None:
    moments = random.Random(SEED)
    rows, settings, kills = METHODS[method]
    request: dict[str, Any] = {"model": BASE_MODEL, "seed": 3, "method": settings}
    with serve(tmp_path) as server:
        client = server.client()
        file = upload(client, rows)
        if method == "reinforcement":
            request["validation_file"] = file.id
        left_alone = client.fine_tuning.jobs.create(training_file=file.id, **request)
        wait_until(lambda: ended(client, left_alone.id), bool)
        expected = steps(all_events(client, left_alone.id))
        models = {model.id for model in client.models.list()}
        kills_left, job, events = int(os.environ.get("KILL_ROUNDS", kills)), None, []
    while kills_left:
        with serve(tmp_path) as server:
            client = server.client()
            assert client.files.content(file.id).read().count(b"\n") == len(rows)
            assert models <= {model.id for model in client.models.list()}
            if job is None or ended(client, job.id):
                if job is not None:
                    assert steps(all_events(client, job.id)) == expected
                job, events = client.fine_tuning.jobs.create(training_file=file.id, **request), []
            target = None
            while kills_left and target in (None, "trainer"):
                await_moment(moments, client, job.id)
                now = all_events(client, job.id)
                assert now[: len(events)] == events
                assert [data["step"] for data in steps(now)] == list(range(1, len(steps(now)) + 1))
                events, target = now, moments.choice(["trainer", "server", "both"])
                kill(server, target)
                kills_left -= 1
    with serve(tmp_path) as server:
        client = server.client()
        wait_until(lambda: ended(client, job.id), bool)
        job = client.fine_tuning.jobs.retrieve(job.id)
        events = all_events(client, job.id)

        assert (job.status, job.error) == ("succeeded", None)
        assert steps(events) == expected
        messages = [event.message for event in events]
        assert messages.count("Fine-tuning job started") == 1
        assert messages[-1] == "The job has successfully completed"
        assert len(client.fine_tuning.jobs.checkpoints.list(job.id).data) == 3
    wait_until(lambda: trainers(tmp_path), lambda left: left == [], seconds=30)
