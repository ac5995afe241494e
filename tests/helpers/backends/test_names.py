"""The name of a backend: from the argument, from the environment, or refused."""

import pytest

from helpers.backends.names import backend_name, run_folder
from helpers.errors import UnknownBackend


def test_an_unknown_backend_lists_the_names_and_the_nearest(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "lokal")

    with pytest.raises(UnknownBackend) as refused:
        backend_name()

    assert str(refused.value) == (
        "There is no backend 'lokal'. Backends: replay, local, openai, azure, compatible. "
        "Did you mean 'local'? The name comes from connect(name) or from FINETUNE_BACKEND."
    )


def test_the_argument_counts_more_than_the_environment(monkeypatch):
    monkeypatch.setenv("FINETUNE_BACKEND", "azure")

    assert (backend_name("local"), backend_name()) == ("local", "azure")


@pytest.mark.parametrize(
    ("backend", "run", "name"),
    [("replay", None, "my-run"), ("local", None, "my-run-local"), ("local", "mine", "mine")],
)
def test_the_folder_of_a_run_is_named_after_its_backend_or_by_the_learner(
    backend, run, name, tmp_path, monkeypatch
):
    monkeypatch.setenv("FINETUNE_RUNS_DIR", str(tmp_path))
    monkeypatch.setenv("FINETUNE_BACKEND", backend)

    assert run_folder(run) == tmp_path / name
    assert (tmp_path / name).is_dir()
