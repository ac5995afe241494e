"""The rules that turn tokens into a bill, against bills that were published."""

from collections import Counter
from pathlib import Path

import pytest
from billed_rows import ESTIMATE, ROW, TODAY, figures

from finetune_dataset.files import write_jsonl
from finetune_dataset.report import DatasetReport, Statistics
from finetune_dataset.tokens.count import count_row
from finetune_dataset.validate import validate_dataset
from helpers.costs.estimate import CostEstimate, estimate_cost


def estimate_of(tokens: Counter[int], path: Path, model: str, n_epochs: int | None) -> CostEstimate:
    report = DatasetReport(
        path, model=model, n_rows=tokens.total(), statistics=Statistics(tokens_per_row=tokens)
    )
    return estimate_cost(report, model, n_epochs, today=TODAY)


@pytest.mark.parametrize(
    ("tokens", "model", "n_epochs", "trained"),
    [
        # Ten rows about elements, 855 tokens in one pass; "auto" became 10 epochs.
        (Counter({85: 5, 86: 5}), "gpt-3.5-turbo", 10, 8_350),
        # A hundred recipes, 13,429 tokens; "auto" became 3 epochs.
        (Counter({134: 71, 135: 29}), "gpt-3.5-turbo", 3, 39_687),
        # The cookbook's 103 rows with 16 tools, 9,830 tokens and 379 a row for the tools; "auto" became 3.
        (Counter({474: 58, 475: 45}), "gpt-3.5-turbo-0125", 3, 145_983),
    ],
)
def test_openai_bills_2_tokens_per_row_less_than_the_estimate_as_in_three_public_jobs(
    tokens, model, n_epochs, trained, tmp_path
):
    (tmp_path / "train.jsonl").touch()

    cost = estimate_of(tokens, tmp_path / "train.jsonl", model, None)

    estimate = n_epochs * sum(count * rows for count, rows in tokens.items())
    assert figures(cost) == (n_epochs, trained, trained, estimate)
    assert "matched 7 recorded bills" in cost.rule
    assert "which OpenAI never confirmed" in cost.rule


def test_azure_keeps_the_estimate_and_rounds_up_to_the_next_thousand(report_of):
    cost = estimate_cost(report_of([ROW] * 10), "gpt-4.1-2025-04-14", 1, "azure")

    assert figures(cost) == (1, 1000, 10 * ESTIMATE, 1000)
    assert "illustrative" in cost.source


def test_a_model_with_another_vocabulary_is_a_guess_with_a_wide_range(report_of):
    cost = estimate_cost(report_of([ROW] * 100), "meta-llama/Meta-Llama-3.1-8B-Instruct", 1, "nebius")

    assert figures(cost) == (1, 2300, 2277, 2760)
    assert "which is a guess: meta-llama/Meta-Llama-3.1-8B-Instruct is not in our table" in cost.rule


def test_tools_widen_the_range_by_what_the_chat_api_adds(report_of):
    with_tools = {**ROW, "tools": [{"type": "function", "function": {"name": "f"}}]}
    plain = {**ROW, "metadata": 'says "tools": no'}

    report = report_of([plain, with_tools, with_tools])
    cost = estimate_cost(report, "gpt-4o", 10)

    assert figures(cost) == (
        10,
        10 * (report.tokens - 6),
        10 * (report.tokens - 6),
        10 * (report.tokens + 18),
    )
    assert "tools in 2 rows" in cost.rule


def test_images_are_said_to_be_left_out(report_of):
    part = {"type": "image_url", "image_url": {"url": "https://example.com/element.png"}}
    image = {"messages": [{"role": "user", "content": [part]}, ROW["messages"][1]]}

    assert (
        "images or audio in 1 rows are not counted"
        in estimate_cost(report_of([ROW, image]), "gpt-4o", 1).rule
    )


def test_preference_rows_have_no_known_bill_so_the_range_goes_up_to_twice(report_of):
    row = {
        "input": {"messages": ROW["messages"][:1]},
        "preferred_output": ROW["messages"][1:],
        "non_preferred_output": ROW["messages"][1:],
    }
    report = report_of([row] * 10, method="dpo")

    cost = estimate_cost(report, "gpt-4o", 1)

    assert figures(cost) == (1, report.tokens - 20, report.tokens - 20, 2 * report.tokens)
    assert "not compared with a bill of preference rows" in cost.rule


def test_rows_with_errors_are_said_to_be_left_out(report_of):
    report = report_of([ROW] * 10)
    report.n_rows = 12

    assert estimate_cost(report, "gpt-4o", 1).rule.endswith("; 2 rows with errors are left out")


def test_a_report_for_another_vocabulary_is_counted_again(tmp_path):
    rows = [
        {"messages": [{"role": "user", "content": f"元素{number}"}, *ROW["messages"][1:]]}
        for number in range(10)
    ]
    write_jsonl(tmp_path / "train.jsonl", rows)
    reports = [
        validate_dataset(tmp_path / "train.jsonl", model=model) for model in (None, "gpt-4", "gpt-4o-mini")
    ]

    costs = [estimate_cost(report, "gpt-4o", 1) for report in reports]

    expected = sum(count_row(row, "gpt-4o").total for row in rows)
    assert [cost.tokens_high for cost in costs] == [expected] * 3
    assert reports[1].tokens > expected
