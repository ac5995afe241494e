"""Cells: read from every kind of table, or refused with what to do."""

import sys
from datetime import date, datetime
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, strategies as st
from table_samples import CHATS, TABLE, csv_text, pairs

from finetune_dataset.convert.tables import rows_from_table
from finetune_dataset.errors import DatasetError


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_separator_and_the_marks_of_an_encoding_are_recognized(save, separator, encoding):
    path = save(csv_text(TABLE, separator).encode(encoding))

    assert pairs(rows_from_table(path, user="question", assistant="answer")) == CHATS


def test_a_line_that_names_the_separator_for_excel_is_no_header(save):
    path = save("sep=;\r\n" + csv_text(TABLE, ";"))

    assert pairs(rows_from_table(path, user="question", assistant="answer")) == CHATS


def test_a_file_that_excel_saved_as_cp1252_is_refused_with_its_text_and_read_when_asked(save):
    path = save(csv_text(TABLE, ";").encode("cp1252"))

    with pytest.raises(DatasetError, match=r"line 3: the byte 0xe9 is not utf-8.*cp1252.*'.*Café\?;Ja\."):
        rows_from_table(path, user="question", assistant="answer")

    assert pairs(rows_from_table(path, user="question", assistant="answer", encoding="cp1252")) == CHATS


def test_a_missing_column_is_answered_with_the_columns_that_are_there(save):
    with pytest.raises(
        DatasetError,
        match=r"table\.csv has no column 'Answers'\. "
        r"Columns: 'question', 'answer', 'tone'\. Did you mean 'answer'\?",
    ):
        rows_from_table(save(csv_text(TABLE, ";")), user="question", assistant="Answers")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("a,b,b\n1,2,3\n", "table.csv", "two columns 'b'"),
        ("", "table.csv", r"no column 'a'\. Columns: \(none\)"),
        ('a,b\n"x"y,2\n', "table.csv", "line 2: .*each quote doubled"),
        ('a,b\n"never closed,2\n', "table.csv", "unexpected end of data"),
        ("a,b\n", "table.xls", "save it as .xlsx"),
        ("a,b\n", "table.xlsx", r"no Excel workbook that can be read \(BadZipFile\)"),
        ("{}", "train.jsonl", "is no table"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_what_to_do(save, content, name, message):
    with pytest.raises(DatasetError, match=message):
        rows_from_table(save(content, name), user="a", assistant="b")


def test_an_unknown_encoding_and_a_missing_file_are_refused(save, tmp_path):
    with pytest.raises(DatasetError, match="no encoding 'utf8000'"):
        rows_from_table(save("a,b\n"), user="a", assistant="b", encoding="utf8000")
    with pytest.raises(DatasetError, match="was not found"):
        rows_from_table(tmp_path / "none.csv", user="a", assistant="b")


def test_excel_cells_of_every_type_become_the_text_that_excel_shows(excel):
    day = date(2026, 11, 21)
    values = [5, 5.0, 5.5, True, day, datetime(2026, 11, 21, 9, 30), "two\r\nlines"]
    path = excel([["q", "a"], *[[f"Q{number}", value] for number, value in enumerate(values)]])

    rows = rows_from_table(path, user="q", assistant="a")

    assert [answer for _, answer in pairs(rows)] == [
        "5",
        "5",
        "5.5",
        "TRUE",
        "2026-11-21",
        "2026-11-21 09:30:00",
        "two\nlines",
    ]


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(excel):
    with pytest.raises(DatasetError, match=r"has no sheet 'Test'\. Sheets: Data\."):
        rows_from_table(excel([["q", "a"]]), user="q", assistant="a", sheet="Test")


def test_without_openpyxl_the_message_says_how_to_get_it(excel, monkeypatch):
    path = excel([["q", "a"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(DatasetError, match="pip install openpyxl"):
        rows_from_table(path, user="q", assistant="a")


def is_text(cell):
    """Whether a cell is no blank, and none of the errors that a spreadsheet writes, such as #REF!."""
    return cell.strip() and not cell.strip().startswith("#")


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(is_text)] * 2),
        max_size=20,
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_the_texts_every_row_of_a_csv_file_arrives(tmp_path_factory, chats, separator, encoding):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_bytes(csv_text([["q", "a"], *chats], separator).encode(encoding))

    rows = rows_from_table(path, user="q", assistant="a")

    assert pairs(rows) == [tuple(map(str.strip, chat)) for chat in chats]


def test_a_quote_that_is_never_closed_is_named_with_the_line_where_it_opens(save):
    path = save("a,b\nx,y\n" + 'z,"open\n' + "x,y\n" * 1_000)

    with pytest.raises(DatasetError, match=r"lines 3 to 1003, read as one row: unexpected end of data"):
        rows_from_table(path, user="a", assistant="b")


def test_a_table_with_a_million_columns_is_refused_in_few_words(save):
    with pytest.raises(DatasetError, match=r"its first row has 1,000,001 cells; at most 16,384") as caught:
        rows_from_table(save("a" + ",b" * 1_000_000 + "\n"), user="q", assistant="b")

    assert len(str(caught.value)) < 500


def test_a_workbook_that_fills_the_memory_when_it_is_unpacked_is_refused(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "bomb.xlsx"
    with (
        ZipFile(path, "w", ZIP_DEFLATED) as file,
        file.open("xl/sharedStrings.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(257):
            part.write(b" " * 2**20)

    with pytest.raises(DatasetError, match=r"holds 269,484,032 bytes when it is unpacked; at most"):
        rows_from_table(path, user="a", assistant="b")
    assert path.stat().st_size < 2**20


def test_a_workbook_that_claims_to_be_huge_is_read_as_what_it_is(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["Where?", "Here."]):
        book.active.append(row)
    book.save(tmp_path / "small.xlsx")
    path = tmp_path / "claims.xlsx"
    with ZipFile(tmp_path / "small.xlsx") as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))

    assert len(rows_from_table(path, user="a", assistant="b")) == 1


def test_a_workbook_with_too_many_cells_is_named_with_the_row(tmp_path, monkeypatch):
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.setattr("finetune_dataset.convert.cells.MAX_TABLE_CELLS", 10)
    book = openpyxl.Workbook()
    for row in [["a", "b"], *[["x", "y"]] * 9]:
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")

    with pytest.raises(DatasetError, match=r"row 5: more than 10 cells"):
        rows_from_table(tmp_path / "table.xlsx", user="a", assistant="b")
