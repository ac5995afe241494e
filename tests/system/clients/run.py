"""`make clients`: drive one real server with other versions of OpenAI's SDKs, and say which of them pass.

Each Python version has its own environment in `.venv-clients`; the first run fetches them. The suite itself
(`make test`) uses only the version in constraints.txt, and no network.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from serving import serve  # noqa: E402

PYTHON_SDKS = ("openai>=1.109,<2", "openai>=2,<3", "openai>=3,<4")
# Their names in package.json. Version 7 asks for Node 22, and also passes on Node 20 (Nov 2026).
NODE_SDKS = ("openai-6", "openai-7")


def python_journey(requirement: str) -> list[str]:
    """Make the environment of one Python SDK, and return the command of its journey."""
    folder = ROOT / ".venv-clients" / re.sub(r"\W+", "-", requirement)
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    venv.create(folder, with_pip=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", requirement]
    subprocess.run([python, *install], check=True, capture_output=True, text=True)
    return [python, str(HERE / "journey.py")]


def node_journey(package: str) -> list[str]:
    """Fetch the Node SDKs of package-lock.json, and return the command of a journey."""
    subprocess.run([shutil.which("npm"), "ci"], cwd=HERE, check=True, capture_output=True, text=True)
    return [shutil.which("node"), str(HERE / "journey.mjs"), package]


def main() -> int:
    """Run every journey; returns the exit status: 1 when a journey failed."""
    clients = [(python_journey, requirement) for requirement in PYTHON_SDKS]
    skipped = [] if shutil.which("node") and shutil.which("npm") else NODE_SDKS
    clients += [(node_journey, package) for package in NODE_SDKS if package not in skipped]
    failed = 0
    with tempfile.TemporaryDirectory() as state, serve(Path(state)) as server:
        own = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        for prepare, name in clients:
            try:
                command = prepare(name)
                done = subprocess.run(
                    command, env=environment | own, check=True, capture_output=True, text=True, timeout=300
                )
                print(f"passed   {done.stdout.strip()}", flush=True)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED   {name}: {error}\n{error.stdout or ''}{error.stderr or ''}", flush=True)
    for name in skipped:
        print(f"skipped  {name}: node and npm are needed, and were not found")
    print(f"{len(clients) - failed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
