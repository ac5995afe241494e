"""A text in a notebook is shown as it is written: no tag of its own, no mathematics."""

import re

import pandas as pd
import pytest

from finetune_dataset.display.html_text import html_attribute, html_text, plain_tables
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues.issue import Issue

TEXTS = ["$5 or $10", "$$x$$", r"\(x\)", r"\[x\]", r"\begin{x}1\end{x}", r"\$5", "<b>$x$</b>", "a & b"]


@pytest.mark.parametrize("text", TEXTS)
def test_the_signs_of_mathematics_stand_alone_between_two_tags(text):
    pieces = re.split(r"<[^>]*>", html_text(text))

    assert {piece for piece in pieces if set(piece) & set("$\\")} <= {"$", "\\"}
    assert "".join(pieces) == html_attribute(text)


def test_the_value_of_an_attribute_has_no_tags():
    assert html_attribute('"$5" <b>') == "&quot;$5&quot; &lt;b&gt;"


def test_anything_is_shown_as_its_text():
    assert html_text(7) == "7"


@pytest.mark.parametrize("text", TEXTS)
def test_a_report_shows_names_and_details_as_they_are(text, tmp_path):
    report = DatasetReport(tmp_path / text.replace("/", ""))
    report.add(Issue(1, "", "a_code", "warning", text, "as a text", "fix it"))

    assert html_text(text) in report._repr_html_()


def test_pandas_shows_cells_as_they_are():
    plain_tables()

    assert "mathjax_ignore" in pd.DataFrame({"text": TEXTS})._repr_html_()
