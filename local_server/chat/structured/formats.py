"""The formats that an answer can be asked for in: `response_format` of chats, `text.format` of responses."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from local_server.chat.response_answers import PlainFormat, SchemaFormat
from local_server.chat.structured import rules
from local_server.http.errors import ApiError
from local_server.http.requests import Body

# Of openai.yaml, read 2026-08-21.
Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", max_length=64)]
_KINDS = ("text", "json_object", "json_schema")


class PlainText(Body):
    """Text in no format."""

    type: Literal["text", "json_object", "json_schema"]


class JsonObject(Body):
    """Any JSON object."""

    type: Literal["json_object"]


class Schema(Body):
    """A schema, and what it is called. Its description is for readers: it does not stand in the prompt."""

    name: Name
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    strict: bool | None = None
    description: str | None = None


class ChatSchema(Body):
    """JSON that fits a schema, as chat completions ask for it."""

    type: Literal["json_schema"]
    json_schema: Schema


class ResponseSchema(Schema):
    """JSON that fits a schema, as responses ask for it."""

    type: Literal["json_schema"]


def _kind(value: object) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    # Whatever else it is has a wrong type, and is told which ones there are.
    return kind if kind in _KINDS[1:] else _KINDS[0]


_Others = Annotated[PlainText, Tag("text")] | Annotated[JsonObject, Tag("json_object")]
ChatFormat = Annotated[_Others | Annotated[ChatSchema, Tag("json_schema")], Discriminator(_kind)]
ResponseFormat = Annotated[_Others | Annotated[ResponseSchema, Tag("json_schema")], Discriminator(_kind)]


@dataclass(frozen=True)
class Format:
    """What an answer has to be.

    Attributes:
        echo: As a response repeats it.
        schema: JSON schema, as text, for the chat process; None for free text.
        name: Of the schema.
        of_chat: Whether a chat completion asks for it, not a response.
    """

    echo: PlainFormat | SchemaFormat
    schema: str | None = None
    name: str = ""
    of_chat: bool = True

    def refused(self, message: str) -> ApiError:
        """The refusal of the schema, in the words and fields of OpenAI's (public bug reports, 2024-2026).

        Args:
            message: What is wrong, and where in the schema.
        """
        return ApiError(
            400,
            f"Invalid schema for response_format '{self.name}': {message}",
            code=None if self.of_chat else "invalid_json_schema",
            param="response_format" if self.of_chat else "text.format.schema",
        )

    def check(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Hold a question to what JSON mode needs: a model that is not told of JSON writes nonsense.

        Args:
            messages: As the chat template reads them.

        Raises:
            ApiError: 400, because no message contains the word JSON.
        """
        if self.echo["type"] != "json_object" or any(
            "json" in message["content"].lower() for message in messages
        ):
            return
        if self.of_chat:
            message = (
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type "
                "'json_object'."
            )
        else:
            message = (
                "Response input messages must contain the word 'json' in some form to use 'text.format' of "
                "type 'json_object'."
            )
        raise ApiError(400, message, param="messages" if self.of_chat else "input")


FREE_TEXT = Format({"type": "text"})


def wanted(given: PlainText | JsonObject | ChatSchema | ResponseSchema | None, *, of_chat: bool) -> Format:
    """Read a format, and hold its schema to OpenAI's rules.

    Args:
        given: From the client; None for text.
        of_chat: Whether a chat completion asks for it, not a response.

    Returns:
        The format. Only the chat process knows whether it can follow the schema.

    Raises:
        ApiError: 400 for a schema that breaks a rule, with the path to it.
    """
    if isinstance(given, JsonObject):
        return Format({"type": "json_object"}, '{"type": "object"}', of_chat=of_chat)
    if isinstance(given, ChatSchema):
        given = ResponseSchema(type="json_schema", **given.json_schema.model_dump(by_alias=True))
    if not isinstance(given, ResponseSchema):
        return replace(FREE_TEXT, of_chat=of_chat)
    strict = bool(given.strict)
    echo: SchemaFormat = {
        "type": "json_schema",
        "name": given.name,
        "schema": given.schema_,
        "strict": strict,
        "description": given.description,
    }
    found = Format(echo, name=given.name, of_chat=of_chat)
    try:
        schema = rules.checked(given.schema_, strict=strict)
    except rules.Broken as broken:
        raise found.refused(str(broken)) from None
    return replace(found, schema=json.dumps(schema))
