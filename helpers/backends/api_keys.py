"""Find an API key, and take it as it was meant, without printing or storing it."""

import os
import re
import sys
from getpass import getpass

from helpers.backends.pasted import Pasted, cleaned
from helpers.errors import BackendUnavailable
from helpers.paths import env_file

_NOT_SENT = re.compile(r"[^\x21-\x7e]")
"""What no key holds: a header carries visible ASCII (RFC 9110, section 5.5), and keys have no blanks."""


def find_key(name: str) -> str:
    """Return the key `name` from the environment, Colab's secrets, the file .env, or a prompt.

    A source that is empty or fails is passed over. What a copy brought along (blanks, line ends, quotes,
    "Bearer", a comment) is removed, and one printed line says so; it never shows the key.

    Args:
        name: The variable, such as "OPENAI_API_KEY".

    Raises:
        BackendUnavailable: The key is nowhere and nobody typed one, or no header can carry it.
    """
    told: list[str] = []
    for source, read in (
        ("the environment", os.environ.get),
        ("Colab's secrets", _from_colab),
        (str(env_file()), _from_env_file),
        ("the prompt", _from_prompt),
    ):
        try:
            found = read(name)
        except Exception as error:
            # The secrets of Colab need its own page; elsewhere, as under VS Code, they time out.
            print(f"{name}: {source} cannot be read ({type(error).__name__}); looking further.")
            told.append(f"{source} cannot be read")
            continue
        pasted = cleaned(found or "")
        if pasted.text:
            return _usable(name, source, pasted)
        told.append(f"{source} has it without a value" if found is not None else f"not in {source}")
    raise BackendUnavailable(
        f"{name} was not found: {', '.join(told)}. Set it, or set FINETUNE_BACKEND=local, which needs no key."
    )


def _usable(name: str, source: str, pasted: Pasted) -> str:
    if wrong := _NOT_SENT.search(pasted.text):
        raise BackendUnavailable(
            f"{name} from {source} cannot be a key: character {wrong.start() + 1} of {len(pasted.text)} is "
            f"U+{ord(wrong[0]):04X}, and a request can only carry visible ASCII characters in a key. "
            "Copy the key again, in one piece."
        )
    if pasted.removed:
        print(f"{name} from {source}: removed around the key: {', '.join(pasted.removed)}.")
    return pasted.text


def _from_colab(name: str) -> str | None:
    if "google.colab" not in sys.modules:
        return None
    from google.colab import userdata

    try:
        found = userdata.get(name)
    except Exception as error:
        if type(error).__name__ == "SecretNotFoundError":
            return None
        raise
    return None if found is None else str(found)


def _from_env_file(name: str) -> str | None:
    """Read the first line that gives the variable a value; "" where every such line is empty."""
    file = env_file()
    if not file.is_file():
        return None
    raw = file.read_bytes()
    # PowerShell writes UTF-16 with a mark, some editors UTF-8 with one.
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    empty = None
    for line in raw.decode("utf-16" if utf16 else "utf-8-sig").splitlines():
        variable, sign, value = line.strip().removeprefix("export ").partition("=")
        if not sign or variable.strip() != name:
            continue
        if cleaned(value).text:
            return value
        empty = ""
    return empty


def _from_prompt(name: str) -> str | None:
    try:
        return getpass(f"{name} (not shown, not stored): ")
    except (EOFError, NotImplementedError, OSError):  # No terminal; a kernel without input raises the second.
        return None
