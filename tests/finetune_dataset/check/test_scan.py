"""Parts of a file: together they find what the whole finds."""

import json

import pytest
from samples import LINE, ROWS, example

from finetune_dataset.check.scan import spans
from finetune_dataset.validate import validate_dataset


def test_two_workers_find_what_one_finds(save):
    lines = [json.dumps(row) for row in ROWS] * 40
    lines[100:100] = ["", "5", json.dumps(example(3), indent=1), json.dumps(example(4, weight=7)), LINE[:30]]
    path = save("\r\n".join(lines))

    one, two = (validate_dataset(path, model="gpt-4o-mini", workers=workers) for workers in (1, 2))

    assert len(spans(path, 2)) == 2
    assert (two.problems, two.counts, two.n_rows) == (one.problems, one.counts, one.n_rows)
    assert two.statistics == one.statistics


@pytest.mark.parametrize("content", [json.dumps(ROWS), json.dumps(ROWS, indent=2), f"[{LINE},\n{LINE}]", ""])
def test_a_file_whose_lines_are_no_rows_stays_in_one_piece(save, content):
    assert spans(save(content), 4) == [(0, len(content))]
