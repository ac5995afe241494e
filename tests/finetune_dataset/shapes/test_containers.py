"""Files that are no text of JSON are named for what they are, with a way out that works."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import shutil
import sqlite3
import subprocess
import tarfile
import zipfile

import pandas as pd
import pytest
from samples import FILE, ROWS, found

from finetune_dataset.convert.tables import rows_from_table
from finetune_dataset.errors import DatasetError
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.shapes.containers import other_kind, unicode_encoding
from finetune_dataset.validate import validate_dataset


def zipped(name):
    """A zip archive with one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 11, 28, 0, 0, 0)), FILE)
    return packed.getvalue()


def tarred():
    """A tar archive with one file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("train.jsonl")
        info.size = len(FILE)
        archive.addfile(info, io.BytesIO(FILE.encode()))
    return packed.getvalue()


KINDS = {
    "gzip": gzip.compress(FILE.encode()),
    "bzip2": bz2.compress(FILE.encode()),
    "xz": lzma.compress(FILE.encode()),
    "Zstandard": b"\x28\xb5\x2f\xfd\x04\x58",
    "zip archive": zipped("train.jsonl"),
    "zip archive ": zipped("train.json"),  # A name of ten letters puts a line end into the first bytes.
    "Office file": zipped("[Content_Types].xml"),
    "tar archive": tarred(),
    "Parquet": b"PAR1\x15\x04",
    "PDF": b"%PDF-1.7\n%\xe2\xe3",
    "page (HTML)": "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>",
    "page (HTML) ": "<html lang='en'>",
    "XML": "<?xml version='1.0'?><rows/>",
    "SQLite": b"SQLite format 3\0",
    "pickle": pickle.dumps(ROWS),
    "Git LFS": "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "old Office file": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "image (PNG)": b"\x89PNG\r\n\x1a\n",
    "image (GIF)": b"GIF89a\x01\0",
    "compress (.Z)": b"\x1f\x9d\x90\x7b\x44",
    "lzip": b"LZIP\x01\x0c",
    "LZMA": lzma.compress(FILE.encode(), lzma.FORMAT_ALONE),
    "Snappy": b"\xff\x06\0\0sNaPpY\x01",
    "Arrow stream": b"\xff\xff\xff\xff\x68\x01\0\0\x10\0\0\0",
    "safetensors": (60).to_bytes(8, "little") + b'{"__metadata__": {"format": "pt"}}',
    "pickle ": pickle.dumps(ROWS, protocol=2),
    "rich text": "{\\rtf1\\ansi {\\b messages}}",
}


@pytest.mark.parametrize(("name", "content"), KINDS.items(), ids=KINDS)
def test_another_kind_of_file_is_named_once_and_neither_read_nor_written(
    check, save, tmp_path, name, content
):
    report = check(content)
    (issue,) = report.errors

    assert (issue.code, report.n_rows) == ("not_json_lines", 0)
    assert name.strip() in issue.found
    with pytest.raises(DatasetError, match=name.strip().replace("(", r"\(").replace(")", r"\)")):
        repair_dataset(save(content), tmp_path / "fixed.jsonl")
    with pytest.raises(DatasetError, match="not_json_lines"):
        read_jsonl(save(content))
    assert not (tmp_path / "fixed.jsonl").exists()


def test_a_real_database_is_named_too(check, tmp_path):
    path = tmp_path / "made.db"
    with sqlite3.connect(path) as base:
        base.execute("create table t (a)")

    assert "SQLite" in check(path.read_bytes()).problems[0].found


def test_the_advice_for_a_parquet_file_works(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "train.parquet"
    pd.DataFrame({"prompt": ["Hi"] * 12, "completion": ["Yo"] * 12}).to_parquet(path)

    assert "pandas.read_parquet(FILE)" in other_kind(path.read_bytes())[1]
    assert len(pd.read_parquet(path).to_dict("records")) == 12


@pytest.mark.parametrize("name", ["train.jsonl.gz", "train.parquet", "train.xlsx", "train.zip"])
def test_nobody_is_told_to_rename_a_packed_file(save, name):
    report = validate_dataset(save(gzip.compress(FILE.encode()), name))

    assert [issue.code for issue in report.problems] == ["not_json_lines"]


@pytest.mark.parametrize("suffix", ["parquet", "feather", "arrow"])
def test_the_advice_for_a_packed_table_works(tmp_path, suffix):
    datasets = pytest.importorskip("datasets")
    frame = pd.DataFrame({"question": ["Hi"] * 12, "answer": ["Yo"] * 12})
    path = tmp_path / f"table.{suffix}"
    if suffix == "arrow":
        datasets.Dataset.from_pandas(frame).save_to_disk(str(tmp_path / "set"))
        path = next((tmp_path / "set").glob("*.arrow"))
    else:
        getattr(frame, f"to_{suffix}")(path)

    with pytest.raises(DatasetError, match="expected a table") as refused:
        rows_from_table(path, user="question", assistant="answer")

    code = (
        str(refused.value)
        .rpartition(": ")[2]
        .removesuffix(".")
        .replace("...", "user='question', assistant='answer'")
    )
    names = {"rows_from_table": rows_from_table, "pandas": pd, "Dataset": datasets.Dataset, "FILE": str(path)}
    assert len(eval(code, names)) == 12


def test_the_advice_for_an_arrow_stream_works(check, tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(ROWS).save_to_disk(str(tmp_path / "set"))
    path = next((tmp_path / "set").glob("*.arrow"))
    (issue,) = check(path.read_bytes()).problems

    code = (
        issue.fix.rpartition(": ")[2].removesuffix(".").replace("train.jsonl", str(tmp_path / "train.jsonl"))
    )
    eval(code, {"Dataset": datasets.Dataset, "FILE": str(path)})

    assert check((tmp_path / "train.jsonl").read_bytes()).ok


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_who_unpacks_a_file_as_advised_has_a_good_one(check, save, tmp_path, name):
    (issue,) = check(KINDS[name]).problems
    command = issue.fix.rpartition(": ")[2].removesuffix(".")
    if not shutil.which(command.split()[0]):
        pytest.skip(f"there is no {command.split()[0]} here")

    command = command.replace("FILE", str(save(KINDS[name]))).replace("unpacked", str(tmp_path / "unpacked"))
    subprocess.run(command, shell=True, check=True)

    assert check((tmp_path / "unpacked.jsonl").read_bytes()).problems == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_a_text_of_wide_characters_is_named_with_its_encoding_and_mended(check, save, tmp_path, encoding):
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode(encoding)

    first, *_ = check(content).errors
    repair = repair_dataset(save(content), tmp_path / "fixed.jsonl")

    assert first.code == "too_few_examples" or first.code == "not_utf8"
    assert any(encoding[:6].upper() in each.found for each in check(content).errors)
    assert read_jsonl(repair.out) == ROWS


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_a_csv_file_of_wide_characters_is_read(save, encoding):
    table = "question,answer\nTide in Brașov?,04:10\nTide?,Déjà\n".encode(encoding)

    rows = rows_from_table(save(table, "table.csv"), user="question", assistant="answer")

    assert [row["messages"][1]["content"] for row in rows] == ["04:10", "Déjà"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["潮汐什么时候来？四点十分。" * 3, "Когда прилив? В четыре." * 2])
def test_a_short_head_in_ascii_is_enough_to_tell_the_encoding(save, encoding, text):
    table = f"question,answer\n{text},04:10\n".encode(encoding)

    (row,) = rows_from_table(save(table, "table.csv"), user="question", assistant="answer")

    assert row["messages"][0]["content"] == text


@pytest.mark.parametrize("name", ["table.csv", "table.tsv", "table.txt"])
def test_a_packed_table_is_named(save, name):
    with pytest.raises(DatasetError, match="is a gzip file"):
        rows_from_table(save(gzip.compress(b"a,b\n1,2\n"), name), user="a", assistant="b")


@pytest.mark.parametrize("text", ["", "a", "Zażółć gęślą jaźń, 今天天气", "{}\n", "\0" * 64])
def test_a_usual_text_has_no_wide_encoding(text):
    assert unicode_encoding(text.encode()) is None


def test_a_folder_of_shards_is_named_with_what_it_holds(tmp_path, save):
    for number in range(3):
        save(FILE, f"part-{number}.jsonl")

    with pytest.raises(DatasetError, match=r"It holds 3: part-0\.jsonl, part-1\.jsonl, part-2\.jsonl\. Join"):
        repair_dataset(tmp_path, tmp_path / "fixed.jsonl")


def test_a_byte_order_mark_and_blank_lines_before_a_page_do_not_hide_it(check):
    assert found(check("\ufeff \n<!doctype html>"))[-1] == (2, "", "not_json_lines")


def test_blank_lines_that_are_skipped_do_not_hide_a_page(check, save):
    content = "\n \n\r\n<!doctype html>\n"

    assert found(check(content))[-1] == (4, "", "not_json_lines")
    with pytest.raises(DatasetError, match="line 4: not_json_lines"):
        read_jsonl(save(content))
