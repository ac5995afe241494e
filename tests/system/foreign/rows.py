"""Small data sets of our own for the calls of other people's notebooks, with questions that no row answers.

Needs no package: every version of the SDK loads it in an environment of its own.
"""

import json
import random
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
# Says how well an answer fits a question, 0 to 1.
Measure = Callable[[str, str], float]

_NAMES = ("Anna", "Ben", "Carla", "David", "Emma", "Felix", "Greta", "Henry", "Ida", "Jonas", "Klara", "Leo")
_ELEMENTS = (
    "gold", "tin", "iron", "zinc", "lead", "neon", "boron", "argon", "radon", "cobalt", "copper", "silver",
    "helium", "carbon", "oxygen", "iodine", "sodium", "nickel", "silicon", "calcium", "mercury", "uranium",
)  # fmt: skip
_FOODS = (
    "milk",
    "butter",
    "flour",
    "eggs",
    "salt",
    "rice",
    "honey",
    "corn",
    "bacon",
    "oats",
    "onion",
    "apples",
)
_AMOUNTS = ("1 c.", "2 Tbsp.", "1 lb.", "3", "1/2 tsp.", "1 can")


def chat(system: str | None, user: str, answer: str) -> Row:
    """A row with one question and one answer."""
    head = [] if system is None else [{"role": "system", "content": system}]
    return {"messages": [*head, {"role": "user", "content": user}, {"role": "assistant", "content": answer}]}


