"""How much work a JSON Schema asks for, counted before it is done.

A short schema can ask for endless work: references that double at each level, that go round in circles, or
that are so many that a recursive program runs out of stack; patterns with a million states.
"""

import re
from collections.abc import Callable, Collection, Hashable, Iterator
from math import prod
from typing import Any
from urllib.parse import unquote

from finetune_dataset.chat import JsonObject

# This course's choices, far above what tools need and far below what hurts.
# Schemas that are inside each other, along all references: a program that follows them needs so much stack.
# Past 20,000 the library ended the process (measured, 2026-11).
_MAX_LEVELS = 3_000
MAX_STEPS = 300_000
"""Steps in one row: one schema applied to one value; about 50 ns each (measured, 2026-11)."""
# For `unevaluatedItems` and `unevaluatedProperties` the library compiles each step on its own.
_MAX_COMPILED = 3_000
# States of the patterns of a schema, and of one of them.
_MAX_STATES, _MAX_STATES_OF_ONE = 400_000, 100_000
GOES_BACK = 20_000
"""How often a pattern that looks around, or repeats what it found, may go back."""
# The steps that such a pattern counts for.
_GOES_BACK_STEPS = 2_000

# What applies to the same value, and what to the values inside it: one schema, a list or an object of them.
_HERE = ("not", "if", "then", "else", "allOf", "anyOf", "oneOf", "dependentSchemas", "dependencies")
_TO_EACH = ("additionalProperties", "unevaluatedProperties", "patternProperties")
_TO_ITEMS = ("items", "prefixItems", "additionalItems", "unevaluatedItems", "contains")
_MAPS = ("dependentSchemas", "dependencies", "patternProperties")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_ANCHORS = ("$anchor", "$dynamicAnchor", "$id", "id")
_REPEATS = re.compile(r"\{(\d*)(?:,(\d*))?\}")
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9k]")
# Each is many ranges of bytes in UTF-8.
_WIDE = re.compile(r"\.|\[\^|\\[pPDWS]")


class TooMuchError(Exception):
    """More work than allowed; the message says of what kind."""


