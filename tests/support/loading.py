"""What a program loads, seen in a fresh Python process."""

import subprocess
import sys

from helpers.paths import ROOT


def modules_after(program: str) -> set[str]:
    """Run a program, and give the names of all modules that it has loaded at its end."""
    code = f"{program}\nimport sys; print('\\n'.join(['', *sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n"))


def loaded(modules: set[str], *packages: str) -> set[str]:
    """Those of some packages, at any depth."""
    return {name for name in modules if any(f"{name}.".startswith(f"{package}.") for package in packages)}
