"""Schemas from strangers are tried in a process of their own: it may die, the server does not."""

import json
import time

import pytest
from schemas import FREE, STRICT, WORD, record
from serving import ROOT

from local_server.chat.structured.rules import checked
from local_server.generation.structured.trial import in_words, tried

TEXT = (ROOT / "data" / "base_model" / "tokenizer.json").read_text(encoding="utf-8")


def problem(schema: dict) -> str | None:
    return tried(TEXT, (1,), json.dumps(schema))


def chain(length: int) -> dict:
    """References, one to the next."""
    links = {f"d{place}": {"$ref": f"#/$defs/d{place + 1}"} for place in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": links | {f"d{length}": WORD}}


def test_a_good_schema_has_no_problem_and_is_tried_once() -> None:
    assert problem(STRICT["tree"]) is None
    begun = time.process_time()
    assert problem(STRICT["tree"]) is None
    assert time.process_time() - begun < 0.1


def test_what_cannot_be_followed_is_named_with_its_path() -> None:
    schema = record({"a": {"anyOf": [WORD, {"type": "string", "pattern": "(?=x)x"}]}})

    assert problem(schema).startswith("In context=('properties', 'a', 'anyOf', '1'), regex parse error:")


def test_a_schema_that_ends_the_process_is_refused() -> None:
    assert "it is too complex" in problem(chain(5000))


@pytest.mark.slow
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "multipleOf": 99_999_999},
        {"type": "object", "properties": {f"p{number}": WORD for number in range(3000)}},
        {"enum": [f"value {number:07}" for number in range(100_000)]},
        {"allOf": [{"anyOf": [{"properties": {f"{a}{b}": WORD}} for a in range(5)]} for b in range(12)]},
        {"type": "string", "pattern": "^(([a-z]{1,1000}){1,1000}){1,1000}$"},
    ],
)
def test_a_schema_without_measure_is_refused_within_seconds(schema: dict) -> None:
    begun = time.monotonic()

    assert problem(schema).startswith("In context=(")
    assert time.monotonic() - begun < 20


@pytest.mark.slow
@pytest.mark.parametrize("name", [*STRICT, *FREE])
def test_each_sample_schema_can_be_followed(name: str) -> None:
    strict = name in STRICT

    assert problem(checked(STRICT[name] if strict else FREE[name], strict=strict)) is None


def test_llguidances_advice_is_said_so_that_it_can_be_followed_here() -> None:
    assert in_words('Unimplemented keys: ["if", "then"]').startswith("'if', 'then' cannot be followed")
    assert "Use 'anyOf'" in in_words("oneOf constraints are not supported. Enable 'coerce_one_of'")
    assert "fewer optional properties" in in_words("Parser Error: Current row has 9 items; max is 2")
