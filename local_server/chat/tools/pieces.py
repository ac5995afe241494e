"""The calls of an answer as clients read them, whole and in pieces."""

from dataclasses import dataclass, field

from local_server.chat.completion_answers import CompletionMessage, Delta, FunctionDelta, Reason
from local_server.chat.tools.definitions import Offer
from local_server.generation.messages import CallPiece, FinishReason, Text, Token
from local_server.store import new_id


@dataclass
class Collected:
    """One choice of an answer that is not streamed.

    Attributes:
        text: So far.
        tokens: Log probabilities of the text.
        calls: Name and arguments of each call.
    """

    text: str = ""
    tokens: list[Token] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def add(self, reply: Text) -> None:
        """Take what is new."""
        self.text += reply["text"]
        self.tokens += reply["logprobs"]
        for piece in reply["calls"]:
            if piece["name"] is not None:
                self.calls.append((piece["name"], ""))
            name, arguments = self.calls[-1]
            self.calls[-1] = name, arguments + piece["arguments"]

    def message(self, *, is_old: bool) -> CompletionMessage:
        """What the model has said.

        Args:
            is_old: Whether the client speaks of `functions`.
        """
        made: CompletionMessage = {
            "role": "assistant",
            "content": self.text if self.text or not self.calls else None,
            "refusal": None,
            "annotations": [],
        }
        if self.calls and is_old:
            name, arguments = self.calls[0]
            made["function_call"] = {"name": name, "arguments": arguments}
        elif self.calls:
            made["tool_calls"] = [
                {"id": _new_id(), "type": "function", "function": {"name": name, "arguments": arguments}}
                for name, arguments in self.calls
            ]
        return made


def delta(piece: CallPiece, *, is_old: bool) -> Delta:
    """Write a piece of a call as a piece of a stream.

    Args:
        piece: From the chat process.
        is_old: Whether the client speaks of `functions`.

    Returns:
        What the piece adds.
    """
    if is_old:
        if piece["name"] is None:
            return {"function_call": {"arguments": piece["arguments"]}}
        return {"function_call": {"name": piece["name"], "arguments": piece["arguments"]}}
    if piece["name"] is None:
        return {"tool_calls": [{"index": piece["call"], "function": {"arguments": piece["arguments"]}}]}
    function: FunctionDelta = {"name": piece["name"], "arguments": piece["arguments"]}
    return {
        "tool_calls": [{"index": piece["call"], "id": _new_id(), "type": "function", "function": function}]
    }


def reason_of(reason: FinishReason, offer: Offer) -> Reason:
    """Why a choice has ended, in the words of the client's API.

    Args:
        reason: From the chat process.
        offer: What the answer could call.

    Returns:
        "stop" for the call of a function that the client has named, as at OpenAI (its guide on function
        calling of 2024; tried with gpt-4o in vLLM's pull request 25054, September 2025).
    """
    if reason != "tool_calls":
        return reason
    if offer.is_named:
        return "stop"
    return "function_call" if offer.is_old else reason


def _new_id() -> str:
    return new_id("call_", 24)
