"""Read conversations as a person would: `show_conversations`.

The widgets are displayed once and then change by their traits. Where widgets cannot be
shown (GitHub, nbconvert, a terminal), the first conversations are shown as they are.
Text of the data is escaped, and nothing in it is loaded: an image is its address in words.
"""

import html
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ipywidgets import HTML, BoundedIntText, Button, HBox, Layout, VBox

from finetune_dataset.chat import message_text
from finetune_dataset.tokens.count import count_tokens

STATIC = 3
"""Conversations in the static view."""

SHOWN = 10_000
"""Characters of one message; a page stays quick to draw."""

_COLORS = {
    "system": "#bf8700",
    "developer": "#bf8700",
    "user": "#2f81f7",
    "assistant": "#2da44e",
    "tool": "#8f6ee0",
    "function": "#8f6ee0",
}
"""Role → color of the bar beside the text. The text itself keeps the page's color, light or dark."""

_CHAT_KEYS = ("messages", "tools", "parallel_tool_calls", "functions")


@dataclass(frozen=True)
class _Turn:
    """One message, ready to be drawn.

    Attributes:
        role: Who speaks.
        marks: What stands beside the role, for example "trained".
        text: What is said.
        code: Tool calls and other JSON, as text.
        grey: True for an answer that is not trained.
    """

    role: str
    marks: list[str]
    text: str
    code: str = ""
    grey: bool = False


def show_conversations(rows: Iterable[dict], model: str | Path | None = None) -> "Conversations":
    """Page through chat rows: who speaks, what is trained, which tools are called.

    Preference rows show both answers, reinforcement rows the fields for the grader. Rows that are
    no chat are shown as JSON.

    Args:
        rows: The examples, for example `read_jsonl(path)`.
        model: A model id, or the folder of a local model, to count the tokens of each message;
            None counts nothing.

    Returns:
        The view; as the last line of a cell it shows itself.
    """
    return Conversations(list(rows), model)


