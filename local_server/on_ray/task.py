"""The Ray task: trains the job of one folder, on the machine that Ray has chosen.

It runs the training program, which goes on from the last checkpoint of its folder. So Ray may begin the task
again, on another machine, when this one is gone.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from filelock import FileLock

from local_server.on_ray.cluster import machine
from local_server.settings import PACKAGES, beside_packages
from local_server.training import specification
from local_server.training.job_log import Log, whole_steps

# As in the training program: who was told to leave needs one step and one checkpoint for it.
_LEAVE_SECONDS = 600
_LOOK_SECONDS = 0.1


def train(folder: str, attempt: str, variables: dict[str, str]) -> int:
    """Train until the job has ended, or until Ray cancels the task: then it stops at its next step.

    Args:
        folder: The job folder.
        attempt: Of the server; the same one when Ray begins the task again.
        variables: Set for the training program.

    Returns:
        Its exit status, negative for the signal that killed it.

    Raises:
        FileNotFoundError: This machine does not see the job's folders.
    """
    place = Path(folder)
    _look_for(place)
    _take_note(place, attempt)
    with open(place / "trainer.log", "ab") as output:
        program = subprocess.Popen(
            [sys.executable, "-m", "local_server.training", folder, "--watch-stdin"],
            stdin=subprocess.PIPE, stdout=output, stderr=output,
            env=beside_packages(variables), cwd=PACKAGES, umask=0o077,
        )  # fmt: skip
    # Nothing is written there: it closes with this process, and then the program stops at its next step.
    assert program.stdin is not None
    while True:
        try:
            # Not `wait`: Ray's interrupt is only seen between two instructions.
            while program.poll() is None:
                time.sleep(_LOOK_SECONDS)
            return program.returncode
        except KeyboardInterrupt:
            program.stdin.close()


def _look_for(folder: Path) -> None:
    job = specification.read(folder) if (folder / "job.json").exists() else None
    folders = [] if job is None else [job.get("model_folder"), job.get("base_folder")]
    missing = [path for path in filter(None, folders) if not Path(path).exists()]
    if job is None or missing:
        raise FileNotFoundError(
            f"The machine {machine()} does not see {missing[0] if missing else folder}. Put the state folder "
            "(--state) and the base models (FINETUNE_MODELS_DIR) on storage that all machines of the cluster "
            "share, at the same path."
        )


def _take_note(folder: Path, attempt: str) -> None:
    """Say in the job's events when Ray has begun the task again, and where it runs."""
    note = folder / "node.json"
    before = json.loads(note.read_text(encoding="utf-8")) if note.exists() else {}
    if before.get("attempt") == attempt:
        # The program of the lost machine may still run, and write.
        with FileLock(folder / "trainer.lock", timeout=_LEAVE_SECONDS):
            log = Log(folder / "events.jsonl")
            steps = whole_steps(log.lines)
            where = f"from the checkpoint at step {max(steps)}" if steps else "from the first step"
            log.waits(f"The machine {before['machine']} was lost; the training goes on {where}")
    draft = folder / "node.json.new"
    draft.write_text(json.dumps({"attempt": attempt, "machine": machine(), "pid": os.getpid()}))
    os.replace(draft, note)
