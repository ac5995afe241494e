"""The JSON Schemas of tools: what is wrong with one, and what arguments do not fit it, in bounded time."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from finetune_dataset.chat import JsonObject
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.schemas.work import GOES_BACK, MAX_STEPS, Graph, TooMuchError

if TYPE_CHECKING:
    from jsonschema_rs import Validator

# OpenAI takes 120,000 characters of names and values in a schema (guide "Structured model outputs", 2025).
MAX_SCHEMA_BYTES = 256 * 1024
# A call of so few steps is not counted: counting would take longer.
_FEW_STEPS = 1_000
# Steps for which the library may say where the fault is. Each branch keeps its own copy of the value: 25 µs.
_DETAILED_STEPS, _DETAILED_STEPS_WITH_BRANCHES = 20_000, 500
# Bytes of a schema that is short, and how many short and long ones are kept.
_SHORT, _KEPT = 4_096, (256, 4)
# A schema can have many faults; the first few of a call are enough to mend it.
_FAULTS_SHOWN = 5
_BRANCHES = re.compile(rb'"(?:anyOf|oneOf)"')
# Without these, a schema and a value have at most as many steps as the product of their sizes.
_MULTIPLIES = re.compile(rb'"(?:\$|pattern)')


class Work:
    """How much work the calls of one row may still make."""

    def __init__(self) -> None:
        """Start before the first call of a row."""
        self.left = MAX_STEPS


def schema_fault(schema: object) -> str | None:
    """Say what is wrong with the parameters of a tool; None for a JSON Schema of the type object."""
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return show(schema if not isinstance(schema, dict) else f"the type {schema['type']}")
    try:
        if schema_limit(schema):
            return None  # It is not looked at any further.
        _validator(msgspec.json.encode(schema))
    except (ValueError, RecursionError) as error:
        place = ".".join(map(str, getattr(error, "instance_path", ())))
        return str(error).partition("\n")[0][:200] + (f", at {place[:100]}" if place else "")
    return None


def schema_limit(schema: JsonObject) -> str | None:
    """Say why a schema would take too much work to read; None for nearly all."""
    return _limit(msgspec.json.encode(schema))


def argument_issues(
    value: JsonObject, length: int, schema: JsonObject, path: str, work: Work
) -> Iterator[Issue]:
    """Compare the arguments of a call with the schema of the tool.

    Args:
        value: The arguments.
        length: Characters of their JSON text.
        schema: The tool's parameters, without a fault.
        path: Place of the arguments in the row.
        work: What the row may still use.

    Yields:
        The issues, without a line; one for the row where it would take too much work.
    """
    text = msgspec.json.encode(schema)
    steps = (len(text) // 8) * (length // 2 + 1)
    if steps > _FEW_STEPS or _MULTIPLIES.search(text):
        if work.left < 0:
            return  # The first of these calls has said it.
        try:
            steps = _graph(text).steps(value, work.left)
        except TooMuchError as too_much:
            work.left = -1
            yield issue("schema_too_complex", path, str(too_much))
            return
        work.left -= steps
    validator = _validator(text)
    if validator.is_valid(value):
        return
    detailed = _DETAILED_STEPS_WITH_BRANCHES if _BRANCHES.search(text) else _DETAILED_STEPS
    if steps > detailed or steps * length > _DETAILED_STEPS * 1_000:
        yield issue("arguments_mismatch", path, "arguments that do not fit")
        return
    for number, error in enumerate(validator.iter_errors(value)):
        if number == _FAULTS_SHOWN:
            return
        place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in error.instance_path)
        rule = "/".join(map(str, error.schema_path))
        expected = f"what the tool's JSON Schema says ({rule[:200]})"
        yield issue("arguments_mismatch", path + place, error.message[:200], expected=expected)


def _limit(text: bytes) -> str | None:
    if len(text) > MAX_SCHEMA_BYTES:
        return f"a JSON Schema of {len(text):,} bytes"
    return _limit_of_short(text) if len(text) <= _SHORT else _limit_of_long(text)


def _read_limit(text: bytes) -> str | None:
    try:
        _graph(text).check()
    except TooMuchError as error:
        return str(error)
    return None


def _graph(text: bytes) -> Graph:
    return _short_graph(text) if len(text) <= _SHORT else _long_graph(text)


def _validator(text: bytes) -> "Validator":
    """Compile a schema.

    Raises:
        ValueError: It is not a JSON Schema, or it refers to another document: nothing is fetched.
    """
    return _short_validator(text) if len(text) <= _SHORT else _long_validator(text)


def _compile(text: bytes) -> "Validator":
    import jsonschema_rs  # Here, because most files have no tools.

    patterns = jsonschema_rs.FancyRegexOptions(backtrack_limit=GOES_BACK)
    return jsonschema_rs.validator_for(json.loads(text), retriever=_refuse, pattern_options=patterns)


def _refuse(uri: str) -> None:
    raise ValueError(f"{uri} is another document; write the schema out")


def _read_graph(text: bytes) -> Graph:
    return Graph(json.loads(text))


# Rows of a file share a few schemas. Compiled, one takes 45 times its text (measured, 2026-11), so few long
# ones are kept.
_limit_of_short, _limit_of_long = (lru_cache(maxsize=size)(_read_limit) for size in _KEPT)
_short_graph, _long_graph = (lru_cache(maxsize=size)(_read_graph) for size in _KEPT)
_short_validator, _long_validator = (lru_cache(maxsize=size)(_compile) for size in _KEPT)
