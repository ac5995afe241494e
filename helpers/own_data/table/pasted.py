"""A list of questions and answers as a person writes it, read as pairs."""

import re
from collections.abc import Iterator

from helpers.errors import DatasetError

# How people mark questions and answers in a list; each with a colon, a dot or a bracket after it.
_QUESTIONS = "question|frage|pregunta|pergunta|domanda|user|human|prompt|input|q|f"
_ANSWERS = "answer|antwort|réponse|respuesta|resposta|risposta|assistant|bot|completion|output|a|r"
_MARK = re.compile(
    r"\s*(?:[-*•>]\s+|\#{1,6}\s+)?(?:\d+[.)]\s*)?(?:\*\*)?"
    rf"(?:({_QUESTIONS})|({_ANSWERS}))\s*\d*\s*[:.)](?:\*\*)?\s*",
    re.I,
)
_NUMBER = re.compile(r"\s*\d+[.)]\s+")
_HEADING = re.compile(r"\s*(?:#{1,6}\s.*|[-*_=]{3,}\s*|)")
_HEADING_WORDS = 8
_ENDS = tuple(".!?。！？:")
_Line = tuple[int, str]


def pasted_pairs(text: str, left: list[_Line] | None = None) -> Iterator[tuple[str, str]]:
    """Read a list of questions and answers as a person writes it.

    Args:
        text: "Q: …" and "A: …" (or other words of several languages) on lines of their own; or a tab between
            question and answer; or blocks with an empty line between them; or a question and its answer in
            turn, each question with its sign. Headings may stand between the pairs.
        left: Gets the lines that belong to no pair, such as headings, each with its number.

    Yields:
        Question and answer.

    Raises:
        DatasetError: It is no such list; the message says how to write one.
    """
    left = [] if left is None else left
    lines = list(enumerate(text.replace("\r\n", "\n").split("\n"), start=1))
    if has_marks(text):
        yield from _marked(lines, left)
        return
    filled = [line.strip() for _, line in lines if line.strip()]
    if filled and all("\t" in line for line in filled):
        yield from (tuple(map(str.strip, line.split("\t", 1))) for line in filled)  # type: ignore[misc]
        return
    blocks = _blocks(lines)
    if len(blocks) > 1 and all(len(block) > 1 for block in blocks):
        yield from _numbers_off([(block[0][1].strip(), _joined(block[1:])) for block in blocks])
        return
    asked = [_is_asked(block) for block in blocks]
    if sum(asked) > 1:
        yield from _numbers_off(_with_headings(blocks, asked, left))
        return
    ends = [line.endswith("?") for line in filled]
    if filled and len(filled) % 2 == 0 and all(ends[::2]) and not any(ends[1::2]):
        yield from _numbers_off(list(zip(filled[::2], filled[1::2], strict=True)))
    elif filled and all("? " in line for line in filled):
        yield from (
            (f"{left}?", right.strip()) for left, _, right in (line.partition("? ") for line in filled)
        )
    else:
        first = filled[0][:60] if filled else ""
        raise DatasetError(
            f"The list cannot be read as questions and answers. It begins {first!r}. Begin "
            'each question with "Q:" and each answer with "A:", on lines of their own; or write each pair on '
            "one line, with a tab between question and answer."
        )


def has_marks(text: str) -> bool:
    """Tell whether a text marks its questions and its answers, as in "Q: …" and "A: …"."""
    marks = [mark for line in text.split("\n") if (mark := _MARK.match(line))]
    return any(mark[1] for mark in marks) and any(mark[2] for mark in marks)


def _marked(lines: list[_Line], left: list[_Line]) -> Iterator[tuple[str, str]]:
    pairs: list[list[list[_Line]]] = []
    for number, line in lines:
        mark = _MARK.match(line)
        rest = (number, _bold_off(line, mark)) if mark else (number, line)
        if mark and mark[1] and (not pairs or pairs[-1][1:]):
            pairs.append([[rest]])
        elif mark and mark[2] and pairs and len(pairs[-1]) == 1:
            pairs[-1].append([rest])
        elif pairs:
            pairs[-1][-1].append((number, line))
        elif line.strip():
            left.append((number, line.strip()))
    for pair in pairs:
        if len(pair) == 2:
            _heading_off(pair[1], left)
            yield _joined(pair[0]), _joined(pair[1])
        else:
            left += [(number, line.strip()) for number, line in pair[0] if line.strip()]


def _bold_off(line: str, mark: re.Match[str]) -> str:
    """Return what stands after a mark; in "**Q: What?**" the two stars at the end belong to the mark."""
    rest = line[mark.end() :]
    return rest.rstrip().removesuffix("**") if mark[0].count("**") == 1 else rest


def _heading_off(answer: list[_Line], left: list[_Line]) -> None:
    """Take the headings and rules at the end of an answer away: they belong to the pairs below."""
    start = len(answer)
    while start > 1 and _HEADING.fullmatch(answer[start - 1][1]):
        start -= 1
    if start < len(answer) and not answer[start][1].strip():
        left += [(number, line.strip()) for number, line in answer[start:] if line.strip()]
        del answer[start:]


def _blocks(lines: list[_Line]) -> list[list[_Line]]:
    """Return the lines in blocks, as the empty lines part them."""
    blocks: list[list[_Line]] = [[]]
    for line in lines:
        if line[1].strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _is_asked(block: list[_Line]) -> bool:
    return len(block) > 1 and block[0][1].strip().endswith(("?", "？"))


def _with_headings(blocks: list[list[_Line]], asked: list[bool], left: list[_Line]) -> list[tuple[str, str]]:
    """Read blocks of which some are headings, and others go on with the answer above."""
    pairs: list[tuple[str, str]] = []
    for block, is_asked in zip(blocks, asked, strict=True):
        text = _joined(block)
        short = len(block) == 1 and len(text.split()) <= _HEADING_WORDS and not text.endswith(_ENDS)
        if is_asked:
            pairs.append((block[0][1].strip(), _joined(block[1:])))
        elif pairs and not short and not _HEADING.fullmatch(text):
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\n\n{text}")
        else:
            left += [(number, line.strip()) for number, line in block]
    return pairs


def _numbers_off(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Take the numbers from questions that are counted: "1. What?" is asked as "What?"."""
    if sum(bool(_NUMBER.match(question)) for question, _ in pairs) * 5 < 4 * len(pairs):
        return pairs
    return [(_NUMBER.sub("", question, count=1), answer) for question, answer in pairs]


def _joined(lines: list[_Line]) -> str:
    return "\n".join(line for _, line in lines).strip()
