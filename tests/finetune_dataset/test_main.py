"""The commands, as a build and a console see them."""

import json
import os
import subprocess
import sys

import pytest
from samples import LINE, ROWS

from finetune_dataset.__main__ import main
from finetune_dataset.validate import validate_dataset
from helpers.paths import ROOT, data_path


def test_the_command_prints_the_report_and_tells_a_build_what_to_do(save, capsys):
    good, bad = save("\n".join(map(json.dumps, ROWS))), save("5\n", "bad.jsonl")

    codes = [
        main(["check", str(good), "--model", "gpt-4o-mini"]),
        main(["check", str(bad)]),
        main(["check", str(good.parent / "none")]),
    ]

    printed = capsys.readouterr()
    assert codes == [0, 1, 2]
    tokens = validate_dataset(good, model="gpt-4o-mini").tokens
    assert printed.out.startswith(f"train.jsonl: 12 rows, {tokens} tokens for gpt-4o-mini, no problems found")
    assert "line 1: not_an_object: found 5" in printed.out
    assert "was not found" in printed.err


def test_the_command_prints_json_for_other_programs(save, capsys):
    code = main(["check", str(save("5\n")), "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert (code, printed["ok"], printed["n_rows"], printed["tokens"]) == (1, False, 1, None)
    assert printed["counts"] == {"not_an_object": 1, "too_few_examples": 1}
    assert printed["issues"][1] == {
        "line": 1,
        "path": "",
        "code": "not_an_object",
        "severity": "error",
        "found": "5",
        "expected": 'an object such as {"messages": [...]}',
        "fix": "Write each example as one object on one line.",
        "detail": 'found 5; expected an object such as {"messages": [...]}',
    }


def test_the_json_of_a_good_file_holds_its_histograms(save, capsys):
    code = main(["check", str(save("\n".join(map(json.dumps, ROWS)))), "--json", "--model", "gpt-4o-mini"])

    printed = json.loads(capsys.readouterr().out)
    report = validate_dataset(save("\n".join(map(json.dumps, ROWS))), model="gpt-4o-mini")
    assert (code, printed["n_rows"], printed["tokens"]) == (0, 12, report.tokens)
    assert printed["statistics"] == {
        "tokens_per_row": {str(tokens): rows for tokens, rows in report.statistics.tokens_per_row.items()},
        "turns_per_row": {str(len(ROWS[0]["messages"])): 12},
        "messages_by_role": dict(report.statistics.messages_by_role),
        "tokens_by_role": dict(report.statistics.tokens_by_role),
    }


def test_the_command_takes_the_folder_of_a_local_model(save, capsys):
    path, folder = save("\n".join(map(json.dumps, ROWS))), data_path("base_model")

    assert main(["check", str(path), "--model", str(folder)]) == 0
    assert f"{validate_dataset(path, model=folder).tokens} tokens for base_model" in capsys.readouterr().out


@pytest.mark.parametrize("console", ["ascii", "cp1252"])
def test_the_command_prints_what_its_console_cannot_show_as_numbers(save, console):
    path = save(LINE.replace('"user"', '"用户"'))
    command = [sys.executable, "-m", "finetune_dataset", "check", str(path)]

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, env={**os.environ, "PYTHONIOENCODING": console}
    )

    assert (done.returncode, done.stderr) == (1, b"")
    assert b'unrecognized_role: found "\\u7528\\u6237"' in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no broken pipes")
def test_a_reader_that_stops_early_gets_no_traceback(save):
    path = save("\n" * 30)
    command = [sys.executable, "-m", "finetune_dataset", "check", str(path)]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        program.stdout.close()

        assert program.stderr.read() == b""


@pytest.mark.parametrize(
    "arguments",
    [[], ["a.jsonl"], ["check"], ["check", "a.jsonl", "--method", "sft"], ["tokens", "a.jsonl"], ["repair"]],
)
def test_the_command_refuses_other_arguments(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
    assert "usage: python -m finetune_dataset" in capsys.readouterr().err


def test_the_command_loads_nothing_slow(save):
    program = (
        "import sys; from finetune_dataset.__main__ import main; main(sys.argv[1:]); "
        "print({'pandas', 'matplotlib', 'openai', 'torch', 'jsonschema_rs'} & set(sys.modules))"
    )

    command = [sys.executable, "-c", program, "check", str(save(LINE)), "--model", "gpt-4o-mini"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "set()"


def run(*arguments, **options):
    """Run a command as a user does, in a process of its own."""
    command = [sys.executable, "-m", "finetune_dataset", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", **options)


@pytest.mark.parametrize("command", [[], ["check"], ["repair"], ["quality"], ["tokens"]])
def test_help_says_what_a_command_does_and_what_its_exit_status_means(command):
    done = run(*command, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in command or ["check", "repair", "quality", "tokens"])
    assert ("Exit status: 0" in done.stdout) == bool(command)


def test_check_tells_good_bad_and_missing_files_apart_by_its_exit_status(save):
    good, bad = save("\n".join(map(json.dumps, ROWS))), save("5\n", "bad.jsonl")

    done = [run("check", path) for path in (good, bad, good.parent / "none.jsonl")]

    assert [each.returncode for each in done] == [0, 1, 2]
    assert done[0].stdout == "train.jsonl: 12 rows, no problems found\n"
    assert done[2].stdout == ""
    assert "none.jsonl was not found" in done[2].stderr


def test_repair_writes_a_copy_beside_the_file_and_prints_the_notes_and_the_diff(save):
    path = save(f"{LINE},\n" * 30 + "5\n")

    done = run("repair", path)

    out = path.with_name("train.fixed.jsonl")
    assert (done.returncode, done.stderr) == (1, "")
    assert out.read_text() == f"{LINE}\n" * 30
    assert path.read_text() == f"{LINE},\n" * 30 + "5\n"
    headline, *lines = done.stdout.splitlines()
    assert (
        headline
        == "train.jsonl → train.fixed.jsonl: 30 examples written, 1 left out, train.jsonl is unchanged"
    )
    assert lines[30] == "  line 31: not_an_object at the row, left out"
    assert lines[31:33] == ["--- train.jsonl", "+++ train.fixed.jsonl"]


def test_repair_never_writes_over_a_file(save):
    path, out = save(f"{LINE},\n"), save("mine", "out.jsonl")

    done = [run("repair", path, path), run("repair", path, out)]

    assert [each.returncode for each in done] == [2, 2]
    assert "exists already. Give another name, or remove it first." in done[0].stderr
    assert (path.read_text(), out.read_text()) == (f"{LINE},\n", "mine")


def test_repair_gives_what_it_left_out_to_other_programs_in_full(save, tmp_path):
    done = run("repair", save(f"{LINE}\n5\n"), tmp_path / "out.jsonl", "--json")

    printed = json.loads(done.stdout)
    assert (done.returncode, printed["rows"]) == (1, 1)
    assert printed["left_out"] == [
        {"place": "line 2", "reason": "not_an_object at the row: found 5", "text": "5"}
    ]


def test_quality_finds_a_leak_into_the_test_file(save):
    path = save("\n".join(map(json.dumps, ROWS)))
    test = save(json.dumps(ROWS[3]), "test.jsonl")

    done = [run("quality", path, "--test", test), run("quality", path, "--test", test, "--json")]

    assert [each.returncode for each in done] == [1, 1]
    assert "line 4: leaked_row: found an example that repeats the whole example of line 1 of test.jsonl" in (
        done[0].stdout
    )
    assert json.loads(done[1].stdout)["counts"]["leaked_row"] == 1


def test_tokens_counts_a_file_per_row_and_per_role(save):
    path = save("\n".join(map(json.dumps, ROWS)))
    report = validate_dataset(path, model="gpt-4o-mini")
    [length] = report.statistics.tokens_per_row
    command = ["tokens", path, "--model", "gpt-4o-mini"]

    done = [run(*command), run(*command, "--json")]

    assert [each.returncode for each in done] == [0, 0]
    headline, row, roles = done[0].stdout.splitlines()
    assert headline == f"train.jsonl: {report.tokens} tokens in 12 rows"
    assert row == f"  a row: min {length}, median {length}, max {length}"
    assert roles.startswith("  texts by role: system ")
    assert json.loads(done[1].stdout) == {
        "path": str(path),
        "model": "gpt-4o-mini",
        "rows": 12,
        "rows_left_out": 0,
        "tokens": report.tokens,
        "per_row": {"min": length, "median": length, "max": length},
        "by_role": dict(report.statistics.tokens_by_role),
        "too_long": 0,
    }


def test_tokens_says_how_many_rows_it_could_not_count(save):
    done = run("tokens", save(f"{LINE}\n5\n{{\n"), "--model", "some-model")

    assert done.returncode == 1
    assert "left out: 2 with errors, see the command check" in done.stdout
    assert "The tokens are a guess: some-model" in done.stdout


def test_tokens_of_no_rows_are_none(save):
    done = run("tokens", save(""), "--model", "gpt-4o")

    assert (done.returncode, done.stdout) == (0, "train.jsonl: 0 tokens in 0 rows\n")


def test_an_ascii_console_reads_every_command(save):
    path = save(f"{LINE.replace('Yes.', 'Déjà vu — 用户')},\n")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = [
        run(*words, env=environment)
        for words in (
            ["repair", path],
            ["quality", path],
            ["tokens", path, "--model", "gpt-4o"],
            ["check", "é.jsonl"],
        )
    ]

    assert [each.returncode for each in done] == [0, 0, 0, 2]
    assert "train.jsonl \\u2192 train.fixed.jsonl" in done[0].stdout
    assert "\\xe9.jsonl was not found" in done[3].stderr
