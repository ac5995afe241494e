"""What a chat is made of: roles, keys of a message, and the text of one."""

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


# What other programs call them: ShareGPT's datasets, Gemini's API.
OTHER_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "ai": "assistant",
}


# Keys of a message → the one role that has them (openapi.yaml, read 2026-08-21); None: every role.
KEYS = {
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


def message_text(message: dict) -> str:
    """Return the text of one message, whether its content is a string, a list of parts or absent."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part["text"] for part in content if isinstance(part.get("text"), str))
    return content or ""


def is_legacy(row: object) -> bool:
    """Tell whether a row is a prompt and a completion, both text, and nothing else."""
    return (
        isinstance(row, dict)
        and row.keys() == {"prompt", "completion"}
        and all(isinstance(text, str) for text in row.values())
    )
