"""Repair: what is mended, and what is left out and kept."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, strategies as st
from samples import LINE, ROWS, example

from finetune_dataset.errors import DatasetError
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.repair.changes import LeftOut
from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.validate import validate_dataset
from helpers.paths import data_path


def test_the_broken_file_is_repaired_where_that_is_safe_and_can_be_used_then(tmp_path):
    out = tmp_path / "fixed.jsonl"

    repair = repair_dataset(data_path("broken.jsonl"), out)

    assert repair.notes == [
        "lines 4 to 19: pretty_printed_json, mended",
        "line 22: example_missing_assistant_message at messages, left out",
        "line 24: unrecognized_role at messages[2].role, left out",
        "line 27: missing_content at messages[2].content, left out",
        "line 29: trailing_comma, mended",
        "line 31: special_token at messages[2].content, left out",
    ]
    report = validate_dataset(out)
    assert (report.n_rows, report.problems) == (13, [])


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\ufeff" + "\n\n".join(map(json.dumps, ROWS)),
        ",\n".join(json.dumps(row, indent=2) for row in ROWS),
        "\r\n".join(map(json.dumps, ROWS)),
        "[\n" + ",\n".join(map(json.dumps, ROWS)) + ",\n]",
    ],
    ids=[
        "array",
        "pretty array",
        "mark and blank lines",
        "objects with commas",
        "Windows lines",
        "comma at end",
    ],
)
def test_a_file_of_the_wrong_shape_is_repaired_without_loss(save, tmp_path, content):
    path, out = save(content), tmp_path / "fixed.jsonl"

    repair_dataset(path, out)

    assert read_jsonl(out) == ROWS
    assert validate_dataset(out).problems == []
    assert path.read_bytes() == content.encode()


def test_a_comma_inside_a_text_is_never_touched(save, tmp_path):
    row = example(content='a,] and ,} and \\"x",')

    repair_dataset(save(json.dumps(row) + ",\n"), tmp_path / "fixed.jsonl")

    assert read_jsonl(tmp_path / "fixed.jsonl") == [row]


def test_repair_never_overwrites_a_file(save):
    path = save(LINE)

    with pytest.raises(DatasetError, match="exists already"):
        repair_dataset(path, path)

    assert path.read_text() == LINE


def test_repair_of_a_missing_file_leaves_nothing_behind(tmp_path):
    with pytest.raises(DatasetError, match="was not found"):
        repair_dataset(tmp_path / "none.jsonl", tmp_path / "fixed.jsonl")

    assert list(tmp_path.iterdir()) == []


def test_what_was_left_out_is_kept_in_full(save, tmp_path):
    bad, torn = json.dumps(example(role="assistent")), LINE[:30]
    not_text = LINE.replace("Yes", "Café").encode("cp1252")

    repair = repair_dataset(
        save("\n".join([LINE, bad, torn]).encode() + b"\n" + not_text), tmp_path / "fixed.jsonl"
    )

    assert (repair.rows, [item.place for item in repair.left_out]) == (1, ["line 2", "line 3", "line 4"])
    assert repair.left_out[0] == LeftOut(
        "line 2", 'unrecognized_role at messages[2].role: found "assistent"', bad
    )
    assert repair.left_out[1].text == torn
    assert "Caf\\xe9" in repair.left_out[2].text


def test_a_row_with_a_key_twice_is_left_out_because_nobody_knows_which_value_was_meant(save, tmp_path):
    twice = LINE.replace('"content": "Yes."', '"content": "Yes.", "content": "No."')

    repair = repair_dataset(save(f"{LINE}\n{twice}\n"), tmp_path / "fixed.jsonl")

    assert (repair.rows, [item.text for item in repair.left_out]) == (1, [twice])


def test_of_an_array_only_the_bad_example_is_left_out(save, tmp_path):
    bad = example(role="assistent")

    repair = repair_dataset(save(json.dumps([ROWS[0], bad, ROWS[1]])), tmp_path / "fixed.jsonl")

    assert read_jsonl(repair.out) == ROWS[:2]
    assert [(item.place, json.loads(item.text)) for item in repair.left_out] == [("line 1, example 2", bad)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_utf_16_file_is_mended_whatever_its_byte_order(save, tmp_path, encoding):
    rows = [example(number, content="Déjà vu 🜚") for number in range(12)]
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)

    repair = repair_dataset(save(text.encode(encoding)), tmp_path / "fixed.jsonl")

    assert read_jsonl(repair.out) == rows
    assert repair.notes == ["whole file: UTF-16 text, mended", "11 lines: Windows line ends, mended"]


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_a_utf_32_file_is_not_taken_for_utf_16_and_is_mended(save, tmp_path, encoding):
    repair = repair_dataset(save((LINE + "\n").encode(encoding)), tmp_path / "fixed.jsonl")

    assert read_jsonl(repair.out) == [example()]
    assert repair.notes == ["whole file: UTF-32 text, mended"]


def test_a_damaged_utf_16_file_is_refused_and_nothing_is_left_behind(save, tmp_path):
    path = save(LINE.encode("utf-16") + b"\x00\xd8{\x00")

    with pytest.raises(DatasetError, match="starts as UTF-16 and does not go on as UTF-16"):
        repair_dataset(path, tmp_path / "fixed.jsonl")

    assert list(tmp_path.iterdir()) == [path]


def test_zero_bytes_in_one_line_cost_only_that_line(save, tmp_path):
    repair = repair_dataset(save(f"{LINE}\n\0\n{LINE}\n"), tmp_path / "fixed.jsonl")

    assert (repair.rows, [item.place for item in repair.left_out]) == (2, ["line 2"])


def test_what_follows_a_beginning_of_zero_bytes_is_kept_in_the_result(save, tmp_path):
    repair = repair_dataset(save(f"\0\n{LINE}\n"), tmp_path / "fixed.jsonl")

    assert (repair.rows, [item.place for item in repair.left_out]) == (0, ["line 1", "the rest of the file"])
    assert repair.left_out[1].text == f"{LINE}\n"


def test_a_role_with_capitals_is_mended_and_a_misspelled_one_is_not(save, tmp_path):
    rows = [example(role="Assistant "), example(role="asistant")]

    repair = repair_dataset(save("\n".join(map(json.dumps, rows))), tmp_path / "fixed.jsonl")

    assert read_jsonl(repair.out) == [example()]
    assert repair.notes == [
        "line 1: role 'Assistant ' at messages[2].role, mended",
        "line 2: unrecognized_role at messages[2].role, left out",
    ]


def test_a_preference_file_is_repaired_by_its_own_rules(save, tmp_path):
    row = {
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "preferred_output": [{"role": "assistant", "content": "Hello!"}],
        "non_preferred_output": [{"role": "assistant", "content": "What?"}],
    }
    path = save(json.dumps(row) + f",\n{LINE}\n")

    repair = repair_dataset(path, tmp_path / "fixed.jsonl", method="dpo")

    assert read_jsonl(repair.out) == [row]
    assert [item.place for item in repair.left_out] == ["line 2"]


@given(st.lists(st.sampled_from([*b'{}[]",:\\\n\r \xff\xfe\x00a', None]), max_size=12), st.randoms())
def test_whatever_the_bytes_every_example_is_written_or_left_out_and_the_result_is_valid(edits, chance):
    content = bytearray(f"{LINE}\n{json.dumps(example(2), indent=1)}\n{LINE},\n".encode())
    for edit in edits:
        place = chance.randrange(len(content))
        content[place : place + 1] = [] if edit is None else [edit]

    with TemporaryDirectory() as folder:
        path, out = Path(folder, "train.jsonl"), Path(folder, "fixed.jsonl")
        path.write_bytes(content)
        try:
            repair = repair_dataset(path, out)
        except DatasetError:
            assert content[:2] in (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")
            return
        report = validate_dataset(out)

        assert report.n_rows == repair.rows
        assert [issue.code for issue in report.errors] == [
            "too_few_examples" if repair.rows else "empty_file"
        ]
        assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_named_and_nothing_is_lost(save, tmp_path):
    with pytest.raises(DatasetError, match=r"fixed\.jsonl cannot be written: No such file or directory"):
        repair_dataset(save(LINE), tmp_path / "nowhere" / "fixed.jsonl")
