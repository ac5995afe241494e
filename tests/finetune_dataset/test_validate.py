"""Whole files: what is reported, and where the gate stops."""

import json
import random
import subprocess
import sys
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest
from ray_cluster import MISSING, ray_cluster
from samples import FILE, LINE, ROWS, example, found_in_rows

from finetune_dataset import FineTuneError
from finetune_dataset.errors import DatasetError
from finetune_dataset.files import write_jsonl
from finetune_dataset.report import DatasetReport
from finetune_dataset.rules.issues.issue import Issue
from finetune_dataset.validate import require_valid, validate_dataset, validate_files
from helpers.paths import ROOT, data_path


def test_a_good_file_has_no_issues(tmp_path):
    path = tmp_path / "train.jsonl"
    write_jsonl(path, ROWS)

    report = validate_dataset(path)

    assert (report.n_rows, report.problems, report.ok) == (12, [], True)
    assert str(report) == "train.jsonl: 12 rows, no problems found"
    require_valid(report)


def test_the_limericks_of_the_course_are_valid():
    assert validate_dataset(data_path("limericks.jsonl")).problems == []


def test_a_table_is_sent_to_the_function_that_reads_tables(save):
    report = validate_dataset(save("question,answer\nHi,Hello\n", "faq.csv"))

    assert "rows_from_table" in report.problems[0].fix


def test_random_bytes_never_raise(save):
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(f"{LINE}\n{json.dumps(example(2), indent=1)}\n".encode())
        for _ in range(chance.randrange(1, 6)):
            broken[chance.randrange(len(broken))] = chance.choice(b'{}[]",:\\\n \xff\x00a')
        report = validate_dataset(save(bytes(broken)))
        assert str(report).startswith("train.jsonl: ")


def test_too_few_examples_is_an_issue_of_the_whole_file(save):
    (issue,) = validate_dataset(save("\n".join(map(json.dumps, ROWS[:2])))).problems

    assert str(issue) == (
        "whole file: too_few_examples: found 2 examples; expected at least 10 examples. "
        "Add examples; 50 to 100 are a good start."
    )


@pytest.mark.parametrize(
    ("content", "found"), [("", "an empty file"), ("\n \n\n", "3 blank lines"), ("\ufeff", "an empty file")]
)
def test_a_file_without_text_is_not_told_to_add_examples(save, content, found):
    (issue,) = validate_dataset(save(content)).errors

    assert (issue.code, issue.found) == ("empty_file", found)
    assert issue.fix.startswith("Check the program that wrote it")


def test_a_repeated_row_is_only_a_warning(save):
    report = validate_dataset(save("\n".join(map(json.dumps, [*ROWS, ROWS[3]]))))

    assert found_in_rows(report) == [(13, "", "duplicate_row")]
    assert report.ok
    assert report.problems[0].found == "the same example as on line 4"


def test_a_method_that_does_not_exist_is_refused(save):
    with pytest.raises(FineTuneError, match=r"no method 'sft'. Methods: supervised, dpo, reinforcement"):
        validate_dataset(save(LINE), method="sft")


def test_the_names_that_other_programs_rely_on(check):
    report = check(FILE, model="gpt-4o-mini")

    assert isinstance(report, DatasetReport)
    assert (report.n_rows, report.ok, report.method, report.model) == (12, True, "supervised", "gpt-4o-mini")
    assert report.tokens == sum(tokens * rows for tokens, rows in report.statistics.tokens_per_row.items())
    assert report.statistics.turns_per_row == {2: 12}
    assert report.statistics.messages_by_role == {"user": 12, "assistant": 12}
    assert check(FILE).tokens is None


def test_the_gate_lists_errors_but_no_warnings(save):
    report = validate_dataset(save(f"\n{LINE}\n5\n"))

    with pytest.raises(DatasetError) as refusal:
        require_valid(report)

    assert "line 3: not_an_object" in str(refusal.value)
    assert "blank_line" not in str(refusal.value)


