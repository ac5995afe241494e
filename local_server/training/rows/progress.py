"""Says how far a file of many examples is read, so that nobody takes the silence for a standstill."""

import time
from collections.abc import Callable
from pathlib import Path

from local_server.training.job_log import Log

# Between two events, and before the first: jobs on small files keep the events that they have at OpenAI.
PERIOD_SECONDS = 2.0


class Progress:
    """Writes lines like `Preparing the training file: 40,000 of 100,000 examples read`.

    Args:
        path: The file, named after its part in the job.
        log: Where lines go; none is said again by a job that is tried again.
        clock: Tells seconds.
    """

    def __init__(self, path: Path, log: Log, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._log = log
        self._clock = clock
        self._said = clock()
        self._count = 0

    def read(self, examples: int) -> None:
        """Take note that so many examples are read by now, and say it when it is time."""
        now = self._clock()
        if now - self._said < PERIOD_SECONDS:
            return
        self._said = now
        part = self._path.stem
        if not self._count:
            # Only now: most files are read before anything has to be said.
            with open(self._path, "rb") as lines:
                self._count = sum(1 for line in lines if line.strip())
        message = f"Preparing the {part} file: {examples:,} of {self._count:,} examples read"
        self._log.reads(part, examples, message)
