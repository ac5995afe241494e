"""Recognize good chat rows quickly: typed decoding, and proof that the decoder saw every byte.

`msgspec` decodes a row into typed objects, but it takes an object that has a key twice. So the
row is written again from what was decoded. If the result is the line itself, or just as long as
the line without its spaces, no key stands there twice, and none is unknown.

`good_row` may only say yes, and what it says yes to has no issue by the rules in `rules`; the tests
compare the two. A row with an image, or with any mistake, is left to the rules. What this is worth is
measured in `benchmarks/validate.py` ("ours, rules alone").
"""

import json
import re
from functools import lru_cache, partial
from typing import ClassVar, Literal

import msgspec

from finetune_dataset.rules.messages import SPECIAL_TOKEN
from finetune_dataset.rules.schemas.compare import Work
from finetune_dataset.rules.tools import ToolNames, function_issues, tool_names
from finetune_dataset.strict_json import parse

_UNSET = msgspec.UNSET
# Bytes of the tools of a row that are remembered for the next rows.
_REMEMBERED = 65_536


class _Function(msgspec.Struct, gc=False):
    name: str
    arguments: str


class _Call(msgspec.Struct, gc=False):
    id: str
    type: Literal["function"]
    function: _Function


# The fields are keys of `chat.MESSAGE_KEYS` and `chat.CHAT_KEYS`, a test holds them to it; a row with
# another key is left to the rules.
class Message(msgspec.Struct, tag_field="role", forbid_unknown_fields=True, gc=False):
    """A message of any role.

    Attributes:
        role: The role; each has a class of its own.
        content: The JSON of the content. The decoder checks it, and makes no text of it.
        name: The JSON of the speaker's name.
    """

    role: ClassVar[str]
    content: msgspec.Raw
    name: msgspec.Raw | msgspec.UnsetType = _UNSET


class _System(Message, tag="system"):
    role: ClassVar = "system"


class _Developer(Message, tag="developer"):
    role: ClassVar = "developer"


class _User(Message, tag="user"):
    role: ClassVar = "user"


class _Assistant(Message, tag="assistant"):
    role: ClassVar = "assistant"
    weight: Literal[0, 1] | msgspec.UnsetType = _UNSET
    tool_calls: list[_Call] | msgspec.UnsetType = _UNSET


class _Tool(Message, kw_only=True, tag="tool"):
    role: ClassVar = "tool"
    tool_call_id: str


class Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A chat row.

    Attributes:
        messages: Its messages, each of the class of its role.
        tools: The JSON of its tools.
        parallel_tool_calls: Whether several calls may be made at once.
    """

    messages: list[_System | _Developer | _User | _Assistant | _Tool]
    tools: msgspec.Raw | msgspec.UnsetType = _UNSET
    parallel_tool_calls: bool | msgspec.UnsetType = _UNSET

    @property
    def is_plain(self) -> bool:
        """Whether the row has nothing but roles, texts and weights."""
        return self.tools is _UNSET and all(
            message.name is _UNSET and getattr(message, "tool_calls", _UNSET) is _UNSET
            for message in self.messages
        )


_decode = msgspec.json.Decoder(Row).decode
_encode = msgspec.json.Encoder().encode
_decode_text = msgspec.json.Decoder(str).decode
_decode_maybe_text = msgspec.json.Decoder(str | None).decode
_without_spaces = partial(msgspec.json.format, indent=-1)
# A text that begins with a character that is no space of any kind, escaped or as UTF-8. The spaces
# are U+0000 to U+00FF in part, U+1680, U+2000 to U+205F in part, and U+3000.
_starts_visible = re.compile(
    rb"""\"(?:[!#-\[\]-~\xc3-\xdf\xe4-\xf4]|\\(?:["\\/]|u(?!00|1680|20|3000)))"""
).match
# Pipes around a word, some of it perhaps escaped: the row may hold a special token.
_PIPES = re.compile(rb"\|[\w\\]+\|")


def good_row(raw: bytes) -> Row | None:
    """Read a chat row that is good; None for any other line, and for a good row of an unusual kind.

    Args:
        raw: A line with a line feed at its end.

    Returns:
        The row, decoded; None where the rules have to look.
    """
    try:
        if not raw.isascii():
            raw.decode()  # The JSON decoder does not look at the bytes of a content.
        row = _decode(raw)
        messages = row.messages
        if not messages or type(messages[-1]) is not _Assistant:
            return None
        contents = [message.content for message in messages]
        parts: list[bytes | msgspec.Raw] = [
            *_surroundings(tuple(map(type, messages)), raw.startswith(b'{"messages": '))
        ]
        parts[1::2] = contents
        if b"".join(parts) == raw:
            good = all(map(_starts_visible, contents)) or all(map(_is_text, contents))
        else:
            good = _is_good(row, raw)
        return row if good and not _has_special_token(raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def text_of(message: Message) -> str:
    """Return the text of a message of a good row; the content may be null beside calls."""
    return _decode_maybe_text(message.content) or ""


@lru_cache(maxsize=1024)
def _surroundings(roles: tuple[type[Message], ...], spaced: bool) -> list[bytes]:
    """Give what stands around the contents of a plain row, as `json.dumps` writes it, with gaps for them."""
    row = {"messages": [{"role": role.role, "content": None} for role in roles]}
    written = json.dumps(row, separators=None if spaced else (",", ":"))
    before, *others = written.encode().split(b"null")
    others[-1] += b"\n"
    return [before, *(part for other in others for part in (b"", other))]


def _is_good(row: Row, raw: bytes) -> bool:
    """Tell whether a row that ends in an answer follows all rules, but for special tokens."""
    names, spaces = (ToolNames(), 0) if row.tools is _UNSET else _tools_of(bytes(row.tools))
    # Nothing that is written again is longer than before; so equal lengths mean equal parts.
    if len(_encode(row)) - spaces != len(_without_spaces(raw)) or names is None or names.issues:
        return False
    trained, work = False, Work()
    waiting: set[str] = set()
    for message in row.messages:
        calls: list[_Call] = []
        if message.name is not _UNSET and not _is_string(message.name):
            return False
        if type(message) is _Tool:
            if message.tool_call_id not in waiting or not _is_string(message.content):
                return False
            waiting.remove(message.tool_call_id)
            continue
        if type(message) is _Assistant:
            trained = trained or message.weight != 0
            calls = [] if message.tool_calls is _UNSET else message.tool_calls
            if not calls and message.tool_calls is not _UNSET:
                return False  # An empty list is left to the rules.
        if waiting or not ((calls and bytes(message.content) == b"null") or _is_text(message.content)):
            return False
        waiting = {call.id for call in calls if call.id}
        if len(waiting) < len(calls) or not all(_is_good_call(call, names, work) for call in calls):
            return False
    return trained


def _tools_of(raw: bytes) -> tuple[ToolNames | None, int]:
    return (_tools if len(raw) <= _REMEMBERED else _tools.__wrapped__)(raw)


@lru_cache(maxsize=256)
def _tools(raw: bytes) -> tuple[ToolNames | None, int]:
    """Read the tools that many rows share, None if an object has a key twice; and count their spaces."""
    try:
        value, twice = parse(b'{"tools":%b}' % raw)
    except (ValueError, RecursionError):
        return None, 0
    names = tool_names(value) if isinstance(value, dict) and not twice else None
    return names, len(raw) - len(_without_spaces(raw))


def _is_string(value: msgspec.Raw) -> bool:
    return bytes(value).startswith(b'"')


def _is_text(content: msgspec.Raw) -> bool:
    """Tell whether a JSON value is a text that is not blank; DecodeError if it is no text."""
    if _starts_visible(content):
        return True
    text = _decode_text(content)
    return bool(text) and not text.isspace()


def _has_special_token(raw: bytes) -> bool:
    """Look at all texts of a row: names, calls and tools count, too."""
    # The 7 alone is found much faster; the text after it is how an escaped pipe begins.
    if (b"|" in raw and _PIPES.search(raw)) or (b"7" in raw and b"\\u007" in raw):
        return bool(SPECIAL_TOKEN.search(json.dumps(msgspec.json.decode(raw), ensure_ascii=False)))
    return False


def _is_good_call(call: _Call, names: ToolNames, work: Work) -> bool:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return next(function_issues(function, "", names, work), None) is None
