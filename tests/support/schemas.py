"""Schemas of many kinds, each with an end: a model that knows nothing of JSON can fill them."""

from typing import Any

WORD: dict[str, Any] = {"type": "string", "maxLength": 12}


def record(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An object as strict schemas ask for it."""
    return {
        "type": "object", "properties": properties, "required": list(properties),
        "additionalProperties": False, **more,
    }  # fmt: skip


STRICT: dict[str, dict[str, Any]] = {
    "words": record({"title": WORD, "author": WORD}),
    "choice": record({"mood": {"type": "string", "enum": ["glad", "sad", "so-so", "müde", "嬉しい"]}}),
    "numbers": record(
        {
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "year": {"type": "integer", "minimum": 1869, "maximum": 2026},
            "even": {"type": "integer", "multipleOf": 2, "minimum": -100, "maximum": 100},
        }
    ),
    "truth": record({"yes": {"type": "boolean"}, "nothing": {"type": "null"}}),
    "nullable": record({"name": {"type": ["string", "null"], "maxLength": 9}}),
    "list": record({"tags": {"type": "array", "items": WORD, "minItems": 1, "maxItems": 4}}),
    "records": record(
        {
            "people": {
                "type": "array",
                "items": record({"name": WORD, "age": {"type": "integer", "minimum": 0, "maximum": 120}}),
                "maxItems": 3,
            }
        }
    ),
    "union": record(
        {
            "shape": {
                "anyOf": [
                    record(
                        {
                            "kind": {"const": "circle"},
                            "radius": {"type": "integer", "maximum": 9, "minimum": 1},
                        }
                    ),
                    record({"kind": {"const": "text"}, "words": WORD}),
                ]
            }
        }
    ),
    "reference": record({"from": {"$ref": "#/$defs/place"}, "to": {"$ref": "#/$defs/place"}})
    | {"$defs": {"place": record({"city": WORD, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}})}},
    "tree": record({"root": {"$ref": "#/$defs/node"}})
    | {
        "$defs": {
            "node": record(
                {
                    "value": {"type": "integer", "minimum": 0, "maximum": 9},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                }
            )
        }
    },
    "formats": record(
        {
            "day": {"type": "string", "format": "date"},
            "time": {"type": "string", "format": "date-time", "maxLength": 40},
            "id": {"type": "string", "format": "uuid"},
            "host": {"type": "string", "format": "ipv4"},
        }
    ),
    "pattern": record({"code": {"type": "string", "pattern": "^[A-Z]{2}-(red|blue)[0-9]{1,3}$"}}),
    "keys": record({"größe": WORD, 'with "quotes"': WORD, "日本": {"type": "boolean"}}),
}
FREE: dict[str, dict[str, Any]] = {
    "optional": {
        "type": "object",
        "properties": {"a": WORD, "b": {"type": "boolean"}, "c": {"enum": [1, "two", None, [3]]}},
        "required": ["b"],
        "additionalProperties": False,
    },
    "map": {
        "type": "object", "minProperties": 1, "maxProperties": 2,
        "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 99},
    },
    "array": {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 5},
    "pair": {"type": "array", "prefixItems": [WORD, {"type": "boolean"}], "items": False, "minItems": 2},
    "all": {
        "allOf": [
            {"type": "object", "properties": {"a": WORD}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["a", "b"]},
        ],
        "additionalProperties": False, "properties": {"a": True, "b": True},
    },
    "tagged": {
        "oneOf": [
            record({"kind": {"const": "cat"}, "lives": {"type": "integer", "minimum": 1, "maximum": 9}}),
            record({"kind": {"const": "dog"}, "name": WORD}),
        ]
    },
    "remark": {"type": "object", "properties": {"path": WORD | {"format": "path"}}, "required": ["path"],
               "additionalProperties": False},
}  # fmt: skip


def wanted(name: str) -> dict[str, Any]:
    """The `response_format` of one of the schemas."""
    schema = STRICT.get(name) or FREE[name]
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": name in STRICT}}
