"""The functions that a client offers: `tools`, the older `functions`, and which of them have to be called."""

import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from local_server.chat.structured import rules
from local_server.chat.structured.formats import Name
from local_server.generation.messages import Calls, Function
from local_server.http.errors import ApiError
from local_server.http.requests import Body
from local_server.training.rows.tools import definitions

# Of openai.yaml, read 2026-08-21.
MOST_TOOLS = 128
# What a function has that takes no arguments.
_NO_ARGUMENTS = {"type": "object", "properties": {}, "additionalProperties": False}
# Keys beside `properties` that say of further properties what they are.
_OPEN = ("additionalProperties", "patternProperties", "allOf", "anyOf", "oneOf", "$ref", "if", "not")


class FunctionDefinition(Body):
    """A function, as `functions` has it."""

    name: Name
    description: str | None = None
    parameters: dict[str, Any] | None = None


class StrictFunction(FunctionDefinition):
    """A function, as `tools` has it."""

    strict: bool | None = None


class Tool(Body):
    """A tool. There are no other kinds here."""

    type: Literal["function"]
    function: StrictFunction


class FunctionName(Body):
    """The function that has to be called."""

    name: str


class ToolName(Body):
    """The tool that has to be called."""

    type: Literal["function"]
    function: FunctionName


class AllowedTools(Body):
    """Some of the tools, and whether one of them has to be called."""

    mode: Literal["auto", "required"]
    tools: Annotated[list[ToolName], Field(min_length=1, max_length=MOST_TOOLS)]


