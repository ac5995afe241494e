"""A repair in a notebook: escaped, and never larger than a page."""

import json

from samples import example

from finetune_dataset.repair.mend import CHANGES_KEPT, repair_dataset
from finetune_dataset.repair.page import diff_as_html, left_out_as_html


def test_the_html_of_a_repair_escapes_the_data_and_is_bounded(save, tmp_path):
    rows = [json.dumps(example(content="<script>x</script>" * 500)) + "," for _ in range(CHANGES_KEPT * 2)]
    rows += ["<script>" * 1000] * 100

    repair = repair_dataset(save("\n".join(rows)), tmp_path / "fixed.jsonl")

    page = repair._repr_html_()
    assert "<script>" not in page
    assert len(page) < 150_000
    assert "… and 180 more, see .notes" in page
    assert (len(repair.notes), len(repair.left_out), len(repair.changes)) == (200, 100, CHANGES_KEPT)


def test_a_repair_without_changes_has_no_diff_and_nothing_left_out():
    assert (diff_as_html([]), left_out_as_html([], 0)) == ("", "")
