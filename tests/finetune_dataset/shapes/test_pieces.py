"""Lines that belong together become pieces; what is too large is not read, and never cut."""

import json

import pytest
from samples import LINE

from finetune_dataset.shapes.pieces import Piece, make_pieces, other_file


def test_a_good_line_is_one_piece_without_an_issue():
    raw = LINE.encode()

    assert make_pieces(3, [raw]) == [Piece(3, 3, raw, [json.loads(raw)], None)]


@pytest.mark.parametrize(
    ("lines", "places", "codes"),
    [
        ([b"{}"], ["line 3"], [""]),
        ([b"{\n", b"}"], ["lines 3 to 4"], ["pretty_printed_json"]),
        ([b" \n"], ["line 3"], ["blank_line"]),
        ([b"{} {}"], ["line 3"], ["several_values"]),
        ([b"{}\n", b"{} x"], ["line 3", "line 4", "line 4"], ["several_values", "", "invalid_json"]),
    ],
)
def test_pieces_know_their_lines_and_what_is_wrong(lines, places, codes):
    pieces = make_pieces(3, lines)

    assert [piece.place for piece in pieces] == places
    assert [piece.issue.code if piece.issue else "" for piece in pieces] == codes


def test_what_is_too_large_is_kept_in_part_and_not_cut_into_values(monkeypatch):
    monkeypatch.setattr("finetune_dataset.strict_json.MAX_LINE_BYTES", 100_000)

    (piece,) = make_pieces(1, [b'{"a": 1}' * 20_000])

    assert (piece.issue.code, piece.values, len(piece.raw)) == ("row_too_large", [], 64 * 1024)


def test_more_values_after_each_other_than_fit_in_memory_are_named(monkeypatch):
    for module in ("pieces", "several_values"):
        monkeypatch.setattr(f"finetune_dataset.shapes.{module}.MAX_CUT", 100)

    (most,), (more,) = (make_pieces(1, [b'{"a": 1}' * number]) for number in (100, 101))

    assert (most.issue.code, len(most.values)) == ("several_values", 100)
    assert (more.issue.code, more.values) == ("row_too_large", [])
    assert more.issue.found == "more than 100 values after each other"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\x1f\x8b\x08", "not_json_lines"),
        (LINE.encode("utf-16"), "not_utf8"),
        (LINE.encode("utf-16-be"), "not_utf8"),
        (b"\0" * 100, "not_utf8"),
        (LINE.encode(), ""),
    ],
)
def test_a_file_of_another_kind_is_named_by_its_first_line(raw, code):
    found = other_file(2, raw)

    assert ((found.code, found.line) if found else ("", 2)) == (code, 2)
