"""Which answers a grammar lets come."""

import json
from functools import cache

import pytest
from llguidance import LLMatcher
from serving import ROOT
from tokenizers import Tokenizer

from local_server.generation.structured.constraint import vocabulary
from local_server.generation.tools.grammar import grammar
from local_server.training.rows.forms import OURS
from tools import TOOLS

TEXT = (ROOT / "data" / "base_model" / "tokenizer.json").read_text(encoding="utf-8")
TOKENIZER = Tokenizer.from_str(TEXT)
END = TOKENIZER.token_to_id("<|end|>")
FUNCTIONS = [
    {"name": tool["function"]["name"], "schema": json.dumps(tool["function"]["parameters"])} for tool in TOOLS
]
CALL = f'{OURS.head("look_up")}{{"name": "Tin"}}{OURS.tail}'
WRONG = f'{OURS.head("land")}{{"name": "Tin"}}{OURS.tail}'
JSON = '{"a": true}'
ANSWERS = {
    "text": "a < b\n<tool", "call": CALL, "text, call": f"Let me look.\n{CALL}", "calls": f"{CALL}\n{CALL}",
    "wrong": WRONG, "mark": "Hi <tool_call>there", "after": f"{CALL} more", "json": JSON,
}  # fmt: skip


@cache
def whole(answer: str, written: str) -> bool:
    matcher = LLMatcher(vocabulary(TEXT, (END,)), written, log_level=0)
    tokens = TOKENIZER.encode(answer, add_special_tokens=False).ids
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


@pytest.mark.parametrize(
    ("required", "parallel", "functions", "schema", "let"),
    [
        (False, True, FUNCTIONS, None, ["text", "call", "text, call", "calls", "json"]),
        (False, False, FUNCTIONS, None, ["text", "call", "text, call", "json"]),
        (True, True, FUNCTIONS, None, ["call", "calls"]),
        (True, False, FUNCTIONS, None, ["call"]),
        (False, True, [], None, ["text", "json"]),
        (
            False,
            True,
            FUNCTIONS,
            '{"type": "object", "properties": {"a": {"type": "boolean"}}}',
            ["call", "calls", "json"],
        ),
    ],
)
def test_what_may_come(
    required: bool, parallel: bool, functions: list[dict], schema: str | None, let: list[str]
) -> None:
    calls = {"functions": functions, "required": required, "parallel": parallel}

    written = grammar(OURS, calls, schema)

    assert [kind for kind, answer in ANSWERS.items() if whole(answer, written)] == let
