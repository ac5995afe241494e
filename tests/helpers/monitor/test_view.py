"""Both views can be given to `watch`: each does what the Protocol says, in the order in which jobs go."""

import inspect

import pytest
from services import JOB_ID, openai_job
from snapshots import look_at

from helpers.monitor import notebook_view
from helpers.monitor.notebook_view import NotebookView
from helpers.monitor.text_view import TextView
from helpers.monitor.view import View

METHODS = [name for name in vars(View) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [NotebookView, TextView])
def test_a_view_has_every_method_of_the_protocol_with_the_same_parameters(kind):
    for name in METHODS:
        wanted, found = (inspect.signature(getattr(cls, name)) for cls in (View, kind))
        assert list(found.parameters.values()) == list(wanted.parameters.values()), name


@pytest.mark.parametrize("kind", [NotebookView, TextView])
def test_a_view_lives_through_a_job_with_trouble_on_the_way(kind, monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(notebook_view, "display", lambda thing, **_: shown.append(thing))
    view: View = kind([JOB_ID])

    view.update(0, look_at(openai_job(), 2))
    view.show()
    view.tell("No answer for 3 s.")
    view.tell("")
    view.update(0, look_at(openai_job(), 6), at_once=True)
    view.end([look_at(openai_job(), 6)])
    view.leave("It stands still.")

    told = capsys.readouterr().out + str(shown)
    assert f"The job {JOB_ID} succeeded after 0:50 and 30 steps." in told
