"""What a learner sees and reads out; whatever is broken, the doctor itself is not."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import doctor
from helpers.__main__ import main
from helpers.doctor import report
from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.report import ADVICE, as_text, explain
from helpers.doctor.word import CHECKS, encode
from helpers.paths import ROOT

WELL = {name: Finding(OK, "well") for name in CHECKS}
READ_BY_AN_OLD_PYTHON = [
    ROOT / "helpers" / name for name in ("__init__.py", "__main__.py", "paths.py")
] + sorted((ROOT / "helpers" / "doctor").glob("*.py"))


@pytest.fixture
def found(monkeypatch):
    """What the checks find; change it."""
    findings = dict(WELL)
    monkeypatch.setattr(report, "look", lambda: findings)
    monkeypatch.delenv("FINETUNE_BACKEND", raising=False)
    return findings


def test_all_well_ends_in_the_plain_word(found, capsys):
    assert main(["doctor"]) == 0

    assert capsys.readouterr().out.endswith("\nReady. Code word: tulip\n")


def test_a_note_does_not_stop_anybody(found, capsys):
    found["port"] = Finding(NOTE, "8399 is taken", "Take another.")

    assert main(["doctor"]) == 0

    said = capsys.readouterr().out
    assert " note  port        8399 is taken\n" + " " * 19 + "-> Take another.\n" in said
    assert said.endswith(f"Ready; read the notes. Code word: {encode({'port'}, 'replay')}\n")


def test_what_is_bad_is_said_and_counts(found, capsys):
    found["packages"] = Finding(BAD, "not installed: pandas", "Run: make lab")

    assert main(["doctor"]) == 1

    assert capsys.readouterr().out.endswith(
        f"Not ready: mend what is marked BAD. Code word: {encode({'packages'}, 'replay')}\n"
    )


def test_a_notebook_has_the_same_words(found, capsys):
    doctor.check()

    assert capsys.readouterr().out == as_text(WELL) + "\n"


def test_the_instructor_reads_the_word_back(capsys):
    word = encode({"packages", "widgets"}, "local")

    assert main(["doctor", word.upper()]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "Backend: local. Not well:",
        f"packages: {ADVICE['packages']}",
        f"widgets: {ADVICE['widgets']}",
    ]
    assert explain("tulip") == "Backend: replay. All is well."


def test_a_misheard_word_is_refused(capsys):
    assert main(["doctor", "tulib"]) == 2

    assert capsys.readouterr().out.startswith("'tulib' is no code word.")


def test_every_check_has_its_advice():
    assert tuple(ADVICE) == CHECKS


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_fails_itself_is_a_finding(name, monkeypatch):
    places = {
        "Python": (report.machine, "python"), "packages": (report.installed, "packages"),
        "training": (report.installed, "training"), "disk": (report.machine, "disk"),
        "memory": (report.machine, "memory"), "port": (report.machine, "port"),
        "widgets": (report.installed, "widgets"), "backend": (report.setting, "backend"),
        "real model": (report.shipped, "real_model"), "recordings": (report.shipped, "recordings"),
    }  # fmt: skip

    def well(*arguments):
        return WELL["disk"]

    def fail(*arguments):
        raise RuntimeError("unforeseen")

    for each, (module, function) in places.items():
        monkeypatch.setattr(module, function, fail if each == name else well)

    findings = report.look()

    assert findings == {**WELL, name: findings[name]}
    assert findings[name].found == "this check failed itself (RuntimeError: unforeseen)"


def test_a_screen_that_lacks_letters_is_no_failure(monkeypatch):
    written = []
    screen = type("Screen", (), {"encoding": "ascii", "write": lambda self, text: written.append(text)})()
    monkeypatch.setattr(sys, "stdout", screen)

    report.say("Käthe")

    assert "".join(written) == "K?the\n"


@pytest.mark.parametrize("path", READ_BY_AN_OLD_PYTHON, ids=lambda path: path.stem)
def test_an_old_python_can_read_the_doctor(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))

    # Annotations such as `int | None` are then text, which nobody evaluates.
    has_annotations = any(isinstance(node, ast.FunctionDef) and node.returns for node in ast.walk(tree))
    future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    assert future or not has_annotations or path.name in ("__init__.py", "paths.py")


def test_the_doctor_imports_the_standard_library_alone():
    names = set()
    for path in READ_BY_AN_OLD_PYTHON:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])

    assert names - {*sys.stdlib_module_names} <= {"helpers"}


@pytest.mark.slow  # a Python without packages, and broken settings
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"FINETUNE_BACKEND": "local"},
        {"FINETUNE_BACKEND": "nothing", "FINETUNE_RECORDING": "none"},
        {"FINETUNE_RUNS_DIR": "/dev/null/runs", "FINETUNE_MODELS_DIR": "/dev/null"},
        {"HOME": "/nowhere", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_without_any_package_the_doctor_says_what_is_missing(settings, tmp_path):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FINETUNE_", "PYTHON"))}
    # -S: no site-packages.
    done = subprocess.run(
        [sys.executable, "-S", "-m", "helpers", "doctor"],
        cwd=ROOT, env={**kept, **settings}, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (1, "")
    assert "BAD  packages    not installed: openai, httpx2, pandas, matplotlib and " in done.stdout
    assert "Not ready: mend what is marked BAD. Code word: " in done.stdout
    assert "failed itself" not in done.stdout


@pytest.mark.slow  # a process of its own
def test_a_notebook_without_the_packages_is_sent_to_the_doctor(tmp_path):
    program = "from helpers import doctor; print(doctor.check.__name__); from helpers import connect"

    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=ROOT, capture_output=True, encoding="utf-8",
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip

    assert done.stdout == "check\n"
    assert done.stderr.endswith(
        "ImportError: The course's packages are not installed. Run: python -m helpers doctor\n"
    )


def test_the_makefile_asks_the_doctor_with_whatever_python_there_is():
    text = Path(ROOT, "Makefile").read_text(encoding="utf-8")

    assert "doctor: $(VENV)" not in text  # nothing is installed first
