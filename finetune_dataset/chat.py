"""What a chat row is made of: roles, the keys of a row and of a message, and the text of a message.

The only tables of keys in this package: the rules, the fast path, the repair and the quality checks use them.
Read from openapi.yaml (FineTuneChatRequestInput, FineTunePreferenceRequestInput, 2026-08-21).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

JsonObject: TypeAlias = dict[str, Any]
"""An object as `json.loads` gives it: nothing is known of its values."""

JsonValue: TypeAlias = Any
"""Any value as `json.loads` gives it."""

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
# The two names of the role that instructs: older and newer models.
SYSTEM_ROLES = ("system", "developer")
# What other programs call them: ShareGPT's datasets, Gemini's and Cohere's API, OpenAssistant.
OTHER_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "chatbot": "assistant",
    "chatgpt": "assistant",
    "prompter": "user",
}

# Keys of a message → the one role that has them; None: every role.
MESSAGE_KEYS = {
    "role": None,
    "content": None,
    "name": None,
    "weight": "assistant",
    "refusal": "assistant",
    "audio": "assistant",
    "annotations": "assistant",
    "tool_calls": "assistant",
    "function_call": "assistant",
    "tool_call_id": "tool",
}
# What an assistant can say in the place of a text.
NOT_TEXT_KEYS = ("tool_calls", "function_call", "refusal", "audio")

# Where a row declares its tools; the second is the older form.
TOOL_KEYS = ("tools", "functions")
# Keys of a chat row, and of the prompt of a preference.
CHAT_KEYS = ("messages", "tools", "parallel_tool_calls", "functions")
# Keys of a preference row: the prompt, the better answer, the other one.
PROMPT, PREFERRED, REJECTED = PREFERENCE_KEYS = ("input", "preferred_output", "non_preferred_output")
# Keys of a row for the completion models of 2023.
LEGACY_KEYS = ("prompt", "completion")
# Keys inside a message: of a content part, and of a call.
PART_KEYS = ("type", "text", "image_url", "url")
CALL_KEYS = ("id", "type", "function")


def message_text(message: Mapping[str, Any]) -> str:
    """Return the text of one message, whether its content is a string, a list of parts or absent.

    Args:
        message: A message that the rules have no error for; images and other parts have no text.

    Returns:
        The text; parts follow each other without anything between them.
    """
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
    return content or ""


def is_legacy(row: object) -> TypeGuard[dict[str, str]]:
    """Tell whether a row is a prompt and a completion, both text, and nothing else."""
    return (
        isinstance(row, dict)
        and row.keys() == set(LEGACY_KEYS)
        and all(isinstance(text, str) for text in row.values())
    )
