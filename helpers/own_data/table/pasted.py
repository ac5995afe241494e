"""A list of questions and answers as a person writes it, read as pairs."""

import re
from collections.abc import Iterator

from helpers.errors import DatasetError

# How people mark questions and answers in a list; each with a colon, a dot or a bracket after it.
_QUESTIONS = "question|frage|pregunta|domanda|user|human|prompt|input|q|f"
_ANSWERS = "answer|antwort|réponse|respuesta|risposta|assistant|bot|completion|output|a|r"
_MARK = re.compile(
    rf"\s*(?:\d+[.)]\s*)?(?:\*\*)?(?:({_QUESTIONS})|({_ANSWERS}))\s*\d*\s*[:.)](?:\*\*)?\s*", re.I
)


def pasted_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Read a list of questions and answers as a person writes it.

    Args:
        text: "Q: …" and "A: …" (or other words of several languages) on lines of their own; or a tab between
            question and answer; or blocks with an empty line between them; or a question and its answer in
            turn, each question with its sign.

    Yields:
        Question and answer.

    Raises:
        DatasetError: It is no such list; the message says how to write one.
    """
    lines = text.replace("\r\n", "\n").strip().split("\n")
    marks = [_MARK.match(line) for line in lines]
    if sum(bool(mark and mark[1]) for mark in marks) and sum(bool(mark and mark[2]) for mark in marks):
        sides: list[list[str]] = []
        for line, mark in zip(lines, marks, strict=True):
            if mark and mark[1] and (not sides or sides[-1][1:]):
                sides.append([line[mark.end() :]])
            elif mark and mark[2] and sides and len(sides[-1]) == 1:
                sides[-1].append(line[mark.end() :])
            elif sides:
                sides[-1][-1] += f"\n{line}"
        yield from ((side[0].strip(), side[1].strip()) for side in sides if len(side) == 2)
        return
    if all("\t" in line for line in lines if line.strip()):
        yield from (tuple(map(str.strip, line.split("\t", 1))) for line in lines if line.strip())  # type: ignore[misc]
        return
    blocks = [block.strip().split("\n") for block in re.split(r"\n\s*\n", "\n".join(lines)) if block.strip()]
    if len(blocks) > 1 and all(len(block) > 1 for block in blocks):
        yield from ((block[0].strip(), "\n".join(block[1:]).strip()) for block in blocks)
        return
    whole = [line.strip() for line in lines if line.strip()]
    asked = [line.endswith("?") for line in whole]
    if len(whole) % 2 == 0 and all(asked[::2]) and not any(asked[1::2]):
        yield from zip(whole[::2], whole[1::2], strict=True)
    elif all("? " in line for line in whole):
        yield from (
            (f"{left}?", right.strip()) for left, _, right in (line.partition("? ") for line in whole)
        )
    else:
        raise DatasetError(
            f"The list cannot be read as questions and answers. It begins {whole[0][:60]!r}. Begin each "
            'question with "Q:" and each answer with "A:", on lines of their own.'
        )
