"""The training program: `python -m local_server.training JOB_FOLDER`.

It reads `job.json` and the rows beside it, and writes `events.jsonl` (one line per
step), `checkpoints/`, `step_metrics.csv` and `model/`. It shares nothing else with the
server. Started again on the same folder, it waits until an earlier process has left it,
goes on from the last checkpoint and writes no line twice.
"""

import gc

# Imports make a million objects that all stay: to search them for garbage is a fifth of the start
# (4.0 s of processor time instead of 3.2, measured Nov 2026). So the imports have to follow this line.
gc.disable()

import argparse
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from finetune_dataset.quality.private_data import mask_private
from local_server.training import shortage, specification
from local_server.training.job_log import Log, remove_half_written
from local_server.training.measured.result_file import write_result_file
from local_server.training.preferences import train as preferences
from local_server.training.reporter import TrainingFailed
from local_server.training.specification import MethodName, Specification
from local_server.training.supervised import train as supervised

gc.freeze()
gc.enable()

# A process that was told to stop needs one step and one checkpoint for it.
_LEAVE_SECONDS = 600


def _rewards(folder: Path, job: Specification, log: Log, stop: threading.Event) -> int | None:
    # Loaded for jobs with a grader only: graders need half of the server's libraries.
    from local_server.training.rewards import train as rewards

    return rewards.train(folder, job, log, stop)


# Each method has a room of its own.
_Train = Callable[[Path, Specification, Log, threading.Event], int | None]
_TRAIN: dict[MethodName, _Train] = {
    "supervised": supervised.train,
    "dpo": preferences.train,
    "reinforcement": _rewards,
}


def train(folder: Path, job: Specification, log: Log, stop: threading.Event) -> int | None:
    """Fine-tune a model, or an adapter on it, with the method of the job.

    Args:
        folder: The job folder.
        job: The content of job.json.
        log: Where lines go.
        stop: Ends the training at the next step when set; a checkpoint of that step is kept.

    Returns:
        Tokens trained on: those of all rows, times epochs, as OpenAI bills them. None when it was stopped.

    Raises:
        TrainingFailed: A row has no answer that fits the model, memory is missing, or the loss diverged.
        NotNow: Memory is missing that other programs use just now.
    """
    return _TRAIN[job.get("method", "supervised")](folder, job, log, stop)


def _watch_stdin(stop: threading.Event) -> None:
    """The server holds the other end of stdin: it closes when the job is paused or the server ends."""
    # The descriptor and not `sys.stdin`: Python cannot shut down while a thread reads that.
    while os.read(0, 1):
        pass
    stop.set()


def _explain(error: Exception, folder: Path, log: Log) -> int:
    """Record why the training ended, if the job is to blame; returns the exit status."""
    status = None if isinstance(error, TrainingFailed) else shortage.status_of(error, folder)
    if status is None:
        why = (
            error
            if isinstance(error, TrainingFailed)
            else TrainingFailed(f"The training process failed: {type(error).__name__}: {error}")
        )
        try:
            further = [mask_private(line) for line in why.further]
            log.failed(why.code, mask_private(str(why)), why.param, further)
        except Exception as unwritten:
            status = shortage.status_of(unwritten, folder)
    if status is not None:
        # They are what fills the disk.
        remove_half_written(folder, log.lines)
    return status or 1


def main() -> None:
    """Train the job of one folder; the exit status is 0 unless the job failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the job folder, with job.json and training.jsonl")
    parser.add_argument("--watch-stdin", action="store_true", help="stop at the next step when stdin closes")
    arguments = parser.parse_args()
    folder, stop = arguments.folder, threading.Event()
    if arguments.watch_stdin:
        threading.Thread(target=_watch_stdin, args=(stop,), daemon=True).start()
    with suppress(OSError):
        # When the memory of the machine is used up, Linux ends this process before the server (0 to 1000).
        Path("/proc/self/oom_score_adj").write_text("500", encoding="utf-8")
    with FileLock(folder / "trainer.lock", timeout=_LEAVE_SECONDS):
        log = Log(folder / "events.jsonl")
        try:
            tokens = train(folder, specification.read(folder), log, stop)
            if tokens is None:
                return
            write_result_file(folder / "step_metrics.csv", log.metrics())
            log.finished(tokens)
        except Exception as error:
            status = _explain(error, folder, log)
            # Into trainer.log, which must not quote the rows either, and may be full.
            with suppress(OSError):
                print(mask_private("".join(traceback.format_exception(error))), file=sys.stderr)
            sys.exit(status)


if __name__ == "__main__":
    main()
