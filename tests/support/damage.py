"""Ways in which a JSON file on somebody's disk breaks, whatever it holds."""

import os
from collections.abc import Callable
from pathlib import Path


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _gone_target(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nothing-here"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _cut(path: Path) -> None:
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_bytes(b" \n\n"),
    "cut off": _cut,
    "not JSON": lambda path: path.write_text("<html>Log in</html>"),
    "conflict marks": lambda path: path.write_text(f"<<<<<<< HEAD\n{path.read_text()}"),
    "two documents": lambda path: path.write_text(path.read_text() * 2),
    "not UTF-8": lambda path: path.write_bytes(b'{"label": "\xe9t\xe9"}'),
    "UTF-16": lambda path: path.write_bytes(path.read_text().encode("utf-16")),
    "zeros": lambda path: path.write_bytes(b"\0" * 512),
    "a list": lambda path: path.write_text("[]"),
    "null": lambda path: path.write_text("null"),
    "a text": lambda path: path.write_text('"text"'),
    "a number": lambda path: path.write_text("7"),
    "a huge number": lambda path: path.write_text('{"id": ' + "9" * 5000 + "}"),
    "nested too deeply": lambda path: path.write_text("[" * 100_000),
    "half a character": lambda path: path.write_text('{"id": "\\ud83d"}'),
    "a folder": _folder,
    "a link to nothing": _gone_target,
    "a pipe": _pipe,
}
"""Name → what damages the file at a path."""
