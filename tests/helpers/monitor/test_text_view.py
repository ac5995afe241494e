"""The plain text twin of the live view, line by line."""

import io
import sys

import pytest
from services import ENDED, JOB_ID, Clock, azure_job, openai_job, serve, step

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import describe_loss
from helpers.monitor.asking import retry
from helpers.monitor.watch import watch


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(retry, "monotonic", clock)
    return clock


def test_the_printed_lines_of_a_job_are_few_and_the_same_every_time(capsys, clock):
    printed = []
    for _ in range(2):
        with serve(openai_job()) as service:
            watch(service.client(), JOB_ID, wait=clock.wait)
        printed.append(capsys.readouterr().out)

    curve = describe_loss(metrics_frame(openai_job().events))
    assert printed[0] == printed[1]
    assert printed[0].splitlines() == [
        "… validating_files · 0:00 elapsed",
        "… queued · 0:05 elapsed",
        "► running · 0:08 elapsed",
        "► running 30% · step 9 of 30 · epoch 0.9 of 3 · speed 1 steps/s · training loss 0.444 "
        "· 0:19 elapsed, about 0:21 left",
        "► running 40% · step 12 of 30 · epoch 1.2 of 3 · speed 1 steps/s · training loss 0.333 "
        "· validation loss 0.500 · 0:22 elapsed, about 0:18 left",
        "► running 96% · step 29 of 30 · epoch 2.9 of 3 · speed 1 steps/s · training loss 0.138 "
        "· validation loss 0.250 · 0:39 elapsed, about 0:01 left",
        "✓ succeeded · step 30 of 30 · epoch 3.0 of 3 · speed 100 tokens/s · training loss 0.133 "
        "· validation loss 0.167 · 0:50 elapsed",
        "",
        f"The job {JOB_ID} succeeded after 0:50 and 30 steps. {curve}",
        "",
        f"Job                   {JOB_ID}",
        "Status                ✓ succeeded",
        "Base model            periodic-tiny-2026-11",
        "Fine-tuned model      ft:tiny::abc",
        "Step                  30 of 30",
        "Epoch                 3.0 of 3",
        "Time                  0:50",
        "Trained tokens        3,000",
        "Speed                 100 tokens/s",
        "Training loss         0.133",
        "Full validation loss  0.167",
        "Checkpoints           3",
    ]


def test_a_log_file_that_cannot_hold_the_signs_gets_question_marks(monkeypatch, clock):
    log = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", log)

    with serve(openai_job()) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    assert "? succeeded · step 30 of 30" in log.buffer.getvalue().decode("cp1252")


def test_a_long_job_without_a_total_is_not_a_flood_of_lines(capsys, clock):
    job = azure_job()

    job.events = [
        step(number, 0) | {"data": {}, "message": f"Step {number}: training loss=1"}
        for number in range(1, 1001)
    ]
    job.states = [({"status": "running"}, count) for count in range(1, 1001, 40)] + [(ENDED, 1000)]

    with serve(job) as service:
        watch(service.client(), JOB_ID, wait=clock.wait)

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("►")]
    assert 5 < len(lines) < 15
