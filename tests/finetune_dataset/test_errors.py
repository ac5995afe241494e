"""Refusals: one message, and no traceback in a notebook."""

from finetune_dataset.errors import DatasetError, FineTuneError


def test_a_refusal_shows_its_message_alone_in_a_notebook():
    assert DatasetError("line 3: no role")._render_traceback_() == ["DatasetError: line 3: no role"]


def test_every_refusal_can_be_caught_as_one():
    assert issubclass(DatasetError, FineTuneError)
