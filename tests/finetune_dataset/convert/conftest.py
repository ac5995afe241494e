"""What tests of tables share."""

import pytest


@pytest.fixture
def save(save):
    return lambda content, name="table.csv": save(content, name)


@pytest.fixture
def excel(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")

    def write(table, sheet="Data"):
        book = openpyxl.Workbook()
        book.active.title = sheet
        for record in table:
            book.active.append(record)
        book.save(tmp_path / "table.xlsx")
        return tmp_path / "table.xlsx"

    return write
