"""Parts of a file: together they find what the whole finds."""

import json
import os
import subprocess
import sys
import time

import pytest
from samples import GOOD, LINE, ROWS, example

from finetune_dataset.check.scan import scan, spans
from finetune_dataset.validate import validate_dataset
from helpers.paths import ROOT


def test_two_workers_find_what_one_finds(save):
    lines = [json.dumps(row) for row in ROWS] * 40
    lines[100:100] = ["", "5", json.dumps(example(3), indent=1), json.dumps(example(4, weight=7)), LINE[:30]]
    path = save("\r\n".join(lines))

    one, two = (validate_dataset(path, model="gpt-4o-mini", workers=workers) for workers in (1, 2))

    assert len(spans(path, 2)) == 2
    assert (two.problems, two.counts, two.n_rows) == (one.problems, one.counts, one.n_rows)
    assert two.statistics == one.statistics


@pytest.mark.parametrize("content", [json.dumps(ROWS), json.dumps(ROWS, indent=2), f"[{LINE},\n{LINE}]", ""])
def test_a_file_whose_lines_are_no_rows_stays_in_one_piece(save, content):
    assert spans(save(content), 4) == [(0, len(content))]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\n" * 1_000_000, "blank_line"),
        (b"\r\n" * 500_000, "blank_line"),
        (b"x\n" * 300_000, "invalid_json"),
        (b'{"a":\n' * 50_000, "invalid_json"),
        (b"[\n" * 500_000, "invalid_json"),
        (b"[" * 1_000_000, "invalid_json"),
        (b'{"a": "' + b'\\"' * 500_000, "invalid_json"),
        (b'{"a": [' + b", " * 500_000, "invalid_json"),
        (b'{"a": ' + b"1" * 1_000_000 + b"}\n", "invalid_json"),
        (b'{"a":1}' * 60_000, "several_values"),
        (b'{"a":1}' * 30_000 + b'{"a":' * 100_000, "several_values"),
        (b"{}" * 500_000, "row_too_large"),
        (b"1 " * 500_000, "invalid_json"),
        (b"x" + b" " * 500_000 + b"{}" + b"[" * 500_000, "invalid_json"),
        (b'{"data": [\n' + b'{"messages": 1},\n' * 60_000, "invalid_json"),
        (b"{" + b",".join(b'"k":1' for _ in range(150_000)) + b"}\n", "duplicate_key"),
        (b'{"messages":[' + b",".join([b"1"] * 300_000) + b"]}\n", "not_an_object"),
        (b'{"messages":[{' + b",".join(b'"%d":1' % n for n in range(80_000)) + b"}]}", "message_missing_key"),
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_takes_a_moment(save, content, code):
    path, start = save(content), time.process_time()

    found = scan(path)

    assert found.log.counts[code]
    assert time.process_time() - start < 30  # A wide margin: each takes less than 5 s.


def test_all_blank_lines_are_counted_and_the_first_are_kept(save):
    found = scan(save("\n" * 12_000))

    assert (found.log.counts["blank_line"], len(found.log.kept), len(found.digests)) == (
        12_000,
        10_000,
        12_000,
    )


def test_lines_after_one_that_is_too_long_are_read(save, monkeypatch):
    for module in ("files", "jsonlines", "strict_json", "check.scan"):
        monkeypatch.setattr(f"finetune_dataset.{module}.MAX_LINE_BYTES", 1_000)
    path = save(f"{GOOD[0]}\n" + "x" * 600_000 + f"\n{GOOD[1]}\n")

    found = scan(path)

    assert (found.lines, found.rows) == (3, 2)
    assert [(each.line, each.code) for each in found.log.kept] == [(2, "row_too_large")]


def test_a_value_over_lines_that_is_too_long_ends_the_reading(save, monkeypatch):
    for module in ("files", "jsonlines", "strict_json", "check.scan"):
        monkeypatch.setattr(f"finetune_dataset.{module}.MAX_LINE_BYTES", 1_000)

    found = scan(save("[\n" + f"{GOOD[0]},\n" * 100 + "]\n"))

    assert [(each.line, each.code) for each in found.log.kept] == [(1, "row_too_large")]


PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_500 * 2**20,) * 2)
from finetune_dataset.validate import validate_dataset
print([(each.line, each.code) for each in validate_dataset(sys.argv[1]).errors])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process like this")
def test_a_line_of_two_gigabytes_is_named_with_little_memory(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(f"{GOOD[0]}\n")
    os.truncate(path, 2 * 2**30)  # Zero bytes that take no place on the disk.

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], cwd=ROOT, capture_output=True, text=True, timeout=120
    )

    assert (done.stdout, done.stderr) == ("[(0, 'too_few_examples'), (2, 'row_too_large')]\n", "")
