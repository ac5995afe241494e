"""Rows of the older prompt/completion format, as chat rows.

The format belonged to models that are closed. Its guide (OpenAI, "Fine-tuning", 2022) asked for
a fixed mark at the end of every prompt, and for another one at the end of every completion.
In a chat the roles do this work, so a mark that *all* rows share is taken away.
"""

from collections.abc import Iterable, Mapping

from finetune_dataset.chat import is_legacy
from finetune_dataset.errors import DatasetError

# What `openai tools fine_tunes.prepare_data` offered to add (openai 0.28.1, `validators.py`),
# and "###" of the guide. Spaces and line breaks around them are ignored.
PROMPT_ENDS = ("->", "###", "===", "---", "===>", "--->")
COMPLETION_ENDS = (" END", "###", "***", "+++", "&&&", "$$$", "@@@", "%%%")


def shared_end(texts: Iterable[str], ends: Iterable[str]) -> str:
    """Return the longest of the given marks with which every text ends; "" if there is none."""
    shared, seen = set(ends), False
    for text in texts:
        seen, stripped = True, text.strip()
        shared = {end for end in shared if stripped.endswith(end)}
    return max(shared, key=len) if seen and shared else ""


def chat_row(row: Mapping[str, str], prompt_end: str = "", completion_end: str = "") -> dict:
    """Return one prompt/completion row as a user message and an assistant message.

    Outer spaces go: a completion of the old format had to start with one.

    Args:
        row: A row for which `is_legacy` is true.
        prompt_end: The mark that every prompt of the file ends with, see `shared_end`.
        completion_end: The same for the completions.
    """
    prompt = row["prompt"].strip().removesuffix(prompt_end).strip()
    completion = row["completion"].strip().removesuffix(completion_end).strip()
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": completion},
        ]
    }


def rows_from_prompts(rows: Iterable[Mapping], system: str | None = None) -> list[dict]:
    """Convert prompt/completion rows to chat rows, which today's services ask for.

    A mark that ends every prompt ("\\n\\n###\\n\\n", " ->") or every completion (" END") is taken away.
    A prompt that holds a whole conversation stays one user message: only you know where its turns end.

    Args:
        rows: For example `read_jsonl(path)` of an old file.
        system: A system message to put first; none if None.

    Returns:
        One row per row. Save them with `write_jsonl`.

    Raises:
        DatasetError: A row is not a prompt and a completion; the message names the first one.
    """
    rows = list(rows)
    for number, row in enumerate(rows, start=1):
        if not is_legacy(row):
            raise DatasetError(
                f"Row {number} has the keys {', '.join(map(str, row)) or '(none)'}; expected prompt and "
                "completion, both text. Use rows_from_table for other column names."
            )
    prompt_end = shared_end((row["prompt"] for row in rows), PROMPT_ENDS)
    completion_end = shared_end((row["completion"] for row in rows), COMPLETION_ENDS)
    first = [{"role": "system", "content": system}] if system else []
    chats = [chat_row(row, prompt_end, completion_end) for row in rows]
    return [{"messages": [*first, *chat["messages"]]} for chat in chats]
