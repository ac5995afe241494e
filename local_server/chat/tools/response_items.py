"""Functions as responses have them: a tool in one level, calls and results as items of their own."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from local_server.chat.accepted import CacheMark, No
from local_server.chat.response_answers import AllowedFunctions, FunctionChoice, FunctionTool
from local_server.chat.tools.definitions import (
    MOST_TOOLS,
    AllowedChoice,
    AllowedTools,
    FunctionName,
    Offer,
    StrictFunction,
    Tool,
    ToolName,
    Tools,
    offered,
)
from local_server.http.errors import ApiError
from local_server.http.requests import Body

Status = Literal["in_progress", "completed", "incomplete"]
# A message as the chat process reads it (`with_calls` of the rows).
Asked = dict[str, Any]


class _Typed(Body):
    type: Literal["function"]


# `_Typed` stands last, so that of a tool of another type it is the type that is refused.
class FlatTool(StrictFunction, _Typed):
    """A tool. There are no other kinds here."""

    defer_loading: No | None = None


class FlatToolName(FunctionName, _Typed):
    """The tool that has to be called."""


class FlatAllowed(Body):
    """Some of the tools, and whether one of them has to be called."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[FlatToolName], Field(min_length=1, max_length=MOST_TOOLS)]


class ResponseTools(Body):
    """The fields of a response that are about tools; what they mean is said in `Tools`."""

    tools: list[FlatTool] | None = None
    tool_choice: (
        Literal["auto", "none", "required"]
        | Annotated[FlatToolName | FlatAllowed, Field(discriminator="type")]
        | None
    ) = None
    parallel_tool_calls: bool | None = None

    def offer(self) -> Offer:
        """What the answer may call.

        Raises:
            ApiError: As `offered` does.
        """
        tools = [
            Tool(
                type="function", function=StrictFunction(**tool.model_dump(exclude={"type", "defer_loading"}))
            )
            for tool in self.tools or ()
        ]
        return offered(
            Tools(
                tools=tools,
                tool_choice=_as_in_a_chat(self.tool_choice),
                parallel_tool_calls=self.parallel_tool_calls,
            ),
            of_chat=False,
        )

    def tools_again(self) -> list[FunctionTool]:
        """The tools as a response repeats them."""
        return [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.parameters,
                "strict": tool.strict,
            }
            for tool in self.tools or ()
        ]

    def choice_again(self) -> FunctionChoice | AllowedFunctions | Literal["auto", "none", "required"]:
        """The choice as a response repeats it."""
        match choice := self.tool_choice:
            case FlatToolName():
                return _again(choice)
            case FlatAllowed():
                return {"type": "allowed_tools", "mode": choice.mode, "tools": [*map(_again, choice.tools)]}
            case _:
                return choice or "auto"


def _again(named: FlatToolName) -> FunctionChoice:
    return {"type": "function", "name": named.name}


def _as_in_a_chat(
    choice: Literal["auto", "none", "required"] | FlatToolName | FlatAllowed | None,
) -> Literal["auto", "none", "required"] | ToolName | AllowedChoice | None:
    def named(flat: FlatToolName) -> ToolName:
        return ToolName(type="function", function=FunctionName(name=flat.name))

    match choice:
        case FlatToolName():
            return named(choice)
        case FlatAllowed():
            some = AllowedTools(mode=choice.mode, tools=[*map(named, choice.tools)])
            return AllowedChoice(type="allowed_tools", allowed_tools=some)
        case _:
            return choice


class CallItem(Body):
    """A call of a function, by hand or from the `output` of an earlier answer."""

    type: Literal["function_call"]
    call_id: str
    name: str
    arguments: str
    # What the SDK's `parse()` has read from them, in items that are sent back as dictionaries.
    parsed_arguments: Any = None
    id: str | None = None
    status: Status | None = None

    def asked(self) -> Asked:
        """The call as a message of its own; `joined` puts it to the text that it came with."""
        return call_message(self.call_id, self.name, self.arguments)


class ResultPart(Body):
    """Text in the result of a function."""

    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: CacheMark | None = None


class ResultItem(Body):
    """The result of a function."""

    type: Literal["function_call_output"]
    call_id: str
    output: str | Annotated[list[ResultPart], Field(min_length=1)]
    name: str | None = None
    id: str | None = None
    status: Status | None = None

    def asked(self) -> Asked:
        """The result as a message."""
        output = self.output
        return result_message(
            self.call_id, output if isinstance(output, str) else "".join(part.text for part in output)
        )


def call_message(call_id: str, name: str, arguments: str) -> Asked:
    """A call as a message of its own."""
    calls = [{"id": call_id, "name": name, "arguments": arguments}]
    return {"role": "assistant", "content": "", "calls": calls}


def result_message(call_id: str, output: str) -> Asked:
    """The result of a call as a message."""
    return {"role": "tool", "content": output, "call": call_id}


def joined(messages: Sequence[Mapping[str, Any]]) -> list[Asked]:
    """Put calls to the answer that made them, and hold calls and results to their order.

    Args:
        messages: The whole conversation, each call a message of its own.

    Returns:
        For the chat process.

    Raises:
        ApiError: 400 for a result without its call or a call without its result, in OpenAI's words (public
            bug reports, 2025-2026).
    """
    made: list[Asked] = []
    waiting: dict[str, None] = {}
    for message in messages:
        calls = message.get("calls", [])
        waiting |= {call["id"]: None for call in calls}
        if message["role"] == "tool":
            if message["call"] not in waiting:
                what = f"No tool call found for function call output with call_id {message['call']:.80}."
                advice = "Send the item 'function_call' before it, or 'previous_response_id'."
                raise ApiError(400, f"{what} {advice}", param="input")
            del waiting[message["call"]]
        if calls and not message["content"] and made and made[-1]["role"] == "assistant":
            made[-1] = {**made[-1], "calls": [*made[-1].get("calls", ()), *calls]}
        else:
            made.append(dict(message))
    if waiting:
        what = f"No tool output found for function call {next(iter(waiting)):.80}."
        advice = "Send its result, an item 'function_call_output' with this 'call_id'."
        raise ApiError(400, f"{what} {advice}", param="input")
    return made
