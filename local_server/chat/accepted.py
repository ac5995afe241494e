"""Parameters of a question that change nothing here: the defaults of what this server has not, and labels.

Programs send defaults along, and whole objects that they have read. A value that asks for nothing is
accepted; one that asks for something that the models here cannot do is refused with its place.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from local_server.chat.structured.formats import ResponseFormat
from local_server.http.requests import Body, Metadata
from local_server.training.rows.content import not_text

# A list or an object of what there is none of here.
Nothing = Annotated[list[Any], Field(max_length=0)]
NoEntries = Annotated[dict[str, Any], Field(max_length=0)]


def _not_true(value: bool) -> bool:
    if value:
        raise PydanticCustomError("not_here", "false")
    return value


# Not Literal[False], which is also 0.
No = Annotated[bool, AfterValidator(_not_true), WithJsonSchema({"type": "boolean", "const": False})]


class CacheMark(Body):
    """Where a prompt could be kept for the next one. Prompts of 1,024 tokens are read again each time."""

    mode: Literal["explicit"]
    ttl: str | None = None


class CacheOptions(Body):
    """How long a prompt could be kept. Diagnostics of the cache and warming it are refused."""

    mode: Literal["implicit", "explicit"] | None = None
    ttl: str | None = None
    prewarm: No | None = None


class TextSettings(Body):
    """How a response's text should be."""

    format: ResponseFormat | None = None
    verbosity: Literal["medium"] | None = None


class NoReasoning(Body):
    """What a model that does not reason can be told about it."""

    effort: Literal["none"] | None = None
    context: Literal["auto", "current_turn", "all_turns"] | None = None
    mode: Literal["standard"] | None = None


class SoonestOnly(Body):
    """When an answer that is not in the background comes."""

    completion_window: Literal["soonest"] | None = None


class NoImages(Body):
    """What to do with images; none can come."""

    context_compression: Literal["auto", "enabled", "disabled"] | None = None


class StandardAccess(Body):
    """Programs that a customer can be admitted to."""

    cyber: Literal["standard"] | None = None


class Accepted(Body):
    """What chat completions and responses both take (TypedDicts of the SDK, openai 3.54)."""

    @model_validator(mode="wrap")
    @classmethod
    def _text_only(cls, body: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        """Say of an image that it is one, and not that its type is none of a list."""
        try:
            made = read(body)
        except ValidationError as error:
            # Without a place, when the body is no object.
            first = error.errors(include_url=False, include_input=False)[0]["loc"][:1]
            found = next((each for each in not_text(body) if each.place[:1] == first), None)
            if found is None:
                raise
        else:
            found = next(not_text(body), None)
            if found is None:
                return made
        raise PydanticCustomError("not_text", "text", {"place": found.place, "found": found.found})

    metadata: Metadata | None = None
    store: bool | None = None
    # Long texts in answers that are kept would fill the disk.
    user: Annotated[str, Field(max_length=512)] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    prompt_cache_options: CacheOptions | None = None
    service_tier: str | None = None
