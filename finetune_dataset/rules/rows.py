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
from itertools import chain
from typing import Literal, TypeAlias, get_args

from finetune_dataset.chat import (
    CHAT_KEYS,
    PREFERENCE_KEYS,
    PREFERRED,
    REJECTED,
    JsonObject,
    is_legacy,
)
from finetune_dataset.errors import FineTuneError
from finetune_dataset.formats.build import UnclearError
from finetune_dataset.formats.table import Format, format_of
from finetune_dataset.rules.chats import (
    answered,
    chat_issues,
    ends_with,
    has_known_roles,
    other_format,
    unknown_key,
)
from finetune_dataset.rules.issues.issue import Issue, IssueLog, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.preferences import preference_issues

Method: TypeAlias = Literal["supervised", "dpo", "reinforcement"]
"""How rows train: chats that end in an answer, a prompt and two answers, or prompts for a grader."""

METHODS: tuple[str, ...] = get_args(Method)


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
    elif method == "dpo" and all(key in row for key in PREFERENCE_KEYS):
        yield from preference_issues(row)
    elif method != "dpo" and isinstance(row.get("messages"), list):
        issues = _chat_row_issues(row, method)
        if (first := next(issues, None)) is None:
            return
        # The messages of another program have issues, so good rows need not be asked whose they are.
        found = format_of(row, method)
        yield from [_foreign(row, method, *found)] if found else chain([first], issues)
    elif found := format_of(row, method):
        yield _foreign(row, method, *found)
    elif method == "dpo":
        yield from preference_issues(row)
    else:
        yield from _chat_row_issues(row, method)


def _foreign(row: JsonObject, method: str, name: str, form: Format) -> Issue:
    """Name the format of a row, and say what to do; what is advised gives a row without errors."""
    shape = "a preference row" if form.method == "dpo" else "a chat row"
    try:
        issues = _row_issues(form.convert(row), form.method)
        wrong = next((each for each in issues if each.severity == "error"), None)
    except UnclearError as error:
        fix = str(error)
    else:
        fix = f"Run repair_dataset: it writes {shape}."
        if wrong:
            place = f" at {wrong.path}" if wrong.path else ""
            fix = f"As {shape} it has a fault{place}: {wrong.detail}. {wrong.fix}"
        elif form.method != method:
            fix = (
                f'If the file is right, pass method="{form.method}": here and to the job; '
                f'repair_dataset(path, out, method="{form.method}") converts it.'
            )
            if form.method == "reinforcement":
                fix = f'Write the answer as "completion". {fix}'
    if form.method != method:
        expected = "a preference row" if method == "dpo" else "a chat row"
        kind = {"dpo": "a preference", "reinforcement": "a prompt without an answer"}.get(
            form.method, "a chat"
        )
        return issue("other_format", "", f"{kind} in the format {name}", expected=expected, fix=fix)
    if is_legacy(row) and name.startswith("TRL"):
        return issue("legacy_prompt_completion", "", "the keys prompt and completion", fix=fix)
    return issue("foreign_format", "", f"the format {name}", expected=f"{shape} of the chat API", fix=fix)


def _chat_row_issues(row: JsonObject, method: str) -> Iterator[Issue]:
    if "messages" not in row and (PREFERRED in row or REJECTED in row):
        yield other_format("a preference row", "a chat row", "dpo")
        return
    if method == "reinforcement":  # Its further keys are the grader's; any name will do, also "functions".
        yield from chat_issues({key: row[key] for key in row if key != "functions"}, "")
        yield from ends_with(("user",), row.get("messages"), "")
        return
    yield from chat_issues(row, "")
    if "messages" not in row:
        return  # The issue before names all keys.
    for key in sorted(row.keys() - set(CHAT_KEYS)):
        yield unknown_key(key, key, ", ".join(sorted(CHAT_KEYS)))
    if has_known_roles(row["messages"]):
        yield from answered(row["messages"])
