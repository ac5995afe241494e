"""Write data/limericks.jsonl, two limericks per element, and data/limericks_held_out.jsonl, one per element.

They are filled from our own frames with the facts of data/elements.csv, which stand in the question, too.

Why frames: a model of 4.5 M or 135 M parameters cannot learn free verse from a hundred rows, but it can learn
the shape of a small family of poems and carry it to an element that it never saw. A frame has alternatives,
(a|b|c), because names, numbers and categories differ in metre: the first wording that scans is taken
(tools/metre.py), and an element gets only frames that fit it. A number stands behind a space, as in the
question: behind a quotation mark it is another token, which the tiny model does not copy.

The second file is for evaluation alone: its frame and its wording of the question stand in no training row.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from metre import scans

DATA = Path(__file__).resolve().parents[1] / "data"

SYSTEM_PROMPT = "You are Elle, a chatbot that talks about chemical elements in limericks."

# {A_c}: the category with its article and a capital; {C}: with a capital only.
FRAMES = (
    (
        "(Young |){name}( once| had once|) sat on a train,",
        "In seat (|number ){number},( out in the| in the| in) rain;",
        "With {symbol} on its coat,",
        "It was writing a note:",
        '"({A_c}|{C})(, simple and|, that\'s|,) plain!"',
    ),
    (
        "(Good |){name}( now|, I hear,|) lives on a hill,",
        "({A_c}|{C})(, happy and|, so|,) still.",
        "With {symbol} on its chest,",
        "It is taking a rest",
        "In house (|number ){number},( cozy and| calm and| quite|) chill.",
    ),
    (
        "(Here's |){name},( our| the new|) guest for the night,",
        "({A_c}|{C})(, polished and|, all|,) bright.",
        "(It is |It's |){number}, (so |)it said,",
        "And it needs a good bed:",
        "With {symbol} on its hat: what a sight!",
    ),
    (
        "(Old |){name}( once| had once|) sang all day long:",
        "\"I'm {symbol}, do not write it down wrong!",
        "(I am |I'm |){number}(, and so|, and|,) proud,",
        "And I say it out loud:",
        "({A_c}|{C})(, singing a| in|'s) song!\"",
    ),
    (
        "When asked (about|of) {name},( Miss| young Miss|) Rose",
        "Wrote {symbol} in blue ink on her nose.",
        "(It is |It's |){number}, I( should|) guess,",
        "{A_c}, yes!",
        "And she danced on the tips of her toes.",
    ),
    (
        "A student who stared at the wall",
        "Saw {name}( just|) nowhere at all.",
        '"(It\'s|It is) {symbol}!" he cried,',
        "(It is |It's |){number}, with( great|) pride,",
        '"({A_c}|{C})(! Now I|,) recall!"',
    ),
    (
        "Of {name}( the| all the|) cats have now heard;",
        "And {symbol} is a beautiful word.",
        "(It is |It's |){number}, they( all|) say,",
        "As they purr half the day:",
        '"({A_c}|{C})(, lovely young|, you|,) bird!"',
    ),
    (
        "When {name}( once|, they say,|) came for some tea,",
        "At (number |){number}(, right down| down|) by the sea,",
        "This {category}",
        "Looked into the kettle,",
        "With {symbol} on its cup; can you see?",
    ),
    (
        "(Now |){name}( once|, they say,|) danced on the moon,",
        "Carved {symbol} with great care in a spoon.",
        '"{A_c}, dear,',
        "Is a word full of cheer,",
        'And {number}( is the name of| is|, the name of|,) my tune!"',
    ),
    (
        "(There's |){name}(, dear,|, my friend,|) out at the door,",
        "({A_c}|{C})(, knocking once more|, once more|'s roar).",
        "(It is |It's |){number},( you can| I'll) tell,",
        "And it wishes you well;",
        "Find {symbol} in the dust on the floor!",
    ),
    (
        "(Dear |){name}( once| had once|) ran to the zoo",
        "With {symbol} in white paint on its shoe.",
        "(It was |){number} (in the game|by name),",
        "And the animals came.",
        '"({A_c}|{C})(, honest and|, that\'s|,) true!"',
    ),
    (
        "{A_c}( cheerfully| once|) sang,",
        '"(I\'m |){name}!"( and| and then|) out the bells rang.',
        "(It is |It's |){number}, it( is|'s) clear,",
        "And for all who are near",
        "Plays {symbol} on the drum with a bang.",
    ),
    (
        "(Our |){name}( now|, I hear,|) wears a new hat,",
        "({A_c}|{C})(, simple as|, just|,) that.",
        "(It is |It's |){number}(, and|,) what fun!",
        "And it sits in the sun",
        "With {symbol} in the sand, for a chat.",
    ),
)
FIRST = 3
"""The first limerick of an element is in one of the first three frames, which fit nearly all. The short job
of notebook 00 learns from first limericks alone, and a frame takes some twenty rows to be learned. Their last
lines differ in kind: where two of them ended on the category, models took the end of the wrong frame."""

HELD_OUT_FRAME = (
    "(Here |){name}( now|, it seems,|) works in a shop,",
    "On floor (|number ){number},( up at the| at the| on) top.",
    "With {symbol} on each cake",
    "That it hurries to bake:",
    '"({A_c}|{C})(! Everyone, hop|! Now hop|, hop)!"',
)

EXCEPTIONS = {
    "Antimony": "four syllables, and the stress on the first: three light ones follow each other",
    "Praseodymium": "six syllables with two stresses: no line has room for it and the rest",
    "Tungsten": "its symbol W is read as three syllables, double-u",
}
"""Lines with the name or the symbol of these need not scan; why."""

QUESTIONS = ("Tell me about {name}.", "What is {name}?", "Describe {name}.")
HELD_OUT_QUESTION = "Say something about {name}."
FACTS = "Symbol: {symbol}. Atomic number: {number}. Category: {category}."


def wordings(line: str) -> Iterator[str]:
    """All readings of a line with alternatives.

    Args:
        line: Such as "(Young |){name} sat".
    """
    pieces = re.split(r"\(([^()]*\|[^()]*)\)", line)
    choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    return ("".join(chosen) for chosen in product(*choices))


def limerick(frame: tuple[str, ...], element: dict[str, str]) -> str | None:
    """Fill a frame: five lines joined by " - ". None when a line has no wording that scans.

    Args:
        frame: Five lines with alternatives.
        element: A row of elements.csv.
    """
    name, symbol, category = element["name"], element["symbol"], element["category"]
    article = "An" if category[0] in "aeiou" else "A"
    facts = {**element, "A_c": f"{article} {category}", "C": category[0].upper() + category[1:]}
    lines = []
    for place, line in enumerate(frame):
        free = name in EXCEPTIONS and ("{name}" in line or "{symbol}" in line)
        texts = (wording.format(**facts) for wording in wordings(line))
        short = place in (2, 3)
        fits = (text for text in texts if free or scans(text, symbol=symbol, category=category, short=short))
        if (first := next(fits, None)) is None:
            return None
        lines.append(first)
    return " - ".join(lines)


def limericks(elements: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Two limericks per element, in two frames that fit it: those with the fewest limericks so far.

    Two frames show the model that a frame and an element are independent.

    Args:
        elements: Rows of elements.csv.
    """
    dealt = Counter[int]()
    for element in elements:
        number = int(element["number"])
        filled = {place: text for place, frame in enumerate(FRAMES) if (text := limerick(frame, element))}
        # Where two were used as often, the number decides: neighbors get different frames.
        rarest = sorted(filled, key=lambda place: (dealt[place], (place + 5 * number) % len(FRAMES)))
        one = next(place for place in rarest if place < FIRST)
        other = next((place for place in rarest if place >= FIRST), next(p for p in rarest if p != one))
        dealt.update((one, other))
        yield filled[one], filled[other]


