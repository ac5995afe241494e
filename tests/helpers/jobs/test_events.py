import json
import math

import httpx2
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

from helpers.errors import UnreadableContent
from helpers.jobs.events import METRICS, checkpoints_frame, events_to_frame, metrics_frame
from helpers.plots.loss import plot_loss


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
            "train_mean_reward": [math.nan, math.nan],
            "full_valid_mean_reward": [math.nan, math.nan],
        }
    )

    pd.testing.assert_frame_equal(metrics_frame([STEP_2, STEP_1, STARTED]), expected)
    pd.testing.assert_frame_equal(metrics_frame([STARTED, STEP_1, STEP_2]), expected)


def test_a_step_that_was_trained_again_after_a_pause_counts_once_with_its_newest_loss():
    again = {**STEP_1, "created_at": 1_700_000_009, "data": {"step": 1, "total_steps": 2, "train_loss": 2.0}}

    assert metrics_frame([again, STEP_2, STEP_1])["train_loss"].tolist() == [2.0, 1.2512]


# Texts and numbers below are ours, in the wording that the source shows. Sources: public job logs (2023 to
# 2025), OpenAI's guides to supervised and reinforcement fine-tuning, Microsoft's tutorial (May 2024) and
# notebooks (Dec 2025), Nebius' notebook (Dec 2025).
STEP_WORDINGS = [
    # OpenAI, Aug 2023: every tenth step, no total.
    ("Step 10: training loss=2.41", {"step": 10, "train_loss": 2.41}),
    # OpenAI, Dec 2023.
    (
        "Step 131/303: training loss=0.25, validation loss=0.37",
        {"step": 131, "total_steps": 303, "train_loss": 0.25, "valid_loss": 0.37},
    ),
    # OpenAI, 2024 and later.
    ("Step 10/100: training loss=0.50", {"step": 10, "total_steps": 100, "train_loss": 0.5}),
    ("Step 3/9: validation loss=0.60", {"step": 3, "total_steps": 9, "valid_loss": 0.6}),
    (
        "Step 303/303: training loss=0.02, full validation loss=0.33",
        {"step": 303, "total_steps": 303, "train_loss": 0.02, "full_valid_loss": 0.33},
    ),
    (
        "Step 3/9: training loss=0.50, validation loss=0.60, full validation loss=0.70",
        {"step": 3, "total_steps": 9, "train_loss": 0.5, "valid_loss": 0.6, "full_valid_loss": 0.7},
    ),
    # Azure, Dec 2025: scientific notation, no total.
    ("Step 8250: training loss=3.81E-06", {"step": 8250, "train_loss": 3.81e-06}),
    # Azure, May 2024: as many digits as there are.
    ("Step 70: training loss=0.0738019943", {"step": 70, "train_loss": 0.0738019943}),
    # Reinforcement at OpenAI, May 2025: a blank before the comma, and no loss.
    (
        "Step 10/20 , train mean reward=0.42, full validation mean reward=0.68, "
        "full validation mean parse error=0.00",
        {"step": 10, "total_steps": 20, "train_mean_reward": 0.42, "full_valid_mean_reward": 0.68},
    ),
    # A training that has diverged.
    ("Step 5/9: training loss=inf", {"step": 5, "total_steps": 9, "train_loss": math.inf}),
    ("Step 5/9: training loss=nan", {"step": 5, "total_steps": 9}),
]


def known(row):
    return {name: value for name, value in row.items() if not pd.isna(value)}


@pytest.mark.parametrize(("message", "expected"), STEP_WORDINGS)
@pytest.mark.parametrize("data", [None, {}, [], {"step": None, "train_loss": None}])
def test_numbers_are_read_from_the_message_when_data_has_none(message, expected, data):
    [row] = metrics_frame([{**event(message), "data": data}]).to_dict("records")

    assert known(row) == expected


def test_metrics_have_the_promised_columns_in_the_promised_order():
    assert metrics_frame([STEP_1]).columns.tolist() == [
        "step",
        "total_steps",
        "train_loss",
        "train_mean_token_accuracy",
        "valid_loss",
        "valid_mean_token_accuracy",
        "full_valid_loss",
        "full_valid_mean_token_accuracy",
        "train_mean_reward",
        "full_valid_mean_reward",
    ]


