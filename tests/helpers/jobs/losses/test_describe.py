import math

import pytest
from curve_samples import OVERFITTED, REAL_JOB, checkpoints, epochs, metrics, rewards

from helpers.jobs.events import metrics_frame
from helpers.jobs.losses.describe import describe_loss, describe_runs
from helpers.jobs.result_file import read_result_file

FALLING = "Training loss falls from 4 at step 1 to 0.174 (mean of the last 3 values, up to step 24)."


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            metrics([3, 2.504]),
            "Training loss is 3 at step 1, then 2.5 at step 2; 2 values are too few to see a direction. "
            "Without validation loss, overfitting cannot be seen.",
        ),
        (
            metrics([3], full={1: 2}),
            "Training loss is 3 at step 1; one value is too few to see a direction. "
            "The last full validation loss is 2 at step 1; measured once, it cannot show overfitting yet.",
        ),
        (
            metrics([1, 3] * 20, valid={3: 1.5}),
            "Training loss shows no clear direction: 1 at step 1, at the end 2.33 "
            "(mean of the last 3 values, up to step 40). The last validation loss of a part of the file "
            "is 1.5 at step 3; a part is too little to judge overfitting by it.",
        ),
        (
            OVERFITTED,
            f"{FALLING} Full validation loss is lowest at step 12: 1.5. "
            "It then rises to 2 at step 24 (+33%): the job overfits.",
        ),
        (
            epochs([3, 2, 1, 1.1, 1.02, 1.04]),
            f"{FALLING} Full validation loss is lowest at step 12: 1; the last is 1.04 at step 24: "
            "too small a rise to call it overfitting.",
        ),
        (
            epochs([3, 2, 1.2, 1.25, 1.25, 1.5]),
            f"{FALLING} Full validation loss is lowest at step 12: 1.2; the last is 1.5 at step 24 (+25%): "
            "perhaps the beginning of overfitting, but too short or too uneven a rise to be sure.",
        ),
        (
            epochs([3, 2, 0.5, 0.5, 0.5001, 0.5003]),
            f"{FALLING} Full validation loss is lowest at step 12: 0.5; the last, at step 24, is the same: "
            "no sign of overfitting.",
        ),
        (
            metrics([0.5] + [3.0] * 29 + [2.0] * 20 + [1.0] * 30),
            "Training loss falls from 2.5 (mean of the first 5 values) to 1 "
            "(mean of the last 5 values, up to step 80). "
            "Without validation loss, overfitting cannot be seen.",
        ),
        (
            metrics([4 / step for step in range(1, 41)] + [0.1 + 0.02 * step for step in range(1, 41)]),
            "Training loss falls from 4 at step 1 to 0.86 (mean of the last 5 values, up to step 80). "
            "Its mean was 0.105 around step 40, and has risen since by more than its usual jumps. "
            "Without validation loss, overfitting cannot be seen.",
        ),
        (
            REAL_JOB,
            "Training loss falls from 8.73 at step 1 to 0.0395 (mean of the last 15 values, up to step 216). "
            "Full validation loss is lowest at step 216: 0.0501, the last measurement: "
            "no sign of overfitting.",
        ),
        (
            rewards([0.1 * step for step in range(1, 13)], {6: 0.5, 9: 0.8, 12: 0.7}),
            "Training mean reward rises from 0.1 at step 1 to 1.1 "
            "(mean of the last 3 values, up to step 12). "
            "Full validation mean reward is highest at step 9: 0.8; the last is 0.7 at step 12.",
        ),
    ],
)
def test_a_few_sentences_say_what_the_plot_shows(table, words):
    assert describe_loss(table) == words


def test_a_diverged_training_is_said_in_words():
    table = metrics([3, 2, 1, math.nan]).assign(train_mean_token_accuracy=0.5)

    assert "From step 4 on it is no number: the training has diverged." in describe_loss(table)


def test_a_training_that_loses_most_of_what_it_had_learned_is_said_to_diverge():
    table = metrics([4 / step for step in range(1, 41)] + [0.1 + 0.1 * step for step in range(1, 41)])

    assert "by more than its usual jumps: the training diverges." in describe_loss(table)


