"""The tables of roads are computed from the day, and hide nothing that is not known."""

from datetime import date

from helpers.roads.table import facts_of, open_on


def test_the_table_of_a_day_says_who_can_train_where():
    table = open_on(date(2026, 11, 29))

    assert table.loc["OpenAI"].to_dict() == {
        "newcomers": "no",
        "customers": "organizations that used a fine-tuned model in the 60 days before 2026-07-02",
        "until": "2027-01-05",
        "tuned models": "answer",
        "calls": "OpenAI's",
        "tried here": "scripted double",
    }
    assert table["newcomers"].to_dict() == {
        "The local server": "yes",
        "OpenAI": "no",
        "Azure (Microsoft Foundry)": "open models only",
        "Nebius Token Factory": "yes",
        "Amazon Bedrock": "yes",
        "Together AI": "yes",
        "AutoTrain": "no",
    }


def test_a_year_later_nothing_is_said_that_was_only_true_when_it_was_read():
    table = open_on(date(2028, 1, 1))

    assert table.loc["OpenAI", ["customers", "until", "tuned models"]].tolist() == [
        "no",
        "no end known",
        "ended",
    ]
    assert table.loc["Azure (Microsoft Foundry)"].tolist()[:4] == [
        "open models only, as read on 2026-11-21, look it up", "not known", "no end known", "not known"
    ]  # fmt: skip
    assert table.loc["Nebius Token Factory", "newcomers"] == "yes, as read on 2026-11-21, look it up"
    assert table.loc["The local server", "newcomers"] == "yes"


def test_a_road_in_full_has_a_source_for_each_answer_and_the_prices_of_the_price_table():
    table = facts_of("azure", date(2026, 11, 29))

    assert "New here? Then choose an open model" in table.loc["who can train", "known"]
    assert (
        "gpt-4.1: 2.00 USD for 1 million trained tokens (illustrative, 2026-03-19"
        in table.loc["price", "known"]
    )
    assert "1.70 USD for each hour of a deployment (documented" in table.loc["price", "known"]
    assert (table[["source", "read"]] != "").all(axis=None)


def test_what_is_not_known_is_said():
    table = facts_of("bedrock", date(2026, 11, 29))

    assert table.loc["price"].tolist() == ["not known", "", ""]


def test_the_local_server_costs_nothing():
    assert facts_of("local").loc["price", "known"] == "nothing"


def test_without_a_day_the_tables_are_of_today():
    assert open_on().equals(open_on(date.today()))
    assert facts_of("openai").equals(facts_of("openai", date.today()))
