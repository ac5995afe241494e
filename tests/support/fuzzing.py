"""Hooks for schemathesis: generated requests stay cheap, and refusals that no description can foresee pass.

Loaded by schemathesis itself; test_openapi.py starts it.
"""

import os
import re

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import RejectedPositiveData

MODEL, TRAINING_FILE = os.environ["FUZZ_MODEL"], os.environ["FUZZ_TRAINING_FILE"]
# What a description cannot say: ids that must exist, the right moment, texts that must fit each other.
UNFORESEEN = (
    "invalid_job_state",
    "invalid_upload_state",
    "context_length_exceeded",
    "previous_response_not_found",
    "Item with id",
    "unsupported_value",
    "'after'",
    "'grader.",
    "'top_logprobs': it needs",
    "at the same time is not supported",
    "only allowed when 'stream' is enabled",
    "'expires_after.",
    "is empty",
    "expected text. Found",
    "Did you mean",
    "is the rank of an adapter",
    # The settings of a method must be those of its type, and a grader one that can run.
    "Write the settings as 'method.",
    "'method.reinforcement.",
    # Which schemas can be followed is a rule of its own, and json_schema needs one.
    "Invalid schema for response_format",
    "Missing required parameter: 'response_format.",
    "Missing required parameter: 'text.format.",
    "must contain the word",
    # Calls, results and choices must fit each other, and a message its role.
    "Invalid schema for function",
    "Missing required parameter: 'messages.",
    "only messages with role",
    "must be a response to a preceding message",
    "did not have response messages",
    "No tool call found",
    "No tool output found",
    "are specified",
    "cannot both be there",
    "expected the name of a function",
    "is the name of another function",
    "has no part",
    "parts have",
    "'bytes': a file can have at most",
    # The description holds limits as floats, so that of 64 bits is not exact in it.
    "9223372036854775808",
    # JSON Schema calls 3.0 an integer; no client library sends it for one.
    "a valid integer. Found",
)


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    """Name a model and a file that exist, and ask for short answers."""
    body = case.body
    if not isinstance(body, dict):
        return
    grader = body.get("grader")
    for holder in (body, grader if isinstance(grader, dict) else {}):
        for field, value in (("model", MODEL), ("training_file", TRAINING_FILE)):
            if isinstance(holder.get(field), str):
                holder[field] = value
    if case.operation.path == "/v1/chat/completions":
        # Not both: together they are refused.
        _at_most(body, "max_completion_tokens" if body.get("max_tokens") is None else "max_tokens", 2)
        _at_most(body, "n", 2)
    if case.operation.path == "/v1/responses":
        _at_most(body, "max_output_tokens", 16)


def _at_most(body, field: str, limit: int) -> None:
    """Only what would be accepted changes; the generated mistake stays in."""
    if body.get(field) is None or (type(body[field]) is int and body[field] > limit):
        body[field] = limit


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Keep a failure, unless it is such a refusal, or its mistake cannot be seen in what was sent."""
    if isinstance(failure, RejectedPositiveData):
        return not any(text in response.text for text in UNFORESEEN)
    if isinstance(failure, AcceptedNegativeData):
        # Forms and queries are text: a number in the place of a text is a text, and "" is nothing.
        in_form = case.media_type == "multipart/form-data" and re.search("`(type|const)`", failure.message)
        return not in_form and not any(name.startswith("metadata") for name in case.query or {})
    return True
