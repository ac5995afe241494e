"""Whether this server can run a grader: for the routes of graders, and for jobs that learn from one."""

from local_server.graders.checking import with_members
from local_server.graders.types import Multi, PythonGrader, ScoreModel, Single
from local_server.http.errors import ApiError
from local_server.jobs.models import find_model
from local_server.settings import Settings
from local_server.store import Store

PLACE = "method.reinforcement.grader"
"""Where the grader of a job stands in the body of `jobs.create`."""


def check_possible(settings: Settings, store: Store, grader: Single | Multi, place: str = "grader") -> None:
    """Refuse a grader that cannot run on this server.

    Args:
        settings: Who can reach the server.
        store: Which models exist.
        grader: From `understood`.
        place: Where it stands in the request.

    Raises:
        ApiError: 403 for a python grader while other machines can reach the server; 400 when the model that a
            grader asks does not exist.
    """
    for where, member in with_members(grader, place):
        if isinstance(member, PythonGrader) and not settings.loopback_only:
            message = (
                f"Invalid '{where}.type': python graders are switched off, because other machines can reach "
                "this server: they run as its user. Start it without --host to use them."
            )
            raise ApiError(403, message, code="insufficient_permissions", param=f"{where}.type")
        if isinstance(member, ScoreModel) and find_model(settings, store, member.model) is None:
            message = (
                f"Invalid '{where}.model': this server has no model '{member.model}'. "
                f"It grades with {settings.base_model_names} and models made from them."
            )
            raise ApiError(400, message, code="model_not_found", param=f"{where}.model")
