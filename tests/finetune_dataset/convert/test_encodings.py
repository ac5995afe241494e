"""A table is read in its own encoding, and a reader is told which one, and what looks wrong."""

import pytest

from finetune_dataset.convert.tables import rows_from_table
from finetune_dataset.errors import DatasetError

TEXT = "q,a\nOù est le café ?,À l'étage. Łódź?\nWhere?,Here.\n" + "Why?,Because.\n" * 20
ANSWER = "À l'étage. Łódź?"


def read(path, **options):
    return rows_from_table(path, user="q", assistant="a", **options)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
        ("utf-32", "UTF-32"),
    ],
)
def test_the_encoding_is_found_with_and_without_a_mark_and_said(save, encoding, name):
    table = read(save(TEXT.encode(encoding), "table.csv"))

    assert table.rows[0]["messages"][1]["content"] == ANSWER
    assert table.notes == [f"encoding: {name}, as its bytes show"]


def test_plain_ascii_needs_no_note(save):
    assert read(save("q,a\nWhere?,Here.\n", "table.csv")).notes == []


def test_bytes_that_are_no_utf_8_are_never_guessed(save):
    with pytest.raises(
        DatasetError, match=r"line 2: the byte 0xf9 is not utf-8.*Où est.*encoding=\"cp1252\""
    ):
        read(save("q,a\nOù est le café ?,Ici.\n".encode("cp1252"), "table.csv"))


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman", "cp437"])
def test_utf_8_that_is_read_in_another_encoding_is_told_with_both_texts(save, encoding):
    table = read(save("q,a\nOù est le café ?,Ici.\n".encode(), "table.csv"), encoding=encoding)

    assert table.notes[0] == f"encoding: {encoding.upper()}, as asked for"
    assert "valid UTF-8, too, and then the text is 'q,a Où est le" in table.notes[1]


def test_bytes_that_are_no_text_are_said_to_be_none_and_no_encoding_is_advised(save):
    noise = bytes(place * 7 % 256 for place in range(4_000))

    with pytest.raises(DatasetError, match=r"is no text: .* control characters") as caught:
        read(save(noise, "table.csv"))
    assert "cp1252" not in str(caught.value)


def test_a_file_that_was_garbled_before_is_told(save):
    garbled = "q,a\nOù est le café ?,Ici.\n".encode().decode("cp1252")

    assert "garbled text in 2 places" in read(save(garbled, "table.csv")).notes[1]


def test_characters_that_were_lost_before_are_told(save):
    table = read(save("q,a\nO\ufffd est le caf\ufffd ?,Ici.\n", "table.csv"))

    assert table.notes[1] == "2 × U+FFFD: characters that were lost before the file was saved."


def test_a_table_that_does_not_fit_is_refused(save, monkeypatch):
    monkeypatch.setattr("finetune_dataset.convert.encodings.MAX_TABLE_BYTES", 100)

    with pytest.raises(DatasetError, match=r"more than 100 bytes\. Save parts of it"):
        read(save(TEXT, "table.csv"))
