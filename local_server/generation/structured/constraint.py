"""Which tokens an answer may go on with, so that it becomes JSON that fits a schema. Loads no torch.

Loaded with the first schema: llguidance takes 40 ms. docs/structured_output.md says why it was chosen.
"""

import json
from functools import lru_cache

from llguidance import LLMatcher, LLParserLimits, LLTokenizer

from local_server.generation.structured.dates import with_real_dates


class Unsupported(Exception):
    """A schema cannot be followed; the message says why."""


@lru_cache(maxsize=4)
def vocabulary(tokenizer: str, end_tokens: tuple[int, ...]) -> LLTokenizer:
    """Read what each token stands for: 0.4 s for 49,152 tokens.

    Args:
        tokenizer: The text of tokenizer.json.
        end_tokens: Tokens that end an answer.

    Returns:
        The vocabulary. Models that share one share this.
    """
    return LLTokenizer(tokenizer, eos_token=list(end_tokens))


class Constraint:
    """Follows one answer.

    Args:
        matcher: At the beginning of the answer. No other answer may use it.
    """

    def __init__(self, matcher: LLMatcher) -> None:
        self._matcher = matcher

    @classmethod
    def compiled(cls, tokens: LLTokenizer, schema: str) -> "Constraint":
        """Compile a schema.

        Only one that `trial.py` has tried: this can take any time, and end the process.

        Args:
            tokens: From `vocabulary`.
            schema: JSON.

        Returns:
            The constraint at the beginning of an answer.

        Raises:
            Unsupported: llguidance cannot express it.
        """
        return cls.following(tokens, LLMatcher.grammar_from_json_schema(prepared(schema)))

    @classmethod
    def following(cls, tokens: LLTokenizer, grammar: str) -> "Constraint":
        """Compile a grammar, as `compiled` does a schema."""
        limits = LLParserLimits(verbose_errors=False)
        made = cls(LLMatcher(tokens, grammar, log_level=0, limits=limits))
        if made._matcher.is_error():
            raise Unsupported(_said(made._matcher))
        return made

    def copy(self) -> "Constraint":
        """The same for another answer."""
        return Constraint(self._matcher.deep_copy())

    def allowed(self) -> bytes:
        """Say which tokens may come next. Those that end the answer are among them when the JSON is whole.

        Returns:
            One bit for each token of the vocabulary, the lowest bit of a byte first.

        Raises:
            Unsupported: The schema is too complex at this place, or nothing can come next.
        """
        bits = self._matcher.compute_bitmask()
        if self._matcher.is_error():
            raise Unsupported(_said(self._matcher))
        if not any(bits):
            raise Unsupported("no value fits it")
        return bits

    def take(self, token: int) -> None:
        """Go on with a token; `allowed` has allowed it."""
        self._matcher.consume_token(token)


def prepared(schema: str) -> str:
    """Make a schema what llguidance reads.

    Args:
        schema: JSON.

    Returns:
        JSON with llguidance's settings in it. Whitespace is at most one space behind a comma or a colon, as
        `json.dumps` writes it. Where it was free, SmolLM2-135M wrote line breaks before its colons, at
        temperature 0.
    """
    content = json.loads(schema)
    if not isinstance(content, dict):
        return schema
    with_real_dates(content)
    content["x-guidance"] = {
        "item_separator": ", ?",
        "key_separator": ": ?",
        "whitespace_flexible": False,
        "coerce_one_of": False,
        "lenient": False,
    }
    return json.dumps(content)


def _said(matcher: LLMatcher) -> str:
    # Where it met the problem differs from reference to reference; the problem is the same.
    said = matcher.get_error().partition("while processing json-schema:")[0].replace("<non-verbose/>", "")
    return "no value fits it" if said.startswith("NoExtension") else " ".join(said.split())
