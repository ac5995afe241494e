"""What the answers that mean "no" say, and which of them say that a service does not have a thing at all.

Each message says what to do; none quotes a key.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from openai import APIConnectionError, APIStatusError

from helpers.errors import BackendUnavailable, JobNotFound, ServerStopped

# The SDK's own list (openai 3.54): time limit, conflict, too many requests; and all from 500 on.
# 501 says that the server has no such route, which does not change.
PASSING = {408, 409, 429}
"""Statuses that pass by themselves."""


class PageInstead(BackendUnavailable):
    """A page or another text came in place of JSON, such as a log-in page."""


class PartRefused(BackendUnavailable):
    """A service fails again and again at one thing, and answers about the rest."""


def part_refused(error: Exception | None, times: int) -> PartRefused:
    """Make the error of something that a service cannot give, while it answers about the job.

    Args:
        error: What the last request for it has raised.
        times: How often it was asked for, one time after the other.
    """
    said = _said(error) if isinstance(error, APIStatusError) else "no answer in time"
    return PartRefused(f"{said}, {times} times in a row, while the service answers about the job")


def no_such_route(error: Exception) -> str | None:
    """Tell whether a service does not have what was asked for, rather than being in trouble.

    Services without a route answer in many ways: 404, 400, 405, 410, 422, 501, or a page.

    Args:
        error: What a request has raised.

    Returns:
        The answer in a few words, such as "404: Not found"; None for any other error.
    """
    if isinstance(error, PageInstead):
        return "a page in place of JSON"
    if isinstance(error, PartRefused):
        return str(error)
    cause = error if isinstance(error, APIStatusError) else error.__cause__
    if not isinstance(cause, APIStatusError):
        return None
    status = cause.status_code
    refused = 400 <= status < 500 and status not in {401, 403, 425, *PASSING}
    return _said(cause) if refused or status == 501 else None


@contextmanager
def explained(what: str, *, stopped: bool = True) -> Iterator[None]:
    """Turn the SDK's refusals into messages that say what to do.

    Args:
        what: What is asked for ("the job ftjob-...").
        stopped: Also turn a missing answer into ServerStopped.

    Yields:
        Nothing; the requests stand in the `with` block.

    Raises:
        ServerStopped: No answer.
        BackendUnavailable: 401 or 403, or a request that cannot be sent at all.
        JobNotFound: 404.
    """
    try:
        yield
    except APIStatusError as error:
        if error.status_code in (401, 403):
            raise BackendUnavailable(
                f"The service does not let you read {what} ({_said(error)}). Check the key and the project. "
                "The local server makes a new key at each start: call connect() again."
            ) from error
        if error.status_code == 404:
            raise JobNotFound(
                f"The service does not have {what} ({_said(error)}). A job belongs to the service, the "
                "project and the server folder in which it was created. "
                "client.fine_tuning.jobs.list() shows the jobs of this client."
            ) from error
        raise
    except AttributeError as error:
        # How the SDK fails on a list that is text, or no object (openai 3.54, `_process_response`).
        if error.name != "_set_private_attributes":
            raise
        raise page_instead(what, error.obj) from None
    except UnicodeEncodeError:
        raise _cannot_be_sent(what, "the key or a header has a character that is not ASCII") from None
    except APIConnectionError as error:
        if reason := _never_sent(error):
            # Without the cause: its message can quote the key.
            raise _cannot_be_sent(what, reason) from None
        if stopped:
            raise no_answer(what) from error
        raise


def page_instead(what: str, answer: object) -> PageInstead:
    """Make the refusal of an answer that is no JSON.

    Args:
        what: What was asked for ("the job ftjob-...").
        answer: What came, such as a page.

    Returns:
        The error to raise.
    """
    return PageInstead(
        f"The service answered with text in place of {what}: {str(answer).strip()[:60]!r}. "
        "Check base_url: on most services it ends in /v1. A proxy can be in between, too."
    )


def _never_sent(error: BaseException | None) -> str:
    """Say why a request did not leave this machine, if it never can; the causes are in httpx2's errors."""
    while error is not None:
        if isinstance(error, httpx2.LocalProtocolError):
            return "the key or a header has a character that HTTP cannot carry, such as a line break"
        if isinstance(error, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
            return "base_url is no address that begins with http:// or https://"
        if isinstance(error, httpx2.TooManyRedirects):
            return "base_url leads in a circle"
        error = error.__cause__
    return ""


def _cannot_be_sent(what: str, reason: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"The request for {what} cannot be sent: {reason}. Trying again would not help. Correct the key or "
        "the address where you set it, then call connect() again."
    )


def _said(error: APIStatusError) -> str:
    """Give status and message; of a page in place of JSON the status alone."""
    body = error.body
    message = body.get("message") or body.get("detail") if isinstance(body, dict) else None
    if not message and not isinstance(body, dict):
        message = error.response.reason_phrase or "a page in place of JSON"
    return f"{error.status_code}: {' '.join(str(message or error).split())[:200]}"


def no_answer(what: str) -> ServerStopped:
    """Make the error of a server that does not answer.

    Args:
        what: What was asked for ("the job ftjob-...").

    Returns:
        The error to raise.
    """
    return ServerStopped(
        f"There is no answer about {what}. The job is not lost: the server keeps what it has stored. "
        "Local server: call connect() again, which starts it when none runs. "
        "Remote service: check your network. Then look again with watch or attach."
    )
