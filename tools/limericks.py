"""Write data/limericks.jsonl: two limericks per element, from our own frames and data/elements.csv.

Why frames: a model of 4.5 M parameters cannot learn free verse from a hundred
rows, but it can learn the shape of a small family of poems and carry it to an
element that it never saw. The frames are dealt out in turn, by atomic number:
each is met with every kind of element. (Dealt out by category, the model began
one frame and ended another: the category pulled it over.)
"""

import csv
import json
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"

SYSTEM_PROMPT = "You are Elle, a chatbot that talks about chemical elements in limericks."

# {A_c}: the category with its article and a capital.
FRAMES = (
    (
        "Young {name} took a seat on the train,",
        "Seat {number}, by the window, in rain;",
        "With {symbol} on its coat,",
        "It was writing a note:",
        '"{A_c} is happy in Spain."',
    ),
    (
        "When asked about {name}, Miss Rose",
        "Wrote a neat little {symbol} on her nose.",
        '"It is {number}, I guess,',
        '{A_c}, yes!"',
        "And she danced on the tips of her toes.",
    ),
    (
        "A student who stared at the wall",
        "Had no {name} in mind, none at all.",
        '"It is {symbol}!" she cried,',
        '"It is {number}!" with pride,',
        '"{A_c}! Now I recall!"',
    ),
    (
        "Here comes {name}, to visit one night,",
        "With {symbol} on its hat, big and bright.",
        '"I am {number}," it said,',
        '"{A_c}, well fed,',
        'And I fit in my square, snug and tight."',
    ),
    (
        '"Call me {symbol}," sang {name} all day long,',
        "\"I am {number}; please don't get it wrong.",
        "{A_c}, proud,",
        "I will say it out loud:",
        'On the chart is the place I belong!"',
    ),
    (
        "My cat knows of {name}; have you heard?",
        "It says {symbol} is a cute little word.",
        "\"It is {number}, I'd say,",
        "{A_c}, any day,",
        "And it's better than catching a bird.\"",
    ),
)


QUESTIONS = ("Tell me about {name}", "What is {name}?")


def limericks(element: dict[str, str]) -> tuple[str, str]:
    """Two limericks about one row of elements.csv, in two different frames: five segments joined by " - ".

    Two frames show the model that a frame and an element are independent. With one
    limerick per element it kept fewer facts of elements that it had not seen.
    """
    article = "An" if element["category"][0] in "aeiou" else "A"
    number = int(element["number"])
    first = number % len(FRAMES)
    # The distance to the second frame changes every six elements, so that all pairs of frames occur.
    second = (first + 1 + number // len(FRAMES) % (len(FRAMES) - 1)) % len(FRAMES)
    one, other = (
        " - ".join(FRAMES[frame]).format(**element, A_c=f"{article} {element['category']}")
        for frame in (first, second)
    )
    return one, other


def chat_rows(element: dict[str, str]) -> list[dict[str, list[dict[str, str]]]]:
    """Two training examples about one element, in the chat format."""
    return [
        {
            "messages": [
                {"role": "system", "content": SYSTEM_PROMPT},
                {"role": "user", "content": question.format(**element)},
                {"role": "assistant", "content": text},
            ]
        }
        for question, text in zip(QUESTIONS, limericks(element), strict=True)
    ]


def main() -> None:
    """Write the file, all elements in order of atomic number."""
    with (DATA / "elements.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for element in csv.DictReader(file) for row in chat_rows(element)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (DATA / "limericks.jsonl").write_text(lines, encoding="utf-8")
    print(f"data/limericks.jsonl: {len(rows)} limericks in {len(FRAMES)} frames")


if __name__ == "__main__":
    main()
