"""The rules for one training row: a chat example, a preference, or a reinforcement prompt.

`check_row` is a pure function from a row to its issues, so the same rules run
over a file, in a server, or in a data engine. Rules for a whole file (number of rows,
duplicates) are in `validate`, its shape in `jsonlines`; those for one message in `messages`.

OpenAI's cookbook notebook `Chat_finetuning_data_prep` has rules of 2023, which refuse
valid newer rows (tools, content parts, weights). These follow openapi.yaml
(FineTuneChatRequestInput, FineTunePreferenceRequestInput, FineTuneReinforcementRequestInput;
read 2026-08-21) and the fine-tuning guides of 2025.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, TypeAlias, TypeGuard, get_args

from finetune_dataset.chat import (
    CHAT_KEYS,
    LEGACY_KEYS,
    PREFERENCE_KEYS,
    PREFERRED,
    PROMPT,
    REJECTED,
    ROLES,
    JsonObject,
    is_legacy,
)
from finetune_dataset.errors import FineTuneError
from finetune_dataset.rules.images import count_images
from finetune_dataset.rules.issues.issue import Issue, IssueLog, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.limits import MAX_IMAGES_PER_ROW
from finetune_dataset.rules.messages import message_issues
from finetune_dataset.rules.tools import ToolNames, call_issues, tool_names

Method: TypeAlias = Literal["supervised", "dpo", "reinforcement"]
"""How rows train: chats that end in an answer, a prompt and two answers, or prompts for a grader."""

METHODS: tuple[str, ...] = get_args(Method)
# Key of a preference row → how it looks, and what other programs call it: TRL's datasets, and OpenAI's API
# description of April 2025.
_ANSWER = '[{"role": "assistant", "content": ...}]'
_PREFERENCE = {
    PROMPT: ('{"messages": [...]}', ("prompt",)),
    PREFERRED: (_ANSWER, ("chosen", "preferred_completion")),
    REJECTED: (_ANSWER, ("rejected", "non_preferred_completion")),
}


def check_row(row: object, line: int = 0, method: str = "supervised") -> list[Issue]:
    """Find every problem of one example.

    Args:
        row: The parsed JSON value of one example.
        line: Line of the row in its file, counted from 1; kept in each issue.
        method: "supervised", "dpo" or "reinforcement".

    Returns:
        The issues in reading order, the first 10,000 of each code; empty for a good row.

    Raises:
        FineTuneError: There is no such method.
    """
    log = IssueLog()
    for found in _row_issues(row, known_method(method)):
        log.add(replace(found, line=line))
    return log.kept


def known_method(method: str) -> str:
    """Return a method's name as it is.

    Raises:
        FineTuneError: There is no such method.
    """
    if method not in METHODS:
        raise FineTuneError(f"There is no method {method!r}. Methods: {', '.join(METHODS)}.")
    return method


def _row_issues(row: object, method: str) -> Iterator[Issue]:
    if not isinstance(row, dict):
        yield issue("not_an_object", "", show(row))
    elif "messages" not in row and ("completion" in row or ("prompt" in row and method == "supervised")):
        yield _legacy(row)
    elif method == "dpo":
        yield from _preference_issues(row)
    else:
        yield from _chat_row_issues(row, method)


def _legacy(row: JsonObject) -> Issue:
    keys = " and ".join(key for key in LEGACY_KEYS if key in row)
    found = issue("legacy_prompt_completion", "", f"the keys {keys}")
    return (
        replace(found, fix=found.fix.removesuffix(".") + "; repair_dataset does.")
        if is_legacy(row)
        else found
    )


def _preference_issues(row: JsonObject) -> Iterator[Issue]:
    if "messages" in row and not any(key in row for key in PREFERENCE_KEYS):
        yield _other_format("a chat row", "a preference row", "supervised")
        return
    other_names = set()
    for key, (shape, others) in _PREFERENCE.items():
        if key not in row:
            other = next((name for name in others if name in row), None)
            other_names.add(other)
            found = f"the key {other} in its place" if other else "no such key"
            yield issue("missing_key", key, found, expected=f"the key {key}", fix=f'Write "{key}": {shape}.')
    for key in sorted(row.keys() - set(PREFERENCE_KEYS) - other_names):
        yield _unknown_key(key, key, ", ".join(PREFERENCE_KEYS))
    prompt, names = row.get(PROMPT), ToolNames()
    if isinstance(prompt, dict):
        names = tool_names(prompt)
        for key in sorted(prompt.keys() - set(CHAT_KEYS)):
            yield _unknown_key(key, f"{PROMPT}.{key}", ", ".join(CHAT_KEYS[:3]))
        yield from _chat_issues(prompt, f"{PROMPT}.", text_only=True)
        yield from _ends_with(("user", "tool", "function"), prompt.get("messages"), f"{PROMPT}.")
    elif PROMPT in row:
        fix = 'Put the chat before the answer there: {"messages": [...]}.'
        yield issue("wrong_type", PROMPT, show(prompt), expected="an object with messages", fix=fix)
    for key in (PREFERRED, REJECTED):
        if key in row:
            yield from _answer_issues(row[key], key, names)
    if PREFERRED in row and row[PREFERRED] == row.get(REJECTED):
        yield issue("identical_outputs", "", "the same answer twice")


def _answer_issues(answers: object, key: str, names: ToolNames) -> Iterator[Issue]:
    if not isinstance(answers, list) or len(answers) != 1:
        found = f"{len(answers)} messages" if isinstance(answers, list) else show(answers)
        yield issue("not_one_answer", key, found)
        return
    yield from message_issues(answers[0], f"{key}[0]", text_only=True)
    role = answers[0].get("role") if isinstance(answers[0], dict) else None
    if role == "assistant":
        yield from call_issues(answers, key, names)
    elif role in ROLES:
        fix = 'Give the message the role "assistant".'
        yield issue("not_one_answer", f"{key}[0].role", show(role), expected='"assistant"', fix=fix)


def _chat_row_issues(row: JsonObject, method: str) -> Iterator[Issue]:
    if "messages" not in row and (PREFERRED in row or REJECTED in row):
        yield _other_format("a preference row", "a chat row", "dpo")
        return
    if method == "reinforcement":  # Its further keys are the grader's; any name will do, also "functions".
        yield from _chat_issues({key: row[key] for key in row if key != "functions"}, "")
        yield from _ends_with(("user",), row.get("messages"), "")
        return
    yield from _chat_issues(row, "")
    if "messages" not in row:
        return  # The issue before names all keys.
    for key in sorted(row.keys() - set(CHAT_KEYS)):
        yield _unknown_key(key, key, ", ".join(sorted(CHAT_KEYS)))
    if _has_known_roles(row["messages"]):
        yield from _answered(row["messages"])


def _chat_issues(row: JsonObject, prefix: str, text_only: bool = False) -> Iterator[Issue]:
    """Check what all methods share: the list of messages, the tools and their calls."""
    path, messages = f"{prefix}messages", row.get("messages")
    if not isinstance(messages, list) or not messages:
        keys = f"the keys {show(', '.join(sorted(row)))}" if row else "no key"
        yield issue("missing_messages_list", path, show(messages) if "messages" in row else keys)
        return
    for index, message in enumerate(messages):
        yield from message_issues(message, f"{path}[{index}]", text_only)
    names = tool_names(row)
    for found in names.issues:
        yield replace(found, path=prefix + found.path)
    parallel = row.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        place, fix = f"{prefix}parallel_tool_calls", "Write true or false, without quotes."
        yield issue("wrong_type", place, show(parallel), expected="true or false", fix=fix)
    if _has_known_roles(messages):
        yield from call_issues(messages, path, names)
    images = count_images(messages)
    if images > MAX_IMAGES_PER_ROW:
        yield issue("too_many_images", path, f"{images} images")


def _answered(messages: list[JsonObject]) -> Iterator[Issue]:
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        found = f"only {' and '.join(sorted({message['role'] for message in messages}))}"
        yield issue("example_missing_assistant_message", "messages", found)
        return
    if messages[-1]["role"] != "assistant":
        place = f"messages[{len(messages) - 1}].role"
        yield issue("last_message_not_assistant", place, show(messages[-1]["role"]))
    if all(message.get("weight") == 0 for message in answers):
        yield issue("no_trained_message", "messages", "weight 0 on every answer")


def _ends_with(roles: tuple[str, ...], messages: object, prefix: str) -> Iterator[Issue]:
    """Check the end of a prompt; an agent's preference may be its answer to the result of a tool."""
    if _has_known_roles(messages) and messages[-1]["role"] not in roles:
        place = f"{prefix}messages[{len(messages) - 1}].role"
        yield issue("last_message_not_user", place, show(messages[-1]["role"]))


def _has_known_roles(messages: object) -> TypeGuard[list[JsonObject]]:
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(isinstance(message, dict) and message.get("role") in ROLES for message in messages)
    )


def _other_format(found: str, expected: str, method: str) -> Issue:
    fix = f'If the file is right, pass method="{method}": here and to the job.'
    return issue("other_format", "", found, expected=expected, fix=fix)


def _unknown_key(key: str, path: str, known: str) -> Issue:
    # As in Anthropic's API.
    fix = 'Make it the first of the messages, with the role "system": here it is not read.'
    return issue(
        "row_unrecognized_key",
        path,
        show(key),
        expected=f"one of {known}",
        fix=fix if key == "system" else None,
    )
