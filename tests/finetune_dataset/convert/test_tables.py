"""Tables: every row becomes a chat, or is named."""

import pandas as pd
from table_samples import CHATS, TABLE, csv_text, pairs

from finetune_dataset.convert.tables import SkippedRow, rows_from_table
from finetune_dataset.files import write_jsonl
from finetune_dataset.jsonlines import read_jsonl


def test_the_rows_can_be_written_and_read_as_json_lines(save, tmp_path):
    rows = rows_from_table(
        save(csv_text(TABLE)), user="question", assistant="answer", system_prompt="Antworte auf Deutsch."
    )

    write_jsonl(tmp_path / "train.jsonl", rows)

    assert read_jsonl(tmp_path / "train.jsonl") == rows.rows
    assert pairs(rows)[1] == ("Antworte auf Deutsch.", *CHATS[1])


def test_a_column_of_system_prompts_with_an_empty_cell_is_noted(save):
    rows = rows_from_table(save(csv_text(TABLE)), user="question", assistant="answer", system="tone")

    assert pairs(rows) == [("kurz", *CHATS[0]), CHATS[1]]
    assert rows.notes[1:] == ["row 3: no text in 'tone', so no system message"]


def test_rows_without_an_example_are_named_by_their_number_and_kept(save):
    path = save("question,answer\nA?,\n\n,\n ,No.\nB?,Yes, or no.\nC?,Yes.\n")

    rows = rows_from_table(path, user="question", assistant="answer")

    assert pairs(rows) == [("C?", "Yes.")]
    assert rows.skipped[0] == SkippedRow("row 2", "no text in 'answer'", {"question": "A?", "answer": ""})
    assert repr(rows).splitlines()[1:] == [
        "  row 2: no text in 'answer', skipped",
        "  row 5: no text in 'question', skipped",
        "  row 6: more cells than the first row has (is a text with separators not in quotes?), skipped",
    ]


def test_empty_cells_and_errors_of_excel_are_named(excel):
    path = excel([["q", "a"], ["A?", None], [None, None], ["B?", "#N/A"], ["C?", "Yes."]])

    rows = rows_from_table(path, user="q", assistant="a", sheet="Data")

    assert pairs(rows) == [("C?", "Yes.")]
    assert [(row.place, row.reason) for row in rows.skipped] == [
        ("row 2", "no text in 'a'"),
        ("row 4", "the Excel error #N/A in 'a'"),
    ]


def test_a_data_frame_keeps_its_index_in_messages():
    frame = pd.DataFrame(
        {"q": ["A?", "B?", "C?", None], "a": ["Yes.", float("nan"), pd.NA, None]}, index=list("wxyz")
    )

    rows = rows_from_table(frame, user="q", assistant="a")

    assert pairs(rows) == [("A?", "Yes.")]
    assert [row.place for row in rows.skipped] == ["index x", "index y"]
