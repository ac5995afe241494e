"""What a job is said to cost, where that figure is from, and the question before money is spent."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from finetune_dataset.errors import FineTuneError
from finetune_dataset.files import write_jsonl
from finetune_dataset.report import DatasetReport, Statistics
from finetune_dataset.tokens.count import count_row
from finetune_dataset.validate import validate_dataset
from helpers.costs.estimate import CostEstimate, approve, cost_table, estimate_cost
from helpers.errors import NotApproved

TODAY = date(2026, 11, 21)
ROW = {
    "messages": [
        {"role": "user", "content": "tiktoken is great!"},
        {"role": "assistant", "content": "tiktoken is great!"},
    ]
}
# By hand: 2 messages of 3 + 1 (role) + 6, and 3 for the row.
ESTIMATE = 2 * (3 + 1 + 6) + 3


@pytest.fixture
def word_model(tmp_path):
    """A local model's folder whose tokenizer has one token per word."""
    words = ["[UNK]", "tiktoken", "is", "great", "!"]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(["<|user|>", "<|assistant|>", "<|end|>"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.fixture
def report_of(tmp_path):
    """Make the report of a file with some rows, counted for a model."""

    def make(rows: list[dict], model: str | Path = "gpt-4o", method: str = "supervised") -> DatasetReport:
        path = tmp_path / "train.jsonl"
        write_jsonl(path, rows)
        tokens = Counter(count_row(row, model).total for row in rows)
        return DatasetReport(path, method, model, len(rows), statistics=Statistics(tokens_per_row=tokens))

    return make


def estimate_of(tokens: Counter[int], path: Path, model: str, n_epochs: int | None) -> CostEstimate:
    report = DatasetReport(
        path, model=model, n_rows=tokens.total(), statistics=Statistics(tokens_per_row=tokens)
    )
    return estimate_cost(report, model, n_epochs, today=TODAY)


def figures(cost: CostEstimate) -> tuple:
    return cost.n_epochs, cost.billed_tokens, cost.tokens_low, cost.tokens_high


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


def test_the_range_of_tokens_becomes_a_range_of_money(report_of):
    cost = estimate_cost(report_of([ROW] * 10), "gpt-4o-mini-2024-07-18", 3)

    high = 3 * 10 * ESTIMATE
    low = high - 3 * 10 * 2
    assert (figures(cost), cost.price, cost.free) == ((3, low, low, high), 3.0, False)
    assert (cost.usd_low, cost.usd_high) == pytest.approx((low * 3 / 1e6, high * 3 / 1e6))


def test_azure_keeps_the_estimate_and_rounds_up_to_the_next_thousand(report_of):
    cost = estimate_cost(report_of([ROW] * 10), "gpt-4.1-2025-04-14", 1, "azure")

    assert figures(cost) == (1, 1000, 10 * ESTIMATE, 1000)
    assert "illustrative" in cost.source


def test_a_local_model_is_free(report_of, word_model):
    cost = estimate_cost(report_of([ROW] * 10, word_model), word_model, 4)

    assert (cost.free, cost.usd_low, cost.usd_high, figures(cost)) == (True, 0.0, 0.0, (4, 480, 480, 480))
    assert str(cost).endswith("10 rows × 4 epochs = 480 tokens, free (trained on this computer)")


def test_an_estimate_says_where_its_figures_are_from_and_how_sure_they_are(report_of):
    cost = estimate_cost(report_of([ROW] * 10), "gpt-4.1-mini-2025-04-14", 3, today=TODAY)

    assert str(cost).split("\n") == [
        "gpt-4.1-mini-2025-04-14: 10 rows × 3 epochs = 630 to 690 tokens, less than 0.01 USD",
        "  Price: 5.00 USD per 1 million training tokens (unverified, 2026-11: no page found that states it)",
        f"  Tokens: {cost.rule}",
        f"  Retirement: {cost.retirement.describe(TODAY)}",
    ]


def test_an_estimate_shows_what_a_deployment_costs_and_how_long_it_can_live(report_of):
    lines = str(estimate_cost(report_of([ROW] * 10), "gpt-4.1", 1, "azure", today=TODAY)).split("\n")

    assert lines[3].startswith("  Hosting: 1.70 USD per hour, used or not (documented, 2026-03-19: Microsoft")
    assert lines[4].startswith(
        "  Retirement: fine-tunes stop on 2027-10-14: one made today would live 327 days"
    )


@pytest.mark.parametrize("model", ["gpt-4.1-nano-2025-04-14", "gpt-4o-audio-preview", "gpt-6-luna"])
def test_a_model_without_a_price_is_not_given_that_of_a_similar_name(model, report_of):
    cost = estimate_cost(report_of([ROW]), model, 3)

    assert (cost.price, cost.usd_low, cost.usd_high) == (None, None, None)
    assert "price unknown" in str(cost)
    assert "pass price=" in str(cost)


def test_your_own_price_replaces_the_table(report_of):
    cost = estimate_cost(report_of([ROW]), "gpt-6-luna", 1, price=2.0)

    assert (cost.price, cost.source) == (2.0, "2.00 USD per 1 million training tokens, given by you")


def test_a_backend_can_be_named_as_the_provider(report_of, word_model):
    providers = {
        backend: estimate_cost(report_of([ROW], model), model, 1, backend).provider
        for backend, model in [("replay", "any-model"), ("local", word_model), ("compatible", "open-model")]
    }

    assert providers == {"replay": "local", "local": "local", "compatible": "compatible"}


def test_a_compatible_service_has_no_known_price_and_is_not_free(report_of):
    cost = estimate_cost(report_of([ROW]), "open-model", 1, "compatible")

    assert (cost.free, cost.usd_low, cost.hosting, cost.retirement) == (False, None, None, None)
    assert "price unknown" in str(cost)


def test_an_unknown_provider_is_refused_with_the_known_ones(report_of):
    with pytest.raises(FineTuneError, match="Known: openai, azure, nebius, compatible, local"):
        estimate_cost(report_of([ROW]), "gpt-4o", 1, "opnai")


@pytest.mark.parametrize("n_epochs", [0, -1, 51, 2.5, "auto"])
def test_a_number_of_epochs_that_no_service_takes_is_refused(n_epochs, report_of):
    with pytest.raises(FineTuneError, match="expected a whole number from 1 to 50, or None"):
        estimate_cost(report_of([ROW]), "gpt-4o-mini", n_epochs)


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


def test_a_reinforcement_job_is_billed_by_the_hour(report_of):
    report = report_of([{"messages": ROW["messages"][:1]}] * 10, method="reinforcement")

    cost = estimate_cost(report, "o4-mini-2025-04-16", 1, "azure")

    assert (cost.price, cost.usd_high) == (None, None)
    assert cost.source.startswith("reinforcement jobs are billed by the hour, 100 USD")


def test_rows_with_errors_are_said_to_be_left_out(report_of):
    report = report_of([ROW] * 10)
    report.n_rows = 12

    assert estimate_cost(report, "gpt-4o", 1).rule.endswith("; 2 rows with errors are left out")


def test_a_table_compares_services_with_price_date_evidence_and_days_to_live(report_of):
    models = [
        ("azure", "gpt-4.1"),
        ("openai", "gpt-4.1-mini"),
        ("openai", "gpt-4o"),
        ("openai", "gpt-6-luna"),
    ]

    table = cost_table(report_of([ROW] * 10), models, 1, prices={("openai", "gpt-4o"): 9.0}, today=TODAY)

    columns = [
        "USD per 1M",
        "as of",
        "evidence",
        "billed tokens",
        "USD high",
        "hosting USD/h",
        "days to live",
    ]
    shown = table[columns].astype(object).where(table[columns].notna(), None).to_numpy().tolist()
    assert shown == [
        [2.0, "2026-03-19", "illustrative, 247 days old, look it up", 1000, 0.002, 1.7, 327],
        [5.0, "2026-11", "unverified", 210, 0.00115, None, 54],
        [9.0, None, "given by you", 210, 0.00207, None, 54],
        [None, None, None, 210, None, None, None],
    ]


def test_a_free_job_needs_no_yes(report_of, word_model, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("asked"))

    approve(estimate_cost(report_of([ROW], word_model), word_model, 1))


def test_a_job_that_costs_money_shows_its_price_and_goes_on_after_yes(report_of, monkeypatch, capsys):
    cost = estimate_cost(report_of([ROW]), "gpt-4o", 1)
    monkeypatch.setattr("builtins.input", lambda prompt: " Yes ")

    approve(cost)

    assert capsys.readouterr().out == f"{cost}\n"


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_any_other_answer_stops_before_the_job(answer, report_of, monkeypatch):
    cost = estimate_cost(report_of([ROW]), "gpt-6-luna", 1)
    monkeypatch.setattr("builtins.input", lambda prompt: answer)

    with pytest.raises(NotApproved, match="Nothing was spent"):
        approve(cost)


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
