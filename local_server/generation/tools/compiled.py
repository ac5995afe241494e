"""The constraint of a request: its schema, or its tools with the schemas of their arguments.

Loads llguidance, so it is imported with the first request that needs it.
"""

import time

from local_server.generation.request import Request
from local_server.generation.structured.constraint import Constraint, vocabulary
from local_server.generation.structured.trial import Refused, tried
from local_server.generation.tools.grammar import grammar

# To look for the schema among many that cannot be followed.
_SECONDS = 20.0


def compiled_for(request: Request) -> Constraint:
    """Try what a request asks for in a process of its own, then compile it.

    Args:
        request: With a schema or tools.

    Returns:
        The constraint at the beginning of an answer.

    Raises:
        Refused: No answer can follow a schema of it.
    """
    tokenizer, end_tokens = request.loaded.vocabulary
    tokens = vocabulary(tokenizer, end_tokens)
    try:
        if request.calls is None:
            assert request.schema is not None
            if problem := tried(tokenizer, end_tokens, request.schema):
                raise Refused(problem)
            return Constraint.compiled(tokens, request.schema)
        whole = grammar(request.loaded.form, request.calls, request.schema)
        # All at once, in one process. Only what cannot be followed is looked for one by one.
        begins = tuple(request.loaded.form.head(each["name"]) for each in request.calls["functions"])
        problem = tried(tokenizer, end_tokens, whole, is_grammar=True, begins=begins)
        if problem is None:
            return Constraint.following(tokens, whole)
        if request.schema is not None and (alone := tried(tokenizer, end_tokens, request.schema)):
            raise Refused(alone)
        until = time.monotonic() + _SECONDS
        for function in request.calls["functions"]:
            if time.monotonic() > until:
                break
            if alone := tried(tokenizer, end_tokens, function["schema"]):
                raise Refused(alone, function["name"])
        raise Refused(problem)
    except TimeoutError as error:
        raise Refused(str(error)) from None
