"""Look at everything, say what was found, and end in the code word."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from helpers.doctor import installed, machine, setting, shipped
from helpers.doctor.finding import BAD, NOTE, OK, Finding
from helpers.doctor.word import CHECKS, NoCodeWord, decode, encode

ADVICE = {
    "Python": "Python is older than 3.11, or a notebook runs in another environment than the course's .venv",
    "packages": "a package is missing, damaged, or in another version: make clean, then make lab",
    "training": "the training stack is missing or damaged: make clean, then FINETUNE_BACKEND=local make lab",
    "disk": "little room, or a folder that cannot be written: make room, or set FINETUNE_RUNS_DIR",
    "memory": "little memory: close programs; for local, FINETUNE_MODEL=periodic-tiny-2026-11",
    "port": "port 8399 is taken (only `make serve` needs it), or 127.0.0.1 is closed by a firewall or VPN",
    "widgets": "ipywidgets or JupyterLab's part of it is missing: make clean, then make lab",
    "backend": "FINETUNE_BACKEND is no backend, or its key or address is not set",
    "real model": "the real model is damaged, or not installed where local would use it: make real-model",
    "recordings": "recordings or data are damaged (git checkout -- data), or one that is not there is chosen",
}
"""Check to what an instructor should know of it, without the learner's screen."""


def look() -> dict[str, Finding]:
    """Make all checks, in the order of CHECKS. A check that fails itself is a finding, too."""
    local = setting.backend_setting() == "local"
    checks: dict[str, Callable[[], Finding]] = {
        "Python": machine.python,
        "packages": installed.packages,
        "training": lambda: installed.training(local),
        "disk": lambda: machine.disk(local),
        "memory": lambda: machine.memory(local),
        "port": machine.port,
        "widgets": installed.widgets,
        "backend": setting.backend,
        "real model": lambda: shipped.real_model(local),
        "recordings": shipped.recordings,
    }
    return {name: _safely(checks[name]) for name in CHECKS}


def check() -> None:
    """Print whether this computer is ready for the course; each problem with what mends it.

    The last line has a code word for the instructor: the same word is the same state. It holds nothing else
    than which checks are not well, and which backend is chosen.
    """
    say(as_text(look()))


def as_text(findings: dict[str, Finding]) -> str:
    """Return what `check` prints.

    Args:
        findings: What `look` gives.
    """
    lines = []
    for name, finding in findings.items():
        lines.append(f"{finding.level:>5}  {name:<11} {finding.found}")
        if finding.mend:
            lines.append(f"{'':>19}-> {finding.mend}")
    levels = [finding.level for finding in findings.values()]
    ending = {BAD: "Not ready: mend what is marked BAD.", NOTE: "Ready; read the notes.", OK: "Ready."}
    worst = next(level for level in (BAD, NOTE, OK) if level in levels)
    not_well = {name for name, finding in findings.items() if finding.level != OK}
    word = encode(not_well, setting.backend_setting())
    return "\n".join([*lines, "", f"{ending[worst]} Code word: {word}"])


def explain(word: str) -> str:
    """Return what a code word says, for the instructor.

    Args:
        word: As the learner read it out.

    Raises:
        NoCodeWord: No state has this word.
    """
    names, chosen = decode(word)
    lines = [f"{name}: {ADVICE[name]}" for name in names]
    return "\n".join([f"Backend: {chosen}. {'Not well:' if lines else 'All is well.'}", *lines])


def main(arguments: Sequence[str]) -> int:
    """Run `python -m helpers doctor [WORD]`.

    Args:
        arguments: Without them this computer is looked at; a code word is explained.

    Returns:
        0 when the course works here, 1 when not, 2 for a word that is no code word.
    """
    if arguments:
        try:
            say(explain(" ".join(arguments)))
        except NoCodeWord as error:
            say(str(error))
            return 2
        return 0
    findings = look()
    say(as_text(findings))
    return int(any(finding.level == BAD for finding in findings.values()))


def say(text: str) -> None:
    """Print, also on a screen that lacks some letters."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, errors="replace").decode(encoding))


def _safely(looks: Callable[[], Finding]) -> Finding:
    try:
        return looks()
    except Exception as error:
        return Finding(BAD, f"this check failed itself ({type(error).__name__}: {error})",
                       "Please tell the course's authors these lines.")  # fmt: skip
