"""Ask a service again when it does not answer, and say so.

The SDK's own retries are silent and few. Whoever watches a job for an hour wants
to know that the network is gone, and to go on when it is back.
"""

import email.utils
import random
from collections.abc import Callable
from time import monotonic, time
from typing import TypeVar

import httpx2
from openai import APIConnectionError, APIStatusError, APITimeoutError

from helpers.monitor.asking.refusals import PASSING, explained, no_answer, page_instead, part_refused

Answer = TypeVar("Answer")
"""What a request returns."""

REQUEST_SECONDS = 30.0
"""Time limit for one answer. The SDK waits 600 s (openai 3.54), in which a view would stand still."""

GIVE_UP_SECONDS = 600
"""A service that has been silent for ten minutes is more than a short outage."""

LOCAL_GIVE_UP_SECONDS = 30
"""On this machine a refused connection means that the server has ended; a restart takes five seconds."""

PART_TRIES = 5
"""So often in a row a part of a job is asked for before the job itself is: about 15 seconds."""

# The SDK waits 0.5 s, then twice as long, up to 8 s, less up to a quarter at random, and follows a
# Retry-After of up to two minutes (openai 3.54, `_base_client.py`). A longer outage needs longer pauses.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONGEST_RETRY_AFTER = 1.0, 30.0, 120.0


class Retry:
    """Send requests until they are answered, and say so while they are not.

    Args:
        what: What is asked for, for messages ("the job ftjob-...").
        wait: How to wait some seconds.
        tell: Is told the trouble, and "" when it is over.
        local: Whether the server runs on this machine.
    """

    def __init__(
        self, what: str, wait: Callable[[float], None], tell: Callable[[str], None], *, local: bool
    ) -> None:
        self._what, self._wait, self._tell, self._local = what, wait, tell, local
        self._answered = False

    def send(
        self,
        request: Callable[[], Answer],
        *,
        whole: Callable[[], object] | None = None,
        tries: int = PART_TRIES,
    ) -> Answer:
        """Send a request, again and again after a failure that can pass.

        Args:
            request: Sends it and returns the answer.
            whole: Of a request for a part of something, one for the whole. When that is answered and the
                part is not, the service has no such part, or it is broken.
            tries: So often in a row a part is asked for before the whole is.

        Returns:
            The answer.

        Raises:
            ServerStopped: Nothing to connect to at the first request, or no answer for too long.
            BackendUnavailable: The service does not accept the key (401), forbids it (403), or is none.
            JobNotFound: The service does not know the job (404).
            PartRefused: The service fails at this part, and answers about the whole.
        """
        sent, failed = monotonic(), 0
        while True:
            try:
                with explained(self._what, stopped=False):
                    answer = request()
            except Exception as error:
                reason = _passing(error)
                if reason is None:
                    raise
                failed += 1
                if whole and failed >= tries and _is_of_the_part(error) and _answers(whole):
                    if failed > 1:
                        self._tell("")
                    raise part_refused(error, failed) from error
                silent = monotonic() - sent
                if silent >= self._limit(error):
                    raise no_answer(self._what) from error
                pause = retry_after(error) or _pause(failed - 1)
                self._count_down(pause, sent, reason)
            else:
                if isinstance(answer, str):
                    # The SDK passes on an answer that is no JSON, such as a log-in page (openai 3.54).
                    raise page_instead(self._what, answer)
                if failed:
                    self._tell("")
                self._answered = True
                return answer

    def _limit(self, error: Exception) -> float:
        if not _refused(error):
            return GIVE_UP_SECONDS
        if not self._answered:
            return 0
        return LOCAL_GIVE_UP_SECONDS if self._local else GIVE_UP_SECONDS

    def _count_down(self, pause: float, sent: float, reason: str) -> None:
        """Wait, and count down in front of the reader."""
        while pause > 0:
            silent = monotonic() - sent
            self._tell(f"No answer for {silent:.0f} s ({reason}). Trying again in {pause:.0f} s.")
            self._wait(min(1.0, pause))
            pause -= 1.0


def retry_after(error: Exception) -> float | None:
    """Read how long a service asks to wait, as the SDK does: milliseconds, seconds or a date.

    Args:
        error: The SDK's exception.

    Returns:
        Seconds above 0, at most 120; None when the service does not say.
    """
    if not isinstance(error, APIStatusError):
        return None
    headers = error.response.headers
    for name, divisor in (("retry-after-ms", 1000), ("retry-after", 1)):
        try:
            seconds = float(headers.get(name, "")) / divisor
        except ValueError:
            continue
        return min(seconds, _LONGEST_RETRY_AFTER) if seconds > 0 else None
    date = email.utils.parsedate_tz(headers.get("retry-after"))
    seconds = email.utils.mktime_tz(date) - time() if date else 0
    return min(seconds, _LONGEST_RETRY_AFTER) if seconds > 0 else None


def _pause(tries: int) -> float:
    return min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE) * random.uniform(0.75, 1)


def _passing(error: Exception) -> str | None:
    """Say in a few words what went wrong, if it can pass by itself."""
    if isinstance(error, APITimeoutError):
        return f"none within {REQUEST_SECONDS:.0f} s"
    if isinstance(error, APIConnectionError):
        return "nothing to connect to" if _refused(error) else "the connection broke"
    if not isinstance(error, APIStatusError):
        return None
    status = error.status_code
    if status == 429:
        return "429: too many requests"
    passes = status in PASSING or (status >= 500 and status != 501)
    return f"error {status} of the service" if passes else None


def _is_of_the_part(error: Exception) -> bool:
    """Whether an error can have to do with what was asked for; 429 and a lost network have not."""
    return isinstance(error, APITimeoutError) or (
        isinstance(error, APIStatusError) and error.status_code != 429
    )


def _answers(request: Callable[[], object]) -> bool:
    try:
        request()
    except Exception:
        return False
    return True


def _refused(error: BaseException | None) -> bool:
    """Whether no connection could be made; the SDK chains the error of its HTTP layer."""
    while error is not None:
        if isinstance(error, httpx2.ConnectError):
            return True
        error = error.__cause__
    return False
