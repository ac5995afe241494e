"""What a file of measured lines holds, and what is refused in it."""

import json

import pytest
from measured_lines import line

from helpers.errors import UnreadableContent
from helpers.evaluation.measured_lines import read_lines


def test_lines_are_read_with_fields_that_only_some_have(tmp_path):
    short = {key: value for key, value in line().items() if key not in ("seed", "step", "date")}
    path = tmp_path / "rivals.json"
    path.write_text(json.dumps({"lines": [line(), short]}), encoding="utf-8")

    assert [each["way"] for each in read_lines(path)] == ["base", "base"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty, expected JSON"),
        ('{"lines": [{"way": "base"}]}', r"missing required field `base_model`"),
        (json.dumps({"lines": [line() | {"n": 0}]}), r"`int` >= 1"),
    ],
)
def test_a_damaged_file_is_named_with_the_way_out(tmp_path, text, words):
    path = tmp_path / "rivals.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableContent, match=rf"rivals\.json is damaged: .*{words}.*Get the file back"):
        read_lines(path)
