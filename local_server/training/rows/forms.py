"""How a model writes calls of functions: as its own chat template does, or in a form of ours."""

import json
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary


class Writer(Protocol):
    """What writes chats: a tokenizer with a chat template, of Transformers or of the chat process."""

    def __hash__(self) -> int:
        """Of the object itself."""

    @property
    def all_special_tokens(self) -> list[str]:
        """The texts of tokens that are never part of a text."""

    def apply_chat_template(self, conversation: Any, **options: Any) -> Any:  # noqa: ANN401
        """Write a chat as text, or as tokens."""


class Form(NamedTuple):
    """How a call is written: `{"name": ..., "arguments": {...}}` between two marks.

    Args:
        before: Text before a call; more than spaces.
        after: Text behind it.
        between: Text between two calls.
        own: Whether the model's own chat template writes it, and the definitions of the tools.
    """

    before: str
    after: str
    between: str
    own: bool

    def head(self, name: str) -> str:
        """A call as far as its arguments."""
        return f'{self.before}{{"name": {json.dumps(name)}, "arguments": '

    @property
    def tail(self) -> str:
        """A call behind its arguments."""
        return "}" + self.after


OURS = Form("<tool_call>", "</tool_call>", "\n", own=False)
# What a function has that takes no arguments.
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}


# Weak: the tokenizer of an idle model goes with the model.
_FOUND: WeakKeyDictionary[Writer, Form] = WeakKeyDictionary()


def form_of(tokenizer: Writer) -> Form:
    """Find out how a model's calls are written.

    Args:
        tokenizer: With a chat template.

    Returns:
        The form of its own template, when that writes tools, and a call as JSON with `name` and `arguments`
        between two marks that are text; else ours.
    """
    if tokenizer not in _FOUND:
        try:
            _FOUND[tokenizer] = _own_form(tokenizer) or OURS
        except Exception:
            # A template may refuse tools in any way.
            _FOUND[tokenizer] = OURS
    return _FOUND[tokenizer]


def _own_form(tokenizer: Writer) -> Form | None:
    asked = {"role": "user", "content": "Q"}
    tool = {"type": "function", "function": {"name": "fn", "description": "D", "parameters": NO_ARGUMENTS}}
    function = {"name": "fn", "arguments": {"key": 1}}
    call = {"id": "call00000", "type": "function", "function": function}
    body = json.dumps(function)

    def written(*more: dict[str, Any], start: bool = False) -> str:
        text = tokenizer.apply_chat_template(
            [asked, *more], tools=[tool], tokenize=False, add_generation_prompt=start
        )
        return str(text)

    def answer(content: str, *calls: dict[str, Any]) -> str:
        message = {"role": "assistant", "content": content} | ({"tool_calls": list(calls)} if calls else {})
        return written(message).removeprefix(written(start=True))

    if '"fn"' not in written():
        return None
    end = answer("TEXT").removeprefix("TEXT")
    one, two, both = answer("", call), answer("", call, call), answer("TEXT", call)
    before, _, rest = one.partition(body)
    after = rest.removesuffix(end)
    between = two.removeprefix(before + body + after).removesuffix(before + body + after + end)
    said, _, _ = both.partition(before + body)
    result = written(
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call00000", "name": "fn", "content": "RESULT"},
    )
    fits = (
        rest == after + end
        and before.strip()
        and two == before + body + after + between + before + body + after + end
        and said.strip() == "TEXT"
        and "RESULT" in result
        and not any(token in before + after + between for token in tokenizer.all_special_tokens)
    )
    return Form(before, after, between, own=True) if fits else None
