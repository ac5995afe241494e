"""Whether a grader is well formed: its templates, its source, its formula. Nothing of it is run."""

from local_server.graders import formula
from local_server.graders.sandbox import Sandbox, SandboxFailed
from local_server.graders.templates import faulty
from local_server.graders.types import Multi, PythonGrader, Single
from local_server.http.errors import ApiError


async def check(grader: Single | Multi, place: str, sandbox: Sandbox) -> None:
    """Check a grader with its members.

    Args:
        grader: From `understood`.
        place: Where it stands in the request, such as `grader`.
        sandbox: Compiles the source of python graders.

    Raises:
        ApiError: 400 with the place of what is wrong.
    """
    for where, member in with_members(grader, place):
        for name, text in member.texts().items():
            if (template := faulty(text)) is not None:
                message = (
                    f"Invalid '{where}.{name}': the template '{{{{{template}}}}}' names nothing. "
                    "Write {{ item.… }} or {{ sample.… }}."
                )
                raise ApiError(400, message, code="invalid_value", param=f"{where}.{name}")
        if isinstance(member, PythonGrader):
            await _check_source(sandbox, member, f"{where}.source")
    if isinstance(grader, Multi):
        try:
            formula.parse(grader.calculate_output, grader.members)
        except formula.BadFormula as error:
            message = f"Invalid '{place}.calculate_output': {error}"
            raise ApiError(400, message, code="invalid_value", param=f"{place}.calculate_output") from None


async def _check_source(sandbox: Sandbox, grader: PythonGrader, where: str) -> None:
    try:
        problem = await sandbox.check(grader.source)
    except SandboxFailed as failure:
        problem = f"it could not be compiled ({failure})."
    if problem is not None:
        raise ApiError(400, f"Invalid '{where}': {problem}", code="invalid_value", param=where)


def with_members(grader: Single | Multi, place: str) -> list[tuple[str, Single | Multi]]:
    """A grader, and the members of a multi grader, each with its place.

    Args:
        grader: From `understood`.
        place: Where it stands in the request.
    """
    members = grader.members.items() if isinstance(grader, Multi) else ()
    return [(place, grader), *((f"{place}.graders.{name}", member) for name, member in members)]
