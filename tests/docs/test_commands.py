"""Each command of README and the pages is run, or looked at without running, in a fresh clone.

Each line that a page tells a reader to type has its way in WAYS. `make test` has the part that starts nothing
but make; `make docs-check` has all of it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ADDRESS, COMING, PAGES, Command, commands

from helpers.paths import ROOT

RUN, LOOK, SET, ELSEWHERE = "it is run", "it is looked at", "it sets a variable", "it is for another folder"
# What a command is like → what is done with it, and why it is not run.
WAYS = {
    r"git clone \S+ fine-tuning-course|cd fine-tuning-course": (RUN, "the clone of these tests"),
    r"make|make (doctor( WORD=tulip)?|reset|step N=04( REPLACE=1)?|course-zip)": (RUN, ""),
    r"FINETUNE_BACKEND=local make step N=02": (RUN, ""),
    r"make (run|test|test-slow|test-browser|docs-check|notebooks|lint)\b.*": (
        LOOK,
        "minutes: tests/system/test_course.py makes the run, the others are the tests themselves",
    ),
    r"(FINETUNE_BACKEND=local )?make lab( PYTHON=\S+)?": (LOOK, "a browser: tests/system/browser opens it"),
    r"make serve": (LOOK, "it has no end: tests/system/test_process.py starts the server"),
    r"make (real-model|lock|clients|foreign|colab|bundle( .*)?|bundle-test)": (
        LOOK,
        "a network, or what needed one",
    ),
    r"make (record|fuzz|base-model)( SEED=2)?|(KILL_ROUNDS=200 )?make kills": (LOOK, "many minutes"),
    r"make clean": (LOOK, "it would remove the environment of these tests"),
    r"python -m helpers (notebooks FOLDER|doctor)": (RUN, ""),
    r"(python3|py) install\.py( --replay)?": (ELSEWHERE, "a bundle: `make bundle-test` installs one"),
    r"python -m finetune_dataset check FILE": (RUN, ""),
    r"python -m local_server.real_model": (LOOK, "a network"),
    r"python benchmarks/(rivals|structured|class_of)\.py": (LOOK, "many minutes"),
    r"python -m local_server\.projects make 30 --file projects\.toml": (
        LOOK,
        "tests/local_server/projects/test_main.py makes the files in a folder of its own",
    ),
    r"python -m local_server( --projects projects\.toml --host 0\.0\.0\.0)?|"
    r"python -m local_server\.projects (grid|(end|purge) NAME)": (
        LOOK,
        "it has no end, or needs a server: tests/local_server/projects starts one",
    ),
    r"pip wheel --no-deps \.|pip install -r \S+": (
        LOOK,
        "a network: tests/system/test_wheel.py makes the wheel",
    ),
    # Windows: both of its shells take these lines; here they run as the same program on this system.
    r"py -m venv \.venv": (LOOK, "the clone has the environment of these tests"),
    r"\.venv\\Scripts\\python -m pip install .*": (LOOK, "a network"),
    r"\.venv\\Scripts\\python (tools/install_torch\.py|-m local_server\.real_model)": (LOOK, "a network"),
    r"\.venv\\Scripts\\python (tools/open_lab\.py|-m pytest)": (LOOK, "a browser, minutes"),
    r"\.venv\\Scripts\\python tools/course\.py run --name my-run": (LOOK, "minutes"),
    r"set [A-Z_]+=[^\s\"']+": (SET, ""),
    r"\$env:[A-Z_]+ = \"\S+\"": (SET, ""),
}
ALL = list({command.line: command for page in PAGES for command in commands(page)}.values())
COMMANDS = [command for command in ALL if not {*command.line.split()} & COMING]
MAKES = [command for command in COMMANDS if re.match(r"(\S+=\S+ )*make\b", command.line)]
STARTED = re.compile(r"(?:^|[\s;&|])\S*python\S* (?:-m (?P<module>[\w.]+)|(?P<file>[\w/]+\.py))")


def ways(command: Command) -> list[str]:
    return [way for pattern, (way, _) in WAYS.items() if re.fullmatch(pattern, command.line)]


def here(command: Command) -> str:
    """The command as this shell takes it, with names in the place of FILE, FOLDER and the address."""
    line = command.line
    if "\\" in line or line.startswith("py "):
        line = re.sub(r"^py ", "python ", line.replace("\\", "/")).replace(".venv/Scripts/", "")
    for word, value in {"FILE": "data/limericks.jsonl", "FOLDER": "copies", ADDRESS: str(ROOT)}.items():
        line = re.sub(rf"(?<!\S){word}(?!\S)", value, line)
    return line


def make_without_installing(line: str, *options: str) -> str:
    """The same line, for an environment that is there: what `make` would install counts as installed."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    marks = [
        name.replace("$(VENV)", ".venv") for name in re.findall(r"^(\$\(VENV\)/\S+?):", text, re.MULTILINE)
    ]
    old = [f"--old-file={mark}" for mark in [*marks, ".venv/bin/python"]]
    return re.sub(r"\bmake\b", " ".join(["make", *options, *old]), line, count=1)


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


