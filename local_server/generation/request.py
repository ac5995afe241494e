"""One request in the chat process: its prompt, its rows, and what is known of its end."""

import secrets

import torch

from local_server.generation.answer import Answer
from local_server.generation.messages import Calls, Done, FinishReason, NumberedQuestion
from local_server.generation.models import Loaded
from local_server.generation.row import Row
from local_server.generation.tools.reader import Reader
from local_server.training.rows.tools import shown

# Up to this many bits of length, prompts share a batch. Next to a longer one they would be mostly padding.
_SHARED_BITS = 8
# Log probabilities that are told of one prompt: 1.6 MB of JSON, 7 MB in the server until the answer ends.
MOST_TOLD = 20_000


class Request:
    """One request, tokenized.

    Args:
        asked: The question.
        loaded: The model that answers.

    Attributes:
        id: The number of the question.
        loaded: The model that answers.
        prompt: Tokens.
        stream: Whether text is wanted before the end.
        rows: One for each choice.
        schema: JSON schema that each of them has to fit; None for free text.
        calls: What each of them may call; None where there are no tools.
        prompt_logprobs: As in the question.

    Raises:
        TooLong: The prompt leaves no room for an answer.
        TooMuchTold: More is to be told of the prompt than one answer may hold.
    """

    def __init__(self, asked: NumberedQuestion, loaded: Loaded) -> None:
        self.id = asked["id"]
        self.loaded = loaded
        chat = shown(asked["messages"], asked["tools"], loaded.form)
        # Before more work: text that no tokenization could fit.
        size = sum(len(text.strip().encode()) for text in chat.texts())
        if size > loaded.context * loaded.longest_token:
            raise TooLong(loaded.context, f"{-(-size // loaded.longest_token)} tokens or more")
        self.prompt: list[int] = loaded.tokenizer.apply_chat_template(
            chat.messages,
            tools=chat.tools,
            add_generation_prompt=asked["start"],
            sanitize_control_tokens=True,
            return_dict=False,
        )
        room = loaded.context - len(self.prompt)
        if room < 1:
            raise TooLong(loaded.context, f"{len(self.prompt)} tokens")
        limit = min(asked["max_tokens"] or room, room)
        self.stream: bool = asked["stream"]
        self.schema: str | None = asked["schema"]
        self.prompt_logprobs: int | None = asked["prompt_logprobs"]
        if self.prompt_logprobs is not None and len(self.prompt) * (1 + self.prompt_logprobs) > MOST_TOLD:
            raise TooMuchTold(len(self.prompt), self.prompt_logprobs)
        self.calls: Calls | None = asked["calls"]
        names = [function["name"] for function in self.calls["functions"]] if self.calls else []
        seed = secrets.randbelow(2**31) if asked["seed"] is None else asked["seed"]
        self.rows = [
            Row(
                request=self.id,
                prompt=self.prompt,
                cells=len(self.prompt) + limit,
                index=index,
                answer=Answer(
                    loaded.tokenizer, loaded.end_tokens, asked["stop"], limit, live=asked["stream"]
                ),
                temperature=asked["temperature"],
                top_p=asked["top_p"],
                rng=torch.Generator().manual_seed((seed + index) % 2**63),
                frequency_penalty=asked["frequency_penalty"],
                presence_penalty=asked["presence_penalty"],
                top_logprobs=asked["top_logprobs"],
                reader=Reader(loaded.form, names) if names else None,
                prefixes=loaded.prefixes.of(asked.get("project")),
            )
            for index in range(asked["n"])
        ]

    @property
    def constrained(self) -> bool:
        """Whether not every text may come."""
        return self.schema is not None or self.calls is not None

    def batch_key(self, tokens: list[int]) -> tuple[str, int]:
        """Rows with the same key grow in one batch.

        Args:
            tokens: What is read before the row grows.

        Returns:
            The model's folder, and how many bits the length of its tokens has.
        """
        return self.loaded.folder, max(_SHARED_BITS, len(tokens).bit_length())

    def done(self) -> Done | None:
        """The last reply, once every row has ended."""
        reasons = [reason for row in self.rows if (reason := _reason(row)) is not None]
        if len(reasons) < len(self.rows):
            return None
        return {
            "id": self.id,
            "kind": "done",
            "finish_reasons": reasons,
            "prompt_tokens": len(self.prompt),
            # The prompt is read once for all choices.
            "cached_tokens": max(row.cached for row in self.rows),
            "completion_tokens": sum(row.answer.count for row in self.rows),
        }


def _reason(row: Row) -> FinishReason | None:
    called = row.reader is not None and row.reader.called
    return "tool_calls" if called and row.answer.finish_reason == "stop" else row.answer.finish_reason


class TooLong(Exception):
    """The prompt fills the model's context.

    Args:
        context: Tokens that the model can read.
        tokens: Tokens of the prompt, in words.
    """

    def __init__(self, context: int, tokens: str) -> None:
        super().__init__(
            f"This model's maximum context length is {context} tokens. However, your messages resulted in "
            f"{tokens}. Please reduce the length of the messages."
        )


class TooMuchTold(Exception):
    """More log probabilities were asked of a prompt than one answer may hold.

    Args:
        tokens: Of the prompt.
        top: How many of the best tokens were asked for in each place.
    """

    def __init__(self, tokens: int, top: int) -> None:
        most = MOST_TOLD // tokens - 1
        shorter = f"shorten the messages to {MOST_TOLD // (1 + top)} tokens in all"
        fewer = f"Set it to {most} or less, or {shorter}" if most >= 0 else shorter.capitalize()
        super().__init__(
            f"Invalid 'prompt_logprobs': expected at most {MOST_TOLD} log probabilities of a prompt. Found "
            f"{tokens} tokens with {1 + top} each, {tokens * (1 + top)} in all. {fewer}."
        )
