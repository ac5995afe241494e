"""Widgets with a sentence where they cannot be shown."""

from ipywidgets import VBox

from helpers.widgets import widget_bundle


def test_widgets_are_shown_where_they_can_be_and_else_there_is_a_sentence():
    box = VBox()

    assert widget_bundle(box, "Costs < $5.") == {
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": box.model_id,
        },
        "text/html": "<i>Costs &lt; <span>$</span>5.</i>",
        "text/plain": "Costs < $5.",
    }
