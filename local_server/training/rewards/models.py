"""Graders that ask a model: the server answers, as it holds the models and the chat process.

Its address and key lie in its state folder, which is private to its user, above the folder of the job. A
python grader sees neither.
"""

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from local_server.graders.answers import GraderErrors, Outcome
from local_server.graders.types import ScoreModel

# A long answer of a real model, while the training takes a core.
_SECONDS = 600
_ROUTE = "fine_tuning/alpha/graders/run"


class ModelsOfServer:
    """Asks the server that has started the job.

    Args:
        state: Its state folder.
        project: Whose models can be asked; None for all.
    """

    def __init__(self, state: Path, project: str | None = None) -> None:
        self._address = state / "server.json"
        self._project = {} if project is None else {"OpenAI-Project": project}

    async def score(self, grader: ScoreModel, messages: list[dict[str, str]]) -> Outcome:
        """Ask a model for a score, with the templates of the messages filled in."""
        asked = grader.model_dump(exclude_none=True)
        # Filled in already, and an answer may hold what looks like a template: so it is a value of one.
        item = {"messages": [message["content"] for message in messages]}
        asked["input"] = [
            {"role": message["role"], "content": f"{{{{ item.messages[{place}] }}}}"}
            for place, message in enumerate(messages)
        ]
        body = {"grader": asked, "model_sample": "", "item": item}
        return await asyncio.to_thread(self._ask, body)

    def _ask(self, body: dict[str, Any]) -> Outcome:
        try:
            server = json.loads(self._address.read_text(encoding="utf-8"))
            request = urllib.request.Request(
                f"{server['base_url']}/{_ROUTE}",
                data=json.dumps(body).encode(),
                headers={
                    "Authorization": f"Bearer {server['api_key']}",
                    "Content-Type": "application/json",
                    **self._project,
                },
            )
            # No proxy: the server is on this machine.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=_SECONDS) as response:
                found = json.load(response)
        except urllib.error.HTTPError as error:
            return _failed(_told(error))
        except (OSError, ValueError, LookupError, http.client.HTTPException) as error:
            return _failed(f"the server does not answer: {error}")
        errors: GraderErrors = {
            name: value for name, value in found["metadata"]["errors"].items() if value not in (None, False)
        }  # type: ignore[assignment]
        return Outcome(found["reward"], errors, found["model_grader_token_usage_per_model"])


def _told(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (OSError, ValueError, LookupError, TypeError):
        return str(error)


def _failed(details: str) -> Outcome:
    return Outcome(errors={"model_grader_server_error": True, "model_grader_server_error_details": details})