def test_data_of_every_known_metric_becomes_its_column_and_hides_no_other():
    data = {"step": 7, "total_steps": 9, **{name: place / 8 for place, name in enumerate(METRICS)}}

    frame = events_to_frame([event("Step 7/9: training loss=0.00", **data)])

    assert known(frame[["step", "total_steps", *METRICS]].iloc[0].to_dict()) == data
    assert frame["extra"].tolist() == [{}]


def test_azure_events_have_no_total_in_data_and_full_precision():
    azure = event(
        "Step 8250: training loss=3.81E-06",
        step=8250,
        train_loss=3.8146971e-06,
        train_mean_token_accuracy=1,
        valid_loss=1.25,
    )

    [row] = metrics_frame([azure]).to_dict("records")

    assert known(row) == azure["data"]


def test_a_total_that_only_the_message_says_is_kept_beside_the_values_of_data():
    [row] = metrics_frame([event("Step 4/9: training loss=0.50", step=4, train_loss=0.4961)]).to_dict(
        "records"
    )

    assert known(row) == {"step": 4, "total_steps": 9, "train_loss": 0.4961}


@pytest.mark.parametrize(
    "message",
    [
        "Created fine-tuning job: ftjob-abc123",
        "Validating training file: file-abc123 and validation file: file-abc456",
        "Files validated, moving job to queued state",
        "New fine-tuned model created: ft:gpt-4o-mini-2024-07-18:org::AbCdEfGh",
        "The job has successfully completed",
        "Moderation checks for snapshot ft:gpt-4o-mini-2024-07-18:org::AbCdEfGh passed.",
        "Completed epoch 1/4",
        "Fine-tune costs $0.43",
        "Fine-tune enqueued. Queue number: 0",
        "Job succeeded.",
        "Model Evaluation Passed.",
        "Postprocessing started.",
        "Completed results file: file-0123456789abcdef",
        "Training tokens billed: 12000",
        "Training hours billed: 0.500",
        "Job is submitted",
        "Dataset 'train.jsonl' processed successfully",
        "Training completed successfully",
        "Step forward",
        "Something new at step 5/9: loss=1",
    ],
)
def test_a_message_that_is_about_no_step_is_kept_whole_and_gives_no_numbers(message):
    told = {"id": "ftevent-1", "object": "fine_tuning.job.event", "created_at": 1, "message": message}

    [row] = events_to_frame([told]).to_dict("records")

    assert row["message"] == message
    assert (row["checkpoint"], row["extra"]) == ("", {})
    assert known({name: row[name] for name in ("step", "total_steps", *METRICS)}) == {}
    assert metrics_frame([told]).empty


@pytest.mark.parametrize(
    ("message", "step", "checkpoint"),
    [
        (
            "Checkpoint created at step 101 with Snapshot ID: ft:tiny:org::AbCdEfGh:ckpt-step-101",
            101,
            "ft:tiny:org::AbCdEfGh:ckpt-step-101",
        ),
        ("Checkpoint created at step 101", 101, ""),
    ],
)
def test_a_checkpoint_message_tells_its_step_and_its_model_if_it_names_one(message, step, checkpoint):
    announced = event(message)

    [row] = events_to_frame([announced]).to_dict("records")

    assert (row["step"], row["checkpoint"]) == (step, checkpoint)
    assert metrics_frame([announced]).empty


REINFORCEMENT = event(
    "Step 10/20 , train mean reward=0.42, full validation mean reward=0.68",
    step=10,
    total_steps=20,
    train_mean_reward=0.4231,
    full_valid_mean_reward=0.675,
    completion_tokens_mean=3376.5,
    scores={"graders": [{"name": "exact", "train_reward_mean": 0.4231}]},
)


