import pytest
from services import Job, azure_job, event, openai_job
from snapshots import look_at

from helpers.jobs.describe import (
    as_lines,
    duration,
    hint,
    progress_numbers,
    result_facts,
    result_sentence,
    status_line,
    status_words,
)


def test_a_very_small_loss_is_not_shown_as_zero():
    job = Job([({"status": "running"}, 1)], [event("Step 8250: training loss=3.81E-06", 9)], [])

    assert ("Training loss", "3.8e-06") in progress_numbers(look_at(job, 0).progress).items()


def test_a_preference_job_shows_the_margin_of_its_rewards_beside_its_loss():
    numbers = {"step": 8, "total_steps": 9, "train_loss": 0.4, "train_reward_margin": 1.25}
    job = Job([({"status": "running"}, 1)], [event("Step 8/9: training loss=0.40", 9, numbers)], [])

    shown = progress_numbers(look_at(job, 0).progress)

    assert (shown["Training loss"], shown["Reward margin"]) == ("0.400", "1.250")


def test_the_sentence_about_a_failed_job_has_the_reason():
    error = {"code": "invalid_n_examples", "message": "7 rows."}
    snapshot = look_at(Job([({"status": "failed", "error": error}, 0)]), 0)

    assert "failed after 0:00. The reason: invalid_n_examples: 7 rows. No loss" in result_sentence(snapshot)


def test_a_line_of_a_log_leaves_out_what_is_not_known():
    waiting = event("Waiting for a free slot: number 2 in the queue", 3, {"queue_position": 2})
    queued = look_at(Job([({"status": "queued"}, 1)], [waiting]), 0)

    assert status_line(queued.progress) == "… queued · number 2 in the queue · 0:03 elapsed"
    assert status_line(look_at(azure_job(), 2).progress) == (
        "► running · step 100 · speed 1 steps/s · training loss 0.010 · 2:40 elapsed"
    )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("running", "► running 40%"),
        ("succeeded", "✓ succeeded"),
        ("paused", "‖ paused 40%"),
        ("new", "… new 40%"),
    ],
)
def test_each_status_has_a_sign_and_the_share_that_is_done(status, words):
    job = openai_job()
    job.states[4] = ({"status": status}, 16)

    assert status_words(look_at(job, 4).progress) == words


def test_the_labels_of_a_live_view_are_always_the_same():
    labels = [list(progress_numbers(look_at(job(), 1).progress)) for job in (openai_job, azure_job)]

    assert (
        labels[0]
        == labels[1]
        == [*("Step", "Epoch", "Elapsed", "Left, estimated", "Speed", "Training loss", "Validation loss")]
    )


def test_the_facts_that_remain_say_on_what_the_last_validation_was_measured():
    facts = result_facts(look_at(openai_job(), 6))

    assert (facts["Full validation loss"], facts["Trained tokens"]) == ("0.167", "3,000")
    assert "Validation loss" not in facts
    assert as_lines({"a": "1", "long": "2"}) == "a     1\nlong  2"


@pytest.mark.parametrize(("seconds", "words"), [(-1, "0:00"), (129.4, "2:09"), (3729, "1:02:09")])
def test_a_time_is_minutes_and_seconds(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize("stored", ["one row was skipped", '{"message": "one row was skipped"}'])
def test_the_status_decides_and_a_text_in_error_is_only_added(stored):
    succeeded = look_at(Job([({"status": "succeeded", "error": stored}, 0)]), 0)
    running = look_at(Job([({"status": "running", "error": stored}, 0)]), 0)

    assert "succeeded after 0:00. The service adds: one row was skipped. No loss" in result_sentence(
        succeeded
    )
    assert result_facts(succeeded)["Service adds"] == "one row was skipped"
    assert "Reason" not in result_facts(succeeded)
    assert hint(running) == "The service adds: one row was skipped"


def test_a_healthy_job_whose_empty_error_was_stored_as_a_text_is_only_a_success():
    job = {"status": "succeeded", "error": "Error(code=None, message=None, param=None)"}

    assert "The " not in result_sentence(look_at(Job([(job, 0)]), 0)).removeprefix("The job")


def test_a_loss_that_is_no_number_is_called_that():
    events = [event(f"Step {step}/9: training loss=nan", step) for step in (1, 2)]
    progress = look_at(Job([({"status": "running"}, 2)], events, []), 0).progress

    assert ("Training loss", "no number") in progress_numbers(progress).items()
    assert "training loss no number" in status_line(progress)
