"""What the server and the chat process say to each other: one JSON object on each line. Loads no torch."""

from typing import Any, Literal, NotRequired, final

# Pydantic cannot read the TypedDict of Python 3.11.
from typing_extensions import TypedDict

FinishReason = Literal["stop", "length", "tool_calls"]


class Function(TypedDict):
    """A function that may be called.

    Attributes:
        name: Of the function.
        schema: JSON schema of its arguments, as text.
    """

    name: str
    schema: str


class Calls(TypedDict):
    """What an answer may call.

    Attributes:
        functions: Those that it may call; without any, it is text.
        required: Whether it has to call one.
        parallel: Whether it may call more than one.
    """

    functions: list[Function]
    required: bool
    parallel: bool


class Question(TypedDict):
    """What should be answered.

    Attributes:
        folder: Of the model's weights.
        messages: The chat so far; each with `role` and `content`, and as `with_calls` writes them.
        tools: What the prompt says of the functions that there are; `definitions` of the rows writes it.
        calls: What the answer may call; None where the prompt has no tools.
        max_tokens: Of each choice; None for as many as the context has room for.
        temperature: 0 takes the best token; up to 2, larger is wilder.
        top_p: Share of probability to choose from, 0 to 1.
        seed: The same one gives the same text; None draws one.
        stop: Texts that end an answer and do not appear in it.
        n: Number of choices.
        stream: Whether text is wanted before the end. With log probabilities it must be true: the lines of a
            whole answer would be too long.
        top_logprobs: How many log probabilities go with a token, 0 to 20; None for none at all.
        frequency_penalty: Taken from a token's score for each time it was chosen, -2 to 2.
        presence_penalty: Taken from a token's score once it was chosen, -2 to 2.
        schema: JSON schema, as text, that each choice has to fit; None for free text.
        start: Whether the prompt ends with the beginning of an answer; False for a chat as it is.
        prompt_logprobs: How many of the best tokens are told for each token of the prompt besides it, 0 to
            20; None for nothing of it.
        project: Whose earlier prompts this one may go on from: how fast and with how many cached tokens an
            answer comes tells what was asked before.
    """

    folder: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    calls: Calls | None
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int | None
    stop: list[str]
    n: int
    stream: bool
    top_logprobs: int | None
    frequency_penalty: float
    presence_penalty: float
    schema: str | None
    start: bool
    prompt_logprobs: int | None
    project: NotRequired[str]


@final
class NumberedQuestion(Question):
    """A question on its way to the chat process; the number marks its replies."""

    id: int


@final
class Cancel(TypedDict):
    """The question with this number is not to be answered any more."""

    cancel: int


class Candidate(TypedDict):
    """A token with its log probability, as OpenAI's clients read it."""

    token: str
    logprob: float
    bytes: list[int] | None


class Token(Candidate):
    """A token of the answer, and the best ones in its place."""

    top_logprobs: list[Candidate]


class Ranked(TypedDict):
    """A token of a prompt, or one that could stand there, as clients of vLLM read it.

    Attributes:
        logprob: Its log probability after all tokens before it.
        rank: 1 for the most probable one.
        decoded_token: Its text; � for a part of a character.
    """

    logprob: float
    rank: int
    decoded_token: str


PromptToken = dict[str, Ranked] | None
"""A token of a prompt and the best ones in its place, by number; None for the first: it follows nothing."""


class CallPiece(TypedDict):
    """What is new of a call.

    Attributes:
        call: Which of the choice's calls, from 0.
        name: Of the function, with the first piece.
        arguments: More of their JSON text.
    """

    call: int
    name: str | None
    arguments: str


class Text(TypedDict):
    """A reply: a piece of one choice; or what was asked of the prompt, a piece of it, before all choices."""

    id: int
    kind: Literal["text"]
    index: int
    text: str
    logprobs: list[Token]
    calls: list[CallPiece]
    prompt: NotRequired[list[PromptToken]]


class Done(TypedDict):
    """The last reply: every choice has ended."""

    id: int
    kind: Literal["done"]
    finish_reasons: list[FinishReason]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


ErrorCode = Literal["context_length_exceeded", "too_much_told", "invalid_json_schema", "model_error"]


@final
class Failure(TypedDict):
    """The only reply to a question that cannot be answered.

    Attributes:
        function: The one whose schema cannot be followed.
    """

    id: int
    kind: Literal["error"]
    code: ErrorCode
    message: str
    function: NotRequired[str]


Reply = Text | Done | Failure
