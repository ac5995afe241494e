"""Check files before they are committed: `python tools/check_files.py FILE ...`; pre-commit calls it.

Three things that one cannot take back once they are in git: the state of widgets in a notebook (with it
GitHub refuses to show the file), an API key in a notebook or a recording, and a large file.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

MEGABYTES = 1
"""How large a new file may be. The largest text of the course, a recording, has 0.85 MB."""

# Keys whose maker documents a prefix, as services print them: OpenAI and its like, Hugging Face, GitHub, AWS.
# The examples that the makers publish are no keys.
_KEY = re.compile(
    r"\b(?:sk-(?!redacted)[\w-]{20,}|hf_[A-Za-z0-9]{34}|gh[pousr]_[A-Za-z0-9]{36}|(?:AKIA|ASIA)[A-Z2-7]{16}\b)"
    r"(?<!EXAMPLE)"
)


def problems(path: Path) -> Iterator[str]:
    """Yield what speaks against committing a file, each in one sentence.

    Args:
        path: The file. Only notebooks and JSON files are searched for keys.

    Yields:
        The problem, what is to do, and never the key itself.
    """
    megabytes = path.stat().st_size / 1e6
    if megabytes > MEGABYTES:
        yield f"{megabytes:.1f} MB; a file has at most {MEGABYTES} MB. Make it smaller, or with a program."
    if path.suffix not in (".ipynb", ".json", ".jsonl"):
        return
    text = path.read_text(encoding="utf-8")
    for key in _KEY.findall(text):
        yield f"an API key ({key[:4]}…). Remove it, and revoke it where it was made."
    if path.suffix == ".ipynb" and "widgets" in json.loads(text)["metadata"]:
        yield "the state of widgets. Run `make notebooks`, or clear it in Jupyter before you save."


def main(names: Sequence[str]) -> int:
    """Print the problems of some files.

    Args:
        names: Their paths.

    Returns:
        0 when there is nothing to say, 1 otherwise.
    """
    found = [f"{name}: {problem}" for name in names for problem in problems(Path(name))]
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
