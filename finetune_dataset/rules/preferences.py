"""The rules for a preference: a prompt, and two answers of which one is better."""

from collections.abc import Iterator

from finetune_dataset.chat import (
    CHAT_KEYS,
    PREFERENCE_KEYS,
    PREFERRED,
    PROMPT,
    REJECTED,
    ROLES,
    JsonObject,
)
from finetune_dataset.rules.chats import chat_issues, ends_with, other_format, unknown_key
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.messages import message_issues
from finetune_dataset.rules.tools import ToolNames, call_issues, tool_names

# Key of a preference row → how it looks, and what other programs call it: TRL's datasets, and OpenAI's API
# description of April 2025.
_ANSWER = '[{"role": "assistant", "content": ...}]'
_PREFERENCE = {
    PROMPT: ('{"messages": [...]}', ("prompt",)),
    PREFERRED: (_ANSWER, ("chosen", "preferred_completion")),
    REJECTED: (_ANSWER, ("rejected", "non_preferred_completion")),
}


def preference_issues(row: JsonObject) -> Iterator[Issue]:
    """Find every problem of a preference row; the issues have no line."""
    if "messages" in row and not any(key in row for key in PREFERENCE_KEYS):
        yield other_format("a chat row", "a preference row", "supervised")
        return
    other_names = set()
    for key, (shape, others) in _PREFERENCE.items():
        if key not in row:
            other = next((name for name in others if name in row), None)
            other_names.add(other)
            found = f"the key {other} in its place" if other else "no such key"
            yield issue("missing_key", key, found, expected=f"the key {key}", fix=f'Write "{key}": {shape}.')
    for key in sorted(row.keys() - set(PREFERENCE_KEYS) - other_names):
        yield unknown_key(key, key, ", ".join(PREFERENCE_KEYS))
    prompt, names = row.get(PROMPT), ToolNames()
    if isinstance(prompt, dict):
        names = tool_names(prompt)
        for key in sorted(prompt.keys() - set(CHAT_KEYS)):
            yield unknown_key(key, f"{PROMPT}.{key}", ", ".join(CHAT_KEYS[:3]))
        yield from chat_issues(prompt, f"{PROMPT}.", text_only=True)
        yield from ends_with(("user", "tool", "function"), prompt.get("messages"), f"{PROMPT}.")
    elif PROMPT in row:
        fix = 'Put the chat before the answer there: {"messages": [...]}.'
        yield issue("wrong_type", PROMPT, show(prompt), expected="an object with messages", fix=fix)
    for key in (PREFERRED, REJECTED):
        if key in row:
            yield from _answer_issues(row[key], key, names)
    if PREFERRED in row and row[PREFERRED] == row.get(REJECTED):
        yield issue("identical_outputs", "", "the same answer twice")


def _answer_issues(answers: object, key: str, names: ToolNames) -> Iterator[Issue]:
    if not isinstance(answers, list) or not answers or (len(answers) > 1 and not _is_tool_use(answers)):
        found = f"{len(answers)} messages" if isinstance(answers, list) else show(answers)
        yield issue("not_one_answer", key, found)
        return
    if len(answers) > 1:
        yield issue("tool_use_in_preference", key, f"{len(answers)} messages")
    for index, answer in enumerate(answers):
        yield from message_issues(answer, f"{key}[{index}]", text_only=True)
    role = answers[0].get("role") if isinstance(answers[0], dict) else None
    if role == "assistant":
        yield from call_issues(answers, key, names)
    elif role in ROLES:
        fix = 'Give the message the role "assistant".'
        yield issue("not_one_answer", f"{key}[0].role", show(role), expected='"assistant"', fix=fix)


def _is_tool_use(answers: list[object]) -> bool:
    """Tell whether messages are calls, the answers of the tools, and what is said at the end."""
    roles = [answer.get("role") if isinstance(answer, dict) else None for answer in answers]
    turns = [
        role for role, before in zip(roles, [None, *roles], strict=False) if (role, before) != ("tool",) * 2
    ]
    expected = ["tool" if index % 2 else "assistant" for index in range(len(turns))]
    return turns == expected and turns[-1] == "assistant"
