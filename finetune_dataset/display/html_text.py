r"""Show a text in a notebook as it is written: in HTML, and on pages that typeset mathematics in it.

JupyterLab, GitHub and Colab run MathJax over the HTML of an output: "$5 or $10" becomes a formula, and
so do \(x\), \[x\] and \begin{x}. MathJax looks for both ends of a formula in one piece of text
between two tags (seen in JupyterLab 4.6, Nov 2026), so a tag around each sign is enough, and a copied text
is still the same.
"""

import html
import re

_SIGNS = re.compile(r"[$\\]")


def html_text(text: object) -> str:
    """Write a text as HTML that shows exactly this text; for every place between two tags.

    Args:
        text: A text of ours or of data; anything else is shown as `str` writes it.

    Returns:
        HTML without the text's own tags, and without mathematics.
    """
    return _SIGNS.sub(lambda sign: f"<span>{sign[0]}</span>", html.escape(str(text)))


def html_attribute(text: object) -> str:
    """Write a text as the value of an attribute, such as the words in place of a picture.

    Args:
        text: A text of ours or of data.

    Returns:
        The value, to stand between double quotes; no page typesets it.
    """
    return html.escape(str(text))


def plain_tables() -> None:
    """Let pandas show its tables as they are written: mathematics in their cells is not typeset.

    It is pandas' own option for all tables of this process ("display.html.use_mathjax").
    """
    import pandas as pd  # Here, so that a program that shows no table need not load pandas.

    pd.set_option("display.html.use_mathjax", False)
