"""The templates in a grader's texts: `{{ item.answer }}`, `{{ sample.output_json.facts[0] }}`.

Syntax and namespaces are those of OpenAI's guide to graders (read 2026-11).
"""

import json
import re
from typing import Any

_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_STEPS = r"\.([^\s.\[\]{}]+)|\[(\d{1,9})\]"
_PATH = re.compile(rf"(item|sample)((?:{_STEPS})+)")
_MISSING = object()
# A text that repeats a long answer many times would fill the memory of the server.
_MAX_CHARACTERS = 1_000_000


class UnknownPath(ValueError):
    """A template names something that the item or the sample does not have."""


class TooLong(ValueError):
    """The text is too long once its templates are filled in."""


def sample_of(text: str) -> dict[str, Any]:
    """Make the `sample` namespace for one answer of a model.

    Args:
        text: The answer.

    Returns:
        output_text, choices and output_tools; output_json as well if the answer is valid JSON.
    """
    message = {"role": "assistant", "content": text, "refusal": None}
    sample: dict[str, Any] = {
        "output_text": text,
        "choices": [{"index": 0, "message": message}],
        "output_tools": [],
    }
    try:
        return sample | {"output_json": json.loads(text)}
    except (ValueError, RecursionError):
        return sample


def faulty(text: str) -> str | None:
    """Find the first template of a text that can never be filled in, or None."""
    inside = (match.strip() for match in _TEMPLATE.findall(text))
    return next((path for path in inside if not _PATH.fullmatch(path)), None)


def fill(text: str, names: dict[str, Any]) -> str:
    """Put values in the place of templates. What is not text appears as JSON.

    Args:
        text: With or without templates.
        names: The namespaces, `item` and `sample`.

    Returns:
        The text without templates.

    Raises:
        UnknownPath: The message is the path that was not found.
        TooLong: The result would have more than a million characters.
    """
    size = len(text)

    def replacement(match: re.Match[str]) -> str:
        nonlocal size
        value = _value(match[1].strip(), names)
        size += len(value)
        if size > _MAX_CHARACTERS:
            raise TooLong(f"Filled in, the text has more than {_MAX_CHARACTERS:,} characters.")
        return value

    return _TEMPLATE.sub(replacement, text)


def _value(path: str, names: dict[str, Any]) -> str:
    match = _PATH.fullmatch(path)
    if match is None:
        raise UnknownPath(path)
    value = names[match[1]]
    for key, index in re.findall(_STEPS, match[2]):
        value = _step(value, key, index)
        if value is _MISSING:
            raise UnknownPath(path)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _step(value: Any, key: str, index: str) -> Any:  # noqa: ANN401 - it is JSON
    if index:
        return value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING
    return value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
