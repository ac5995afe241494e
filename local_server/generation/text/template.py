"""Chat templates, rendered as Transformers 5 renders them, without it.

A template comes with a model, from a stranger: it runs in Jinja's sandbox, and sees nothing but JSON.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from jinja2 import Environment, nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace


class _Generation(Extension):
    """`{% generation %}` marks what a model is trained on; for a prompt it changes nothing."""

    tags = {"generation"}  # noqa: RUF012  (Jinja's own form)

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        # A block of its own, as at Transformers: what is set inside is not seen outside.
        return nodes.CallBlock(self.call_method("_inside"), [], [], body).set_lineno(line)

    def _inside(self, caller: Callable[[], str]) -> str:
        return caller()


class _Dict:
    """`dict` without its attributes."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:  # noqa: ANN401 - the template's values
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any) -> dict[Any, Any]:  # noqa: ANN401
        return dict.fromkeys(*args)


class _Namespace(Namespace):
    """A namespace without Python's own attributes."""

    def __init__(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - any name may be set, also `self`
        self, *given = args
        attributes = dict(*given, **kwargs)
        for name in attributes:
            _refuse_private(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: object) -> None:
        _refuse_private(name)
        super().__setitem__(name, value)


def _refuse_private(name: str) -> None:
    if name.startswith("_"):
        raise SecurityError(f"a chat template cannot keep {name!r}: names must not begin with an underscore")


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _tojson(
    value: object,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # Jinja's own filter writes HTML.
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _strftime_now(form: str) -> str:
    return datetime.now().strftime(form)


def _environment() -> Environment:
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    made.filters["tojson"] = _tojson
    made.globals |= {
        "raise_exception": _raise_exception,
        "strftime_now": _strftime_now,
        "dict": _Dict(),
        "namespace": _Namespace,
    }
    return made


class Template:
    """A chat template.

    Args:
        source: In Jinja.
        names: What else it can name: the special tokens.

    Attributes:
        literal: All text that it writes itself, with null characters between its parts.
    """

    def __init__(self, source: str, names: dict[str, str]) -> None:
        environment = _environment()
        self._template = environment.from_string(source)
        self._names = names
        parsed = environment.parse(source)
        texts = {node.data for node in parsed.find_all(nodes.TemplateData)}
        texts |= {node.value for node in parsed.find_all(nodes.Const) if isinstance(node.value, str)}
        self.literal = "\0".join(texts)

    def render(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None, *, start: bool
    ) -> str:
        """Write a chat.

        Args:
            messages: JSON objects.
            tools: JSON objects; None for a chat without tools.
            start: Whether an answer is to follow.

        Returns:
            The text of the prompt.

        Raises:
            TemplateError: The template refuses it.
        """
        return self._template.render(
            **self._names, messages=messages, tools=tools, documents=None, add_generation_prompt=start
        )
