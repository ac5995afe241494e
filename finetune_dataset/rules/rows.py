"""The rules for one training row: a chat example, a preference, or a reinforcement prompt.

`check_row` is a pure function from a row to its issues, so the same rules run
over a file, in a server, or in a data engine. Rules for a whole file (shape,
number of rows, duplicates) are in `dataset`; those for one message in `messages`.

OpenAI's cookbook notebook `Chat_finetuning_data_prep` has rules of 2023, which refuse
valid newer rows (tools, content parts, weights). These follow openapi.yaml
(FineTuneChatRequestInput, FineTunePreferenceRequestInput, FineTuneReinforcementRequestInput;
read 2026-08-21) and the fine-tuning guides of 2025.
"""

from collections.abc import Iterator
from dataclasses import replace

from finetune_dataset.chat import ROLES, is_legacy
from finetune_dataset.errors import FineTuneError
from finetune_dataset.rules.images import count_images
from finetune_dataset.rules.issues import Issue, issue
from finetune_dataset.rules.limits import MAX_IMAGES_PER_ROW
from finetune_dataset.rules.messages import message_issues, show
from finetune_dataset.rules.tools import call_issues, tool_names

METHODS = ("supervised", "dpo", "reinforcement")
CHAT_KEYS = {"messages", "tools", "parallel_tool_calls", "functions"}
# Key of a preference row → how it looks, and what other programs call it: TRL's datasets, and OpenAI's API
# description of April 2025.
_ANSWER = '[{"role": "assistant", "content": ...}]'
_PREFERENCE = {
    "input": ('{"messages": [...]}', ("prompt",)),
    "preferred_output": (_ANSWER, ("chosen", "preferred_completion")),
    "non_preferred_output": (_ANSWER, ("rejected", "non_preferred_completion")),
}
PREFERENCE_KEYS = tuple(_PREFERENCE)


def check_row(row: object, line: int = 0, method: str = "supervised") -> list[Issue]:
    """Find every problem of one example.

    Args:
        row: The parsed JSON value of one example.
        line: Line of the row in its file, counted from 1; kept in each issue.
        method: "supervised", "dpo" or "reinforcement".

    Returns:
        The issues in reading order; empty for a good row.

    Raises:
        FineTuneError: There is no such method.
    """
    return [replace(found, line=line) for found in _row_issues(row, known_method(method))]


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
        fix = "Write each example as one object on one line."
        yield issue("not_an_object", "", show(row), 'an object such as {"messages": [...]}', fix)
    elif "messages" not in row and ("completion" in row or ("prompt" in row and method == "supervised")):
        yield _legacy(row)
    elif method == "dpo":
        yield from _preference_issues(row)
    else:
        yield from _chat_row_issues(row, method)


def _legacy(row: dict) -> Issue:
    keys = " and ".join(key for key in ("prompt", "completion") if key in row)
    fix = (
        'Write {"messages": [{"role": "user", "content": prompt}, '
        '{"role": "assistant", "content": completion}]}'
    )
    fix += "; repair_dataset does." if is_legacy(row) else "."
    return issue("legacy_prompt_completion", "", f"the keys {keys}", 'a chat in "messages"', fix)


def _preference_issues(row: dict) -> Iterator[Issue]:
    if "messages" in row and not any(key in row for key in PREFERENCE_KEYS):
        yield _other_format("a chat row", "a preference row", "supervised")
        return
    other_names = set()
    for key, (shape, names) in _PREFERENCE.items():
        if key not in row:
            other = next((name for name in names if name in row), None)
            other_names.add(other)
            found = f"the key {other} in its place" if other else "no such key"
            yield issue("missing_key", key, found, f"the key {key}", f'Write "{key}": {shape}.')
    for key in sorted(row.keys() - set(PREFERENCE_KEYS) - other_names):
        yield _unknown_key(key, key, ", ".join(PREFERENCE_KEYS))
    prompt = row.get("input")
    if isinstance(prompt, dict):
        for key in sorted(prompt.keys() - CHAT_KEYS):
            yield _unknown_key(key, f"input.{key}", "messages, tools, parallel_tool_calls")
        yield from _chat_issues(prompt, "input.", text_only=True)
        yield from _ends_with(("user", "tool", "function"), prompt.get("messages"), "input.")
    elif "input" in row:
        fix = 'Put the chat before the answer there: {"messages": [...]}.'
        yield issue("wrong_type", "input", show(prompt), "an object with messages", fix)
    names = tool_names(prompt) if isinstance(prompt, dict) else {}
    for key in PREFERENCE_KEYS[1:]:
        if key in row:
            yield from _answer_issues(row[key], key, names)
    if "preferred_output" in row and row["preferred_output"] == row.get("non_preferred_output"):
        fix = "Keep the row only if one answer is better than the other."
        yield issue("identical_outputs", "", "the same answer twice", "two different answers", fix)


