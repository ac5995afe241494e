"""Aliases: clients call a base model by another name, and get that name back."""

from dataclasses import replace
from pathlib import Path

import openai
import pytest
from openai.types import Model
from serving import BASE_MODEL, NAMES, command, refusal, row, serve, upload, wait_until
from states import TINY

from local_server.__main__ import main
from local_server.offered.aliases import Alias, UnusableAlias, find_alias, read_aliases

SMALL = replace(TINY, id="small", folder=Path("/models/small"))
MODELS = (TINY, SMALL)
ROWS = [row(name) for name in NAMES[:10]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("gpt-4o", "Expected NAME=MODEL"),
        ("gpt-4o=", "Expected NAME=MODEL"),
        ("=small", "Expected NAME=MODEL"),
        ("gpt 4o=small", "Expected NAME=MODEL"),
        ("ft:gpt-4o=small", "does not start with 'ft:'"),
        ("gpt-4o=large", f"no base model 'large'. It has {TINY.id}, small."),
        ("small=small", "'small' is a base model of this server"),
    ],
)
def test_an_alias_without_sense_is_refused_with_what_was_expected(given: str, words: str) -> None:
    with pytest.raises(UnusableAlias) as caught:
        read_aliases([given], MODELS)

    assert words in str(caught.value)


def test_one_name_for_two_models_is_refused_and_the_same_alias_twice_is_not() -> None:
    twice = read_aliases(["a=small", "a=/models/small"], MODELS)

    assert twice == (Alias("a", "small"),)
    with pytest.raises(UnusableAlias, match=f"given twice, for small and for {TINY.id}"):
        read_aliases(["a=small", f"a={TINY.id}"], MODELS)


GIVEN = (
    Alias("gpt-*", "by-gpt"),
    Alias("gpt-4*", "by-gpt-4"),
    Alias("gpt-4?", "by-gpt-4"),
    Alias("gpt-4o-mini", "by-name"),
    Alias("gpt-3.5-turbo-0125", "by-date"),
    Alias("o1-2024-12-17", "by-date"),
    Alias("o1-2024-09-12", "by-other-date"),
)


@pytest.mark.parametrize(
    ("name", "model", "shown"),
    [
        ("gpt-4o-mini", "by-name", "gpt-4o-mini"),
        ("gpt-4o-mini-2024-07-18", "by-name", "gpt-4o-mini-2024-07-18"),
        ("gpt-3.5-turbo-0125", "by-date", "gpt-3.5-turbo-0125"),
        ("gpt-3.5-turbo", "by-date", "gpt-3.5-turbo-0125"),
        ("gpt-4o", "by-gpt-4", "gpt-4o"),
        ("gpt-5", "by-gpt", "gpt-5"),
        ("gpt-*", "by-gpt", "gpt-*"),
    ],
)
def test_the_exact_name_counts_before_the_dated_one_and_the_longest_pattern_last(
    name: str, model: str, shown: str
) -> None:
    alias, given = find_alias(GIVEN, name)

    assert (alias.model, given) == (model, shown)


@pytest.mark.parametrize("name", ["", "GPT-4o", "ft:gpt-4o:local::gone", "o1", "gpt-" + "x" * 100, "gpt-\n"])
def test_a_name_that_no_alias_means_is_unknown(name: str) -> None:
    assert find_alias(GIVEN, name) is None


def test_a_pattern_does_not_answer_for_a_fine_tuned_model_that_is_gone() -> None:
    assert find_alias([Alias("*", "any")], "ft:gpt-4o:local::gone") is None


def test_the_program_refuses_an_alias_of_a_model_that_it_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("sys.argv", command(tmp_path, "--alias", "gpt-4o=nothing")[2:])

    assert main() == 1
    assert "local_server: --alias gpt-4o=nothing: this server has no base model 'nothing'" in (
        capsys.readouterr().err
    )


def test_an_alias_is_listed_answers_and_stands_in_the_job_with_an_event(tmp_path: Path) -> None:
    with serve(tmp_path, "--alias", f"gpt-*={BASE_MODEL}", "--alias", f"babbage-002={BASE_MODEL}") as server:
        client = server.client()
        base = client.models.retrieve(BASE_MODEL)
        listed = client.models.list().data
        gpt = client.models.retrieve("gpt-4o")
        job = client.fine_tuning.jobs.create(model="gpt-4o", training_file=upload(client, ROWS).id)
        client.fine_tuning.jobs.cancel(job.id)
        events = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=100)]
        cannot = refusal(client.models.delete, "gpt-4o")

    owner = f"local-server, alias of {BASE_MODEL}"
    assert [(model.id, model.owned_by) for model in listed] == [
        (BASE_MODEL, "local-server"), ("gpt-*", owner), ("babbage-002", owner)
    ]  # fmt: skip
    assert gpt == Model(id="gpt-4o", created=base.created, object="model", owned_by=owner, shutdown_date=None)
    assert job.model == "gpt-4o"
    assert (
        f"The model gpt-4o is an alias here: the job trains {BASE_MODEL} "
        f"(the server was started with --alias 'gpt-*={BASE_MODEL}')" in events
    )
    assert f"The model 'gpt-4o' is an alias of the base model {BASE_MODEL}" in cannot["message"]


@pytest.mark.slow
def test_what_was_trained_under_an_alias_has_its_name_and_outlives_it(tmp_path: Path) -> None:
    asked = {"messages": [{"role": "user", "content": "Helium?"}], "max_tokens": 2}
    with serve(tmp_path, "--alias", f"gpt-3.5-turbo-0125={BASE_MODEL}") as server:
        client = server.client()
        job = client.fine_tuning.jobs.create(
            model="gpt-3.5-turbo", training_file=upload(client, ROWS).id, suffix="x"
        )
        job = wait_until(lambda: client.fine_tuning.jobs.retrieve(job.id), lambda job: job.finished_at)
        tuned = job.fine_tuned_model
        names = [
            client.chat.completions.create(model=name, **asked).model for name in ("gpt-3.5-turbo", tuned)
        ]

    assert (job.status, job.model) == ("succeeded", "gpt-3.5-turbo-0125")
    assert tuned.startswith("ft:gpt-3.5-turbo-0125:local:x:")
    assert names == ["gpt-3.5-turbo-0125", tuned]
    with serve(tmp_path) as later:
        client = later.client()
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("gpt-3.5-turbo")
        assert client.chat.completions.create(model=tuned, **asked).model == tuned
        again = client.fine_tuning.jobs.create(model=tuned, training_file=upload(client, ROWS).id)
        again = wait_until(lambda: client.fine_tuning.jobs.retrieve(again.id), lambda job: job.finished_at)
        assert again.fine_tuned_model.startswith("ft:gpt-3.5-turbo-0125:local::")
