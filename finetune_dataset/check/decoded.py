"""A chat row as `msgspec` decodes it: typed objects of its usual kinds, with the contents as JSON.

The fields are keys of `chat.MESSAGE_KEYS` and `chat.CHAT_KEYS`, a test holds them to it; a row with another
key does not decode, and is left to the rules. So is one with a value of another type.
"""

from typing import ClassVar, Literal

import msgspec

UNSET = msgspec.UNSET


class Function(msgspec.Struct, gc=False):
    """What a call names, and its arguments as JSON text."""

    name: str
    arguments: str


class Call(msgspec.Struct, gc=False):
    """A call of a tool."""

    id: str
    type: Literal["function"]
    function: Function


class Text(msgspec.Struct, tag_field="type", tag="text", forbid_unknown_fields=True, gc=False):
    """A part of a content that is text.

    Attributes:
        text: The JSON of the text.
    """

    text: msgspec.Raw


class Address(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """Where an image is, or its bytes in Base64."""

    url: str
    detail: str | msgspec.UnsetType = UNSET


class Image(msgspec.Struct, tag_field="type", tag="image_url", forbid_unknown_fields=True, gc=False):
    """A part of a content that is an image."""

    image_url: Address


class Message(msgspec.Struct, tag_field="role", forbid_unknown_fields=True, gc=False):
    """A message of any role.

    Attributes:
        role: The role; each has a class of its own.
        content: The JSON of the content. The decoder checks it, and makes no text of it.
        name: The JSON of the speaker's name.
    """

    role: ClassVar[str]
    content: msgspec.Raw
    name: msgspec.Raw | msgspec.UnsetType = UNSET


class System(Message, tag="system"):
    """An instruction."""

    role: ClassVar = "system"


class Developer(Message, tag="developer"):
    """An instruction, in the newer spelling."""

    role: ClassVar = "developer"


class User(Message, tag="user"):
    """What the user says."""

    role: ClassVar = "user"


class Assistant(Message, tag="assistant"):
    """What the model says, or which tools it calls."""

    role: ClassVar = "assistant"
    weight: Literal[0, 1] | msgspec.UnsetType = UNSET
    tool_calls: list[Call] | msgspec.UnsetType = UNSET


class Tool(Message, kw_only=True, tag="tool"):
    """What a tool answers."""

    role: ClassVar = "tool"
    tool_call_id: str


class Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A chat row.

    Attributes:
        messages: Its messages, each of the class of its role.
        tools: The JSON of its tools.
        parallel_tool_calls: Whether several calls may be made at once.
    """

    messages: list[System | Developer | User | Assistant | Tool]
    tools: msgspec.Raw | msgspec.UnsetType = UNSET
    parallel_tool_calls: bool | msgspec.UnsetType = UNSET


class UnusualRow(Row):
    """A chat row that has more than roles, texts and weights, or is written in another way.

    Attributes:
        images: Number of its images.
    """

    images: int = 0


_decode_text = msgspec.json.Decoder(str).decode
_decode_texts = msgspec.json.Decoder(str | list[Text | Image] | None).decode


def text_of(message: Message) -> str:
    """Return the text of a message of a good row, as `chat.message_text` does."""
    content = _decode_texts(message.content)
    if isinstance(content, list):
        return "".join(_decode_text(part.text) for part in content if isinstance(part, Text))
    return content or ""  # Null beside calls.
