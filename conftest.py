"""One environment for all tests: no network, recorded answers at once, an own runs folder."""

import os
import re
import runpy
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

OFFLINE = Path(__file__).parent / "tests" / "offline"
# The files that take longest, longest first: started last, one of them would go on alone on one core.
FIRST = (
    "tests/system/test_course.py",
    "tests/system/test_kills.py",
    "tests/local_server/jobs",
    "tests/local_server/http/test_openapi.py",
    "tests/system",
    "tests/local_server/chat",
    "tests/local_server",
)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):  # a worker inherits the environment of the main process
        return
    folder = tempfile.mkdtemp(prefix="course-tests-")
    others = ("FINETUNE_", "OPENAI_", "AZURE_", "SSL_CERT_FILE")
    for name in [name for name in os.environ if name.startswith(others)]:
        del os.environ[name]
    os.environ |= {
        "FINETUNE_BACKEND": "replay",
        "FINETUNE_REPLAY_SPEED": "instant",
        "FINETUNE_RUNS_DIR": folder,
        "OFFLINE_VIOLATIONS": str(Path(folder) / "violations.txt"),
        # For tests that load PyTorch themselves: two workers share two cores.
        "OMP_NUM_THREADS": "1",
        # No test speaks TLS, and each client of the SDK reads all certificates of the machine: 30 ms.
        "SSL_CERT_DIR": folder,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")])),
    }
    # This process started without the guard; its children load the file by themselves.
    runpy.run_path(str(OFFLINE / "sitecustomize.py"))


# Files that are slow as a whole: what they import takes seconds, too.
ALL_SLOW = re.compile(r"^pytestmark = (\[\s*(#.*\s*)?)?pytest\.mark\.slow,?$", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of which no test would run."""
    if config.option.markexpr == "not slow" and collection_path.suffix == ".py":
        return bool(ALL_SLOW.search(collection_path.read_text(encoding="utf-8"))) or None
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first; the order inside a file stays."""

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(config.rootpath).as_posix()
        return next((number for number, start in enumerate(FIRST) if path.startswith(start)), len(FIRST))

    items.sort(key=place)


@pytest.fixture(autouse=True)
def same_environment() -> Iterator[None]:
    """`connect` remembers a backend in the environment; no test sees what another one chose."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each notebook starts in an empty runs folder, as it did when its outputs were stored."""
    if item.path.suffix == ".ipynb":
        root = Path(os.environ["OFFLINE_VIOLATIONS"]).parent
        os.environ["FINETUNE_RUNS_DIR"] = str(root / item.path.stem)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A library may swallow the guard's error, so the guard's log decides."""
    log = Path(os.environ["OFFLINE_VIOLATIONS"])
    if hasattr(session.config, "workerinput"):
        return
    if log.exists():
        hosts = sorted(set(log.read_text(encoding="utf-8").splitlines()))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nFAILED: connections left this machine: {', '.join(hosts)}")
    if session.exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(log.parent, ignore_errors=True)
