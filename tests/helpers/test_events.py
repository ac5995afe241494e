import base64
import math

import pandas as pd
import pytest
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from helpers.errors import JobFailed
from helpers.events import (
    METRICS,
    Progress,
    checkpoints_frame,
    describe_progress,
    events_to_frame,
    is_terminal,
    metrics_frame,
    parse_result_file,
    require_succeeded,
)


def event(message, *, at=1_700_000_000, **data):
    return {
        "id": f"ftevent-{at}-{message[:12]}",
        "object": "fine_tuning.job.event",
        "created_at": at,
        "level": "info",
        "type": "metrics" if data else "message",
        "message": message,
        "data": data,
    }


STARTED = event("Fine-tuning job started")
STEP_1 = event(
    "Step 1/2: training loss=2.50", at=1_700_000_001, step=1, total_steps=2, train_loss=2.4961, valid_loss=2.7
)
STEP_2 = event(
    "Step 2/2: training loss=1.25",
    at=1_700_000_002,
    step=2,
    total_steps=2,
    train_loss=1.2512,
    train_mean_token_accuracy=0.75,
    full_valid_loss=1.5,
)


def test_events_become_one_row_each_in_the_order_given():
    frame = events_to_frame([STARTED, STEP_1])

    assert frame["message"].tolist() == ["Fine-tuning job started", "Step 1/2: training loss=2.50"]
    assert frame["type"].tolist() == ["message", "metrics"]
    assert frame["created_at"].tolist() == [
        pd.Timestamp("2023-11-14 22:13:20", tz="UTC"),
        pd.Timestamp("2023-11-14 22:13:21", tz="UTC"),
    ]
    assert frame["train_loss"].tolist()[1] == 2.4961
    assert frame["step"].isna().tolist() == [True, False]


def test_sdk_objects_and_plain_dicts_give_the_same_table():
    plain = [STARTED, STEP_1, STEP_2]
    typed = [FineTuningJobEvent.model_validate(item) for item in plain]

    pd.testing.assert_frame_equal(events_to_frame(typed), events_to_frame(plain))


def test_metrics_are_one_row_per_step_and_ascend_whatever_the_order_of_the_events():
    expected = pd.DataFrame(
        {
            "step": pd.array([1, 2], dtype="Int64"),
            "total_steps": pd.array([2, 2], dtype="Int64"),
            "train_loss": [2.4961, 1.2512],
            "train_mean_token_accuracy": [math.nan, 0.75],
            "valid_loss": [2.7, math.nan],
            "valid_mean_token_accuracy": [math.nan, math.nan],
            "full_valid_loss": [math.nan, 1.5],
            "full_valid_mean_token_accuracy": [math.nan, math.nan],
        }
    )

    pd.testing.assert_frame_equal(metrics_frame([STEP_2, STEP_1, STARTED]), expected)
    pd.testing.assert_frame_equal(metrics_frame([STARTED, STEP_1, STEP_2]), expected)


def test_a_step_that_was_trained_again_after_a_pause_counts_once_with_its_newest_loss():
    again = {**STEP_1, "created_at": 1_700_000_009, "data": {"step": 1, "total_steps": 2, "train_loss": 2.0}}

    assert metrics_frame([again, STEP_2, STEP_1])["train_loss"].tolist() == [2.0, 1.2512]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Step 10/100: training loss=0.50", {"step": 10, "total_steps": 100, "train_loss": 0.5}),
        ("Step 8250: training loss=3.8E-06", {"step": 8250, "train_loss": 3.8e-06}),
        (
            "Step 3/9: training loss=0.50, validation loss=0.60, full validation loss=0.70",
            {"step": 3, "total_steps": 9, "train_loss": 0.5, "valid_loss": 0.6, "full_valid_loss": 0.7},
        ),
        ("Step 3/9: validation loss=0.60", {"step": 3, "total_steps": 9, "valid_loss": 0.6}),
    ],
)
def test_losses_are_read_from_the_message_when_data_is_missing(message, expected):
    [row] = metrics_frame([{**event(message), "data": None}]).to_dict("records")

    assert {name: value for name, value in row.items() if not pd.isna(value)} == expected


def test_data_counts_more_than_the_rounded_message():
    assert metrics_frame([STEP_1])["train_loss"].tolist() == [2.4961]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"message": None, "data": None, "created_at": None},
        event("Dataset 'x' processed successfully"),
        event("Step forward"),
        event("Step 5/10: training loss=unknown"),
        event("a new kind", surprise=[1, 2]),
        event("a step without a number", step="later", train_loss="soon"),
        {**event("a list in data"), "data": [1, 2]},
    ],
)
def test_unknown_events_are_shown_and_give_no_metrics(odd):
    assert len(events_to_frame([odd])) == 1
    assert metrics_frame([odd]).empty


