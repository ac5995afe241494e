"""Chat templates are rendered as Transformers renders them, and cannot do more."""

import pytest
from jinja2.exceptions import SecurityError, TemplateError
from transformers.utils.chat_template_utils import render_jinja_template

from local_server.generation.text.template import Template

# Transformers, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

CHAT = [
    {"role": "system", "content": 'a <b> & "c"'},
    {"role": "user", "content": "Größe\n"},
    {
        "role": "assistant",
        "content": "x",
        "tool_calls": [{"function": {"name": "f", "arguments": {"b": 1, "a": "é"}}}],
    },
]
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
SOURCES = {
    "JSON": "{{ tools | tojson }}|{{ tools | tojson(indent=2, sort_keys=true) }}|{{ messages[2] | tojson(true) }}",  # noqa: E501
    "blocks and their lines": "  {% for message in messages %}\n  {{ message.role }}\n  {% endfor %}\nend\n",
    "break and continue": "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.role }}{% break %}{% endfor %}",  # noqa: E501
    "generation": "{% for m in messages %}{% generation %}{% set x = m.content %}{{ x }}{% endgeneration %}{{ x }}{% endfor %}",  # noqa: E501
    "namespace": "{% set ns = namespace(n=0, self=1) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}{{ ns.self }}",  # noqa: E501
    "dict": "{{ dict(a=1) | tojson }}{{ dict.fromkeys(['x'], 2) | tojson }}",
    "what is missing": "{{ documents }}{{ tools is none }}{{ missing }}{{ messages[0].name is defined }}",
    "special tokens and the start": "{{ eos_token }}{{ bos_token }}{% if add_generation_prompt %}<a>{% endif %}",  # noqa: E501
    "escapes": "{{ messages[0].content }}{{ messages[0]['content'] | trim | upper }}{{ '%s' % messages[1].content }}",  # noqa: E501
    "the date": "{{ strftime_now('%Y-%m-%d') }}",
    "macros": "{% macro say(m) -%} [{{ m.role }}] {%- endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}",  # noqa: E501
}


@pytest.mark.parametrize("tools", [None, TOOLS], ids=["no tools", "tools"])
@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_template_writes_what_it_writes_in_transformers(source: str, tools: list[dict] | None) -> None:
    names = {"eos_token": "<|end|>"}
    for start in (True, False):
        (expected,), _ = render_jinja_template(
            [CHAT], tools=tools, chat_template=source, add_generation_prompt=start, **names
        )

        assert Template(source, names).render(CHAT, tools, start=start) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ dict.__class__ }}",
        "{{ dict.mro() }}",
        "{% set ns = namespace(_x=1) %}",
        "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ range(10000000) | list }}",
    ],
)
def test_a_template_is_refused_what_transformers_refuses_it(source: str) -> None:
    def outcome(render) -> str:
        try:
            return render()
        except (TemplateError, SecurityError, OverflowError) as error:
            return type(error).__name__

    theirs = outcome(lambda: render_jinja_template([CHAT], chat_template=source)[0][0])

    assert outcome(lambda: Template(source, {}).render(CHAT, None, start=False)) == theirs
    assert theirs in ("", "TemplateError", "SecurityError", "UndefinedError", "OverflowError")


def test_its_own_texts_are_known() -> None:
    template = Template(
        "<|a|>{% if messages[0].role == '<|b|>' %}{{ messages[0].content }}<|c|>{% endif %}", {}
    )

    assert {"<|a|>", "<|b|>", "<|c|>"} <= set(template.literal.split("\0"))
