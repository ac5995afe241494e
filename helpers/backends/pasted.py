"""Take a short text as it was meant: what a copy brought along with a key or an address is removed."""

import os
import re
from dataclasses import dataclass

from helpers.errors import BackendUnavailable

_MARKS = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
"""Characters without a width: the byte order mark, and what web pages put between letters."""

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"
_BEARER = re.compile(r"(?:authorization\s*:\s*)?bearer(?:\s+|$)", re.IGNORECASE)
_ASSIGNED = re.compile(r"(?:export\s+|set\s+|\$env:)?[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|URL|ENDPOINT|MODEL)\s*=\s*")
_QUOTED = re.compile(rf"([{_QUOTES}])([^{_QUOTES}]*)[{_QUOTES}]\s*(#.*)?", re.DOTALL)
_COMMENT = re.compile(r"(?:^|\s+)#.*", re.DOTALL)


@dataclass(frozen=True)
class Pasted:
    """A text, and what stood around it.

    Attributes:
        text: What was meant; "" where there is nothing.
        removed: Names of what was removed, such as "a line break", in the order of the removal.
    """

    text: str
    removed: tuple[str, ...]


def cleaned(raw: str) -> Pasted:
    """Remove what stands around a key or an address, and name it; its inside stays as it is.

    Args:
        raw: As it was found in the environment, a file, a secret or a prompt.

    Returns:
        The text, and what was removed.
    """
    removed: dict[str, None] = {}
    text, before = raw, None
    while text != before:
        before = text
        for take in (_blanks, _marks, _bearer, _assigned, _quoted, _comment, _signs):
            text, name = take(text)
            if name:
                removed[name] = None
    return Pasted(text, tuple(removed) if text else ())


def required(variable: str, hint: str) -> str:
    """Return what an environment variable holds, as it was meant.

    Args:
        variable: Its name.
        hint: What it should be, for the message.

    Raises:
        BackendUnavailable: It is not set, or empty.
    """
    pasted = cleaned(os.environ.get(variable, ""))
    if not pasted.text:
        raise BackendUnavailable(f"The environment variable {variable} is not set. It should be {hint}.")
    if pasted.removed:
        print(f"{variable}: removed around its value: {', '.join(pasted.removed)}.")
    return pasted.text


def _blanks(text: str) -> tuple[str, str]:
    bare = text.strip()
    around = text.replace(bare, "", 1) if bare else ""
    return bare, "" if not around else "a line break" if set("\r\n") & set(around) else "spaces"


def _marks(text: str) -> tuple[str, str]:
    bare = text.strip(_MARKS)
    return bare, "an invisible mark" if bare != text else ""


def _bearer(text: str) -> tuple[str, str]:
    found = _BEARER.match(text)
    return (text[found.end() :], '"Bearer"') if found else (text, "")


def _assigned(text: str) -> tuple[str, str]:
    found = _ASSIGNED.match(text)
    return (text[found.end() :], "the name of the variable") if found else (text, "")


def _quoted(text: str) -> tuple[str, str]:
    if found := _QUOTED.fullmatch(text):
        return found[2], "quotes and a comment" if found[3] else "quotes"
    bare = text.strip(_QUOTES)  # One that was lost on the way.
    return bare, "quotes" if bare != text else ""


def _comment(text: str) -> tuple[str, str]:
    bare = _COMMENT.sub("", text)
    return bare, "a comment" if bare != text else ""


def _signs(text: str) -> tuple[str, str]:
    bare = text.rstrip(",;")
    return bare, "a comma" if bare != text else ""
