"""The exceptions of the package, as a notebook shows them."""

import pytest

from finetune_dataset.errors import DatasetError, FineTuneError
from helpers import errors

SUBCLASSES = FineTuneError.__subclasses__()


def test_every_refusal_of_the_package_has_one_root():
    defined = [value for value in vars(errors).values() if isinstance(value, type)]

    assert all(issubclass(value, FineTuneError) for value in defined)
    assert {"DatasetError", "MissingArtifact", "UnknownBackend", "BackendUnavailable", "ServerStopped"} <= {
        value.__name__ for value in defined
    }


@pytest.mark.parametrize("error", SUBCLASSES, ids=lambda error: error.__name__)
def test_every_direct_refusal_is_drawn_in_the_tree(error):
    assert error.__name__ in errors.__doc__


def test_a_notebook_shows_the_message_without_frames():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shown = []
    shell._showtraceback = lambda etype, evalue, stb: shown.append(stb)

    shell.run_cell("from finetune_dataset.errors import DatasetError\nraise DatasetError('line 3: no role')")
    InteractiveShell.clear_instance()

    assert shown == [["DatasetError: line 3: no role"]]


def test_the_shown_line_is_the_name_and_the_message():
    assert DatasetError("line 3: no role")._render_traceback_() == ["DatasetError: line 3: no role"]
