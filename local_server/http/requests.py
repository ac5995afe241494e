"""What the routes share: access to the store and settings, and the shape of requests."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from local_server.http.errors import ApiError
from local_server.settings import Settings
from local_server.store import Store


# Asynchronous, because FastAPI would call a plain function in another thread.
async def _settings(request: Request) -> Settings:
    return request.app.state.settings


async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    # What the gate has found by the key: the view shows nothing of other projects.
    return store.of(request.state.project)


TheSettings = Annotated[Settings, Depends(_settings)]
TheStore = Annotated[Store, Depends(_store)]
# Pairs of 64 and 512 characters (docstring of the SDK, openai 3.54).
METADATA_PAIRS = 16
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=METADATA_PAIRS),
]


Temperature = Annotated[float, Field(ge=0, le=2)]
TopP = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Body(BaseModel):
    """A JSON request body, or a part of one.

    Unknown fields are refused by name, text does not stand for a number, and null counts as left out.

    Clients send back whole objects that they have read, with null in each field that has no value
    (`messages.append(answer.choices[0].message.model_dump())`).
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: object) -> object:
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if value is not None}
        return body

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe what `_without_nulls` does."""
        schema = handler.resolve_ref_schema(handler(core))
        for name, field in schema["properties"].items():
            if name not in schema.get("required", ()) and {"type": "null"} not in field.get("anyOf", ()):
                schema["properties"][name] = {"anyOf": [field, {"type": "null"}]}
        return schema


def only_fields(*names: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that holds a form to what `Body` asks of JSON: no unknown field, none twice.

    Args:
        *names: The fields that the form may have, as they stand in it.

    Returns:
        The dependency. It raises RequestValidationError for an unknown field, ApiError for a repeated one.
    """

    async def check(request: Request) -> None:
        # FastAPI has read the form already; this is the same one.
        sent = [name for name, _ in (await request.form()).multi_items()]
        for name in sent:
            if name not in names:
                # As with a file name, a charset can decode to half of a character.
                mended = name.encode(errors="replace").decode()
                raise RequestValidationError([{"type": "extra_forbidden", "loc": ("body", mended)}])
            if sent.count(name) > 1:
                message = f"The form has the field '{name}' {sent.count(name)} times, expected once."
                raise ApiError(400, message, code="invalid_value", param=name)

    return check