def _answer_issues(answers: object, key: str, names: dict) -> Iterator[Issue]:
    if not isinstance(answers, list) or len(answers) != 1:
        found = f"{len(answers)} messages" if isinstance(answers, list) else show(answers)
        fix = "Put one answer there, as a list: a longer chat belongs into input."
        yield issue("not_one_answer", key, found, "a list of one assistant message", fix)
        return
    yield from message_issues(answers[0], f"{key}[0]", text_only=True)
    role = answers[0].get("role") if isinstance(answers[0], dict) else None
    if role == "assistant":
        yield from call_issues(answers, key, names)
    elif role in ROLES:
        fix = 'Give the message the role "assistant".'
        yield issue("not_one_answer", f"{key}[0].role", show(role), '"assistant"', fix)


def _chat_row_issues(row: dict, method: str) -> Iterator[Issue]:
    if "messages" not in row and any(key in row for key in PREFERENCE_KEYS[1:]):
        yield _other_format("a preference row", "a chat row", "dpo")
        return
    if method == "reinforcement":  # Its further keys are the grader's; any name will do, also "functions".
        yield from _chat_issues({key: row[key] for key in row if key != "functions"}, "")
        yield from _ends_with(("user",), row.get("messages"), "")
        return
    yield from _chat_issues(row, "")
    if "messages" not in row:
        return  # The issue before names all keys.
    for key in sorted(row.keys() - CHAT_KEYS):
        yield _unknown_key(key, key, ", ".join(sorted(CHAT_KEYS)))
    if _has_known_roles(row.get("messages")):
        yield from _answered(row["messages"])


def _chat_issues(row: dict, prefix: str, text_only: bool = False) -> Iterator[Issue]:
    """Check what all methods share: the list of messages, the tools and their calls."""
    path, messages = f"{prefix}messages", row.get("messages")
    if not isinstance(messages, list) or not messages:
        keys = f"the keys {show(', '.join(sorted(row)))}" if row else "no key"
        found = show(messages) if "messages" in row else keys
        fix = 'Write the chat as "messages": [{"role": ..., "content": ...}, ...].'
        yield issue("missing_messages_list", path, found, "a list of messages", fix)
        return
    for index, message in enumerate(messages):
        yield from message_issues(message, f"{path}[{index}]", text_only)
    names = {}
    if "tools" in row or "functions" in row:
        names = tool_names(row)
        for found in names.issues:
            yield replace(found, path=prefix + found.path)
    parallel = row.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        fix = "Write true or false, without quotes."
        yield issue("wrong_type", f"{prefix}parallel_tool_calls", show(parallel), "true or false", fix)
    if _has_known_roles(messages):
        yield from call_issues(messages, path, names)
    images = count_images(messages)
    if images > MAX_IMAGES_PER_ROW:
        fix = "Take some out, or make several rows of it."
        yield issue("too_many_images", path, f"{images} images", f"at most {MAX_IMAGES_PER_ROW}", fix)


def _answered(messages: list[dict]) -> Iterator[Issue]:
    answers = [message for message in messages if message["role"] == "assistant"]
    if not answers:
        fix = 'Add the answer that the model should learn, or pass method="reinforcement" if a grader judges.'
        found = f"only {' and '.join(sorted({message['role'] for message in messages}))}"
        expected = "at least one assistant message"
        yield issue("example_missing_assistant_message", "messages", found, expected, fix)
        return
    if messages[-1]["role"] != "assistant":
        path, fix = f"messages[{len(messages) - 1}].role", "End the row with the answer to learn."
        yield issue("last_message_not_assistant", path, show(messages[-1]["role"]), '"assistant"', fix)
    if all(message.get("weight") == 0 for message in answers):
        fix = "Give at least one answer the weight 1, or leave the row out."
        yield issue("no_trained_message", "messages", "weight 0 on every answer", "a trained answer", fix)


def _ends_with(roles: tuple[str, ...], messages: object, prefix: str) -> Iterator[Issue]:
    """Check the end of a prompt; an agent's preference may be its answer to the result of a tool."""
    if _has_known_roles(messages) and messages[-1]["role"] not in roles:
        path = f"{prefix}messages[{len(messages) - 1}].role"
        fix = "End with the question: the answer is sampled, or stands in the outputs of a preference."
        yield issue("last_message_not_user", path, show(messages[-1]["role"]), show(roles[0]), fix)


def _has_known_roles(messages: object) -> bool:
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(isinstance(message, dict) and message.get("role") in ROLES for message in messages)
    )


def _other_format(found: str, expected: str, method: str) -> Issue:
    fix = f'If the file is right, pass method="{method}": here and to the job.'
    return issue("other_format", "", found, expected, fix)


def _unknown_key(key: str, path: str, known: str) -> Issue:
    fix = "Check the spelling, or leave the key out: some services refuse it."
    if key == "system":  # As in Anthropic's API.
        fix = 'Make it the first of the messages, with the role "system": here it is not read.'
    return issue("row_unrecognized_key", path, show(key), f"one of {known}", fix)
