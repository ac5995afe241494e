"""`make foreign`: the calls of public fine-tuning notebooks, each with its version of the SDK and model name.

One server, whose aliases lead every name to its base model. `originals.py` runs the notebooks themselves,
which are not part of this project; docs/foreign_notebooks.md says how they went.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "clients"), str(HERE.parents[1] / "support")]

import run as clients  # noqa: E402
from originals import ALIASES  # noqa: E402
from serving import BASE_MODEL, serve  # noqa: E402

# Name → the SDK of its notebook's year. The notebook's own measure must rise.
SEQUENCES = {
    "trainer": "openai==0.28.1",
    "agent": "openai==0.28.1",
    "lesson": "openai>=1.109,<2",
    "squad": "openai>=1.109,<2",
    "reviews": "openai>=1.109,<2",
    "contracts": "openai>=2,<3",
    "llama": "openai>=2,<3",
    "grammar": "openai>=2,<3",
    "sarcasm": "openai>=2,<3",
    "recipes": "openai>=3,<4",
    "pricer": "openai>=3,<4",
    "drone": "openai>=3,<4",
}


def main() -> int:
    """Run every sequence, or those that are named; returns the exit status: 1 when one failed."""
    wanted = sys.argv[1:] or list(SEQUENCES)
    pythons: dict[str, str] = {}
    failed = 0
    options = [f"--alias={pattern}={BASE_MODEL}" for pattern in ALIASES]
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "state", *options) as server:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        own = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": server.api_key}
        for name in wanted:
            sdk = SEQUENCES[name]
            script = "sequences_028.py" if "0.28" in sdk else "sequences.py"
            try:
                if sdk not in pythons:
                    pythons[sdk] = clients.python_environment(sdk, "--upgrade", sdk)
                said = json.loads(
                    clients.run(pythons[sdk], str(HERE / script), name, env=bare | own, cwd=folder)
                )
                better = said["tuned"] > said["base"]
                verdict = "passed" if better else "FAILED"
                scores = f"{said['base']:.2f} → {said['tuned']:.2f}"
                print(f"{verdict}   {name}: {said['source']} (openai {said['sdk']}): {scores}", flush=True)
                failed += not better
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED   {name}: {error}\n{error.stdout or ''}{error.stderr or ''}", flush=True)
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