def test_a_reinforcement_step_has_rewards_and_its_other_numbers_are_in_extra():
    frame = events_to_frame([REINFORCEMENT])

    [row] = metrics_frame(frame).to_dict("records")
    assert known(row) == {
        "step": 10,
        "total_steps": 20,
        "train_mean_reward": 0.4231,
        "full_valid_mean_reward": 0.675,
    }
    assert frame["extra"].tolist() == [
        {
            "completion_tokens_mean": 3376.5,
            "scores": {"graders": [{"name": "exact", "train_reward_mean": 0.4231}]},
        }
    ]


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        # Moderation results (OpenAI's fine-tuning guide, 2025: events of the type "moderation_checks").
        (
            {"type": "moderation_checks", "data": {"blocked": False, "results": [{"name": "hate"}]}},
            {"blocked": False, "results": [{"name": "hate"}]},
        ),
        ({"data": {"queue_position": 2}}, {"queue_position": 2}),
        ({"data": [1, 2]}, {"data": [1, 2]}),
        ({"data": "a sentence"}, {"data": "a sentence"}),
        ({"data": {"train_loss": "soon", "step": "later"}}, {"train_loss": "soon", "step": "later"}),
        ({"data": {"step": 1.5}}, {"step": 1.5}),
        ({"data": {"step": -1}}, {"step": -1}),
        ({"data": {"step": [3]}}, {"step": [3]}),
        ({"data": {"step": 10**400}}, {"step": 10**400}),
        ({"created_at": 1_700_000_000_000}, {"created_at": 1_700_000_000_000}),
        ({"created_at": "yesterday"}, {"created_at": "yesterday"}),
        ({"region": "swedencentral"}, {"region": "swedencentral"}),
        ({"data": {}, "region": None}, {}),
    ],
)
def test_what_has_no_column_is_in_extra(fields, extra):
    frame = events_to_frame([{**event("News"), **fields}])

    assert frame["extra"].tolist() == [extra]
    assert metrics_frame(frame).empty


def test_data_may_be_the_text_of_a_json_object():
    step = event("Step 2/9: training loss=0.50") | {"data": '{"step": 2, "train_loss": 0.4961, "odd": 1}'}

    frame = events_to_frame([step])

    assert (frame["step"][0], frame["train_loss"][0], frame["extra"][0]) == (2, 0.4961, {"odd": 1})


@pytest.mark.parametrize("loss", ["nan", "NaN", math.nan])
def test_a_loss_that_is_not_a_number_leaves_the_step_and_is_told_in_extra(loss):
    diverged = event("Step 2/9: training loss=nan", step=2, total_steps=9, train_loss=loss)

    frame = events_to_frame([diverged])

    assert str(frame["extra"][0]["train_loss"]).lower() == "nan"
    assert known(metrics_frame(frame).iloc[0].to_dict()) == {"step": 2, "total_steps": 9}


@pytest.mark.parametrize("loss", ["inf", math.inf])
def test_an_infinite_loss_is_a_number(loss):
    assert metrics_frame([event("", step=2, train_loss=loss)])["train_loss"].tolist() == [math.inf]


def as_lines(events):
    return "\n".join(json.dumps(each) for each in events) + "\n\n"


@pytest.mark.parametrize(
    "form",
    [
        lambda events: [FineTuningJobEvent.model_validate(each) for each in events],
        lambda events: [FineTuningJobEvent.construct(**each) for each in events],
        as_lines,
        lambda events: as_lines(events).encode(),
        lambda events: as_lines(events).splitlines(keepends=True),
        lambda events: {"object": "list", "data": events, "has_more": False},
        iter,
        events_to_frame,
    ],
    ids=["SDK", "SDK, unchecked", "text", "bytes", "lines", "page as a dict", "iterator", "frame"],
)
def test_every_form_of_events_gives_the_same_metrics(form):
    events = [STARTED, STEP_1, STEP_2, REINFORCEMENT]

    pd.testing.assert_frame_equal(metrics_frame(form(events)), metrics_frame(events))


class OverlappingPages:
    """Answers the SDK like a service where a new event between two pages moves the others on."""

    def __init__(self, newest_first):
        self.events = newest_first

    def __call__(self, request):
        place = int(request.url.params["after"].rpartition("-")[2]) if "after" in request.url.params else 0
        # One event is repeated at the start of each page but the first.
        page = self.events[max(place - 1, 0) :][:3]
        body = {"object": "list", "data": page, "has_more": place + 2 < len(self.events)}
        return httpx2.Response(200, json=body)


def test_a_page_of_the_sdk_stands_for_all_pages_also_when_they_overlap():
    steps = [event(f"Step {step}: training loss=1.5E-0{step}") for step in range(9, 0, -1)]
    newest_first = [each | {"id": f"ftevent-{place}"} for place, each in enumerate(steps, start=1)]
    client = OpenAI(
        base_url="http://service.test/v1",
        api_key="test",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(OverlappingPages(newest_first))),
    )

    page = client.fine_tuning.jobs.list_events("ftjob-1", limit=3)

    assert metrics_frame(page.data)["step"].tolist() == [7, 8, 9]
    pd.testing.assert_frame_equal(metrics_frame(page), metrics_frame(newest_first))
    assert len(events_to_frame(client.fine_tuning.jobs.list_events("ftjob-1", limit=3))) == 9


