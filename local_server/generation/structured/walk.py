"""The schemas inside a schema, and the path to each."""

from collections.abc import Iterator
from typing import Any

# Keywords with a schema, a list of schemas, or an object of schemas (JSON Schema 2020-12 and older).
_ONE = (
    "items", "additionalProperties", "additionalItems", "contains", "contentSchema", "else", "if", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_SEVERAL = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
# Definitions come first: what is wrong in one is wrong wherever it is referred to.
_DEFINITIONS = ("$defs", "definitions")
_NAMED = (*_DEFINITIONS, "properties", "patternProperties", "dependentSchemas", "dependencies")

Path = tuple[str, ...]


def children(schema: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """List the schemas directly inside a schema.

    Args:
        schema: JSON.

    Yields:
        The steps to one, as OpenAI's messages write them, and the schema: an object, or true or false.
    """
    for keyword in _NAMED:
        named = schema.get(keyword)
        if isinstance(named, dict):
            yield from (((keyword, name), inner) for name, inner in named.items())
    for keyword in _SEVERAL:
        several = schema.get(keyword)
        if isinstance(several, list):
            yield from (((keyword, str(place)), inner) for place, inner in enumerate(several))
    for keyword in _ONE:
        inner = schema.get(keyword)
        if isinstance(inner, dict | bool):
            yield (keyword,), inner


def definitions(schema: dict[str, Any]) -> dict[str, Any]:
    """What the schemas inside a schema may refer to."""
    return {keyword: schema[keyword] for keyword in _DEFINITIONS if keyword in schema}
