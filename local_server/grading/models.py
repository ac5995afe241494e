"""Graders that ask a model of this server for a score."""

import json
import math
import re
from contextlib import aclosing

from local_server.chat import answering
from local_server.chat.worker import Worker, WorkerDied
from local_server.graders.answers import Outcome, TokenUsage
from local_server.graders.types import SamplingParams, ScoreModel
from local_server.settings import Settings
from local_server.store import Store
from local_server.training.rows import content


class ServerModels:
    """The models of this server.

    Args:
        settings: Where models lie.
        store: Which models exist.
        worker: The chat process.
    """

    def __init__(self, settings: Settings, store: Store, worker: Worker) -> None:
        self._settings = settings
        self._store = store
        self._worker = worker

    async def score(self, grader: ScoreModel, messages: list[dict[str, str]]) -> Outcome:
        """Ask a model; what it says beside a number in the grader's range is no score."""
        sampling = grader.sampling_params or SamplingParams()
        question = answering.question(
            self._settings,
            self._store,
            grader.model,
            content.plain(messages),
            max_tokens=sampling.max_completions_tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=sampling.seed,
            stream=False,
        )
        text = ""
        try:
            async with aclosing(self._worker.ask(question)) as replies:
                async for reply in replies:
                    if reply["kind"] == "error":
                        return _model_failed(reply["message"])
                    if reply["kind"] == "text":
                        text += reply["text"]
                    else:
                        done = reply
        except WorkerDied:
            return _model_failed("The process that generates text ended in the middle of the answer.")
        read, written = done["prompt_tokens"], done["completion_tokens"]
        usage: TokenUsage = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "cached_tokens": 0,
        }
        outcome = Outcome(usage={grader.model: usage})
        score = score_in(text)
        if score is None:
            outcome.errors["model_grader_parse_error"] = True
        else:
            low, high = grader.range
            outcome.reward = min(max(score, low), high)
        return outcome


def _model_failed(details: str) -> Outcome:
    return Outcome(errors={"model_grader_server_error": True, "model_grader_server_error_details": details})


def score_in(answer: str) -> float | None:
    """Read the score out of a grading model's answer.

    Args:
        answer: A number, text with exactly one number, or JSON with the number in `result`.

    Returns:
        The number as it stands there, or None if the answer leaves any doubt.
    """
    try:
        value = json.loads(answer, parse_int=float)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        value = value.get("result")
        return value if isinstance(value, float) and math.isfinite(value) else None
    found = re.findall(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", answer)
    return float(found[0]) if len(found) == 1 else None