def test_a_rare_line_end_inside_a_message_ends_no_line():
    message = "first\u2028second\x85third"
    lines = json.dumps(event(message), ensure_ascii=False) + "\r\n"

    assert events_to_frame(lines)["message"].tolist() == [message]
    assert events_to_frame(lines.encode())["message"].tolist() == [message]


def test_a_loss_that_python_wrote_as_infinity_is_read_from_a_line():
    step = event("Step 2/9: training loss=inf", step=2, total_steps=9, train_loss=math.inf)

    assert metrics_frame(json.dumps(step))["train_loss"].tolist() == [math.inf]


def test_fields_that_the_sdk_does_not_know_are_kept():
    typed = FineTuningJobEvent.construct(**STARTED, region="swedencentral")

    assert events_to_frame([typed])["extra"].tolist() == [{"region": "swedencentral"}]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ('{"id": "ftevent-1"}\n{"id": "ftev', 'found \'{"id": "ftev\''),
        ("[1]", "found '[1]'"),
        (b"\xff{}", "found b'\\xff{}'"),
        ("[" * 100_000, "found '[[["),
        ([7], "found int"),
        (pd.DataFrame({"step": [1]}), "found one without full_valid_loss"),
    ],
)
def test_what_is_no_list_of_events_is_refused_with_what_was_found(events, found):
    with pytest.raises(UnreadableContent) as caught:
        metrics_frame(events)

    assert found in str(caught.value)


def test_the_events_given_are_not_changed():
    events = [STEP_1, REINFORCEMENT, {**STARTED, "data": {"odd": 1}, "region": "x"}]
    before = json.dumps(events)

    events_to_frame(events)

    assert json.dumps(events) == before


def test_an_event_of_two_pages_is_shown_once_and_events_without_ids_are_all_shown():
    legacy = {"object": "fine-tune-event", "created_at": 1, "message": "Completed epoch 1/4"}

    frame = events_to_frame([STEP_2, STEP_1, STEP_1, STARTED, legacy, legacy])

    assert frame["message"].tolist() == [
        *(each["message"] for each in (STEP_2, STEP_1, STARTED)),
        *["Completed epoch 1/4"] * 2,
    ]


def test_events_that_share_one_id_are_all_shown():
    frame = events_to_frame([{**STARTED, "id": "x"}, {**STEP_1, "id": "x"}])

    assert len(frame) == 2


def test_a_step_told_in_two_events_has_the_metrics_of_both():
    measured = event("Step 2/2: validation loss=1.40", at=1_700_000_005, step=2, valid_loss=1.4)

    [row] = metrics_frame([measured, STEP_2]).to_dict("records")

    assert known(row) == {**STEP_2["data"], "valid_loss": 1.4}


@st.composite
def job_events(draw):
    """Events of one job: most steps once, some again, some left out, several in the same second."""
    steps = draw(st.lists(st.integers(1, 12), max_size=20))
    return [
        event(
            f"Step {step}/12: training loss=0.10",
            at=1_700_000_000 + draw(st.integers(0, 3)),
            step=step,
            total_steps=12,
            **draw(st.dictionaries(st.sampled_from(METRICS), st.floats(0, 9, width=32))),
        )
        | {"id": f"ftevent-{place}"}
        for place, step in enumerate(steps)
    ]


@settings(max_examples=50)
@given(job_events(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_pages_give_the_same_metrics(events, chance):
    pages = events + chance.choices(events, k=len(events) // 2) if events else []
    chance.shuffle(pages)

    pd.testing.assert_frame_equal(metrics_frame(pages), metrics_frame(events))
    assert metrics_frame(pages)["step"].tolist() == sorted({each["data"]["step"] for each in events})


ODD_VALUES = st.sampled_from(
    [
        *(None, True, 0, 7, -1, 1.5, 1e300, 10**400, math.nan, math.inf),
        *("", "7", "x", "nan", "null", "{", "[1]", '{"step": 3}'),
        *([], [1], [[1], [2]], {}, {"a": 1}, {"step": {}}),
    ]
)
FIELDS = ("id", "created_at", "level", "type", "message", "data", "region")
NUMBERS = ("step", "total_steps", *METRICS)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), ODD_VALUES), max_size=5))
def test_no_event_is_too_odd_for_the_tables(events):
    frame = events_to_frame(events)

    assert frame.columns.tolist() == events_to_frame([STARTED]).columns.tolist()
    assert metrics_frame(events).columns.tolist() == list(NUMBERS)


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from([*NUMBERS, "new"]), ODD_VALUES))
def test_every_value_of_data_is_in_its_column_or_in_extra(data):
    [row] = events_to_frame([event("News", **data)]).to_dict("records")

    told = {name for name, value in data.items() if value is not None}
    shown = {name for name in NUMBERS if not pd.isna(row[name])}
    assert told == shown | set(row["extra"])
    assert not shown & set(row["extra"])


