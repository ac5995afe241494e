"""Webhooks: tells a URL of the user's choice when a job has ended, signed as OpenAI signs.

Payload and signature follow the SDK (`client.webhooks.unwrap`, openai 3.54) and Standard Webhooks.
An event is stored in the transaction that ends its job and leaves the store when it was received.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

from local_server.jobs.answers import Job
from local_server.jobs.store import JobStore
from local_server.settings import Settings, write_private
from local_server.store import Kind, new_id

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger("local_server")

# Seconds between the tries: 11 tries within 17 minutes. OpenAI goes on for 72 hours.
PAUSES = tuple(2**n for n in range(10))
_ANSWER_SECONDS = 10
_LOOK_SECONDS = 0.2


class JobId(TypedDict):
    """What a webhook says of its job."""

    id: str


class Webhook(TypedDict):
    """The body of a webhook, as the SDK's `FineTuningJobSucceededWebhookEvent` and its like read it."""

    id: str
    object: Literal["event"]
    type: str
    created_at: int
    data: JobId


WEBHOOKS = Kind[Webhook]("webhook")


class Webhooks:
    """Queues and delivers the events; does nothing when the settings name no URL.

    Args:
        settings: The URL, and the folder that keeps the secret.
        store: Where the queue is. From here on, it reports each job that ends.
        pauses: Seconds between the tries, one try more than there are pauses.
    """

    def __init__(self, settings: Settings, store: JobStore, pauses: Sequence[float] = PAUSES) -> None:
        self._url = settings.webhook_url or ""
        self._store = store
        self._pauses = pauses
        # By event: how often it was tried, and when to try again. A restart begins anew.
        self._failed: dict[str, tuple[int, float]] = {}
        self._task: asyncio.Task[None] | None = None
        if self._url:
            self._key = base64.b64decode(kept_secret(settings.state).removeprefix("whsec_"))
            store.on_end = self._queue

    def _queue(self, job: Job) -> None:
        event: Webhook = {
            "id": new_id("evt_", 32),
            "object": "event",
            "type": f"fine_tuning.job.{job['status']}",
            "created_at": job["finished_at"] or int(time.time()),
            "data": {"id": job["id"]},
        }
        self._store.add(WEBHOOKS, event, job["id"])

    def start(self) -> None:
        """Begin to deliver, beside the requests of the server's event loop."""
        if self._url:
            self._task = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        """Stop at once. What was not received stays in the queue for the next start."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _deliver(self) -> None:
        import httpx2  # only where there is something to send

        # It logs each request with its URL, which may hold a password.
        logging.getLogger("httpx2").setLevel(logging.WARNING)
        # No proxy: most receivers are on this machine.
        async with httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=None) as client:
            while True:
                try:
                    await self._round(client)
                except Exception:
                    log.exception("the webhooks could not finish a round")
                    await asyncio.sleep(1)
                await asyncio.sleep(_LOOK_SECONDS)

    async def _round(self, client: "httpx2.AsyncClient") -> None:
        events, _ = self._store.page(WEBHOOKS, limit=1000, oldest_first=True)
        for event in events:
            tries, due = self._failed.get(event["id"], (0, 0.0))
            if time.monotonic() < due:
                continue
            problem = await self._post(client, event)
            if problem is None:
                self._forget(event)
            elif tries < len(self._pauses):
                self._failed[event["id"]] = (tries + 1, time.monotonic() + self._pauses[tries])
            else:
                what = f"webhook {event['id']} ({event['type']} of {event['data']['id']})"
                log.warning("%s was given up after %d tries: %s", what, tries + 1, problem)
                self._forget(event)

    def _forget(self, event: Webhook) -> None:
        self._store.delete(WEBHOOKS, event["id"])
        self._failed.pop(event["id"], None)

    async def _post(self, client: "httpx2.AsyncClient", event: Webhook) -> str | None:
        """Send an event; returns what went wrong. Only an answer of the kind 2xx means received."""
        import httpx2

        body = json.dumps(event)
        try:
            async with (
                asyncio.timeout(_ANSWER_SECONDS),
                # The answer's body is not read: it may have no end.
                client.stream("POST", self._url, content=body, headers=self._headers(event, body)) as answer,
            ):
                return None if answer.is_success else f"the receiver answered {answer.status_code}"
        except TimeoutError:
            return f"no answer within {_ANSWER_SECONDS} seconds"
        except (httpx2.HTTPError, OSError, ValueError) as error:
            return type(error).__name__

    def _headers(self, event: Webhook, body: str) -> dict[str, str]:
        """Signed at each try, because a receiver refuses a time stamp older than 5 minutes."""
        # One id for all tries, so that a receiver knows an event that it has seen.
        delivery = event["id"].replace("evt_", "wh_")
        timestamp = str(int(time.time()))
        signature = hmac.digest(self._key, f"{delivery}.{timestamp}.{body}".encode(), hashlib.sha256)
        return {
            "content-type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(signature).decode(),
        }


def kept_secret(state: Path) -> str:
    """Read the secret that signs the webhooks, or make it once.

    Args:
        state: The state folder, which exists.

    Returns:
        `whsec_` and 32 random bytes in base64. It stays the same over restarts.
    """
    path = state / "webhook_secret"
    if not path.exists():
        write_private(path, "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    return path.read_text().strip()