def test_no_events_give_empty_tables_with_the_same_columns():
    assert events_to_frame([]).columns.tolist() == events_to_frame([STEP_1]).columns.tolist()
    assert metrics_frame([]).columns.tolist() == ["step", "total_steps", *METRICS]


def test_text_columns_never_hold_a_missing_value():
    frame = events_to_frame([{"created_at": 1}, STARTED])

    assert frame[["level", "type", "message"]].notna().all(axis=None)


def test_checkpoints_ascend_by_step_and_carry_their_losses():
    newest_first = [
        FineTuningJobCheckpoint.model_validate(
            {
                "id": f"ftckpt_{step}",
                "object": "fine_tuning.job.checkpoint",
                "created_at": 1_700_000_000 + step,
                "fine_tuned_model_checkpoint": f"ft:tiny:local::abc:ckpt-step-{step}",
                "fine_tuning_job_id": "ftjob-1",
                "step_number": step,
                "metrics": {"step": step, "train_loss": 1 / step},
            }
        )
        for step in (4, 2)
    ]

    frame = checkpoints_frame(newest_first)

    assert frame["step"].tolist() == [2, 4]
    assert frame["train_loss"].tolist() == [0.5, 0.25]
    assert frame["fine_tuned_model_checkpoint"].iloc[-1] == "ft:tiny:local::abc:ckpt-step-4"


OPENAI_CSV = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,2.5,0.4,,\n2,1.5,0.6,1.75,0.5\n"
)
AZURE_CSV = (
    "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy,"
    "full_valid_loss,full_valid_mean_token_accuracy\n1,2.5,0.4,,,,\n2,1.5,0.6,1.75,0.5,,\n"
)


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(OPENAI_CSV.encode()),
        base64.encodebytes(OPENAI_CSV.encode()),
        base64.b64encode(OPENAI_CSV.encode()).decode(),
        OPENAI_CSV,
        AZURE_CSV.encode(),
        AZURE_CSV.encode("utf-8-sig"),
        AZURE_CSV.replace("\n", "\r\n"),
    ],
    ids=[
        "base64",
        "wrapped base64",
        "base64 text",
        "plain text",
        "azure",
        "azure with BOM",
        "azure with CRLF",
    ],
)
def test_a_result_file_reads_the_same_whoever_wrote_it(content):
    frame = parse_result_file(content)

    assert frame.columns.tolist() == ["step", *METRICS]
    assert frame["step"].tolist() == [1, 2]
    assert frame["train_loss"].tolist() == [2.5, 1.5]
    assert frame["train_mean_token_accuracy"].tolist() == [0.4, 0.6]
    assert frame["valid_loss"].isna().tolist() == [True, False]
    assert frame["valid_mean_token_accuracy"].iloc[1] == 0.5


@pytest.mark.parametrize(
    "content", [b"", b'{"error": "not found"}', b"\xff\xfe\x00", base64.b64encode(b"PK\x03\x04")]
)
def test_a_file_that_is_no_result_file_is_refused_with_what_was_expected(content):
    with pytest.raises(ValueError, match="expected CSV, or base64 of CSV, with a column 'step'"):
        parse_result_file(content)


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_three_statuses_are_terminal(status):
    assert is_terminal(status)


@pytest.mark.parametrize("status", ["validating_files", "queued", "running", "pending", "paused", "", None])
def test_every_other_status_means_keep_waiting(status):
    assert not is_terminal(status)


def test_progress_tells_the_last_step_and_its_losses():
    job = FineTuningJob.construct(id="ftjob-1", status="running")

    progress = describe_progress(job, [STEP_2, STEP_1, STARTED])

    assert progress == Progress("running", 2, 2, 1.2512, 1.5, 1.0, 2)


def test_progress_without_a_total_has_no_fraction_until_the_job_succeeds():
    events = [event("Step 8250: training loss=3.8E-06")]

    assert describe_progress({"status": "running"}, events).fraction is None
    assert describe_progress({"status": "succeeded"}, events).fraction == 1.0


def test_progress_before_the_first_event_knows_only_the_status():
    assert describe_progress({"status": "pending"}, []) == Progress(
        "pending", None, None, None, None, None, 0
    )


def test_a_job_that_succeeded_passes_the_gate():
    require_succeeded({"id": "ftjob-1", "status": "succeeded", "error": {}})


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("running", None, "The job ftjob-1 has not ended: its status is 'running'"),
        ("pending", {}, "has not ended"),
        ("cancelled", {}, "ended with the status 'cancelled'; expected 'succeeded'"),
        ("failed", {"code": "invalid_n_examples", "message": "7 rows"}, "(invalid_n_examples: 7 rows)"),
    ],
)
def test_a_job_without_a_model_is_stopped_with_its_status_and_reason(status, error, said):
    with pytest.raises(JobFailed) as caught:
        require_succeeded({"id": "ftjob-1", "status": status, "error": error})

    assert said in str(caught.value)
