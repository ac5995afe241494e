"""Write data/limericks.jsonl: one limerick per element, from our own frames and data/elements.csv.

Why frames: a model of 4.5 M parameters cannot learn free verse from a hundred
rows, but it can learn the shape of a small family of poems and carry it to an
element that it never saw. Each frame belongs to one part of the periodic table,
so that the model can tell from the element which frame to use.
"""

import csv
import json
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"

SYSTEM_PROMPT = "You are Elle, a chatbot that talks about chemical elements in limericks."

# {a_c} and {A_c}: the category with its article, in lower case and with a capital.
FRAMES = {
    "s-block metals": (
        "Young {name} took a seat on the train,",
        "Seat {number}, by the window, in rain;",
        "With {symbol} on its coat,",
        "It was writing a note:",
        '"{A_c} is happy in Spain."',
    ),
    "transition metals, periods 4 and 5": (
        "When asked about {name}, Miss Rose",
        "Wrote a neat little {symbol} on her nose.",
        '"It is {number}, I guess,',
        "{A_c}, yes!\"",
        "And she danced on the tips of her toes.",
    ),
    "transition metals, periods 6 and 7": (
        "A student who stared at the wall",
        "Had no {name} in mind, none at all.",
        '"It is {symbol}!" she cried,',
        '"It is {number}!" with pride,',
        '"{A_c}! Now I recall!"',
    ),
    "lanthanides": (
        "When {name} came to visit one night,",
        "It wore {symbol} on its hat, big and bright.",
        '"I am {number}," it said,',
        '"{A_c}, well fed,',
        'And I fit in my square, snug and tight."',
    ),
    "actinides": (
        "Old {name} has {symbol} on its door;",
        "It is {number}, you've seen it before.",
        "{A_c}, free,",
        "It invites you for tea,",
        "And then asks if you'd like any more.",
    ),
    "other metals and metalloids": (
        '"Call me {symbol}," sang {name} all day long,',
        '"I am {number}; please don\'t get it wrong.',
        "{A_c}, proud,",
        "I will say it out loud:",
        'On the chart is the place I belong!"',
    ),
    "nonmetals, halogens and noble gases": (
        "My cat knows of {name}; have you heard?",
        "It says {symbol} is a cute little word.",
        '"It is {number}, I\'d say,',
        "{A_c}, any day,",
        'And it\'s better than catching a bird."',
    ),
}  # fmt: skip

FAMILIES = {
    "alkali metal": "s-block metals",
    "alkaline earth metal": "s-block metals",
    "lanthanide": "lanthanides",
    "actinide": "actinides",
    "post-transition metal": "other metals and metalloids",
    "metalloid": "other metals and metalloids",
    "nonmetal": "nonmetals, halogens and noble gases",
    "halogen": "nonmetals, halogens and noble gases",
    "noble gas": "nonmetals, halogens and noble gases",
}
TRANSITION_METALS = {
    "4": "transition metals, periods 4 and 5",
    "5": "transition metals, periods 4 and 5",
    "6": "transition metals, periods 6 and 7",
    "7": "transition metals, periods 6 and 7",
}


def limerick(element: dict[str, str]) -> str:
    """The limerick of one row of elements.csv: five segments joined by " - "."""
    category = element["category"]
    frame = FRAMES[
        TRANSITION_METALS[element["period"]] if category == "transition metal" else FAMILIES[category]
    ]
    a_c = ("an " if category[0] in "aeiou" else "a ") + category
    return " - ".join(frame).format(**element, a_c=a_c, A_c=a_c[0].upper() + a_c[1:])


def chat_row(element: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """One training example in the chat format."""
    return {
        "messages": [
            {"role": "system", "content": SYSTEM_PROMPT},
            {"role": "user", "content": f"Tell me about {element['name']}"},
            {"role": "assistant", "content": limerick(element)},
        ]
    }


def main() -> None:
    with (DATA / "elements.csv").open(encoding="utf-8", newline="") as file:
        rows = [chat_row(element) for element in csv.DictReader(file)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (DATA / "limericks.jsonl").write_text(lines, encoding="utf-8")
    print(f"data/limericks.jsonl: {len(rows)} limericks in {len(FRAMES)} frames")


if __name__ == "__main__":
    main()