class Graph:
    """A schema with its references followed: what is applied to what.

    Attributes:
        root: The schema.
    """

    def __init__(self, root: JsonObject) -> None:
        """Read a schema.

        Args:
            root: The schema, at most `strict_json.MAX_DEPTH` deep.
        """
        self.root = root
        self._heights: dict[int, int] = {}
        self._parts = list(_objects(root, self._heights))
        self._anchors: dict[str, list[JsonObject]] = {}
        for part in self._parts:
            for key in _ANCHORS:
                if isinstance(part.get(key), str):
                    self._anchors.setdefault(part[key].removeprefix("#"), []).append(part)

    def check(self) -> None:
        """Refuse a schema that cannot be compiled, or applied to one value, in little time and stack.

        Raises:
            TooMuchError: It asks for too much.
        """
        targets = {id(target): target for part in self._parts for target in self._targets(part)}
        refers = any(key in part for part in self._parts for key in _REFERENCES)
        if refers and any(part is not self.root and self._has_own_name(part) for part in self._parts):
            raise TooMuchError("references, and a schema with an $id inside another one")
        if sum(self._heights.get(target, 0) for target in targets) > _MAX_LEVELS:
            raise TooMuchError(f"references through more than {_MAX_LEVELS:,} levels")
        states = [_states(pattern) for part in self._parts for pattern in _patterns(part)]
        if max(states, default=0) > _MAX_STATES_OF_ONE or sum(states) > _MAX_STATES:
            raise TooMuchError("patterns with too many repeats")
        costly = any(key.startswith("unevaluated") for part in self._parts for key in part)
        known: dict[Hashable, int] = {}
        for part in self._parts:
            _count(part, self._same_value, _MAX_COMPILED if costly else MAX_STEPS, known)

    def steps(self, value: JsonObject, limit: int) -> int:
        """Count the steps of comparing a value with the schema, at most.

        Args:
            value: The value; it is not compared.
            limit: How many steps there may be.

        Returns:
            Their number.

        Raises:
            TooMuchError: There are more.
        """
        return _count((self.root, value), self._pairs, limit, {})

    def _pairs(self, pair: tuple[Any, Any]) -> tuple[int, list[tuple[Any, Any]]]:
        """Return the steps of one schema on one value, and what is applied after it."""
        schema, value = pair
        steps, here = self._same_value(schema)
        after = [(inner, value) for inner in here]
        if not isinstance(schema, dict):
            return steps, after
        if isinstance(value, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                steps += len(properties) // 16  # Looked up, not walked through.
                after += [(properties[key], value[key]) for key in value if key in properties]
            for key in _TO_EACH:
                after += _each(_schemas(schema, key), value.values())
            after += _each(_schemas(schema, "propertyNames"), value)
            for pattern in _patterns(schema, "patternProperties"):
                steps += sum(_pattern_steps(pattern, name) for name in value)
        elif isinstance(value, list):
            for key in _TO_ITEMS:
                after += _each(_schemas(schema, key), value)
            steps += 10 * len(value) if schema.get("uniqueItems") else 0
        elif isinstance(value, str):
            steps += sum(_pattern_steps(pattern, value) for pattern in _patterns(schema, "pattern"))
            steps += len(value) // 4 if "format" in schema else 0
        return steps, after

    def _same_value(self, schema: object) -> tuple[int, list[Any]]:
        """Return the steps of a schema itself, and the schemas that it applies to the same value."""
        if not isinstance(schema, dict):
            return 1, []
        lists = sum(len(schema[key]) for key in ("enum", "required") if isinstance(schema.get(key), list))
        here = [inner for key in _HERE for inner in _schemas(schema, key)]
        return 1 + len(schema) + lists, here + self._targets(schema)

    def _targets(self, schema: JsonObject) -> list[Any]:
        references = [schema[key] for key in _REFERENCES if isinstance(schema.get(key), str)]
        return [target for reference in references for target in self._resolve(reference)]

    def _resolve(self, reference: str) -> list[Any]:
        document, _, place = reference.partition("#")
        if document and document != str(self.root.get("$id", self.root.get("id"))).rstrip("#"):
            return []  # The library refuses other documents, but for the short schemas of JSON Schema itself.
        if place and not place.startswith("/"):
            return self._anchors.get(unquote(place), [])
        node: Any = self.root
        for step in place.split("/")[1:]:
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and step.isdecimal() and len(step) < 9 and int(step) < len(node):
                node = node[int(step)]
            elif isinstance(node, dict) and step in node:
                node = node[step]
            else:
                return []  # The library says that there is no such place.
        return [node]

    def _has_own_name(self, part: JsonObject) -> bool:
        name = part.get("id" if "draft-04" in str(self.root.get("$schema")) else "$id")
        return isinstance(name, str) and not name.startswith("#")


def _objects(value: JsonObject | list[Any], heights: dict[int, int]) -> Iterator[JsonObject]:
    """Give all objects of a JSON value, and note how many levels each has."""
    inner = value.values() if isinstance(value, dict) else value
    containers = [each for each in inner if isinstance(each, (dict, list))]
    for each in containers:
        yield from _objects(each, heights)
    heights[id(value)] = 1 + max((heights[id(each)] for each in containers), default=0)
    if isinstance(value, dict):
        yield value


def _schemas(schema: JsonObject, key: str) -> list[Any]:
    """Return the schemas under a key: of an object of them, a list of them, or one alone."""
    found = schema.get(key)
    if isinstance(found, dict):
        return list(found.values()) if key in _MAPS else [found]
    return found if isinstance(found, list) else []


def _each(schemas: list[Any], values: Collection[Any]) -> list[tuple[Any, Any]]:
    if len(schemas) * len(values) > MAX_STEPS:
        raise TooMuchError(_steps_text(MAX_STEPS))
    return [(schema, value) for schema in schemas for value in values]


def _patterns(schema: JsonObject, *keys: str) -> list[str]:
    found = [schema.get(key) for key in keys or ("pattern", "patternProperties")]
    patterns = [pattern for each in found for pattern in (each if isinstance(each, dict) else [each])]
    return [pattern for pattern in patterns if isinstance(pattern, str)]


def _states(pattern: str) -> int:
    """Estimate how large a pattern is when it is compiled: its repeats are written out."""
    repeats = prod(max(1, int((most or least or "1")[:9])) for least, most in _REPEATS.findall(pattern))
    return len(pattern) * repeats * (20 if _WIDE.search(pattern) and repeats > 1 else 1)


def _pattern_steps(pattern: str, text: str) -> int:
    if _LOOKS_AROUND.search(pattern):
        return _GOES_BACK_STEPS + 20 * len(text)
    return (1 + len(text)) * (1 + _states(pattern) // 200) // 4 + 1


def _count(
    start: object, edges: Callable[[Any], tuple[int, list[Any]]], limit: int, known: dict[Hashable, int]
) -> int:
    """Count the steps from a node on, each way of its own, though each node is looked at once.

    Not recursive, because a path can be longer than Python's own stack.
    """
    first = _key(start)
    if first in known:
        return known[first]
    steps, after = edges(start)
    path, totals = {first: iter(after)}, [steps]
    while path:
        key, rest = next(reversed(path.items()))
        for node in rest:
            inner = _key(node)
            if inner in path:
                raise TooMuchError("a schema that refers to itself without going deeper")
            if inner in known:
                totals[-1] += known[inner]
                continue
            steps, after = edges(node)
            path[inner] = iter(after)
            totals.append(steps)
            break
        else:
            del path[key]
            known[key] = totals.pop()
            if totals:
                totals[-1] += known[key]
            if known[key] > limit or len(known) + len(path) > MAX_STEPS:
                raise TooMuchError(_steps_text(limit))
    return known[first]


def _key(node: object) -> Hashable:
    return (id(node[0]), id(node[1])) if isinstance(node, tuple) else id(node)


def _steps_text(limit: int) -> str:
    return f"more than {limit:,} steps to compare a value with the schema"
