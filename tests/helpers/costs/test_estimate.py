"""What a job is said to cost, where that figure is from, and the question before money is spent."""

import pytest
from billed_rows import ESTIMATE, ROW, TODAY, figures

from finetune_dataset import DatasetError, validate_dataset
from finetune_dataset.errors import FineTuneError
from helpers.costs.estimate import approve, estimate_cost
from helpers.costs.spending.approvals import approved_usd
from helpers.errors import NotApproved
from helpers.paths import data_path


def test_the_range_of_tokens_becomes_a_range_of_money(report_of):
    cost = estimate_cost(report_of([ROW] * 10), "gpt-4o-mini-2024-07-18", 3)

    high = 3 * 10 * ESTIMATE
    low = high - 3 * 10 * 2
    assert (figures(cost), cost.price, cost.free) == ((3, low, low, high), 3.0, False)
    assert (cost.usd_low, cost.usd_high) == pytest.approx((low * 3 / 1e6, high * 3 / 1e6))


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
        "  Retirement: fine-tunes stop on 2027-10-14: one made on 2026-11-21 would live 327 days"
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


def test_a_reinforcement_job_is_billed_by_the_hour(report_of):
    report = report_of([{"messages": ROW["messages"][:1]}] * 10, method="reinforcement")

    cost = estimate_cost(report, "o4-mini-2025-04-16", 1, "azure")

    assert (cost.price, cost.usd_high) == (None, None)
    assert cost.source.startswith("reinforcement jobs are billed by the hour, 100 USD")


def test_a_free_job_needs_no_yes(report_of, word_model, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("asked"))

    approve(estimate_cost(report_of([ROW], word_model), word_model, 1))


def test_a_job_that_costs_money_shows_its_price_and_goes_on_and_counts_after_yes(
    report_of, monkeypatch, capsys, tmp_path
):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    cost = estimate_cost(report_of([ROW]), "gpt-4o", 1)
    monkeypatch.setattr("builtins.input", lambda prompt: " Yes ")

    approve(cost)

    assert capsys.readouterr().out == f"{cost}\n"
    assert approved_usd() == cost.usd_high > 0


@pytest.mark.parametrize("given", [{"limit": 0.0001}, {}])
def test_a_job_above_the_limit_is_stopped_before_anybody_is_asked(given, report_of, monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("FINETUNE_LIMIT_USD", "0.0001")
    monkeypatch.setattr("builtins.input", lambda prompt: pytest.fail("asked"))

    with pytest.raises(NotApproved, match=r"your limit is 0\.00 USD"):
        approve(estimate_cost(report_of([ROW] * 10), "gpt-4o", 3), **given)


@pytest.mark.parametrize("answer", ["", "y", "no"])
def test_any_other_answer_stops_before_the_job(answer, report_of, monkeypatch):
    cost = estimate_cost(report_of([ROW]), "gpt-6-luna", 1)
    monkeypatch.setattr("builtins.input", lambda prompt: answer)

    with pytest.raises(NotApproved, match="Nothing was spent"):
        approve(cost)


def test_a_free_job_of_a_model_that_is_not_on_this_computer_has_no_number_of_tokens(tmp_path, monkeypatch):
    monkeypatch.setenv("FINETUNE_MODELS_DIR", str(tmp_path))
    report = validate_dataset(data_path("limericks.jsonl"))

    replayed = estimate_cost(report, "smollm2-135m-instruct", 1, provider="replay")

    assert replayed.free
    assert repr(replayed) == ("smollm2-135m-instruct: 236 rows × 1 epochs, free (trained on this computer)")
    with pytest.raises(DatasetError, match=r"tokenizer.json was not found"):
        estimate_cost(report, tmp_path, 1, provider="local")
