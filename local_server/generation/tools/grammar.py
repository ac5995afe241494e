"""What an answer may be where there are tools: text, calls with arguments that fit, or either.

In the language of llguidance (1.9.1), a variant of Lark's.
"""

import json

from local_server.generation.messages import Calls
from local_server.generation.structured.constraint import prepared
from local_server.training.rows.forms import Form

# In one answer. A model that knows no end would call until its context is full.
MOST_CALLS = 16


def grammar(form: Form, calls: Calls, schema: str | None) -> str:
    """Write the grammar of an answer.

    Args:
        form: How the model writes calls.
        calls: Which functions it may call.
        schema: JSON schema that the answer has to fit where it calls none; None for free text.

    Returns:
        For `Constraint.following`. Free text never has the mark that a call begins with.
    """
    mark = form.before.strip()
    any_text = r"/(.|\n)*/"
    text = f"%json {prepared(schema)}" if schema is not None else "TEXT"
    lines = [f"TEXT: {any_text} & ~(/(.|\\n)*/ {_text(mark)} /(.|\\n)*/)", f"text: {text}"]
    if not calls["functions"]:
        return "\n".join(["start: text", *lines])
    bodies = range(len(calls["functions"]))
    tail = _text(form.tail)
    more = " more" if calls["parallel"] else ""
    # Words before a call are free text: with a schema, an answer is either.
    either = "text | call" if schema is not None else "TEXT | first"
    lines += [
        f"call: {_text(form.before)} body {tail}",
        f"body: {' | '.join(f'body{place}' for place in bodies)}",
    ]
    if schema is None and not calls["required"]:
        rest = form.before.lstrip().removeprefix(mark)
        lines += [f"lead[lazy]: {any_text} {_text(mark)}", f"first: lead {_text(rest)} body {tail}"]
    if more:
        lines.append(f"more: ({_text(form.between)} call){{0,{MOST_CALLS - 1}}}")
    for place, function in enumerate(calls["functions"]):
        head = form.head(function["name"]).removeprefix(form.before)
        lines.append(f"body{place}: {_text(head)} %json {prepared(function['schema'])}")
    start = "call" if calls["required"] else either
    return "\n".join([f"start: {start}{more}", *lines])


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text else ""