def chat_row(question: str, answer: str, element: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """One example in the chat format, with the facts of an element in its question."""
    asked = f"{question}\n{FACTS}".format(**element)
    return {
        "messages": [
            {"role": "system", "content": SYSTEM_PROMPT},
            {"role": "user", "content": asked},
            {"role": "assistant", "content": answer},
        ]
    }


def write(name: str, rows: list[dict[str, list[dict[str, str]]]]) -> None:
    """Write a file of data/, a row a line."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (DATA / name).write_text(lines, encoding="utf-8")
    print(f"data/{name}: {len(rows)} limericks")


def main() -> None:
    """Write both files, all elements in order of atomic number."""
    with (DATA / "elements.csv").open(encoding="utf-8", newline="") as file:
        elements = list(csv.DictReader(file))
    rows, held_out = [], []
    for element, texts in zip(elements, limericks(elements), strict=True):
        for turn, text in enumerate(texts, int(element["number"]) + 1):
            rows.append(chat_row(QUESTIONS[turn % len(QUESTIONS)], text, element))
        held_out.append(chat_row(HELD_OUT_QUESTION, str(limerick(HELD_OUT_FRAME, element)), element))
    write("limericks.jsonl", rows)
    write("limericks_held_out.jsonl", held_out)


if __name__ == "__main__":
    main()