# ---- fast


def test_each_command_has_one_way_to_be_tested():
    assert [(str(command), ways(command)) for command in COMMANDS if len(ways(command)) != 1] == []


def test_no_way_is_left_over():
    lines = [command.line for command in ALL]

    assert [pattern for pattern in WAYS if not any(re.fullmatch(pattern, line) for line in lines)] == []


@pytest.mark.parametrize("command", MAKES, ids=str)
def test_make_knows_what_to_do_and_starts_programs_that_are_there(command):
    line = make_without_installing(command.line, "--dry-run")

    shown = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True)

    started = [found.groupdict() for found in STARTED.finditer(shown.stdout)]
    assert shown.returncode == 0, shown.stderr
    assert [found["file"] for found in started if found["file"] and not (ROOT / found["file"]).exists()] == []
    ours = [found["module"] for found in started if (found["module"] or "").startswith(("helpers", "local_"))]
    assert [module for module in ours if not exists(module)] == []


def test_lines_for_windows_are_lines_that_both_of_its_shells_take():
    lines = [command.line for command in COMMANDS if command.shell in ("powershell", "bat")]
    common = [line for line in lines if not line.startswith(("set ", "$env:"))]

    # A program begins with backslashes, files can have slashes; no quotes, no chains, no activation.
    assert [
        line for line in common if not re.fullmatch(r"(py|\.venv\\Scripts\\python)( [\w/.\-]+)+", line)
    ] == []
    begins = {"py", ".venv\\Scripts\\python", "set", "$env:FINETUNE_BACKEND"}
    assert {line.split()[0] for line in lines} == begins


@pytest.mark.skipif("doctor" in COMING, reason="make lab has no lock of its own yet")
def test_the_lines_for_windows_install_what_make_installs():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    locks = {
        lock
        for command in COMMANDS
        if "\\Scripts\\" in command.line
        for lock in re.findall(r"locks/(\S+)", command.line)
    }

    # A cluster of Ray is made on Linux alone.
    assert locks == set(re.findall(r"locks/([a-z]+\.txt)", makefile)) - {"ray.txt"}


@pytest.mark.skipif("bundle" in COMING, reason="there is no bundle yet")
def test_the_installer_of_a_bundle_knows_the_options_that_a_page_gives_it():
    installer = (ROOT / "tools" / "bundle_install.py").read_text(encoding="utf-8")
    given = [word for command in ALL if ELSEWHERE in ways(command) for word in command.line.split()[2:]]

    assert given
    assert [option for option in given if f'"{option}"' not in installer] == []


# ---- slow: in a fresh clone, with the packages of these tests


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a reader has after the clone line of README, with the changes that are not committed yet."""
    folder = tmp_path_factory.mktemp("newcomer")
    line = next(here(command) for command in COMMANDS if command.line.startswith("git clone"))
    subprocess.run(line, shell=True, cwd=folder, check=True, capture_output=True)
    course = folder / "fine-tuning-course"
    changed = subprocess.run(
        ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in changed.stdout.split("\0")[:-1]:
        (course / name).unlink(missing_ok=True)
        if (ROOT / name).exists():
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, course / name)
    (course / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return course


def in_clone(line: str, clone: Path) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FINETUNE_", "MAKE"))}
    path = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])
    environment = own | {"PYTHONPATH": str(clone), "PATH": path}
    return subprocess.run(
        line, shell=True, cwd=clone, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command in COMMANDS if RUN in ways(command)], ids=str)
def test_a_command_ends_well(command, clone):
    line = make_without_installing(here(command))
    if "fine-tuning-course" in line:  # the clone itself
        assert (clone / "README.md").is_file()
        return

    ended = in_clone(line, clone)

    assert ended.returncode == 0, ended.stdout + ended.stderr


LOOKED_AT = [command for command in COMMANDS if LOOK in ways(command) and command not in MAKES]


@pytest.mark.slow
@pytest.mark.parametrize("command", LOOKED_AT, ids=str)
def test_a_program_that_is_not_run_knows_each_option_and_has_each_file_that_it_is_given(command, clone):
    line = here(command)
    words = line.split()
    begin = re.match(r"(?:python )?(?:-m pip|pip) \w+|python (?:-m )?\S+", line)

    told = in_clone(f"{begin[0]} --help", clone)

    options = [word for word in words[2:] if re.match(r"--?[a-z]", word) and word != "-m"]
    files = [word for word in words if re.search(r"\.(txt|py)$", word)]
    assert told.returncode == 0, told.stderr
    assert [option for option in options if not re.search(rf"(?<!\S){option}\b", told.stdout)] == []
    assert [name for name in files if not (clone / name).is_file()] == []
