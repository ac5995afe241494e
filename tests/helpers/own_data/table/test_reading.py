"""Whatever a learner has is read, or refused with what to do."""

import json
import sys

import pandas as pd
import pytest

from helpers.errors import DatasetError
from helpers.own_data.table.reading import read_table


def texts(table):
    return [record for _, record in table.records]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_file_is_read_with_the_separator_that_its_first_line_shows(tmp_path, separator):
    path = tmp_path / "shop.csv"
    path.write_text(
        f'Frage{separator}Antwort\n"Was kostet das, bitte?"{separator}59 Euro\n', encoding="utf-8"
    )

    table = read_table(path)

    assert table.columns == ["Frage", "Antwort"]
    assert table.records == [(2, {"Frage": "Was kostet das, bitte?", "Antwort": "59 Euro"})]


def test_an_excel_file_is_read(tmp_path):
    path = tmp_path / "shop.xlsx"
    pd.DataFrame({"q": ["What?", "Who?"], "a": [5, "Ana"]}).to_excel(path, index=False)

    assert texts(read_table(path)) == [{"q": "What?", "a": "5"}, {"q": "Who?", "a": "Ana"}]


def test_an_excel_file_without_openpyxl_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "shop.xlsx"
    pd.DataFrame({"q": ["What?"], "a": ["5"]}).to_excel(path, index=False)
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(DatasetError, match=r"pip install openpyxl.*or save the table as CSV"):
        read_table(path)


def test_rows_of_json_with_any_keys_are_a_table(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"input": "a b", "fields": {"x": 1}, "n": 2}, {"input": "c", "fields": None}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    table = read_table(path)

    assert table.columns == ["input", "fields", "n"]
    assert texts(table) == [{"input": "a b", "fields": '{"x": 1}', "n": "2"}, {"input": "c", "fields": ""}]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]},
        {"conversations": [{"from": "human", "value": "Q?"}, {"from": "gpt", "value": "A."}]},
    ],
)
def test_chats_of_any_layout_come_out_as_chats(tmp_path, row):
    path = tmp_path / "chats.json"
    path.write_text(json.dumps([row]), encoding="utf-8")

    assert [each["messages"] for each in read_table(path).chats] == [
        [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "A."}]
    ]


def test_a_pasted_list_and_a_text_file_of_it_are_the_same(tmp_path):
    pasted = "Q: What is it?\nA: A bell.\n\nQ: How much?\nA: 5 euros.\nOr 6."
    path = tmp_path / "list.txt"
    path.write_text(pasted, encoding="utf-8")

    assert (
        texts(read_table(pasted))
        == texts(read_table(path))
        == [
            {"question": "What is it?", "answer": "A bell."},
            {"question": "How much?", "answer": "5 euros.\nOr 6."},
        ]
    )


def test_what_cannot_be_read_is_named_with_its_place(tmp_path):
    table, rows = tmp_path / "table.csv", tmp_path / "rows.jsonl"
    table.write_text("question,answer\nWhat?,one, two\nWho?,Ana\n", encoding="utf-8")
    rows.write_text('{"a": 1, "b": 2}\n{"a": \n', encoding="utf-8")

    assert [row.place for row in read_table(table).skipped] == ["row 2"]
    assert [row.place for row in read_table(rows).skipped] == ["line 2"]
    assert "row 2: more cells than the first row has" in repr(read_table(table))


