"""A question to the base model, and the texts that come back."""

import openai
from openai.types.chat import ChatCompletion
from serving import BASE_MODEL

QUESTION = [{"role": "user", "content": "Tell me about Strontium"}]


def texts(answer: ChatCompletion) -> list[str]:
    return [choice.message.content for choice in answer.choices]


def ask(client: openai.OpenAI, **options) -> list[str]:
    request = {"model": BASE_MODEL, "messages": QUESTION, "max_tokens": 12} | options
    return texts(client.chat.completions.create(**request))
