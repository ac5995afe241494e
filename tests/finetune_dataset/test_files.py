"""Files: written and read as they should be, and refused with what is there instead."""

import json
import os
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from samples import LINE

from finetune_dataset.errors import DatasetError
from finetune_dataset.files import write_jsonl
from finetune_dataset.jsonlines import read_jsonl
from finetune_dataset.validate import validate_dataset


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [{"text": "line\u2028separator é 🜚"}, {"text": "tab\tand\nnew line"}]
    path = tmp_path / "rows.jsonl"

    write_jsonl(path, rows)

    assert read_jsonl(path) == rows
    assert path.read_bytes().count(b"\n") == 2


def test_a_missing_file_names_what_is_there(save):
    path = save(LINE, "train.jsonl")

    with pytest.raises(
        DatasetError, match=r"trian\.jsonl was not found; the folder .* has train\.jsonl\. Check"
    ):
        validate_dataset(path.with_name("trian.jsonl"))


def test_a_missing_folder_is_said_to_be_missing(tmp_path):
    with pytest.raises(DatasetError, match="does not exist either"):
        read_jsonl(tmp_path / "nowhere" / "train.jsonl")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="is a folder; expected a JSON Lines file"):
        validate_dataset(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_refused_because_a_file_is_read_more_than_once(tmp_path):
    os.mkfifo(tmp_path / "train.jsonl")

    with pytest.raises(DatasetError, match="is no file on a disk"):
        validate_dataset(tmp_path / "train.jsonl")


OLD = b'{"old": 1}\n'
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(rows=st.lists(st.dictionaries(st.text(), JSON_VALUES, max_size=4), max_size=5))
def test_what_is_written_is_read_back_as_it_was(rows, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"

    write_jsonl(path, rows)

    assert read_jsonl(path) == rows


def nested(levels):
    """An object with so many lists and objects inside each other."""
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


CYCLE: dict = {}
CYCLE["a"] = CYCLE


@pytest.mark.parametrize(
    ("row", "place", "found", "fix"),
    [
        ({"tags": {"a"}}, ", tags", "a value of the type set", "sorted"),
        ({"at": [datetime(2026, 1, 2)]}, ", at[0]", "a value of the type datetime", "isoformat"),
        ({"on": {"day": date(2026, 1, 2)}}, ", on.day", "a value of the type date", "isoformat"),
        ({"n": Decimal("1.5")}, ", n", "a value of the type Decimal", "float"),
        ({"b": b"x"}, ", b", "a value of the type bytes", "decode"),
        ({"p": Path("x")}, ", p", "a value of the type PosixPath", "Change the value"),
        ({"score": float("nan")}, ", score", "the number nan", "Write null"),
        ({"score": [1, float("-inf")]}, ", score[1]", "the number -inf", "Write null"),
        ({"text": "half \ud83d"}, ", text", "half of a surrogate pair", "whole character"),
        ({"a": {"half \ud83d": 1}}, ", a", "half of a surrogate pair in a key", "whole character"),
        ({"a": {1: "one"}}, ", a", "the key 1 of the type int", "Write the key as text"),
        ({None: "one"}, "", "the key None of the type NoneType", "Write the key as text"),
        (nested(101), ", a.a", "brackets inside brackets, more than 100 deep", "flatter"),
        (CYCLE, ", a.a", "brackets inside brackets, more than 100 deep", "flatter"),
        ({"n": 10**5_000}, "", "Exceeds the limit", "leave it out"),
        ([1, 2], "", "list, no JSON object", "leave it out"),
        ("text", "", "str, no JSON object", "leave it out"),
    ],
)
def test_a_row_that_cannot_be_written_is_named_and_the_old_rows_stay(tmp_path, row, place, found, fix):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(OLD)

    with pytest.raises(DatasetError) as caught:
        write_jsonl(path, [{"a": 1}, row])

    assert str(caught.value).startswith(f"Row 2 for {path}{place}")
    assert f": found {found}" in str(caught.value)
    assert fix in str(caught.value)
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_the_deepest_row_that_is_read_is_written_too(tmp_path):
    write_jsonl(tmp_path / "rows.jsonl", [nested(100)])

    assert read_jsonl(tmp_path / "rows.jsonl") == [nested(100)]


@pytest.mark.parametrize(
    "failure", [ValueError("mine"), KeyboardInterrupt(), OSError(2, "mine", "other.txt")]
)
def test_an_exception_of_the_rows_comes_out_as_it_is_and_the_old_rows_stay(tmp_path, failure):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(OLD)

    def rows():
        yield {"a": 1}
        raise failure

    with pytest.raises(type(failure)) as caught:
        write_jsonl(path, rows())

    assert caught.value is failure
    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_rows_can_be_read_from_the_file_that_they_replace(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(OLD * 3)

    def rows():
        with path.open() as lines:
            for line in lines:
                yield {**json.loads(line), "new": 2}

    write_jsonl(path, rows())

    assert read_jsonl(path) == [{"old": 1, "new": 2}] * 3


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_file_that_is_replaced_keeps_its_permissions_and_the_link_to_it(tmp_path):
    path, link = tmp_path / "rows.jsonl", tmp_path / "link.jsonl"
    path.write_bytes(OLD)
    path.chmod(0o640)
    link.symlink_to(path.name)

    write_jsonl(link, [{"new": 1}])

    assert link.is_symlink()
    assert read_jsonl(path) == [{"new": 1}]
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_new_file_has_the_permissions_that_the_umask_gives(tmp_path):
    other = tmp_path / "other"
    other.touch()

    write_jsonl(tmp_path / "rows.jsonl", [])

    assert (tmp_path / "rows.jsonl").stat().st_mode == other.stat().st_mode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_in_words():
    with pytest.raises(DatasetError, match=r"cannot be written: No space left on device\. Check the path"):
        write_jsonl("/dev/full", [{"a": "x" * 100_000}])


def test_a_disk_that_is_full_at_the_end_leaves_the_old_rows(tmp_path, monkeypatch):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(OLD)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DatasetError, match=r"No space left on device.*What was there before is still there"):
        write_jsonl(path, [{"a": 1}])

    assert path.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_and_a_missing_folder_are_refused_as_places_for_a_file(tmp_path):
    with pytest.raises(DatasetError, match="is a folder; expected the name of a file"):
        write_jsonl(tmp_path, [])
    with pytest.raises(DatasetError, match="cannot be written: No such file or directory"):
        write_jsonl(tmp_path / "nowhere" / "rows.jsonl", [])