def test_data_counts_more_than_the_rounded_message():
    assert metrics_frame([STEP_1])["train_loss"].tolist() == [2.4961]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"message": None, "data": None, "created_at": None},
        event("a step without a number", step="later", train_loss="soon"),
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


def checkpoint(step, **fields):
    return {
        "id": f"ftchkpt-{step}",
        "object": "fine_tuning.job.checkpoint",
        "created_at": 1_700_000_000 + step,
        "fine_tuned_model_checkpoint": f"tiny.ft-abc:ckpt-step-{step}",
        "fine_tuning_job_id": "ftjob-1",
        "step_number": step,
        **fields,
    }


def test_azure_checkpoints_count_steps_with_a_decimal_point():
    # Microsoft's tutorial, May 2024: ids "ftchkpt-", "step": 90.0.
    frame = checkpoints_frame([checkpoint(90, metrics={"step": 90.0, "train_loss": 0.25, "valid_loss": 1.5})])

    assert known(frame[["step", *METRICS]].iloc[0].to_dict()) == {
        "step": 90,
        "train_loss": 0.25,
        "valid_loss": 1.5,
    }
    assert frame["extra"].tolist() == [{}]


def test_a_job_without_metrics_in_its_events_has_its_curve_from_the_checkpoints():
    # Nebius, Dec 2025: three events without numbers, one checkpoint for each epoch, weights to download.
    told = ["Job is submitted", "Dataset 'train.jsonl' processed", "Training completed successfully"]
    epochs = [
        checkpoint(step, metrics={"train_loss": 3 / step, "valid_loss": 4 / step}, result_files=["file-1"])
        for step in (20, 10)
    ]

    frame = checkpoints_frame(epochs)

    assert metrics_frame([event(message) for message in told]).empty
    assert frame["extra"].tolist() == [{"result_files": ["file-1"]}] * 2
    curve = metrics_frame(frame)
    assert curve.columns.tolist() == ["step", "total_steps", *METRICS]
    assert curve[["step", "train_loss", "valid_loss"]].to_dict("list") == {
        "step": [10, 20],
        "train_loss": [0.3, 0.15],
        "valid_loss": [0.4, 0.2],
    }
    assert len(plot_loss(frame).lines) > 0


@pytest.mark.parametrize("odd", [{}, {"metrics": None}, {"metrics": [1]}, {"metrics": {"step": "x"}}])
def test_an_odd_checkpoint_is_a_row_without_numbers(odd):
    frame = checkpoints_frame([odd])

    assert len(frame) == 1
    assert frame[list(METRICS)].isna().all(axis=None)


def test_no_checkpoints_give_an_empty_table_with_the_same_columns():
    assert checkpoints_frame([]).columns.tolist() == checkpoints_frame([checkpoint(1)]).columns.tolist()


def test_a_preference_job_has_columns_for_its_rewards_and_no_other_job_has():
    numbers = {"step": 1, "total_steps": 2, "train_loss": 0.69, "train_reward_margin": 0.25}
    event = {"id": "a", "created_at": 1, "message": "Step 1/2: training loss=0.69", "data": numbers}
    checkpoint = {"step_number": 1, "metrics": numbers}
    plain = {"id": "b", "created_at": 1, "message": "Step 1/2: training loss=0.69", "data": {"step": 1}}

    told = [events_to_frame([event]), metrics_frame([event]), checkpoints_frame([checkpoint])]

    for frame in told:
        assert frame["train_reward_margin"].tolist() == [0.25]
        assert "train_rejected_reward" not in frame
    assert events_to_frame([event])["extra"].tolist() == [{}]
    assert "train_reward_margin" not in metrics_frame([plain])
