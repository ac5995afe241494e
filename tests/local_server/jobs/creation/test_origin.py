"""What a job starts from is known to later servers, whatever base models they have."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from states import TINY, empty_state

from local_server.jobs.answers import JOBS, new_job
from local_server.jobs.creation.origin import base_and_family, keep_origin
from local_server.jobs.methods.answers import supervised
from local_server.jobs.models import MODELS, find_model, new_model, start_of
from local_server.jobs.store import JobStore
from local_server.settings import Settings

OTHER = replace(TINY, id="other")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(empty_state(tmp_path), base_models=(OTHER, TINY))


@pytest.fixture
def store(settings: Settings) -> Iterator[JobStore]:
    store = JobStore(settings.state / "server.db")
    yield store
    store.close()


def job_on(store: JobStore, model: str) -> dict:
    auto = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    return store.add(
        JOBS,
        new_job(
            model=model, training_file="file-1", validation_file=None, method=supervised(auto),
            seed=1, suffix=None, metadata=None, integrations=[],
        ),
    )  # fmt: skip


def test_a_job_starts_from_its_base_model_when_a_later_server_has_others(
    settings: Settings, store: JobStore
) -> None:
    job = job_on(store, TINY.id)
    keep_origin(store, job["id"], model=TINY.id, family=TINY.id, base=TINY)

    found = start_of(replace(settings, base_models=(OTHER,)), store, job)

    assert (found.base, found.folder, found.exact) == (TINY, TINY.folder, TINY.id)


def test_a_base_model_that_is_gone_is_no_start(settings: Settings, store: JobStore) -> None:
    job = job_on(store, "gone")
    keep_origin(
        store, job["id"], model="gone", family="gone", base=replace(TINY, id="gone", folder=Path("/gone"))
    )

    assert start_of(settings, store, job) is None


@pytest.mark.parametrize("model", [TINY.id, f"ft:{TINY.id}:local::abcdefgh"])
def test_a_job_of_an_earlier_version_stands_on_the_model_that_its_name_tells(
    settings: Settings, store: JobStore, model: str
) -> None:
    job = job_on(store, model)

    assert base_and_family(settings, store, job["id"]) == (TINY, TINY.id)


def test_a_fine_tuned_model_stands_on_the_base_model_of_its_job(settings: Settings, store: JobStore) -> None:
    job = job_on(store, OTHER.id)
    keep_origin(store, job["id"], model=OTHER.id, family=OTHER.id, base=OTHER)
    name = "ft:other:local::abcdefgh"
    store.add(MODELS, new_model(name, 1, "org-local"), job["id"])

    found = find_model(settings, store, name)

    assert (found.base, found.exact, found.family) == (OTHER, name, "other")
    assert found.folder == settings.job_folder(job["id"]) / "model"
