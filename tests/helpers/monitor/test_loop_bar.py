"""A bar for a loop: it moves, and it leaves a sentence in a stored notebook."""

import pytest

from helpers.monitor.loop_bar import progress_bar


@pytest.fixture
def shown(monkeypatch):
    displayed = []
    monkeypatch.setattr("helpers.monitor.loop_bar.display", displayed.append)
    return displayed


def test_a_bar_is_displayed_once_and_moves_with_each_step(shown):
    bar = progress_bar(2, "answers")
    line, label = bar.box.children
    states = []
    for name in ("<Strontium>", "Zinc"):
        bar.step(name)
        states.append((line.value, label.value))

    assert shown == [bar]
    assert line.max == 2
    assert states == [(1, "&lt;Strontium&gt;"), (2, "done")]


def test_where_widgets_cannot_be_shown_it_is_a_sentence(shown):
    bundle = progress_bar(3, "answers")._repr_mimebundle_()

    sentence = "A progress bar of 3 answers. Run this cell to see it move."
    assert bundle["text/plain"] == sentence
    assert bundle["text/html"] == f"<i>{sentence}</i>"
    assert "application/vnd.jupyter.widget-view+json" in bundle
