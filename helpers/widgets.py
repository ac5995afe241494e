"""What Jupyter shows of widgets, also where it cannot show any."""

from ipywidgets import Box

from finetune_dataset.display.html_text import html_text


def widget_bundle(box: Box, sentence: str) -> dict[str, object]:
    """Make what Jupyter shows of widgets, with a sentence where they cannot be shown.

    That is on GitHub, and in a notebook that has not run yet.

    Args:
        box: The widgets.
        sentence: What stands in their place; the same in each run, so that stored outputs can be compared.

    Returns:
        The content by MIME type.
    """
    return {
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": box.model_id,
        },
        "text/html": f"<i>{html_text(sentence)}</i>",
        "text/plain": sentence,
    }
