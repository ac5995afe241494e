"""Open a client for one of the backends. Each is a plain `openai.OpenAI`; nothing is wrapped.

What `connect` does can be written by hand, and the notebooks say so:

    replay      OpenAI(base_url="http://replay.invalid/v1", http_client=...)   answers from data/recordings/
    local       OpenAI(base_url="http://127.0.0.1:PORT/v1", api_key=...)       python -m local_server
    openai      OpenAI()                                                       OPENAI_API_KEY
    azure       OpenAI(base_url=AZURE_OPENAI_ENDPOINT + "/openai/v1/", ...)    AZURE_OPENAI_API_KEY
    compatible  OpenAI(base_url=FINETUNE_BASE_URL, ...)                        FINETUNE_API_KEY
"""

import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import httpx2
from openai import DefaultHttpxClient, OpenAI

from helpers.backends.api_keys import find_key
from helpers.backends.local_server import local_server
from helpers.backends.names import backend_name
from helpers.backends.notices import notice, notice_of_host
from helpers.backends.pasted import required
from helpers.backends.proof import StillThere
from helpers.backends.recordings.chosen import recording_folder
from helpers.backends.recordings.http_bodies import REPLAY_HOST
from helpers.backends.recordings.record import Recorder
from helpers.backends.recordings.replay import REPLAY_URL, Player, read_manifest
from helpers.errors import BackendUnavailable, FineTuneError
from helpers.paths import server_state


def connect(name: str | None = None, *, step: str | None = None) -> OpenAI:
    """Return a client for a backend; every notebook starts with it.

    `local` reuses the server that runs, or starts one that ends by itself after
    an hour without work. With FINETUNE_RECORD set, live clients write their
    exchanges to that folder. A name that is given here holds for the kernel:
    `open_run` after it uses the same backend. When it cannot be opened, the kernel
    keeps the backend that it had.

    Args:
        name: A backend; by default FINETUNE_BACKEND, and "replay" without that.
        step: The notebook ("04_monitor"). It names the recorded document.

    Returns:
        An ordinary client, with the SDK's own defaults for retries and timeouts.

    Raises:
        UnknownBackend: No backend has that name.
        BackendUnavailable: No recording, no server, no key, or a service that has closed.
    """
    backend = backend_name(name)
    client = _open(backend, step)
    if "pandas" in sys.modules:  # The notebooks make tables of answers, too.
        from finetune_dataset.display.html_text import plain_tables

        plain_tables()
    # Not before: a backend that cannot be opened is not the kernel's choice.
    os.environ["FINETUNE_BACKEND"] = backend
    return client


def _open(backend: str, step: str | None) -> OpenAI:
    match backend:
        case "replay":
            return _replay(step)
        case "local":
            base_url, key = local_server()
            return _live(key, base_url, step, StillThere(server_state(), base_url))
        case "azure":
            endpoint = _address("AZURE_OPENAI_ENDPOINT", "https://NAME.openai.azure.com").rstrip("/")
            base_url = endpoint.removesuffix("/openai/v1") + "/openai/v1/"
            print(notice("azure", date.today()))
            return _live(find_key("AZURE_OPENAI_API_KEY"), base_url, step)
        case "compatible":
            base_url = _address("FINETUNE_BASE_URL", "https://api.tokenfactory.nebius.com/v1/")
            if said := notice_of_host(httpx2.URL(base_url).host, date.today()):
                print(said)
            return _live(find_key("FINETUNE_API_KEY"), base_url, step)
        case _:
            print(notice("openai", date.today()))
            return _live(find_key("OPENAI_API_KEY"), None, step)


def wait(client: OpenAI, seconds: float) -> None:
    """Wait between two polls. In replay this is shorter, because the answers are already there.

    FINETUNE_REPLAY_SPEED says how much: "instant", or a factor. The default 10
    plays a recorded minute in six seconds.

    Args:
        client: The client that polls.
        seconds: How long to wait on a live backend, at least 0.

    Raises:
        FineTuneError: FINETUNE_REPLAY_SPEED is neither "instant" nor a number above 0.
    """
    time.sleep(seconds / _replay_speed() if client.base_url.host == REPLAY_HOST else seconds)


def _replay(step: str | None) -> OpenAI:
    folder = recording_folder()
    manifest = read_manifest(folder)
    print(
        f"Replay: {manifest['label']} on {manifest['recorded_at'][:10]} "
        f"(model {manifest['model']}). Nothing leaves this machine."
    )
    player = httpx2.Client(transport=Player(folder, step))
    return OpenAI(base_url=REPLAY_URL, api_key="replay", http_client=player)


def _live(key: str, base_url: str | None, step: str | None, local: StillThere | None = None) -> OpenAI:
    # A proxy from the environment cannot reach this machine's own loopback address.
    trust_env = local is None
    hooks: dict[str, list[Callable[..., object]]] = {} if local is None else {"request": [local]}
    http_client = DefaultHttpxClient(trust_env=trust_env, event_hooks=hooks)
    client = OpenAI(api_key=key, base_url=base_url, http_client=http_client)
    if folder := os.environ.get("FINETUNE_RECORD"):
        document = Path(folder) / f"{step or 'requests'}.json"
        recorder = Recorder(httpx2.HTTPTransport(), document, str(client.base_url))
        http_client = DefaultHttpxClient(transport=recorder, event_hooks=hooks)
        return client.with_options(http_client=http_client)
    return client


def _replay_speed() -> float:
    speed = os.environ.get("FINETUNE_REPLAY_SPEED", "10")
    try:
        factor = float("inf" if speed == "instant" else speed)
    except ValueError:
        factor = 0
    if not factor > 0:
        raise FineTuneError(
            f"FINETUNE_REPLAY_SPEED is {speed!r}. "
            'Expected "instant" or a number above 0, such as 10 (ten times faster).'
        )
    return factor


def _address(variable: str, example: str) -> str:
    value, hint = required(variable, f"an address such as {example}"), f"an address such as {example}"
    with suppress(ValueError, httpx2.InvalidURL):
        url = httpx2.URL(value)
        if url.scheme in ("http", "https") and url.host and not re.search(r"\s", value):
            return value
    raise BackendUnavailable(
        f"{variable} is {value!r}, which is no address of a service. It should be {hint}."
    )
