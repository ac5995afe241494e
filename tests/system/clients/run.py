"""`make clients`: drive one real server with other versions of OpenAI's SDKs, and programs that use them.

Each Python client has its own environment in `.venv-clients`; the first run fetches everything. The suite
itself (`make test`) uses only the version in constraints.txt, and no network.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from serving import serve  # noqa: E402

# Each version with its journey: 0.28 has other calls.
PYTHON_SDKS = {
    "openai==0.28.1": "journey_028.py",
    "openai>=1.109,<2": "journey.py",
    "openai>=2,<3": "journey.py",
    "openai>=3,<4": "journey.py",
}
# Name, script, and lock of a program for Python.
PYTHON_PROGRAMS = (("openai-agents", "openai_agents.py", "openai-agents.txt"),)
# Scripts for Node with their arguments. Version 7 of the SDK and langchain.js ask for Node 22, and also pass
# on Node 20 (Nov 2026).
NODE_SCRIPTS = (("journey.mjs", "openai-6"), ("journey.mjs", "openai-7"), ("langchain.mjs",), ("ai_sdk.mjs",))
# promptfoo has 700 packages, and a lock of its own in its folder. It does not start on an older Node.
PROMPTFOO = HERE / "promptfoo"
PROMPTFOO_NODE = 22

Prepare = Callable[[], list[str]]


def python_environment(name: str, *requirements: str) -> str:
    """Make an environment and return its Python."""
    folder = ROOT / ".venv-clients" / re.sub(r"\W+", "-", name)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    venv.create(folder, with_pip=True)
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
    return python


def python_journey(requirement: str, journey: str) -> list[str]:
    """Make the environment of one Python SDK, and return the command of its journey."""
    return [python_environment(requirement, "--upgrade", requirement), str(HERE / journey)]


def python_program(name: str, script: str, lock: str) -> list[str]:
    """Make the environment of one program, and return the command of its script."""
    return [python_environment(name, "--require-hashes", "-r", str(HERE / lock)), str(HERE / script)]


def node_script(script: str, *arguments: str) -> list[str]:
    """Fetch the packages of package-lock.json, and return the command of a script."""
    run(shutil.which("npm"), "ci", cwd=HERE)
    return [shutil.which("node"), str(HERE / script), *arguments]


def promptfoo() -> list[str]:
    """Fetch promptfoo, and return the command of its script. No install script runs."""
    run(shutil.which("npm"), "ci", "--ignore-scripts", cwd=PROMPTFOO)
    return [shutil.which("node"), str(PROMPTFOO / "evaluate.mjs")]


def run(*command: str, **options: object) -> str:
    """Run a command; a failure is raised with all that it printed. Returns what it printed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900, **options)
    return done.stdout.strip()


def clients() -> tuple[dict[str, Prepare], dict[str, str]]:
    """The clients by name, each with what makes its command; and those that cannot run here, and why."""
    found: dict[str, Prepare] = {}
    for sdk in PYTHON_SDKS.items():
        found[sdk[0]] = lambda sdk=sdk: python_journey(*sdk)
    for program in PYTHON_PROGRAMS:
        found[program[0]] = lambda program=program: python_program(*program)
    scripts = {" ".join(script): lambda script=script: node_script(*script) for script in NODE_SCRIPTS}
    if not (shutil.which("node") and shutil.which("npm")):
        return found, dict.fromkeys([*scripts, "promptfoo"], "node and npm are needed, and were not found")
    version = run(shutil.which("node"), "--version").removeprefix("v")
    if int(version.partition(".")[0]) < PROMPTFOO_NODE:
        return found | scripts, {"promptfoo": f"it needs Node {PROMPTFOO_NODE}, and this is {version}"}
    return found | scripts | {"promptfoo": promptfoo}, {}


def main() -> int:
    """Run every client, or those that are named; returns the exit status: 1 when one failed."""
    chosen, skipped = clients()
    wanted = sys.argv[1:]
    chosen = {name: prepare for name, prepare in chosen.items() if not wanted or name in wanted}
    failed = 0
    with tempfile.TemporaryDirectory() as state, serve(Path(state)) as server:
        own = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        for name, prepare in chosen.items():
            try:
                print(f"passed   {run(*prepare(), env=environment | own)}", flush=True)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED   {name}: {error}\n{error.stdout or ''}{error.stderr or ''}", flush=True)
    for name, reason in skipped.items():
        print(f"skipped  {name}: {reason}")
    print(f"{len(chosen) - failed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
