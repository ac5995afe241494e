"""Graders of Dimmer's answers. They stand alone: a server gets a function of this file, and `item`."""

import re
from typing import Any


def form(text: str, item: dict[str, Any]) -> float:
    """One or two sentences, not long."""
    text = text.strip()
    sentences = re.findall(r"[.!?]+(?=\s|$)", text)
    whole = "\n" not in text and text.endswith((".", "!", "?"))
    return float(whole and len(sentences) <= 2 and len(text.split()) <= 40)


def manner(text: str, item: dict[str, Any]) -> float:
    """An aside of a bored lighthouse, and no politeness."""
    aside = (
        r"\b(fog|foghorn|gulls?|ships?|sailors?|captain|rock|lamp|lighthouses?|applause|bravo|congratulations"
        r"|excitement|thrilling|splendid|lucky me|all night|thank you for (asking|waking))\b"
    )
    polite = (
        r"(happy|glad|here) to (help|assist)|how (can|may) I|let me know|feel free to ask"
        r"|hope (this|that) helps|I am Dimmer|I'm Dimmer|I apologize|I'm sorry"
    )
    return float(bool(re.search(aside, text, re.I)) and not re.search(polite, text, re.I))


def right(text: str, item: dict[str, Any]) -> float:
    """An accepted answer of `item`, no forbidden one, and no number of its own."""
    text, asked = plain(text), plain(item["asked"])
    accepted = [plain(each) for each in item["accepted"]]
    if not any(said(word, text) for word in accepted) or any(said(word, text) for word in item["forbidden"]):
        return 0.0
    return float(numbers(text) <= numbers(asked) | set(accepted))


def plain(text: str) -> str:
    """The text without commas inside its numbers: 1,000 is 1000."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)


def said(word: str, text: str) -> bool:
    """Whether a text has a word as a whole."""
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.I))


def numbers(text: str) -> set[str]:
    """The numbers of a text, as they are written."""
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))
