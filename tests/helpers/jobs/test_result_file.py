import base64
import math

import pandas as pd
import pytest
from hypothesis import example, given, strategies as st

from helpers.errors import UnreadableContent
from helpers.jobs.events import METRICS, metrics_frame
from helpers.jobs.result_file import read_result_file

# The headers of each service; the numbers are ours. OpenAI: public code, 2023 and 2024. Azure: its
# fine-tuning guide, Oct 2026.
OPENAI_CSV = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,2.5,0.4,,\n2,1.5,0.6,1.75,0.5\n"
)
AZURE_CSV = (
    "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy,"
    "full_valid_loss,full_valid_mean_token_accuracy\n1,2.5,0.4,,,,\n2,1.5,0.6,1.75,0.5,,\n"
)
# The first fine-tunes, with the classification metrics of two classes and the one of more (header in public
# code, May 2023). Azure wrote -1 for "not measured" (public code for API version 2022-06-01-preview).
LEGACY_CSV = (
    "step,elapsed_tokens,elapsed_examples,training_loss,training_sequence_accuracy,training_token_accuracy,"
    "validation_loss,validation_sequence_accuracy,validation_token_accuracy,classification/accuracy,"
    "classification/precision,classification/recall,classification/auroc,classification/auprc,"
    "classification/f1.0,classification/weighted_f1_score\n"
    "1,120,4,2.5,0.0,0.4,-1,-1,-1,,,,,,,\n"
    "2,240,8,1.5,0.25,0.6,1.75,0.0,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5\n"
)
EXPECTED = pd.DataFrame(
    {
        "step": pd.array([1, 2], dtype="Int64"),
        "total_steps": pd.array([None, None], dtype="Int64"),
        "train_loss": [2.5, 1.5],
        "train_mean_token_accuracy": [0.4, 0.6],
        "valid_loss": [math.nan, 1.75],
        "valid_mean_token_accuracy": [math.nan, 0.5],
        **{name: [math.nan, math.nan] for name in METRICS[4:]},
    }
)


@pytest.mark.parametrize(
    "content",
    [
        base64.b64encode(OPENAI_CSV.encode()),
        base64.encodebytes(OPENAI_CSV.encode()),
        base64.b64encode(OPENAI_CSV.encode()).decode(),
        base64.b64encode(AZURE_CSV.encode("utf-8-sig")),
        OPENAI_CSV,
        AZURE_CSV.encode(),
        AZURE_CSV.encode("utf-8-sig"),
        "\ufeff" + AZURE_CSV,
        AZURE_CSV.replace("\n", "\r\n"),
        AZURE_CSV.replace("\n", "\r").encode(),
        LEGACY_CSV,
    ],
    ids=[
        "base64",
        "wrapped base64",
        "base64 text",
        "base64 with BOM",
        "plain text",
        "azure",
        "azure with BOM",
        "azure text with BOM",
        "azure with CRLF",
        "azure with CR",
        "legacy",
    ],
)
def test_a_result_file_reads_the_same_whoever_wrote_it(content):
    pd.testing.assert_frame_equal(read_result_file(content), EXPECTED)


def test_a_result_file_has_the_columns_and_types_of_the_metrics():
    frame = read_result_file(OPENAI_CSV)

    assert frame.dtypes.to_dict() == metrics_frame([]).dtypes.to_dict()
    assert frame.columns.tolist() == metrics_frame([]).columns.tolist()


def test_a_step_of_several_rows_has_the_last_value_of_each_column_that_is_not_empty():
    content = "step,train_loss,valid_loss\n2,0.5,0.9\n1,0.8,\n2,,0.7\n2,0.4,\n"

    assert read_result_file(content)[["step", "train_loss", "valid_loss"]].values.tolist() == [
        [1, 0.8, pytest.approx(math.nan, nan_ok=True)],
        [2, 0.4, 0.7],
    ]


def test_rewards_are_read_and_one_of_minus_one_counts():
    # Columns of a reinforcement job (Microsoft's fine-tuning skill, Aug 2026).
    content = "step,train_mean_reward,full_valid_mean_reward,completion_tokens_mean\n1,-1,0.25,900\n"

    assert read_result_file(content)[["train_mean_reward", "full_valid_mean_reward"]].values.tolist() == [
        [-1, 0.25]
    ]


def test_cells_without_a_number_are_missing_and_infinite_ones_stay():
    content = "step,train_loss,valid_loss\n1,nan,inf\n2, 0.5 ,none\n,1,1\n3.0,1e-3\n\n4,1,2,3\n"

    frame = read_result_file(content)

    assert frame["step"].tolist() == [1, 2, 3, 4]
    assert frame["train_loss"].fillna(-9).tolist() == [-9, 0.5, 0.001, 1]
    assert frame["valid_loss"].fillna(-9).tolist() == [math.inf, -9, -9, 2]


def test_a_result_file_of_a_job_without_steps_is_an_empty_table():
    pd.testing.assert_frame_equal(read_result_file("step,train_loss\n"), metrics_frame([]))


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "found ''"),
        (b'{"error": "not found"}', """found '{"error": "not found"}'"""),
        (b"\xff\xfe\x00", "with a column 'step'"),
        (base64.b64encode(b"PK\x03\x04"), "with a column 'step'"),
        ("train_loss,valid_loss\n1,2\n", "found 'train_loss,valid_loss'"),
        (f"step,train_loss\n1,{'9' * 200_000}\n", "is not CSV: field larger than field limit"),
        (["step"], "expected bytes or text; found list. Give client.files.content(file_id).read()"),
    ],
)
def test_a_file_that_is_no_result_file_is_refused_with_what_was_found(content, found):
    with pytest.raises(UnreadableContent) as caught:
        read_result_file(content)

    assert found in str(caught.value)


@given(st.binary(max_size=200) | st.text(max_size=200))
@example("step\udcff,train_loss\n1,2")
@example("step\n123\n4")
@example("step,step\n1,2\n")
@example('step,"train_loss\n1,2')
@example("step,train_loss\n1e400,1\n-1,1\n1.5,1\n")
def test_any_content_is_read_or_refused(content):
    for tail in (
        content,
        b"step,train_loss\n" + content if isinstance(content, bytes) else "step," + content,
    ):
        try:
            frame = read_result_file(tail)
        except UnreadableContent:
            continue
        assert frame.columns.tolist() == ["step", "total_steps", *METRICS]


def test_the_rewards_of_a_preference_job_are_read_also_where_they_are_minus_one():
    header = "step,train_loss,train_accuracy,train_reward_margin,valid_reward_margin"
    text = f"{header}\n1,0.69,0.5,-1,\n2,0.5,0.5,0.2,0.1\n"

    frame = read_result_file(text)

    assert frame["train_reward_margin"].tolist() == [-1, 0.2]
    assert frame.columns.tolist() == [
        "step", "total_steps", *METRICS, "train_reward_margin", "valid_reward_margin"
    ]  # fmt: skip
