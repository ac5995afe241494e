"""OpenAI's rules for the schemas of answers (guide "Structured model outputs", state of February 2026).

The messages are those of its refusals, as public bug reports quote them (2024-2026): programs look for them.
"""

import json
from collections.abc import Iterator
from typing import Any

from local_server.generation.structured.walk import Path, children

# Of any schema: it is kept with each response, and deeper ones are more than llguidance reads (128).
MAX_CHARACTERS, MAX_DEPTH = 512 * 1024, 100
# Of a strict schema.
_MAX_PROPERTIES, _MAX_LEVELS, _MAX_ENUM, _MAX_STRINGS = 5000, 10, 1000, 120_000
_MANY_VALUES, _MAX_STRINGS_OF_MANY = 250, 15_000
_NOT_PERMITTED = (
    "allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else",
)  # fmt: skip
# What says which values there are; without one of them anything fits.
_KINDS = ("type", "anyOf", "$ref", "enum", "const")
# llguidance 1.9.1 follows these too. Others are remarks, by the standard (JSON Schema 2020-12, 7.2.1).
FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri")
)
_STRICT_FORMATS = FORMATS - {"uri"}


class Broken(Exception):
    """A schema breaks a rule.

    Args:
        path: Where.
        rule: Which, in OpenAI's words.
    """

    def __init__(self, path: Path, rule: str) -> None:
        super().__init__(f"In context={path!r}, {rule}")


def checked(schema: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    """Check a schema.

    Args:
        schema: From a client.
        strict: Whether OpenAI's rules for strict schemas count.

    Returns:
        The schema, without formats that are only remarks.

    Raises:
        Broken: At the first rule that it breaks.
    """
    if deep := _too_deep(schema):
        raise Broken(deep, f"the schema is nested more than {MAX_DEPTH} deep. Use '$defs' and '$ref'.")
    size = len(json.dumps(schema))
    if size > MAX_CHARACTERS:
        raise Broken((), f"the schema has {size:,} characters. Expected at most {MAX_CHARACTERS:,}.")
    if strict:
        check_root(schema)
        for path, _, inner in _all(schema):
            _check(inner, path)
        _check_size(schema)
    return _without_remarks(schema)


def _too_deep(schema: dict[str, Any]) -> Path | None:
    """The path to the first value that is nested too deeply. It calls no function again: that may be deep."""
    left: list[tuple[Path, Any]] = [((), schema)]
    while left:
        path, value = left.pop()
        if len(path) > MAX_DEPTH:
            return path[:8]
        steps = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        left.extend(((*path, str(step)), inner) for step, inner in steps if isinstance(inner, dict | list))
    return None


def _all(schema: object, path: Path = (), level: int = 1) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Each schema in a schema: its path, in how many objects it stands, and itself."""
    if isinstance(schema, dict):
        yield path, level, schema
        for steps, inner in children(schema):
            yield from _all(inner, (*path, *steps), level + (steps[0] == "properties"))


def check_root(schema: dict[str, Any]) -> None:
    """Hold a schema to the rule that what it describes is an object.

    Raises:
        Broken: It is not, or only in some cases.
    """
    if "anyOf" in schema:
        raise Broken((), "'anyOf' is not permitted at the top level of the schema.")
    if schema.get("type") != "object":
        given = json.dumps(schema.get("type", "None"))
        raise Broken((), f"schema must be a JSON Schema of 'type: \"object\"', got 'type: {given}'.")


def _check(schema: dict[str, Any], path: Path) -> None:
    for keyword in _NOT_PERMITTED:
        if keyword in schema:
            raise Broken(path, f"'{keyword}' is not permitted.")
    if not any(kind in schema for kind in _KINDS):
        raise Broken(path, "schema must have a 'type' key.")
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "object" in kinds:
        _check_object(schema, path)
    if "array" in kinds and "items" not in schema and "prefixItems" not in schema:
        raise Broken(path, "array schema missing items.")
    said = schema.get("format")
    if isinstance(said, str) and said not in _STRICT_FORMATS:
        raise Broken(path, f"'{said}' is not a valid format.")


def _check_object(schema: dict[str, Any], path: Path) -> None:
    if schema.get("additionalProperties") is not False:
        raise Broken(path, "'additionalProperties' is required to be supplied and to be false.")
    properties = schema.get("properties")
    required = schema.get("required")
    names = list(properties) if isinstance(properties, dict) else []
    listed = required if isinstance(required, list) else []
    rule = "'required' is required to be supplied and to be an array including every key in properties."
    for name in names:
        if name not in listed:
            raise Broken(path, f"{rule} Missing '{name}'.")
    for name in listed:
        if name not in names:
            raise Broken(path, f"{rule} Extra required key '{name}' supplied.")


def _check_size(schema: dict[str, Any]) -> None:
    properties = values = strings = 0
    for path, level, inner in _all(schema):
        if "properties" in inner and level > _MAX_LEVELS:
            raise Broken(path, f"objects are nested more than {_MAX_LEVELS} levels deep.")
        named = inner.get("properties")
        names = [*named] if isinstance(named, dict) else []
        defined = inner.get("$defs")
        names += [*defined] if isinstance(defined, dict) else []
        listed = inner.get("enum")
        enum = listed if isinstance(listed, list) else []
        size = sum(len(value) for value in enum if isinstance(value, str))
        if len(enum) > _MANY_VALUES and size > _MAX_STRINGS_OF_MANY:
            rule = f"the values of an enum with more than {_MANY_VALUES} have {size:,} characters"
            raise Broken(path, f"{rule}. Expected at most {_MAX_STRINGS_OF_MANY:,}.")
        properties += len(named) if isinstance(named, dict) else 0
        values += len(enum)
        strings += size + sum(map(len, names)) + len(str(inner.get("const", "")))
    for count, most, what in (
        (properties, _MAX_PROPERTIES, "properties"),
        (values, _MAX_ENUM, "enum values"),
        (strings, _MAX_STRINGS, "characters in names and values"),
    ):
        if count > most:
            raise Broken((), f"the schema has {count:,} {what} in all. Expected at most {most:,}.")


def _without_remarks(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy without formats that nothing here can follow."""
    copy: dict[str, Any] = json.loads(json.dumps(schema))
    for _, _, inner in list(_all(copy)):
        if isinstance(inner.get("format"), str) and inner["format"] not in FORMATS:
            del inner["format"]
    return copy
