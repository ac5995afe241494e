"""The result of a repair: for a reader, and for another program."""

import json

from samples import LINE, example

from finetune_dataset.repair.mend import repair_dataset


def test_a_result_prints_its_headline_its_notes_and_its_diff(save, tmp_path):
    repair = repair_dataset(save(f"{LINE},\n5\n"), tmp_path / "fixed.jsonl")

    lines = repr(repair).splitlines()
    assert lines[:3] == [
        "train.jsonl → fixed.jsonl: 1 example written, 1 left out, train.jsonl is unchanged",
        "  line 1: trailing_comma, mended",
        "  line 2: not_an_object at the row, left out",
    ]
    assert lines[3:] == repair.diff.splitlines()
    assert list(repair) == repair.notes


def test_a_result_as_plain_data_holds_all_that_was_left_out(save, tmp_path):
    bad = json.dumps(example(role="assistent"))
    path = save(f"{LINE}\n{bad}\n")

    repair = repair_dataset(path, tmp_path / "fixed.jsonl")

    reason = 'unrecognized_role at messages[2].role: found "assistent"'
    assert json.loads(json.dumps(repair.to_dict())) == {
        "path": str(path),
        "out": str(repair.out),
        "rows": 1,
        "notes": ["line 2: unrecognized_role at messages[2].role, left out"],
        "left_out": [{"place": "line 2", "reason": reason, "text": bad}],
    }