def as_jsonl(rows: list[Row]) -> bytes:
    """The rows as a file."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def limericks() -> tuple[list[Row], list[Row]]:
    """Elements in five short lines, as the original lesson has them."""
    system = "Elle is a chatbot that answers questions about elements with a limerick"
    made = [
        chat(
            system,
            f"Tell me about {name}",
            f"There once was some {name} so bright - It shone like a star in the night - It said with a grin "
            f"- The light comes from in - And {name} was gone out of sight",
        )
        for name in _ELEMENTS
    ]
    return made[:14], made[14:]


def recipes() -> tuple[list[Row], list[Row]]:
    """Ingredients with amounts, and the foods in them."""
    draw, made = random.Random(1), []
    for number in range(66):
        foods = draw.sample(_FOODS, 3)
        listed = json.dumps([f"{draw.choice(_AMOUNTS)} {food}" for food in foods])
        made.append(
            chat(
                "You extract the foods of a recipe.",
                f"Title: {foods[0].title()} {number}\n\nIngredients: {listed}\n\nFoods: ",
                json.dumps(foods),
            )
        )
    return made[:54], made[54:]


def clauses() -> tuple[list[Row], list[Row]]:
    """Clauses of contracts, and whether they say that information is marked."""
    draw, made = random.Random(2), []
    for number in range(60):
        marked = number % 2 == 0
        how = "marked as secret by" if marked else "given in any form by"
        text = f"It covers paper {number}, which is {how} {draw.choice(_NAMES)}."
        made.append(chat("Must it be marked? Answer Yes or No.", text, "Yes" if marked else "No"))
    return made[:40], made[40:]


def stars() -> tuple[list[Row], list[Row]]:
    """Opinions and their stars, 0 to 4."""
    words = {"0": "terrible", "1": "bad", "2": "fair", "3": "good", "4": "wonderful"}
    draw, made = random.Random(3), []
    for number in range(75):
        star = str(number % 5)
        made.append(
            chat(
                "You predict stars from 0 to 4.",
                f"{draw.choice(_NAMES)} found number {number} {words[star]}.",
                star,
            )
        )
    return made[:60], made[60:]


def prices() -> tuple[list[Row], list[Row]]:
    """Things and what they cost."""
    draw, made = random.Random(4), []
    for number in range(60):
        thing = f"{draw.choice(_FOODS)} box {number}"
        ask = f"Estimate the price of this product. Respond with the price, no explanation\n\n{thing}"
        made.append(chat(None, ask, f"${draw.randint(1, 9)}.{draw.randint(10, 99)}"))
    return made[:50], made[50:]


def corrections() -> tuple[list[Row], list[Row]]:
    """Sentences with a wrong verb, and the right ones."""
    verbs, things = (("like", "likes"), ("see", "sees"), ("want", "wants")), ("tea", "cake", "rain", "snow")
    every = [(name, verb, thing) for name in _NAMES for verb in verbs for thing in things]
    made = [
        chat("Correct the grammar.", f"{name} {wrong} {thing}.", f"{name} {right} {thing}.")
        for name, (wrong, right), thing in random.Random(5).sample(every, 60)
    ]
    return made[:48], made[48:]


def questions() -> tuple[list[Row], list[Row]]:
    """Questions whose answers have a form: the answer, then an explanation."""
    draw, made = random.Random(6), []
    for year in range(1900, 1944):
        name = draw.choice(_NAMES)
        ask = f"{name} made the bridge in {year}. Who made the bridge?"
        made.append(
            chat("Give the answer and explain it.", ask, f"{name} Explanation: {name} made it in {year}.")
        )
    return made[:34], made[34:]


def sarcasm() -> tuple[list[Row], list[Row]]:
    """Facts, said without joy."""
    made = [
        chat(
            "Clippy is factual and sarcastic.",
            f"What is {name}?",
            f"Oh great, another question. {name} is an element.",
        )
        for name in _ELEMENTS
    ]
    return made[:14], made[14:]


def agents() -> tuple[list[Row], list[Row]]:
    """Two turns: the first answer is only read, the second one is learned."""
    made = []
    for name in _ELEMENTS:
        first = chat("You use a search.", f"Tell me about {name}", "Let me look.")["messages"]
        first[-1]["weight"] = 0
        rest = chat(None, f"Result: {name} is an element", f'{{"action": "Final Answer", "input": "{name}"}}')
        made.append({"messages": first + rest["messages"]})
    return made[:14], made[14:]


# What each function of the drone is asked for with.
_ORDERS = {
    "land": ("Land", "Land now", "Please land", "Come down", "Land the drone", "Touch down", "Down, please"),
    "take_photo": (
        "Take a photo",
        "Photo",
        "Please take a photo",
        "A photo now",
        "Make a picture",
        "Picture",
    ),
}
FUNCTIONS = [{"name": name, "parameters": {"type": "object", "properties": {}}} for name in _ORDERS]


def orders() -> tuple[list[Row], list[Row]]:
    """Rows whose answers are calls of a tool, as the newest notebooks have them."""
    made = []
    for name, texts in _ORDERS.items():
        for text in texts:
            call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": "{}"}}
            row = chat("You control a drone.", text, "")
            row["messages"][-1] = {"role": "assistant", "tool_calls": [call]}
            made.append(row | {"tools": [{"type": "function", "function": each} for each in FUNCTIONS]})
    return [row for place, row in enumerate(made) if place % 5 != 2], made[2::5]


def asked(row: Row) -> list[dict[str, str]]:
    """The messages of a row before its answer, as a chat has them."""
    return [{key: message[key] for key in ("role", "content")} for message in row["messages"][:-1]]


def expected(row: Row) -> str:
    """The answer of a row."""
    return row["messages"][-1]["content"]


def same(answer: str, right: str) -> float:
    """Whether the answer is the right one, spaces and case aside."""
    return float(answer.strip().lower() == right.strip().lower())


def five_lines(answer: str, right: str) -> float:
    """Whether the answer has the form of a limerick."""
    return float(answer.count(" - ") == right.count(" - "))


def f1(answer: str, right: str) -> float:
    """Of the words of both lists."""
    found, wanted = ({word.strip('[]", ') for word in text.split(",")} for text in (answer, right))
    return 2 * len(found & wanted) / (len(found) + len(wanted))


def begins(answer: str, right: str) -> float:
    """Whether the first three words are the right ones."""
    return float(answer.split()[:3] == right.split()[:3])


def is_price(answer: str, right: str) -> float:
    """Whether the answer is a price and nothing else."""
    return float(answer.startswith("$") and answer[1:].replace(".", "", 1).isdigit())


def mean(ask: Callable[[list[dict[str, str]]], str], rows: list[Row], measure: Measure) -> float:
    """Ask the question of each row, and measure the answers."""
    return round(sum(measure(ask(asked(row)), expected(row)) for row in rows) / len(rows), 3)
