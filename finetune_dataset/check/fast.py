"""Recognize good chat rows quickly: typed decoding, and proof that the decoder saw every byte.

`msgspec` decodes a row into typed objects, but it takes an object that has a key twice. So the
row is written again from what was decoded. If the result is the line itself, or just as long as
the line without its spaces, no key stands there twice, and none is unknown.

`good_row` may only say yes, and what it says yes to has no issue by the rules in `rules`; the tests
compare the two. A row with any mistake is left to the rules. What this is worth is measured in
`benchmarks/validate.py` ("ours, rules alone").
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import TypeAlias

import msgspec

from finetune_dataset.check.decoded import (
    UNSET,
    Assistant,
    Call,
    Image,
    Message,
    Row,
    Text,
    Tool,
    UnusualRow,
    User,
)
from finetune_dataset.rules.images import image_issues
from finetune_dataset.rules.limits import MAX_IMAGES_PER_ROW
from finetune_dataset.rules.messages import SPECIAL_TOKEN
from finetune_dataset.rules.schemas.compare import Work
from finetune_dataset.rules.tools import ToolNames, function_issues, tool_names
from finetune_dataset.strict_json import parse

# Bytes of the tools of a row that are remembered for the next rows.
_REMEMBERED = 65_536

_decode = msgspec.json.Decoder(Row).decode
_encode = msgspec.json.Encoder().encode
_decode_text = msgspec.json.Decoder(str).decode
_decode_parts = msgspec.json.Decoder(list[Text | Image]).decode
_without_spaces = partial(msgspec.json.format, indent=-1)
# A text that begins with a character that is no space of any kind, escaped or as UTF-8. The spaces
# are U+0000 to U+00FF in part, U+1680, U+2000 to U+205F in part, and U+3000.
_starts_visible = re.compile(
    rb"""\"(?:[!#-\[\]-~\xc3-\xdf\xe4-\xf4]|\\(?:["\\/]|u(?!00|1680|20|3000)))"""
).match
# For each byte whether such a text may begin with it, escapes left out.
_VISIBLE = [byte != ord("\\") and bool(_starts_visible(b'"%c' % byte)) for byte in range(256)]
_BRACE = ord("}")
# Pipes around a word, some of it perhaps escaped: the row may hold a special token.
_PIPES = re.compile(rb"\|[\w\\]+\|")


# Class of a message → what stands before its content, with the quote that opens a text.
_Heads: TypeAlias = dict[type[Message], bytes]


def _as_written(spaced: bool) -> tuple[_Heads, _Heads, tuple[bytes, bytes]]:
    """Give what `json.dumps` writes before the first content, before the next ones, and for each weight."""
    separators = None if spaced else (",", ":")
    firsts, others = _Heads(), _Heads()
    for kind in Message.__subclasses__():
        row = {"messages": [{"role": kind.role, "content": ""}]}
        firsts[kind] = json.dumps(row, separators=separators).encode().removesuffix(b'"}]}')
        others[kind] = b"}, " if spaced else b"},"
        others[kind] += firsts[kind][firsts[kind].index(b"[") + 1 :]
    weights = (b', "weight": 0', b', "weight": 1') if spaced else (b',"weight":0', b',"weight":1')
    return firsts, others, weights


_SPACED, _COMPACT = _as_written(True), _as_written(False)


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
        decoded = _decode(raw)
        messages = decoded.messages
        if not messages or type(messages[-1]) is not Assistant:
            return None
        row = decoded if _is_plain(messages, raw) else _unusual_row(decoded, raw)
        # One of both is in each special token. The 7 alone is found much faster than an escaped pipe.
        if (b"|" in raw or (b"7" in raw and b"\\u007" in raw)) and row and _has_special_token(raw):
            return None
        return row
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _is_plain(messages: Sequence[Message], raw: bytes) -> bool:
    """Tell whether a row is roles, texts and weights, byte for byte as `json.dumps` writes them, and good.

    Nearly all rows are.
    """
    firsts, others, weights = _SPACED if raw.startswith(b'{"messages": ') else _COMPACT
    heads, at = firsts, 0
    for message in messages:
        head, content = heads[type(message)], message.content
        if not raw.startswith(head, at):
            return False
        at += len(head)
        if not _VISIBLE[raw[at]] and not _is_text(content):
            return False
        at -= 1
        if not raw.startswith(content, at):
            return False
        at += len(content)
        if raw[at] != _BRACE:
            if type(message) is not Assistant or message.weight is UNSET:
                return False
            if not raw.startswith(weights[message.weight], at):
                return False
            at += len(weights[0])
        heads = others
    last = messages[-1]
    return raw[at:] == b"}]}\n" and type(last) is Assistant and last.weight != 0


def _unusual_row(row: Row, raw: bytes) -> UnusualRow | None:
    """Look at a row that ends in an answer for all rules, but for special tokens; None if it breaks one."""
    names, spaces = (ToolNames(), 0) if row.tools is UNSET else _tools_of(bytes(row.tools))
    if names is None or names.issues:
        return None
    trained, images, work = False, 0, Work()
    waiting: set[str] = set()
    for message in row.messages:
        calls: list[Call] = []
        if message.name is not UNSET and not _is_string(message.name):
            return None
        if type(message) is Tool:
            if message.tool_call_id not in waiting or not _is_string(message.content):
                return None
            waiting.remove(message.tool_call_id)
            continue
        if type(message) is Assistant:
            trained = trained or message.weight != 0
            calls = [] if message.tool_calls is UNSET else message.tool_calls
            if not calls and message.tool_calls is not UNSET:
                return None  # An empty list is left to the rules.
        if waiting:
            return None
        if type(message) is User and bytes(message.content).startswith(b"["):
            parts, written = _decode_parts(message.content), _without_spaces(message.content)
            if len(_encode(parts)) != len(written) or not _are_good_parts(parts):
                return None
            spaces += len(message.content) - len(written)
            images += sum(type(part) is Image for part in parts)
        elif not ((calls and bytes(message.content) == b"null") or _is_text(message.content)):
            return None
        waiting = {call.id for call in calls if call.id}
        if len(waiting) < len(calls) or not all(_is_good_call(call, names, work) for call in calls):
            return None
    # Nothing that is written again is longer than before; so equal lengths mean equal parts.
    as_short = len(_encode(row)) - spaces == len(_without_spaces(raw))
    if not as_short or not trained or images > MAX_IMAGES_PER_ROW:
        return None
    return UnusualRow(row.messages, row.tools, row.parallel_tool_calls, images)


def _are_good_parts(parts: list[Text | Image]) -> bool:
    """Tell whether the parts of what a user says follow all rules, but for special tokens."""
    texts = [part.text for part in parts if isinstance(part, Text)]
    if not all(map(_is_string, texts)) or (len(texts) == len(parts) and not any(map(_is_text, texts))):
        return False
    images = [msgspec.to_builtins(part) for part in parts if type(part) is Image]
    return next((each for image in images for each in image_issues(image, "", "user", False)), None) is None


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
    if b"\\u007" in raw or _PIPES.search(raw):
        return bool(SPECIAL_TOKEN.search(json.dumps(msgspec.json.decode(raw), ensure_ascii=False)))
    return False


def _is_good_call(call: Call, names: ToolNames, work: Work) -> bool:
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return next(function_issues(function, "", names, work), None) is None
