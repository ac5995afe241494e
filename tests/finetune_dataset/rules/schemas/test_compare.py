"""Arguments of calls are compared with the tool's schema, and no schema takes more than a moment."""

import json
import subprocess
import sys
import time

import pytest

from finetune_dataset.rules.rows import check_row
from finetune_dataset.rules.schemas.compare import MAX_SCHEMA_BYTES
from finetune_dataset.rules.schemas.work import MAX_STEPS
from helpers.paths import ROOT

PARAMETERS, ARGUMENTS = "tools[0].function.parameters", "messages[1].tool_calls[0].function.arguments"


def row(schema: object, arguments: object, calls: int = 1) -> dict:
    """A row that calls its one tool."""
    ids = [f"call_{number}" for number in range(calls)]
    function = {"name": "f", "arguments": json.dumps(arguments)}
    return {
        "messages": [
            {"role": "user", "content": "Read it."},
            {
                "role": "assistant",
                "tool_calls": [{"id": each, "type": "function", "function": function} for each in ids],
            },
            *({"role": "tool", "tool_call_id": each, "content": "1"} for each in ids),
            {"role": "assistant", "content": "Done."},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
    }


def found(schema: object, arguments: object, calls: int = 1) -> list[tuple[str, str]]:
    return [(each.code, each.path) for each in check_row(row(schema, arguments, calls))]


def ref(number: int) -> dict:
    return {"$ref": f"#/$defs/d{number}"}


def chained(levels: int, step: object, last: object = None) -> dict:
    """A schema whose property `a` refers to d0, which refers to d1, and so on."""
    definitions = {f"d{number}": step(number + 1) for number in range(levels)}
    definitions[f"d{levels}"] = last or {"type": "string"}
    return {"type": "object", "$defs": definitions, "properties": {"a": ref(0)}}


def doubled(levels: int, keyword: str = "anyOf", **others: object) -> dict:
    return chained(levels, lambda number: {keyword: [ref(number)] * 2, **others})


def each(schema: dict) -> dict:
    """A schema whose property `a` is a list of values of the given one."""
    return {"type": "object", "properties": {"a": {"items": schema}}}


def deep(levels: int) -> dict:
    value: dict = {"y": 1}
    for _ in range(levels):
        value = {"x": value}
    return value


MANY_PATTERNS = {"type": "object", "properties": {f"a{n}": {"pattern": "(a{9}){99}"} for n in range(900)}}
MANY_KEYS = {"type": "object", "patternProperties": {f"a{number}": {} for number in range(999)}}
TREE = {"type": "object", "properties": {"x": {"$ref": "#"}}, "additionalProperties": False}
WORD = {"type": "object", "properties": {"a": {"pattern": r"^(?=.*\d)[\w-]{1,64}$"}}}
ANCHOR = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$dynamicAnchor": "n"}


@pytest.mark.parametrize(
    ("schema", "arguments", "issues"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": "x"}, []),
        (doubled(5), {"a": "x"}, []),
        (doubled(5), {"a": 1}, [("arguments_mismatch", f"{ARGUMENTS}.a")]),
        (doubled(12), {"a": "x"}, []),
        # Too many branches to say where it is, not too many to say that it is.
        (doubled(12), {"a": 1}, [("arguments_mismatch", ARGUMENTS)]),
        (TREE, {"x": {"x": {}}}, []),
        (TREE, deep(3), [("arguments_mismatch", f"{ARGUMENTS}.x.x.x")]),
        ({**ANCHOR, "type": "object", "properties": {"x": {"$dynamicRef": "#n"}}}, {"x": {"x": {}}}, []),
        (WORD, {"a": "a1"}, []),
        (WORD, {"a": "a"}, [("arguments_mismatch", f"{ARGUMENTS}.a")]),
        ({"type": "object", "properties": {"a": {"pattern": r"^\p{L}{1,64}$"}}}, {"a": "é"}, []),
        ({"type": "object", "properties": {"a": {"pattern": "(a+)+$"}}}, {"a": "a" * 5_000}, []),
        (chained(200, ref), {"a": "x"}, []),
    ],
)
def test_arguments_are_compared_with_the_schema(schema, arguments, issues):
    assert found(schema, arguments) == issues


@pytest.mark.parametrize(
    ("schema", "arguments", "path"),
    [
        (doubled(18), {"a": 1}, PARAMETERS),
        (doubled(60), {"a": "x"}, PARAMETERS),
        (doubled(18, "allOf"), {"a": "x"}, PARAMETERS),
        (doubled(18, "oneOf"), {"a": "x"}, PARAMETERS),
        ({"type": "object", "anyOf": [{"$ref": "#"}] * 2}, {"a": 1}, PARAMETERS),
        ({"type": "object", "not": {"$ref": "#"}}, {"a": 1}, PARAMETERS),
        ({**ANCHOR, "type": "object", "anyOf": [{"$dynamicRef": "#n"}] * 2}, {"a": 1}, PARAMETERS),
        # The library ends the whole process with 50,000 of them.
        (chained(4_000, ref), {"a": 1}, PARAMETERS),
        (doubled(14, unevaluatedProperties=False), {"a": {}}, PARAMETERS),
        ({"type": "object", "properties": {"a": {"pattern": "((a{0,99}){0,99}){0,99}x"}}}, {}, PARAMETERS),
        (MANY_PATTERNS, {}, PARAMETERS),
        ({"type": "object", "description": "x" * MAX_SCHEMA_BYTES}, {}, PARAMETERS),
        ({"type": "object", "properties": {"x": {"anyOf": [{"$ref": "#"}] * 2}}}, deep(40), ARGUMENTS),
        (each({"enum": list(range(9_000))}), {"a": [-1] * 9_000}, ARGUMENTS),
        (each({"pattern": "(?=(a+)+$)b"}), {"a": ["a" * 999] * 99}, ARGUMENTS),
        (MANY_KEYS, {f"b{number}": 1 for number in range(999)}, ARGUMENTS),
    ],
)
def test_a_schema_that_asks_for_too_much_is_named_within_a_second(schema, arguments, path):
    start = time.process_time()

    assert found(schema, arguments) == [("schema_too_complex", path)]

    assert time.process_time() - start < 5  # A wide margin: each takes less than 0.3 s.


def test_the_issue_says_how_much_is_too_much():
    (issue,) = check_row(row(doubled(18), {"a": 1}), line=3)

    assert (issue.line, issue.severity) == (3, "warning")
    assert issue.found == f"more than {MAX_STEPS:,} steps to compare a value with the schema"


def test_the_calls_of_one_row_share_what_may_be_done_and_the_rest_of_the_row_is_checked():
    issues = found(each({"anyOf": [{"type": "string"}] * 20}), {"a": ["x"] * 100}, calls=200)

    assert [code for code, _ in issues] == ["schema_too_complex"]


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x.json", "file:///etc/hostname", "x.json#/a", "urn:example:a"]
)
def test_another_document_is_never_fetched(reference):
    assert found({"type": "object", "properties": {"a": {"$ref": reference}}}, {"a": 1}) == [
        ("invalid_tool", PARAMETERS)
    ]


PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20,) * 2)  # 100 MB more than the libraries themselves map.
from finetune_dataset.validate import validate_dataset
print(validate_dataset(sys.argv[1]).counts["schema_too_complex"])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process like this")
@pytest.mark.parametrize("levels", [18, 40])
def test_a_file_of_such_rows_is_checked_with_little_memory(tmp_path, levels):
    path = tmp_path / "train.jsonl"
    path.write_text((json.dumps(row(doubled(levels), {"a": 1})) + "\n") * 12)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, path], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert (done.stdout, done.stderr) == ("12\n", "")