class AllowedChoice(Body):
    """Only these may be called; the prompt still has all."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


class Tools(Body):
    """The fields of a chat that are about tools.

    Attributes:
        tools: What may be called.
        functions: The same, as it was written until 2023.
        tool_choice: Whether it has to be; None for "auto".
        function_call: The same for `functions`.
        parallel_tool_calls: Whether an answer may call several times; None for true.
    """

    tools: list[Tool] | None = None
    functions: list[FunctionDefinition] | None = None
    tool_choice: (
        Literal["auto", "none", "required"]
        | Annotated[ToolName | AllowedChoice, Field(discriminator="type")]
        | None
    ) = None
    function_call: Literal["auto", "none"] | FunctionName | None = None
    parallel_tool_calls: bool | None = None


@dataclass(frozen=True)
class Offer:
    """The functions of a chat.

    Attributes:
        definitions: For the prompt.
        calls: What the answer may call; None where there are no functions.
        is_old: Whether the client speaks of `functions`.
        params: Name of a function → where its schema stands in the request.
        is_named: Whether the client has named the function that has to be called.
    """

    definitions: list[dict[str, Any]] = field(default_factory=list)
    calls: Calls | None = None
    is_old: bool = False
    params: dict[str, str] = field(default_factory=dict)
    is_named: bool = False

    def refused(self, message: str, function: str | None) -> ApiError:
        """The refusal of a schema, in the words and fields of OpenAI's (public bug reports, 2024-2026).

        Args:
            message: What is wrong, and where in the schema.
            function: Whose schema it is; None where only all of them together cannot be followed.
        """
        if function is None:
            param = "functions" if self.is_old else "tools"
            return ApiError(
                400, f"Invalid '{param}': {message}", code="invalid_function_parameters", param=param
            )
        return ApiError(
            400,
            f"Invalid schema for function '{function}': {message}",
            code="invalid_function_parameters",
            param=self.params[function],
        )


NO_OFFER = Offer()


def offered(body: Tools, *, of_chat: bool = True) -> Offer:
    """Read what a client offers.

    Args:
        body: From the client.
        of_chat: Whether a chat completion offers it, not a response, which writes a tool in one level.

    Returns:
        The functions. Only the chat process knows whether it can follow their schemas.

    Raises:
        ApiError: 400 for a choice of what is not there, names that are there twice, or a schema that breaks
            a rule.
    """
    is_old = bool(body.functions)
    key, choice_key = ("functions", "function_call") if is_old else ("tools", "tool_choice")
    if body.functions and body.tools:
        raise ApiError(400, "'functions' and 'tools' cannot both be there. Use 'tools'.", param="functions")
    _check_choices(body)
    functions: list[FunctionDefinition] = list(body.functions or [tool.function for tool in body.tools or ()])
    if not functions:
        return NO_OFFER
    if len(functions) > MOST_TOOLS:
        # OpenAI's words (public bug reports, 2024-2025).
        rule = f"Expected an array with maximum length {MOST_TOOLS}"
        message = (
            f"Invalid '{key}': array too long. {rule}, but got an array with length {len(functions)} instead."
        )
        raise ApiError(400, message, code="array_above_max_length", param=key)
    offer = Offer(definitions(body.model_dump()), is_old=is_old)
    made: list[Function] = []
    for place, function in enumerate(functions):
        where = f"{key}[{place}].function" if of_chat and not is_old else f"{key}[{place}]"
        if function.name in offer.params:
            message = f"Invalid '{where}.name': '{function.name}' is the name of another function already."
            raise ApiError(400, message, code="invalid_value", param=f"{where}.name")
        offer.params[function.name] = f"{where}.parameters"
        made.append({"name": function.name, "schema": _schema(offer, function)})
    size = sum(len(function["schema"]) for function in made)
    if size > rules.MAX_CHARACTERS:
        message = f"the schemas have {size:,} characters. Expected at most {rules.MAX_CHARACTERS:,}."
        raise offer.refused(message, None)
    choice = body.function_call if is_old else body.tool_choice
    names, mode, is_named = _chosen(choice)
    if wrong := [name for name in names or () if name not in offer.params]:
        message = (
            f"Invalid '{choice_key}': found '{wrong[0]:.80}', expected the name of a function in '{key}'."
        )
        raise ApiError(400, message, code="invalid_value", param=choice_key)
    allowed = [function for function in made if names is None or function["name"] in names]
    calls: Calls = {
        "functions": [] if mode == "none" else allowed,
        "required": mode == "required",
        "parallel": not is_old and not is_named and body.parallel_tool_calls is not False,
    }
    return Offer(offer.definitions, calls, is_old, offer.params, is_named=is_named)


def _chosen(
    choice: Literal["auto", "none", "required"] | FunctionName | ToolName | AllowedChoice | None,
) -> tuple[list[str] | None, Literal["auto", "none", "required"], bool]:
    """Which functions may be called, None for all; whether one has to be; whether the client has named it."""
    match choice:
        case FunctionName():
            return [choice.name], "required", True
        case ToolName():
            return [choice.function.name], "required", True
        case AllowedChoice():
            some = choice.allowed_tools
            return [tool.function.name for tool in some.tools], some.mode, False
        case _:
            return None, choice or "auto", False


def _check_choices(body: Tools) -> None:
    for choice_key, choice, key, given in (
        ("tool_choice", body.tool_choice, "tools", body.tools),
        ("function_call", body.function_call, "functions", body.functions),
    ):
        if choice not in (None, "auto", "none") and not given:
            # OpenAI's words (public bug reports, 2025).
            rule = f"'{choice_key}' is only allowed when '{key}' are specified."
            raise ApiError(400, f"Invalid value for '{choice_key}': {rule}", param=choice_key)


def _schema(offer: Offer, function: FunctionDefinition) -> str:
    """The schema of a function's arguments, as the answer has to follow it."""
    schema = function.parameters
    if schema is None:
        return json.dumps(_NO_ARGUMENTS)
    try:
        checked = rules.checked(schema, strict=isinstance(function, StrictFunction) and bool(function.strict))
        rules.check_root(checked)
    except rules.Broken as broken:
        raise offer.refused(str(broken), function.name) from None
    if not any(key in checked for key in _OPEN):
        # Nothing but what the function knows: whatever else came would be made up. Without any word about
        # properties, it knows all of them.
        checked["additionalProperties"] = "properties" not in checked
    return json.dumps(checked)
