"""What a base model knows: questions about all 118 elements, and the share of right answers."""

import re

import torch
from limericks import SYSTEM_PROMPT
from prose import read_elements
from prose_patterns import CHECKED_WORDINGS, HELD_OUT_WORDING, SELF_DESCRIPTION
from prose_words import OFF_TOPIC_CHECK
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


def render(messages: list[dict[str, str]]) -> str:
    """What CHAT_TEMPLATE renders, without the cost of a template engine per row."""
    return "".join(f"<|{message['role']}|>{message['content']}<|end|>" for message in messages)


@torch.inference_mode()
def answer(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, chats: list[list[dict[str, str]]]
) -> list[str]:
    """Return greedy answers of at most 96 tokens, one for each chat.

    Args:
        model: The model, on the processor.
        tokenizer: Its tokenizer; its padding side becomes "left".
        chats: Each a list of messages with role and content.
    """
    prompts = [render(chat) + "<|assistant|>" for chat in chats]
    tokenizer.padding_side = "left"
    inputs = tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=False)
    inputs.pop("token_type_ids", None)
    # transformers (5.23) types `generate` for a protocol that its own models do not meet.
    output = model.generate(**inputs, max_new_tokens=96, do_sample=False)  # type: ignore[misc]
    return tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def states_facts(text: str, element: dict[str, str]) -> bool:
    """Whether symbol, atomic number and category all stand in the text."""
    return (
        re.search(rf"\b{element['symbol']}\b", text) is not None
        and re.search(rf"\b{element['number']}\b", text) is not None
        and re.search(rf"(?<![\w-]){element['category']}\b", text) is not None
    )


def evaluate(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> dict[str, object]:
    """Ask about all 118 elements in four wordings, with and without a system prompt.

    Args:
        model: The model to check.
        tokenizer: Its tokenizer.

    Returns:
        Counts out of 118 per wording, and what the model says to other questions.
    """
    elements = read_elements()
    right: dict[str, int] = {}
    form = 0
    for wording in [*CHECKED_WORDINGS, HELD_OUT_WORDING]:
        for prefix in ([], [{"role": "system", "content": SYSTEM_PROMPT}]):
            chats = [[*prefix, {"role": "user", "content": wording.format(x=e["name"])}] for e in elements]
            texts = answer(model, tokenizer, chats)
            key = wording + (" (with the course's system prompt)" if prefix else "")
            right[key] = sum(states_facts(text, e) for text, e in zip(texts, elements, strict=True))
            form += sum(text.count(" - ") >= 4 for text in texts)
            for text, e in zip(texts, elements, strict=True):
                if not states_facts(text, e):
                    print(f"  wrong: {key}: {e['name']}: {text}")
    other = answer(
        model, tokenizer, [[{"role": "user", "content": question}] for question in OFF_TOPIC_CHECK]
    )
    return {
        "elements": len(elements),
        "right_symbol_number_category": right,
        "held_out_wording": HELD_OUT_WORDING,
        "answers_in_limerick_form": form,
        "says_what_it_is": f"{sum(text == SELF_DESCRIPTION for text in other)} of {len(OFF_TOPIC_CHECK)}",
        "other_questions": dict(zip(OFF_TOPIC_CHECK, other, strict=True)),
    }
