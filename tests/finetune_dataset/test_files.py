"""Files: written and read as they should be, and refused with what is there instead."""

import os

import pytest
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
