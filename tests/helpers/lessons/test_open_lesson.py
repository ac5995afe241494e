"""A dataset of the course is chosen by its name, in a cell or in the environment."""

import pytest

from helpers.errors import FineTuneError
from helpers.lessons import open_lesson


def test_elle_is_the_default(monkeypatch):
    monkeypatch.delenv("FINETUNE_DATASET", raising=False)

    assert open_lesson().name == "elle"


def test_an_unknown_name_is_refused_with_the_near_one(monkeypatch):
    monkeypatch.setenv("FINETUNE_DATASET", "ele")

    with pytest.raises(FineTuneError, match=r"no dataset 'ele' in this course.* Did you mean 'elle'\?"):
        open_lesson()
