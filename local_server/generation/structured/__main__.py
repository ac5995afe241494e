"""The program that tries a schema, under limits: `python -m local_server.generation.structured`.

A schema comes from a stranger, and to compile it can take minutes, gigabytes, or the whole process (5,000
references in a chain: stack overflow, llguidance 1.9.1). Here it ends nobody's answer. Reads an
`Attempt` as JSON from stdin; writes a `Verdict`, and nothing at all where it came to a limit.
"""

import json
import random
import sys
from contextlib import suppress

from local_server.generation.structured.constraint import Constraint, Unsupported, vocabulary
from local_server.generation.structured.trial import Attempt, Verdict
from local_server.generation.structured.walk import children, definitions

CPU_SECONDS = 3
MEMORY_BYTES = 2 * 1024**3
# Tokens of the answers that are tried, together. What is too complex mostly shows with the first ones.
_TOKENS, _FEWEST = 128, 8
_MAX_COMPILED = 300


def _limit() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        # Windows has no such limits, and macOS does not keep to this one.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _tokens(bits: bytes) -> list[int]:
    return [8 * place + bit for place, byte in enumerate(bits) if byte for bit in range(8) if byte >> bit & 1]


def verdict(attempt: Attempt) -> Verdict:
    """Compile a schema, and let some answers begin.

    Args:
        attempt: What to try.

    Returns:
        What is wrong, and where; no problem when there is none.
    """
    tokens = vocabulary(attempt["tokenizer"], tuple(attempt["end_tokens"]))
    try:
        compile_it = Constraint.following if attempt["is_grammar"] else Constraint.compiled
        compiled = compile_it(tokens, attempt["schema"])
    except Unsupported as error:
        problem = str(error)
        if attempt["is_grammar"]:
            return {"problem": problem, "path": []}
        schema = json.loads(attempt["schema"])
        compiles = iter(range(_MAX_COMPILED))

        def fails_alike(part: object) -> bool:
            try:
                Constraint.compiled(tokens, json.dumps(part))
            except Unsupported as error:
                return str(error) == problem
            return False

        path: tuple[str, ...] = ()
        found = schema
        while isinstance(found, dict):
            inner = next(
                (
                    (step, child)
                    for step, child in children(found)
                    if isinstance(child, dict)
                    and next(compiles, None) is not None
                    and fails_alike({**child, **definitions(schema)})
                ),
                None,
            )
            if inner is None:
                break
            path, found = path + inner[0], inner[1]
        return {"problem": problem, "path": list(path)}
    try:
        begins = ["", *(attempt["begins"] or [""])]
        for seed, begin in enumerate(begins):
            answer, drawn = compiled.copy(), random.Random(seed)
            for token in tokens.tokenize_str(begin):
                answer.take(token)
            for _ in range(max(_FEWEST, _TOKENS // len(begins))):
                token = drawn.choice(_tokens(answer.allowed()))
                if token in attempt["end_tokens"]:
                    break
                answer.take(token)
    except Unsupported as error:
        return {"problem": str(error), "path": []}
    return {"problem": None, "path": []}


if __name__ == "__main__":
    _limit()
    json.dump(verdict(json.load(sys.stdin)), sys.stdout)
