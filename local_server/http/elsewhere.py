"""What OpenAI has and this server has not: an answer in words, for each group of routes.

Groups are those of the SDK's resources (openai 3.54) and of the API's older versions.
"""

import re
from collections.abc import Iterable

_BY_HAND = "Send the requests one after the other."
_EARLIER = "Send the earlier messages again, or `previous_response_id` with /v1/responses."
_OF_A_CLASS = "Keys of a class, and a table of its jobs: `python -m local_server.projects --help`."
# The start of a path → what stands there at OpenAI, and what to use here. The first that fits counts.
_GROUPS = {
    "chat/completions": (
        "stored chat completions",
        "POST /v1/chat/completions answers, and keeps nothing; /v1/responses keeps its answers.",
    ),
    "completions": ("completions of bare text", "Use POST /v1/chat/completions."),
    "edits": ("edits of a text", "Use POST /v1/chat/completions."),
    "engines": ("engines", "Models are listed by GET /v1/models."),
    "fine-tunes": ("fine-tunes, the older jobs", "Use /v1/fine_tuning/jobs."),
    "fine_tuning/alpha": ("this route of graders", "Use /v1/fine_tuning/alpha/graders/run or .../validate."),
    "embeddings": ("embeddings", "No model here makes them."),
    "moderations": ("moderations", "No model here makes them."),
    "safety": ("safety checks", "No model here makes them."),
    "batches": ("batches", _BY_HAND),
    "evals": ("evals", "Use /v1/fine_tuning/alpha/graders/run on each answer."),
    "vector_stores": ("vector stores", "Put the text into the messages."),
    "responses/compact": ("compaction of responses", _EARLIER),
    "responses/input_tokens": ("counting of tokens", "An answer's `usage` has the number."),
    "conversations": ("conversations", _EARLIER),
    "assistants": ("assistants", _EARLIER),
    "threads": ("threads of assistants", _EARLIER),
    "images": ("images", "Its models read and write text."),
    "audio": ("audio", "Its models read and write text."),
    "videos": ("videos", "Its models read and write text."),
    "realtime": ("realtime sessions", "Use POST /v1/responses with `stream`."),
    "live": ("live sessions", "Use POST /v1/responses with `stream`."),
    "containers": ("containers", "It runs no code for a model."),
    "skills": ("skills", "It runs no code for a model."),
    "agents": ("agents", "It runs no code for a model."),
    "vaults": ("vaults", "It runs no code for a model."),
    "decisions": ("decisions", "Use POST /v1/chat/completions."),
    "content_provenance_checks": ("provenance checks", "Its models read and write text."),
    "chatkit": ("ChatKit", _EARLIER),
    "webhook_endpoints": ("webhook endpoints", "Start it with --webhook-url."),
    "webhook_event_types": ("webhook endpoints", "Start it with --webhook-url."),
    "organization": ("this route of organizations", _OF_A_CLASS),
    "projects": ("this route of projects", _OF_A_CLASS),
    "dashboard": ("a dashboard", _OF_A_CLASS),
    "usage": ("usage", "An answer's `usage` has its tokens; nothing is billed."),
}


def in_words(method: str, path: str, routes: Iterable[str]) -> tuple[str, str | None]:
    """Say what is wrong with an address that this server does not have.

    Args:
        method: Of the request.
        path: Of the request.
        routes: The paths of this server's routes, with parameters in braces.

    Returns:
        A sentence or two, and the code of the error, if it has one.
    """
    routes = list(routes)
    under = re.sub(r"^(/v\d+|/openai)*/", "", path)
    # Its owner's routes are not what a client misses.
    groups = sorted({_group(route) for route in routes if route.startswith("/v1/")} - {"organization"})
    has = f"It has {', '.join(groups[:-1])} and {groups[-1]} under /v1."
    # A wrong method of a route that is here, or its path without /v1. Only a list by GET may be missing.
    here = (path in routes and method != "GET") or (path != f"/v1/{under}" and under in groups)
    for start, (what, instead) in _GROUPS.items():
        if f"{under}/".startswith(f"{start}/") and not here:
            message = f"This local server has no {what} ({method} {path}), which OpenAI has. {instead} {has}"
            return message, "unsupported_route"
    message = f"Invalid URL ({method} {path})."
    if path != f"/v1/{under}" and any(_fits(f"/v1/{under}", route) for route in routes):
        return f"{message} The base_url of this server ends in /v1; then the path is /v1/{under}.", None
    return f"{message} {has}", None


def _group(route: str) -> str:
    """`files` for `/v1/files/{file_id}`; what has no list of its own is named in full."""
    first, *rest = route.removeprefix("/v1/").split("/")
    return f"{first}/{rest[0]}" if first in ("chat", "fine_tuning") else first


def _fits(path: str, route: str) -> bool:
    pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(route))
    return re.fullmatch(pattern, path) is not None
