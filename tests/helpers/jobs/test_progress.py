import math

import pytest
from openai.types.fine_tuning import FineTuningJob
from services import T0, azure_job, event, openai_job, step

from helpers.jobs.progress import Message, Progress, describe_progress


def progress_of(job, state):
    job.looks = state + 1
    return describe_progress(job.answer(), job.events[: job.state()[1]])


def test_progress_of_a_job_that_runs_says_all_that_the_service_tells():
    assert progress_of(openai_job(), 4) == Progress(
        status="running",
        step=12,
        total_steps=30,
        epoch=pytest.approx(1.2),
        n_epochs=3,
        fraction=0.4,
        train_loss=4 / 12,
        valid_loss=0.5,
        reward=None,
        elapsed_seconds=22,
        remaining_seconds=18,
        steps_per_second=1.0,
        tokens_per_second=None,
        queue_position=None,
        messages=(
            Message(0, "Validating training file: file-A"),
            Message(5, "Files validated, moving job to queued state"),
            Message(8, "Fine-tuning job started"),
            Message(22, "Step 12/30: training loss=0.33"),
        ),
    )


def test_the_end_of_a_job_tells_its_time_and_its_tokens_per_second():
    progress = progress_of(openai_job(), 6)

    assert (progress.elapsed_seconds, progress.remaining_seconds, progress.fraction) == (50, None, 1.0)
    assert progress.tokens_per_second == 100


def test_trained_tokens_may_be_a_text():
    job, events = openai_job(), openai_job().events
    ended = job.states[-1][0] | {"created_at": T0}

    assert describe_progress(ended | {"trained_tokens": "3000"}, events).tokens_per_second == 100
    assert describe_progress(ended | {"trained_tokens": "many"}, events).tokens_per_second is None


def test_progress_of_azure_knows_no_total_and_does_not_believe_an_end_before_the_end():
    progress = progress_of(azure_job(), 2)

    assert (progress.step, progress.total_steps, progress.fraction, progress.epoch) == (100, None, None, None)
    assert (progress.elapsed_seconds, progress.remaining_seconds, progress.n_epochs) == (160, None, None)


def test_progress_before_the_first_event_knows_only_the_status():
    unknown = dict.fromkeys(Progress.__dataclass_fields__)

    assert describe_progress({"status": "pending"}, []) == Progress(
        **{**unknown, "status": "pending", "elapsed_seconds": 0, "messages": ()}
    )


def test_an_sdk_object_and_events_newest_first_give_the_same_progress():
    job, events = openai_job(), openai_job().events[:10]

    told = describe_progress(FineTuningJob.construct(**job.answer()), events[::-1])

    assert told == describe_progress(job.answer(), events)


def test_the_estimate_of_the_service_is_preferred():
    job = {"status": "running", "created_at": T0, "estimated_finish": T0 + 100}

    assert describe_progress(job, [step(1, 30), step(2, 30)]).remaining_seconds == 88


@pytest.mark.parametrize("status", ["paused", "queued", "validating_files", "failed"])
def test_a_job_that_does_not_train_has_no_time_left(status):
    job = {"status": status, "created_at": T0, "estimated_finish": T0 + 100}

    assert describe_progress(job, [step(1, 30), step(2, 30)]).remaining_seconds is None


def test_the_place_in_the_queue_is_the_last_one_that_was_announced():
    events = [
        event(f"Waiting for a free slot: number {place} in the queue", 9 - place, {"queue_position": place})
        for place in (3, 2)
    ]

    assert describe_progress({"status": "queued"}, events).queue_position == 2
    assert describe_progress({"status": "running"}, events).queue_position is None


def test_a_legacy_job_tells_its_epoch_in_a_message():
    progress = describe_progress({"status": "running"}, [event("Completed epoch 1/4", 5)])

    assert (progress.epoch, progress.n_epochs) == (1.0, 4)


def test_a_pause_that_is_told_ends_the_speed_at_once():
    before = [event("Fine-tuning job started", 5), *(step(number, 300) for number in range(1, 101))]
    pause = [event("Fine-tuning job paused", 111)]
    after = [event("Fine-tuning job resumed from the checkpoint at step 100", 9_000)]
    after += [{**step(number, 300), "created_at": T0 + 9_000 + number // 2} for number in range(101, 111)]

    assert describe_progress({"status": "paused"}, before + pause).steps_per_second is None
    resumed = describe_progress({"status": "running"}, before + pause + after)
    assert resumed.steps_per_second == pytest.approx(2, rel=0.2)


def test_a_job_that_was_paused_is_as_fast_as_its_last_steps():
    late = [{**step(number, 300), "created_at": T0 + 9_000 + number // 2} for number in range(101, 300)]
    events = [step(number, 300) for number in range(1, 101)] + late

    assert describe_progress({"status": "running"}, events).steps_per_second == pytest.approx(2, rel=0.05)


def test_a_loss_that_is_no_number_any_more_is_not_shown_by_its_last_number():
    broken = [event(f"Step {number}/9: training loss=nan", 20 + number) for number in (4, 5)]
    events = [*(step(number, 9) for number in range(1, 4)), *broken]

    assert math.isnan(describe_progress({"status": "running"}, events).train_loss)
    assert math.isnan(describe_progress({"status": "running"}, broken).train_loss)
