"""Rows of the older prompt/completion format, as chat rows.

The format belonged to models that are closed. Its guide (OpenAI, "Fine-tuning", 2022) asked for
a fixed mark at the end of every prompt, and for another one at the end of every completion.
In a chat the roles do this work, so a mark that *all* rows share is taken away.
"""

from collections.abc import Iterable, Mapping

from finetune_dataset.chat import JsonObject

# What `openai tools fine_tunes.prepare_data` offered to add (openai 0.28.1, `validators.py`),
# and "###" of the guide. Spaces and line breaks around them are ignored.
PROMPT_ENDS = ("->", "###", "===", "---", "===>", "--->")
COMPLETION_ENDS = (" END", "###", "***", "+++", "&&&", "$$$", "@@@", "%%%")


def shared_end(texts: Iterable[str], ends: Iterable[str]) -> str:
    """Return the longest of the given marks with which every text ends.

    Args:
        texts: All prompts, or all completions, of a file.
        ends: The marks to look for.

    Returns:
        The mark; "" if there is none.
    """
    shared, seen = set(ends), False
    for text in texts:
        seen, stripped = True, text.strip()
        shared = {end for end in shared if stripped.endswith(end)}
    return max(shared, key=len) if seen and shared else ""


def chat_row(row: Mapping[str, str], prompt_end: str = "", completion_end: str = "") -> JsonObject:
    """Return one prompt/completion row as a user message and an assistant message.

    Outer spaces go: a completion of the old format had to start with one.

    Args:
        row: A row for which `is_legacy` is true.
        prompt_end: The mark that every prompt of the file ends with, see `shared_end`.
        completion_end: The same for the completions.

    Returns:
        The chat row.
    """
    prompt = row["prompt"].strip().removesuffix(prompt_end).strip()
    completion = row["completion"].strip().removesuffix(completion_end).strip()
    return {
        "messages": [
            {"role": "user", "content": prompt},
            {"role": "assistant", "content": completion},
        ]
    }
