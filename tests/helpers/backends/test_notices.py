"""What a service still offers is said as of a day, and stays true when that day is over."""

from datetime import date

import pytest

from helpers.backends.notices import notice, notice_of_host
from helpers.errors import BackendUnavailable, UnreadableContent


def test_before_the_end_of_jobs_the_notice_says_who_may_train_and_where_that_was_read():
    said = notice("openai", date(2027, 1, 5))

    assert "training_not_available" in said
    assert "(Read on 2026-11-21: OpenAI's deprecations page" in said


@pytest.mark.parametrize("day", [date(2027, 1, 6), date(2027, 1, 13)])
def test_tuned_models_can_be_evaluated_after_the_end_of_jobs(day):
    said = notice("openai", day)

    assert "creates no fine-tuning jobs since 2027-01-06" in said
    assert "answers until 2027-01-14: you can evaluate it" in said


@pytest.mark.parametrize("day", [date(2027, 1, 14), date(2028, 1, 1)])
def test_after_the_end_of_tuned_models_it_is_refused_with_a_way(day):
    with pytest.raises(BackendUnavailable, match=r"ended on 2027-01-14\. Set FINETUNE_BACKEND=local"):
        notice("openai", day)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 10, 13), "Azure will train OpenAI's models only for customers from before 2026-10-14"),
        (date(2026, 11, 29), "New here? Then choose an open model, such as gpt-oss-20b, by FINETUNE_MODEL."),
        (date(2027, 4, 16), "Azure trains OpenAI's models only for customers from before 2026-10-14"),
        (date(2027, 4, 17), "until 2027-04-16 at the latest"),
        (date(2028, 1, 1), "what holds after those days, look up"),
    ],
)
def test_azure_tells_newcomers_that_openais_models_are_closed_to_them(day, words):
    said = notice("azure", day)

    assert words in said
    assert "A deployment costs money by the hour. (Read on 2026-11-21: Microsoft Foundry, model" in said


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("api.tokenfactory.nebius.com", "Nebius trains open models"),
        ("bedrock-mantle.us-west-2.api.aws", "by reinforcement only"),
        ("my-resource.openai.azure.com", "New here?"),
    ],
)
def test_a_compatible_address_that_is_known_has_its_notice(host, words):
    assert words in notice_of_host(host, date(2026, 11, 29))


@pytest.mark.parametrize("host", ["127.0.0.1", "llm.example.org", "notapi.aws", "localhost"])
def test_an_address_that_is_not_known_has_none(host):
    assert notice_of_host(host, date(2026, 11, 29)) == ""


def test_a_damaged_file_is_named_with_the_way_out(tmp_path, monkeypatch):
    (tmp_path / "roads.json").write_text('{"sources": {}}', encoding="utf-8")
    monkeypatch.setattr("helpers.backends.notices.data_path", lambda name: tmp_path / name)

    with pytest.raises(UnreadableContent, match=r"roads\.json is damaged: .*git checkout -- data"):
        notice("azure", date(2026, 11, 29))
