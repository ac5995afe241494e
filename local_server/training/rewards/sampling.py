"""Answers of the model that is being trained, many side by side.

By Transformers: the chat's own decoder took as long for 32 rows of the tiny model (0.51 s of the processor in
place of 0.54, 1,140 tokens, Nov 2026), and does not read every model.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from transformers import GenerationConfig, PreTrainedModel

if TYPE_CHECKING:
    from peft import PeftModel


class Limits(NamedTuple):
    """When an answer ends.

    Args:
        ends: Tokens that end it; they belong to it.
        tokens: The most that it may have.
    """

    ends: frozenset[int]
    tokens: int


def ends_of(model: "PreTrainedModel | PeftModel", own: int | None) -> frozenset[int]:
    """The tokens that end an answer.

    Args:
        model: Whose config names some.
        own: The tokenizer's end of a turn.
    """
    configured: int | list[int] | None = getattr(model.generation_config, "eos_token_id", None)
    listed = configured if isinstance(configured, list) else [configured]
    return frozenset(token for token in [*listed, own] if token is not None)


@torch.no_grad()
def sample(
    model: "PreTrainedModel | PeftModel",
    prompts: Sequence[list[int]],
    limits: Limits,
    *,
    seed: int,
    at_once: int,
) -> list[list[int]]:
    """Let a model answer prompts, at temperature 1: the training reckons with the model's own probabilities.

    Args:
        model: As the last step has left it.
        prompts: Tokens. The same one several times gets different answers.
        limits: When an answer ends.
        seed: The same one gives the same answers.
        at_once: Answers that grow side by side.

    Returns:
        The tokens of each answer, at least one.
    """
    was_training = model.training
    model.eval()
    answers: list[list[int]] = []
    devices = [model.device] if model.device.type == "cuda" else []
    # What else is drawn by chance, the order of rows for example, does not depend on this.
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        for begin in range(0, len(prompts), at_once):
            answers += _answered(model, prompts[begin : begin + at_once], limits)
    model.train(was_training)
    return answers


def _answered(
    model: "PreTrainedModel | PeftModel", prompts: Sequence[list[int]], limits: Limits
) -> list[list[int]]:
    width = max(map(len, prompts))
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    tokens = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    # Nothing of the model's own settings: they may ask for another temperature.
    chosen = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        repetition_penalty=1.0,
        max_new_tokens=limits.tokens,
        eos_token_id=sorted(limits.ends) or None,
        pad_token_id=min(limits.ends, default=0),
    )
    generate: Any = model.generate
    written: torch.Tensor = generate(
        input_ids=tokens.to(model.device), attention_mask=mask.to(model.device), generation_config=chosen
    )
    return [_ended(answer, limits.ends) for answer in written[:, width:].tolist()]


def _ended(tokens: list[int], ends: frozenset[int]) -> list[int]:
    """An answer without the padding behind it."""
    end = next((place for place, token in enumerate(tokens) if token in ends), len(tokens) - 1)
    return tokens[: end + 1]
