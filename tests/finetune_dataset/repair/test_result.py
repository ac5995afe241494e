"""The result of a repair: for a reader, and for another program."""

import json
import subprocess
import sys

import pytest
from samples import LINE, example

from finetune_dataset.repair.mend import repair_dataset
from finetune_dataset.repair.result import LEFT_OUT_KEPT


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
        "more_left_out": [],
    }


def test_of_very_many_bad_lines_the_first_are_kept_and_the_lines_of_all_others_are_named(save, tmp_path):
    kept = LEFT_OUT_KEPT
    bad = ["5"] * (kept + 100)
    path = save("\n".join([LINE, *bad, LINE, "6", "7", LINE, "8"]))

    repair = repair_dataset(path, tmp_path / "fixed.jsonl")

    last = kept + 101
    assert (repair.rows, repair.n_left_out, len(repair.left_out), len(repair.notes)) == (
        3, kept + 103, kept, kept,
    )  # fmt: skip
    assert repair.more_left_out == [(kept + 2, last), (last + 2, last + 3), (last + 5, last + 5)]
    # Whoever wants them finds them in the old file, which is unchanged.
    old = path.read_text().splitlines()
    named = [old[line - 1] for first, end in repair.more_left_out for line in range(first, end + 1)]
    assert named == ["5"] * 100 + ["6", "7", "8"]
    assert repair.more == [
        "… and 103 more notes",
        "103 more left out, too many to be kept here. train.jsonl still has them, on lines "
        "10002 to 10101, 10103 to 10104, 10106",
    ]
    assert "10,103" not in repair.headline
    assert f"{kept + 103} left out" in repair.headline
    for shown in (repr(repair), repair._repr_html_()):
        assert "on lines 10002 to 10101, 10103 to 10104, 10106" in shown
    assert json.loads(json.dumps(repair.to_dict()))["more_left_out"][0] == [kept + 2, last]


def test_of_very_long_bad_lines_only_so_much_text_is_kept(save, tmp_path, monkeypatch):
    monkeypatch.setattr("finetune_dataset.repair.result.CHARACTERS_KEPT", 1000)
    lines = [json.dumps("x" * 400)] * 4

    repair = repair_dataset(save("\n".join(lines)), tmp_path / "fixed.jsonl")

    assert ([item.place for item in repair.left_out], repair.more_left_out) == (
        ["line 1", "line 2"], [(3, 4)],
    )  # fmt: skip


@pytest.mark.slow
def test_a_megabyte_of_bad_lines_is_repaired_in_little_memory(save, tmp_path):
    path = save("5\n" * 500_000)
    program = (
        "import sys, resource; from finetune_dataset.repair.mend import repair_dataset\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "repair = repair_dataset(sys.argv[1], sys.argv[2])\n"
        "print(repair.n_left_out, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path / "fixed.jsonl")],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip

    number, kilobytes = map(int, done.stdout.split())
    assert number == 500_000
    # It was 176 MB.
    assert kilobytes < 60_000 * (1024 if sys.platform == "darwin" else 1)
