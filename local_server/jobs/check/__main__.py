"""The program that checks the files of a job: `python -m local_server.jobs.check FOLDER ... `.

It stands between what a stranger has written and the server: whatever a row does to the memory or the time of
its reader, it does it here, under limits. It prints one JSON line for each step, see `checker.py`, and says
nothing else. It ends when its stdin closes.
"""

import argparse
import json
import math
import os
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from local_server.jobs.check.file_check import BadFile, check_file, check_rows, overlap
from local_server.training.specification import METHODS, MethodName

MEMORY_EXIT = 77


def _say(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_the_server() -> None:
    # The descriptor and not `sys.stdin`: Python cannot shut down while a thread reads that.
    while os.read(0, 1):
        pass
    os._exit(1)


def limit(memory_bytes: int, seconds: float) -> None:
    """Cap memory and processor time, with the means that the system has.

    Args:
        memory_bytes: Of this process.
        seconds: Of the processor. The server measures the time on the clock.
    """
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        cpu = math.ceil(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        if sys.platform == "linux":
            return
        # macOS takes the limit and does not keep to it.
        threading.Thread(target=_watch_memory, args=(memory_bytes,), daemon=True).start()


def _watch_memory(memory_bytes: int) -> None:
    import resource

    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < memory_bytes:  # bytes on macOS
        time.sleep(0.05)
    os._exit(MEMORY_EXIT)


def check(folder: Path, names: list[str], method: MethodName) -> None:
    """Check the files of a job, one after the other, and compare them.

    Args:
        folder: The job folder.
        names: `training_file` and perhaps `validation_file`.
        method: How the rows train.
    """
    for param in names:
        found = check_file(folder / f"{param.removesuffix('_file')}.jsonl", param, method)
        if isinstance(found, BadFile):
            _say({"bad": asdict(found)})
            return
        _say({"rows": found.rows, "notes": found.notes})
    if len(names) > 1:
        _say({"overlap": overlap(folder / "training.jsonl", folder / "validation.jsonl")})


def main() -> None:
    """Check the files of one job folder, or look for the row that cannot be checked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the job folder, with training.jsonl")
    parser.add_argument("names", nargs="+", help="training_file, validation_file")
    parser.add_argument("--memory", type=int, required=True, help="limit in bytes")
    parser.add_argument("--seconds", type=float, required=True, help="limit of the processor time")
    parser.add_argument("--method", choices=METHODS, default="supervised", help="how the rows train")
    parser.add_argument("--rows", action="store_true", help="check each row alone, and say its line before")
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with suppress(AttributeError, OSError):
        # Answers to people go first.
        os.nice(5)
        # When the memory of the machine is used up, Linux ends this process before the server (0 to 1000).
        Path("/proc/self/oom_score_adj").write_text("800", encoding="utf-8")
    limit(arguments.memory, arguments.seconds)
    try:
        if arguments.rows:
            name = arguments.names[0]
            for line in check_rows(
                arguments.folder / f"{name.removesuffix('_file')}.jsonl", arguments.method
            ):
                _say({"line": line})
        else:
            check(arguments.folder, arguments.names, arguments.method)
    except MemoryError:
        os._exit(MEMORY_EXIT)
    # At once: what a row has built up takes its time to be taken down.
    os._exit(0)


if __name__ == "__main__":
    main()
