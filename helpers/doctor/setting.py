"""What is set: the backend, and the keys and addresses that it needs."""

from __future__ import annotations

import os
import re
import sys

from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.word import SETTINGS
from helpers.paths import env_file

NEEDS = {
    "openai": (("OPENAI_API_KEY", True),),
    "azure": (("AZURE_OPENAI_ENDPOINT", False), ("AZURE_OPENAI_API_KEY", True)),
    "compatible": (("FINETUNE_BASE_URL", False), ("FINETUNE_MODEL", False), ("FINETUNE_API_KEY", True)),
}
"""Backend to its variables; True for keys, which may also stand in .env or in Colab's secrets."""


def backend_setting() -> str:
    """Return the chosen backend: one of SETTINGS, "unknown" for a name that the course does not know."""
    asked = (os.environ.get("FINETUNE_BACKEND") or "replay").lower()
    return asked if asked in SETTINGS else "unknown"


def backend() -> Finding:
    """Look at FINETUNE_BACKEND, and at what the chosen backend needs. Nothing is asked of a service."""
    setting = backend_setting()
    if setting == "unknown":
        names = ", ".join(SETTINGS[:-1])
        return Finding(BAD, f"FINETUNE_BACKEND is {os.environ['FINETUNE_BACKEND']!r}",
                       f"Set it to one of {names}, or unset it: that is replay.")  # fmt: skip
    needs = NEEDS.get(setting, ())
    missing = [(name, is_key) for name, is_key in needs if not _is_there(name, is_key)]
    if not missing:
        there = f", with {' and '.join(name for name, _ in needs)}" if needs else ""
        return Finding(OK, f"{setting}{there}")
    names = " and ".join(name for name, _ in missing)
    keys = [name for name, is_key in missing if is_key]
    way_out = f"Set {names} in the environment"
    if keys:
        way_out += f"; a key may also stand in {env_file()} ({keys[0]}=...), or a notebook asks for it"
    only_keys = len(keys) == len(missing)
    return Finding(NOTE if only_keys else BAD, f"{setting}, without {names}", f"{way_out}.")


def _is_there(name: str, is_key: bool) -> bool:
    if os.environ.get(name, "").strip():
        return True
    return is_key and (_in_env_file(name) or _in_colab(name))


def _in_env_file(name: str) -> bool:
    """Look for a line NAME=value; the value itself is not kept."""
    try:
        raw = env_file().read_bytes()
    except OSError:
        return False
    # PowerShell writes UTF-16 with a mark.
    utf16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = raw.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
    return bool(re.search(rf"^\s*(export\s+)?{name}\s*=\s*\S", text, re.MULTILINE))


def _in_colab(name: str) -> bool:
    if "google.colab" not in sys.modules:
        return False
    try:
        from google.colab import userdata

        return bool(userdata.get(name))
    except Exception:
        return False