def test_a_job_whose_events_have_no_losses_is_described_by_its_checkpoints():
    text = describe_loss(metrics_frame([]), checkpoints=checkpoints({40: 1.3, 80: 1.0, 120: 0.9}))

    assert text.endswith(
        "Full validation loss is lowest at step 120: 0.9, the last measurement: no sign of overfitting."
    )


FULL = epochs([3.0, 2.0, 1.5])


def test_one_line_for_each_run_and_the_best_one_first():
    assert describe_runs({"small file": OVERFITTED, "no file": metrics([2, 1]), "course": REAL_JOB}) == (
        "course: lowest full validation loss 0.0501 at step 216; last 0.0501 at step 216.\n"
        "small file: lowest full validation loss 1.5 at step 12, then 2 at step 24 (+33%: overfitting).\n"
        "no file: no validation loss.\n"
        "Best on validation data: course."
    )


def test_a_run_alone_is_not_the_best():
    assert describe_runs({"full": FULL, "no file": metrics([2, 1])}).endswith(
        "There is no other job to compare full with."
    )


def test_without_validation_no_run_is_the_best():
    assert describe_runs({"a": metrics([2, 1])}) == (
        "a: no validation loss.\nWithout validation loss, no job can be called the best."
    )


def test_no_runs_are_said_to_be_none():
    assert describe_runs({}) == "There is no job to compare."


def steps_with(loss: object, message: str) -> list[dict]:
    """Events of a job whose training loss never was a number."""
    return [
        {
            "id": f"fte-{step}",
            "created_at": step,
            "message": message.format(step=step),
            "data": {"step": step, "total_steps": 6, "train_loss": loss},
        }
        for step in range(1, 7)
    ]


DIVERGED = "Training loss is no number from step 1 on: the training has diverged."


@pytest.mark.parametrize("message", ["", "Step {step}/6", "Step {step}/6: training loss=nan"])
@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, None, "nan", "NaN", "inf", "-Infinity", "x"])
def test_a_loss_that_never_was_a_number_is_said_to_have_diverged_from_the_first_step(loss, message):
    assert describe_loss(metrics_frame(steps_with(loss, message))) == DIVERGED


@pytest.mark.parametrize("cell", ["", "nan", "inf", "null"])
def test_a_result_file_whose_losses_are_no_numbers_is_said_to_have_diverged(cell):
    content = "step,train_loss,valid_loss\n" + "".join(f"{step},{cell},\n" for step in range(1, 5))

    assert describe_loss(read_result_file(content)) == DIVERGED


def test_a_diverged_job_is_named_among_the_others_and_is_never_the_best():
    assert describe_runs({"high rate": metrics([math.nan] * 4), "course": REAL_JOB}) == (
        "course: lowest full validation loss 0.0501 at step 216; last 0.0501 at step 216.\n"
        "high rate: diverged, the training loss is no number from step 1 on.\n"
        "There is no other job to compare course with."
    )


def test_checkpoints_without_losses_do_not_hide_that_a_job_diverged():
    table = metrics_frame(steps_with(None, "Step {step}/6: training loss=nan"))

    assert describe_loss(table, checkpoints=checkpoints({3: None, 6: None})) == DIVERGED


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (read_result_file("step,elapsed_tokens\n1,20\n2,40\n"), "No loss has been reported."),
        (metrics_frame(steps_with(None, "")[:1]), "No loss has been reported."),
        (
            metrics_frame([*steps_with(2.5, "")[:1], *steps_with(None, "")[1:]]),
            "Training loss is 2.5 at step 1; one",
        ),
        (metrics_frame([{"message": f"Step {step}", "data": {"step": step}} for step in (1, 2)]), "No loss"),
        (metrics([math.nan] * 3, valid={3: 1.2}), "No training loss has been reported yet."),
        (checkpoints({3: None, 6: None}), "No loss has been reported."),
    ],
    ids=[
        "another table",
        "one null",
        "null between two measurements",
        "steps alone",
        "validation only",
        "checkpoints",
    ],
)
def test_what_was_not_reported_is_not_called_diverged(table, said):
    assert describe_loss(table).startswith(said)