def test_every_mistake_in_the_broken_file_is_named_with_its_line():
    report = validate_dataset(data_path("broken.jsonl"))

    assert (report.n_rows, [(issue.line, issue.code) for issue in report.problems]) == (
        17,
        [
            (4, "pretty_printed_json"),
            (22, "example_missing_assistant_message"),
            (24, "unrecognized_role"),
            (27, "missing_content"),
            (29, "trailing_comma"),
            (31, "special_token"),
        ],
    )


@pytest.mark.parametrize("code", ["leaked_row", "a_code_of_mine"])
def test_the_gate_also_stops_at_the_errors_of_another_check(code):
    report = DatasetReport(Path("train.jsonl"), n_rows=12)
    report.add(Issue(4, "", code, "error", "a leak", "none", "Remove it."))

    with pytest.raises(DatasetError, match=rf"(?s)line 4: {code}: .*Correct this in the file\.$"):
        require_valid(report)


def test_the_gate_names_the_repair_where_it_helps(save):
    with pytest.raises(DatasetError, match=r"repair_dataset\(path, out\) does the safe part of it\.$"):
        require_valid(validate_dataset(save(f"{LINE},\n")))


@pytest.fixture
def files(tmp_path):
    """Three files: a good one, one with a bad line and two copies, and one that is a copy of the first."""
    contents = {"a": FILE, "b": f"{FILE.splitlines()[0]}\n5\n{json.dumps(example(50))}\n" * 2, "c": FILE}
    for name, content in contents.items():
        (tmp_path / f"{name}.jsonl").write_text(content, encoding="utf-8")
    return [tmp_path / f"{name}.jsonl" for name in contents]


def test_each_of_many_files_has_the_report_of_one_and_the_rows_that_earlier_files_have(files):
    reports = validate_files(files, model="gpt-4o-mini")

    alone = [validate_dataset(path, model="gpt-4o-mini") for path in files]
    # What is new: the copies over files.
    copies = [{issue for issue in report.problems if issue.code == "duplicate_row"} for report in reports]
    rest = [[issue for issue in report.problems if issue.code != "duplicate_row"] for report in reports]
    assert rest == [[i for i in report.problems if i.code != "duplicate_row"] for report in alone]
    assert [(r.path, r.n_rows, r.statistics) for r in reports] == [
        (r.path, r.n_rows, r.statistics) for r in alone
    ]
    assert [sorted((issue.line, issue.found) for issue in found) for found in copies] == [
        [],
        [
            (1, "the same example as on line 1 of a.jsonl"),
            (4, "the same example as on line 1 of a.jsonl"),
            (5, "the same example as on line 2"),
            (6, "the same example as on line 3"),
        ],
        [(line, f"the same example as on line {line} of a.jsonl") for line in range(1, 13)],
    ]


@pytest.mark.slow
def test_a_pool_of_processes_gives_the_reports_of_one_process(files):
    with get_context("spawn").Pool(2) as pool:
        spread = validate_files(files, model="gpt-4o-mini", starmap=pool.starmap)

    assert spread == validate_files(files, model="gpt-4o-mini")


ON_RAY = """
import sys
from ray.util.multiprocessing import Pool
from finetune_dataset import validate_files
import ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
with Pool(2) as pool:
    print([report.to_dict() for report in validate_files(sys.argv[2:], starmap=pool.starmap)])
"""


@pytest.mark.slow
@pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
def test_a_ray_cluster_gives_the_reports_of_one_process(files):
    short = tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)
    with short as folder, ray_cluster(Path(folder), 1, 1) as cluster:
        done = subprocess.run(
            [sys.executable, "-c", ON_RAY, cluster.address, *map(str, files)],
            cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120,
        )  # fmt: skip

    assert done.stdout.splitlines()[-1:] == [str([report.to_dict() for report in validate_files(files)])], (
        done.stderr
    )