class Conversations:
    """The widgets of some rows. `show(number)` turns to a row, as the buttons do.

    Args:
        rows: The examples.
        model: As in `show_conversations`.

    Attributes:
        box: All widgets.
    """

    def __init__(self, rows: list, model: str | Path | None = None) -> None:
        self._rows, self._model = rows, model
        self._page = HTML(layout=Layout(width="100%", max_width="900px"))
        self._back = Button(description="Previous", icon="arrow-left", layout=Layout(width="110px"))
        self._next = Button(description="Next", icon="arrow-right", layout=Layout(width="110px"))
        self._number = BoundedIntText(
            min=1, max=max(1, len(rows)), description="Row", layout=Layout(width="170px")
        )
        self._back.on_click(lambda _: self.show(self._number.value - 1))
        self._next.on_click(lambda _: self.show(self._number.value + 1))
        self._number.observe(lambda change: self.show(change["new"]), names="value")
        bar = HBox([self._back, self._next, self._number, HTML(f"of {len(rows):,}")])
        self.box = VBox([bar, self._page])
        self.show(1)

    def show(self, number: int) -> None:
        """Turn to a row.

        Args:
            number: 1 for the first row; a number outside of the rows turns to the nearest one.
        """
        number = max(1, min(number, len(self._rows)))
        self._number.value = number
        self._back.disabled = number == 1
        self._next.disabled = number >= len(self._rows)
        self._page.value = self._html(number) if self._rows else "There are no rows."

    def __repr__(self) -> str:
        blocks = [self._text(number) for number in range(1, min(STATIC, len(self._rows)) + 1)]
        return "\n\n".join([*blocks, *self._rest()])

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Show the widgets, and the first conversations where widgets cannot be shown."""
        pages = [
            f"<p><b>Row {number}</b></p>{self._html(number)}"
            for number in range(1, min(STATIC, len(self._rows)) + 1)
        ]
        return {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.box.model_id,
            },
            "text/html": "".join([*pages, *(f"<p><i>{line}</i></p>" for line in self._rest())]),
            "text/plain": repr(self),
        }

    def _rest(self) -> list[str]:
        if not self._rows:
            return ["There are no rows."]
        more = len(self._rows) - STATIC
        return [f"{more:,} more. Run this cell to page through them."] if more > 0 else []

    def _html(self, number: int) -> str:
        return "".join(map(_turn_html, _turns(self._rows[number - 1], self._model)))

    def _text(self, number: int) -> str:
        return "\n".join([f"Row {number}", *map(_turn_text, _turns(self._rows[number - 1], self._model))])


def _turns(row: object, model: str | Path | None) -> Iterator[_Turn]:
    """Give the messages of a row in reading order; both answers of a preference row."""
    if not isinstance(row, dict):
        yield _Turn("not a chat", [], "", _json(row))
        return
    # A reinforcement row can have a field `input` of its own.
    question = row["input"] if isinstance(row.get("input"), dict) and "messages" not in row else row
    tools = question.get("tools")
    if isinstance(tools, list) and tools:
        yield _Turn("tools", [", ".join(map(_tool_name, tools))], "")
    lists = {
        "": question.get("messages"),
        "preferred": row.get("preferred_output"),
        "not preferred": row.get("non_preferred_output"),
    }
    if not any(isinstance(messages, list) for messages in lists.values()):
        yield _Turn("not a chat", [], "", _json(row))
    for kind, messages in lists.items():
        for message in messages if isinstance(messages, list) else []:
            yield _turn(message, kind, model, trains=question is row)
    fields = {key: row[key] for key in row if key not in _CHAT_KEYS}
    if fields and isinstance(row.get("messages"), list):
        yield _Turn("other fields", [], "", _json(fields))


def _turn(message: object, kind: str, model: str | Path | None, *, trains: bool) -> _Turn:
    if not isinstance(message, dict):
        return _Turn("not a message", [], "", _json(message))
    role, grey = str(message.get("role")), kind == "not preferred"
    marks = [kind] if kind else []
    if role == "assistant" and trains:
        grey = message.get("weight") == 0
        marks.append("not trained, weight 0" if grey else "trained")
    marks += [f"{key} {message[key]}" for key in ("name", "tool_call_id") if message.get(key)]
    text = _content(message)
    if model is not None and text:
        count = count_tokens(text, model)
        marks.append(f"{count:,} token{'' if count == 1 else 's'}")
    calls = message.get("tool_calls") or []
    calls = [*(calls if isinstance(calls, list) else [calls]), message.get("function_call")]
    code = "\n".join(_call(call) for call in calls if call)
    if len(text) > SHOWN:
        text = f"{text[:SHOWN]}… ({len(text) - SHOWN:,} more characters)"
    return _Turn(role, marks, text, code, grey)


def _content(message: dict) -> str:
    """Return what a message says; a part that is no text, in words."""
    content = message.get("content")
    if isinstance(message.get("refusal"), str):
        return f"{content or ''}[refusal] {message['refusal']}"
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return _json(content)
    return "\n".join(_part(part) for part in content)


def _part(part: object) -> str:
    if not isinstance(part, dict):
        return _json(part)
    if part.get("type") == "image_url" and isinstance(part.get("image_url"), dict):
        url = str(part["image_url"].get("url"))
        return f"[image, {len(url):,} characters of data]" if url.startswith("data:") else f"[image {url}]"
    if part.get("type") == "refusal":
        return f"[refusal] {part.get('refusal')}"
    return message_text({"content": [part]}) or _json(part)


def _tool_name(tool: object) -> str:
    function = tool.get("function") if isinstance(tool, dict) else None
    return str(function.get("name")) if isinstance(function, dict) else _json(tool)


def _call(call: object) -> str:
    """Write a tool call as code: name, and arguments with one key per line where they are long."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(call, dict) or not isinstance(function, dict):
        return _json(call)
    name = f" [{call['id']}]" if call.get("id") else ""
    return f"{function.get('name')}({_arguments(function.get('arguments'))}){name}"


def _arguments(arguments: object) -> str:
    if isinstance(arguments, str):
        try:
            return _json(json.loads(arguments))
        except (ValueError, RecursionError):
            pass  # As it stands: a reader should see that it is no JSON.
    return str(arguments)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, indent=2) if len(text) > 80 else text
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text) - SHOWN:,} more characters)"


def _turn_html(turn: _Turn) -> str:
    color = _COLORS.get(turn.role, "#6e7781")
    mine = turn.role in ("user", "tool", "function")
    look = f"border-left: 4px solid {color}; margin: 6px 0 6px {'15%' if mine else '0'}; width: 85%; "
    look += "box-sizing: border-box; padding: 4px 10px; text-align: left; line-height: 1.4; "
    look += f"background: rgba(128, 128, 128, 0.08); opacity: {0.5 if turn.grey else 1}"
    marks = "".join(f" · {html.escape(mark)}" for mark in turn.marks)
    head = f'<div style="opacity: 0.75; font-size: 85%"><b>{html.escape(turn.role)}</b>{marks}</div>'
    wrap = "white-space: pre-wrap; overflow-wrap: anywhere"
    text = f'<div dir="auto" style="{wrap}">{html.escape(turn.text)}</div>' if turn.text else ""
    code = f'<pre style="{wrap}; margin: 4px 0">{html.escape(turn.code)}</pre>' if turn.code else ""
    return f'<div style="{look}">{head}{text}{code}</div>'


def _turn_text(turn: _Turn) -> str:
    head = f"[{', '.join([turn.role, *turn.marks])}]"
    return " ".join(filter(None, [head, turn.text, turn.code]))
