"""What cannot be run here: the course on macOS and Windows. What would fail there is found by its form.

Encodings of files and paths below /tmp are found by ruff (PLW1514 and S108, in pyproject.toml). What a system
lacks is found by mypy, which knows the standard library of each.
"""

import ast
import re
import subprocess
import sys

import nbformat
import pytest

from helpers.paths import ROOT

# Every module is read, by mypy too.
pytestmark = pytest.mark.slow

PROGRAMS = [
    path for folder in ("finetune_dataset", "helpers", "local_server", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
]  # fmt: skip
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CALLS = {
    f"{path.relative_to(ROOT).as_posix()}:{node.lineno}": node
    for path in PROGRAMS
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Call)
}
OF_LEARNERS = {
    place: call for place, call in CALLS.items() if place.startswith(("finetune_dataset/", "helpers/"))
}

NEEDS_POSIX = {
    "helpers/doctor/machine.py": "`os.sysconf` is asked for last, and its absence is caught",
    "local_server/connections.py": "`resource` is asked for only where it can be imported",
    "local_server/generation/structured/__main__.py": "limits are set only on POSIX",
    "local_server/generation/weights/pages.py": "huge pages are asked for only on Linux",
    "local_server/graders/containment/contained.py": "containment is tried on Linux alone",
    "local_server/graders/sandbox.py": "groups of processes are ended only on POSIX",
    "local_server/jobs/check/__main__.py": "limits are set only on POSIX",
    "local_server/on_ray/__main__.py": "`OnRay.connect` refuses other systems than Linux",
    "local_server/on_ray/children.py": "as on_ray/__main__.py",
    "local_server/warm/__main__.py": "`Children.forks` is true on Linux alone; elsewhere programs start",
    "local_server/warm/child.py": "as warm/__main__.py",
    "local_server/warm/children.py": "as warm/__main__.py",
}
"""Modules that use what Windows or macOS lacks, and why they may."""


def test_notebooks_have_no_line_for_a_shell():
    lines = {
        f"{path.stem}: {line.strip()}"
        for path in NOTEBOOKS
        # The first one is the set-up cell: its lines for a shell run on Google Colab alone.
        for cell in [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"][1:]
        for line in cell.source.splitlines()
        if re.match(r"\s*(!|%%?(?!pip )\w*)", line)
    }

    # The command line of the checker is shown once; cmd.exe and sh read this line alike.
    assert {line for line in lines if '!cd "{course}" && "{sys.executable}" -m ' not in line} == set()


def test_a_program_that_is_started_says_how_its_text_is_encoded():
    unsaid = [
        place
        for place, call in CALLS.items()
        if ast.unparse(call.func).startswith("subprocess.")
        and {"text", "universal_newlines"} & (names := {keyword.arg for keyword in call.keywords})
        and "encoding" not in names
    ]

    assert unsaid == []


def test_what_learners_write_ends_its_lines_as_on_linux():
    """Windows would write CR LF, and a training file would have another SHA-256 than the recorded one."""
    assert [place for place, call in OF_LEARNERS.items() if _turns_lines(call)] == []


def _turns_lines(call: ast.Call) -> bool:
    """Whether a call writes text with the line ends of its system."""
    said = {keyword.arg: keyword.value for keyword in call.keywords}
    if "newline" in said or not isinstance(call.func, (ast.Attribute, ast.Name)):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
    if name == "write_text":
        return True
    if name not in ("open", "NamedTemporaryFile", "TemporaryFile", "fdopen"):
        return False
    modes = [said.get("mode"), *call.args[:2]]
    texts = {mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)}
    return any(re.fullmatch(r"[wax]\+?t?|r\+t?", text) for text in texts)


def test_line_ends_that_turn_are_found():
    programs = [
        "path.write_text(a)",
        "open(p, 'w')",
        "path.open('a', encoding='utf-8')",
        "os.fdopen(d, mode='x')",
    ]
    others = [
        "path.write_text(a, newline='')",
        "open(p)",
        "open(p, 'wb')",
        "path.open('r')",
        "path.write_bytes(a)",
    ]

    found = [text for text in programs + others if _turns_lines(ast.parse(text, mode="eval").body)]

    assert found == programs


def test_git_gives_everybody_the_same_bytes():
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_what_another_system_lacks_is_used_by_guarded_modules_alone(system, tmp_path):
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--platform",
        system,
        "--follow-imports=skip",
        "--no-error-summary",
    ]

    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path)], cwd=ROOT, capture_output=True, encoding="utf-8"
    )

    assert done.returncode in (0, 1), done.stderr
    lacks = re.compile(r"^([^:]+):\d+: error: Module has no attribute", re.MULTILINE)
    found = set(lacks.findall(done.stdout.replace("\\", "/")))
    assert found - set(NEEDS_POSIX) == set()
    if system == "win32":
        # macOS lacks less; a reason that nothing needs any more is taken out.
        assert set(NEEDS_POSIX) - found <= {
            "local_server/warm/child.py",
            "local_server/graders/containment/contained.py",
        }


def test_what_learners_run_neither_forks_nor_sends_signals():
    found = re.compile(r"os\.fork|os\.kill|signal\.|os\.get[eu]?uid|preexec_fn|shell=True")

    uses = {place: used for place, call in OF_LEARNERS.items() if (used := found.findall(ast.unparse(call)))}

    # Looks whether a process lives; not on Windows, where the same call would end it.
    assert {place.partition(":")[0]: used for place, used in uses.items()} == {
        "helpers/backends/proof.py": ["os.kill"]
    }


def test_no_process_is_expected_to_be_a_fork():
    """macOS and Windows start processes anew; so does Linux from Python 3.14 on."""
    expects = [
        place
        for place, call in CALLS.items()
        if re.search(r"context\('fork|method\('fork", ast.unparse(call))
    ]

    assert expects == []
