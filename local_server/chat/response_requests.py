"""What clients send for a response: text, earlier messages, and defaults that ask for nothing."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from local_server.chat import kept_responses
from local_server.chat.accepted import (
    Accepted,
    CacheMark,
    No,
    NoImages,
    NoReasoning,
    Nothing,
    SoonestOnly,
    StandardAccess,
    TextSettings,
)
from local_server.chat.tools.response_items import Asked, CallItem, ResponseTools, ResultItem
from local_server.http.requests import Body, Temperature, TopP
from local_server.store import Store
from local_server.training.rows import content

# What an answer can hold besides its text. Only log probabilities could be there, and they are not built.
Includable = Literal[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
]


class Part(Body):
    """Text of a message. `output_text` is what an earlier answer holds, with its empty lists."""

    type: Literal["input_text", "output_text"]
    text: str
    annotations: Nothing | None = None
    logprobs: Nothing | None = None
    prompt_cache_breakpoint: CacheMark | None = None


class RefusalPart(Body):
    """What an earlier answer said in the place of its text."""

    type: Literal["refusal"]
    refusal: str


class Message(Body):
    """A message by hand, or one from the `output` of an earlier answer."""

    type: Literal["message"] | None = None
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Annotated[Part | RefusalPart, Field(discriminator="type")]]
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class ItemReference(Body):
    """A message of a response that is kept."""

    type: Literal["item_reference"] | None = None
    id: str


_CALLS = ("function_call", "function_call_output")


def _kind_of_item(item: object) -> str:
    given = item if isinstance(item, dict) else {}
    kind = given.get("type")
    if kind in _CALLS:
        return str(kind)
    # The SDK lets both go without a type.
    bare = kind is None and "id" in given and "role" not in given
    return "reference" if bare or kind == "item_reference" else "message"


Item = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[ItemReference, Tag("reference")]
    | Annotated[CallItem, Tag("function_call")]
    | Annotated[ResultItem, Tag("function_call_output")],
    Discriminator(_kind_of_item),
]


class StreamOptions(Body):
    """What the events of a stream hold besides the answer: nothing here."""

    include_obfuscation: bool | None = None


class CreateResponse(Accepted, ResponseTools):
    """The body of `responses.create`. Other parameters are refused by name."""

    model: str
    input: str | Annotated[list[Item], Field(min_length=1)]
    instructions: str | None = None
    previous_response_id: str | None = None
    # "Expected a value >= 16" is OpenAI's own answer to less (public bug reports, 2025).
    max_output_tokens: Annotated[int, Field(ge=16)] | None = None
    temperature: Temperature | None = None
    top_p: TopP | None = None
    stream: bool | None = None
    # Accepted because they change nothing here.
    access_programs: StandardAccess | None = None
    background: No | None = None
    background_options: SoonestOnly | None = None
    context_management: Nothing | None = None
    image: NoImages | None = None
    include: list[Includable] | None = None
    max_tool_calls: int | None = None
    reasoning: NoReasoning | None = None
    stream_options: StreamOptions | None = None
    text: TextSettings | None = None
    # Not Literal[0], which is also false.
    top_logprobs: Annotated[int, Field(ge=0, le=0)] | None = None
    truncation: Literal["disabled"] | None = None

    def asked(self, store: Store) -> list[Asked]:
        """The messages of this request, without instructions, each call one of its own.

        Raises:
            ApiError: 404 for a reference to an item that is not kept.
        """
        if isinstance(self.input, str):
            return [{"role": "user", "content": self.input}]
        return [_asked(item, index, store) for index, item in enumerate(self.input)]


def _asked(item: Message | ItemReference | CallItem | ResultItem, index: int, store: Store) -> Asked:
    if isinstance(item, ItemReference):
        return kept_responses.referenced(store, item.id, f"input.{index}.id")
    if isinstance(item, CallItem | ResultItem):
        return item.asked()
    return {**content.plain([item.model_dump()])[0]}
