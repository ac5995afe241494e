"""Which road is open to somebody on a day, with the reason."""

from datetime import date

import pytest

from helpers.roads.choose import choose

TODAY = date(2026, 11, 29)


def verdicts(today=TODAY, **answers):
    return choose(today, **answers)["open to me"].to_dict()


def test_a_newcomer_can_train_here_and_at_nebius_and_open_models_at_azure():
    assert verdicts() == {
        "The local server": "yes",
        "Nebius Token Factory": "yes",
        "Azure (Microsoft Foundry)": "perhaps",
        "OpenAI": "no",
        "Amazon Bedrock": "no",
        "Together AI": "no",
        "AutoTrain": "no",
    }


@pytest.mark.parametrize(
    ("answers", "road", "verdict", "reason"),
    [
        ({"newcomer": False}, "OpenAI", "perhaps", "the 60 days before 2026-07-02; until 2027-01-05"),
        ({"newcomer": False}, "Azure (Microsoft Foundry)", "yes", "against it; until 2027-04-16"),
        ({"newcomer": True}, "Azure (Microsoft Foundry)", "perhaps", "open models only"),
        ({"may_leave": False}, "Nebius Token Factory", "no", "your rows would leave this computer"),
        ({"may_leave": False}, "The local server", "yes", "nothing in what the course read"),
        ({"method": "reinforcement"}, "Amazon Bedrock", "yes", "nothing in what the course read"),
        ({"method": "dpo"}, "Nebius Token Factory", "no", "it trains by supervised only"),
        ({"same_calls": False}, "Together AI", "yes", "nothing in what the course read"),
        ({}, "Together AI", "no", "it has calls of its own"),
        ({}, "OpenAI", "no", "it takes no new jobs of newcomers"),
        ({"today": date(2027, 1, 6), "newcomer": False}, "OpenAI", "no", "it takes no new jobs"),
        (
            {"today": date(2028, 1, 1)},
            "Nebius Token Factory",
            "perhaps",
            "yes, as read on 2026-11-21, look it",
        ),
        ({"today": date(2028, 1, 1), "newcomer": False}, "Azure (Microsoft Foundry)", "perhaps", "not known"),
    ],
)
def test_each_answer_of_the_form_has_its_reason(answers, road, verdict, reason):
    found = choose(**{"today": TODAY} | answers).loc[road]

    assert found["open to me"] == verdict
    assert reason in found["because"]


def test_a_closed_road_has_no_setting():
    table = choose(TODAY)

    assert (table.loc[table["open to me"] == "no", "setting"] == "").all()
    assert table.loc["The local server", "setting"] == 'connect("local")'


def test_without_a_day_it_is_today():
    assert choose().equals(choose(date.today()))
