"""Histograms: the fast way counts what the plain one counts."""

from hypothesis import given, settings, strategies as st
from random_rows import INPUTS, MODEL, line_of, supervised

from finetune_dataset.check.line import check_line
from finetune_dataset.tokens.count import count_row


@settings(max_examples=max(50, INPUTS // 20))
@given(row=supervised(), chance=st.randoms(use_true_random=False))
def test_the_fast_count_of_tokens_is_the_count_of_the_row(row, chance):
    assert check_line(line_of(row, chance), model=MODEL)["tokens"] == count_row(row, MODEL).total