@pytest.mark.parametrize("name", ["shop.csv", "shop.txt"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_first_row_that_is_data_is_a_row_and_pointed_out(tmp_path, separator, name):
    path = tmp_path / name
    rows = [("What is it?", "A bell"), ("How much?", "5"), ("Who?", "Ana")]
    path.write_text("".join(f"{separator.join(row)}\n" for row in rows), encoding="utf-8")

    table = read_table(path)

    assert [tuple(row.values()) for row in texts(table)] == rows
    assert table.columns == ["question", "answer"]
    assert name.endswith("txt") or "The first row looks like data" in repr(table)


def test_empty_rows_above_the_header_are_passed_over(tmp_path):
    path, book = tmp_path / "shop.csv", tmp_path / "shop.xlsx"
    path.write_text("\n,,\nquestion,answer,\nWhat?,A bell,\n", encoding="utf-8")
    pd.DataFrame([[None, None], ["question", "answer"], ["What?", "A bell"]]).to_excel(
        book, index=False, header=False
    )

    for source, row in ((path, 4), (book, 3)):
        assert read_table(source).records == [(row, {"question": "What?", "answer": "A bell"})]


def test_text_in_a_column_without_a_name_is_not_lost_in_silence(tmp_path):
    path = tmp_path / "mood.csv"
    path.write_text("label,text,,\ngood,I like it,,\nbad,so cold, so late,again\n", encoding="utf-8")

    assert "1 row has text there: 'so late again' in row 3" in repr(read_table(path))


def test_a_title_above_the_header_is_answered_with_what_to_do(tmp_path):
    path = tmp_path / "title.csv"
    path.write_text("Our shop;\nquestion;answer\nWhat?;A bell\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"one column only, 'Our shop'.*name in the first row"):
        read_table(path)


def test_headings_of_a_list_are_named_with_their_lines(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("Our shop\n\n1. What is it?\nA bell.\n\n2. How much?\n5 euros.\n", encoding="utf-8")

    table = read_table(path)

    assert texts(table) == [
        {"question": "What is it?", "answer": "A bell."},
        {"question": "How much?", "answer": "5 euros."},
    ]
    assert "line 1 'Our shop': it belongs to no question and answer, skipped" in repr(table)


REFUSED = {
    "empty.csv": (b"", "is empty: 0 bytes"),
    "empty.xlsx": (b"", "is empty: 0 bytes"),
    "header.csv": (b"question,answer\n", "holds no rows that can be used"),
    "one.csv": (b"text\nabc\n", "has one column only, 'text'"),
    "twice.csv": (b"a,a\n1,2\n", "two columns 'a'"),
    "latin.csv": ("Frage;Antwort\nWo?;Straße\n".encode("cp1252"), r"0xdf is not utf-8.*encoding=\"cp1252\""),
    "fake.xlsx": (b"PK\x03\x04nonsense", "is no Excel workbook that can be read"),
    "endless.csv": (b"x" * 200_000, "holds no rows that can be used"),
    "wide.csv": (b"c," * 200_000, "its first row has 200,001 cells"),
    "old.xls": (b"\xd0\xcf\x11\xe0", "save it as .xlsx or as CSV"),
    "pairs.jsonl": (b'{"prompt": "Q", "chosen": "a", "rejected": "b"}', "method 'dpo'"),
    "letter.txt": (b"Dear all,\nthis is a letter.\nBye.", 'Begin each question with "Q:"'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(tmp_path, name):
    content, message = REFUSED[name]
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DatasetError, match=message) as caught:
        read_table(tmp_path / name)
    assert len(str(caught.value)) < 1_000


def test_an_encoding_that_is_named_is_used(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("Frage;Antwort\nWo?;Straße\n".encode("cp1252"))

    assert texts(read_table(path, encoding="cp1252")) == [{"Frage": "Wo?", "Antwort": "Straße"}]


def test_a_file_that_is_not_there_is_refused_with_its_neighbors(tmp_path):
    for name in ("shop.csv", *(f"a{number}.txt" for number in range(20))):
        (tmp_path / name).write_text("q,a\n1,2\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"There is no file .*Files in .*: shop\.csv, a0\.txt"):
        read_table(tmp_path / "shpo.csv")
    with pytest.raises(DatasetError, match="is a folder"):
        read_table(tmp_path)


def test_a_file_named_as_from_the_course_folder_is_found():
    assert read_table("data/own_example.csv").columns == ["question", "facts", "answer"]


def test_a_dataframe_is_read():
    assert texts(read_table(pd.DataFrame({"q": ["What?"], "a": [1.0]}))) == [{"q": "What?", "a": "1"}]
