"""Graders of Elle's answers. They stand alone: a server gets a function of this file, and `item`."""

import re
from typing import Any


def form(text: str, item: dict[str, Any]) -> float:
    """Five parts, joined by " - "."""
    parts = text.split(" - ")
    return float(len(parts) == 5 and all(part.strip() for part in parts))


def rhyme(text: str, item: dict[str, Any]) -> float:
    """AABBA. `item["sounds"]` holds the last words' pronunciations: where a grader runs is no dictionary."""
    if not form(text, item):
        return 0.0
    ends: list[tuple[str, set[str]]] = []
    for part in text.split(" - "):
        words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", part.replace("’", "'"))
        word = words[-1].lower() if words else ""
        sounds = set()
        for spoken in item["sounds"].get(word, []):
            sound = spoken.split()
            stressed = [place for place, each in enumerate(sound) if each[-1] in "12"]
            if stressed:  # From the last stressed vowel on.
                sounds.add(" ".join(each.rstrip("012") for each in sound[stressed[-1] :]))
        ends.append((word, sounds))
    pairs = [(0, 1), (1, 4), (0, 4), (2, 3)]
    return float(all(ends[a][0] != ends[b][0] and ends[a][1] & ends[b][1] for a, b in pairs))


def facts(text: str, item: dict[str, Any]) -> float:
    """The symbol, the number and the category of `item`, and no other number or category."""
    numbers = {int(found) for found in re.findall(r"(?<!period )\b[0-9]+", text)}
    longest_first = sorted(item["categories"], key=len, reverse=True)
    categories = set(re.findall("|".join(longest_first), text.lower()))
    return float(
        {number for number in numbers if number <= 118} == {item["number"]}
        and item["symbol"] in re.findall("[A-Za-z]+", text)
        and categories == {item["category"]}
    )
