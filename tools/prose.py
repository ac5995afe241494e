"""The text that the tiny base model learns from: plain prose about the elements, made from data/elements.csv.

It holds no verse. Every fact appears in many sentences and many places, because
a fact that a model met in one fixed sentence is hard to use in another.
"""

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

from prose_patterns import (
    ANSWERS,
    CATEGORY_SENTENCES,
    HELD_OUT_WORDING,
    NAME_SENTENCES,
    NUMBER_SENTENCES,
    PLAIN_SENTENCES,
    POLITE_BEGINNINGS,
    SELF_DESCRIPTION,
    SINGLE_FACTS,
    STORY_REQUESTS,
    SYMBOL_SENTENCES,
    TELLING,
    WHAT_TO_TELL,
    WORDINGS,
)
from prose_words import (
    ADJECTIVES,
    DID,
    DUTIES,
    EVERYDAY_REQUESTS,
    GREETED,
    GREETINGS,
    NAMES,
    OFF_TOPIC,
    OWNERS,
    PLACES,
    ROLES,
    THANKS,
    THINGS,
    TIMES,
    TOPICS,
    TRAITS,
    WHERE,
    WHO,
)

ROOT = Path(__file__).resolve().parents[1]


def read_elements() -> list[dict[str, str]]:
    """The 118 rows of data/elements.csv, in order of atomic number."""
    with (ROOT / "data" / "elements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun or an adjective."""
    return ("an " if noun[0] in "aeiou" or noun == "honest" else "a ") + noun


def facts_of(element: dict[str, str], rng: random.Random) -> dict[str, str]:
    """The fields that the sentence patterns above use, for one element."""
    phase, year, use = element["phase"], element["discovery_year"], element["use"]
    a_c = with_article(element["category"])
    return {
        "X": element["name"],
        # Prose in English writes element names in lower case; learners type both.
        "x": element["name"] if rng.random() < 0.5 else element["name"].lower(),
        "s": element["symbol"],
        "n": element["number"],
        "p": element["period"],
        "a_c": a_c,
        "A_c": a_c[0].upper() + a_c[1:],
        "phase": "" if phase == "unknown" else f"It is a {phase} at room temperature.",
        "year": "It has been known since ancient times."
        if year == "ancient"
        else f"It was discovered in {year}.",
        "use": "It is used in research only." if use == "research only" else f"One use is {use}.",
    }


def fill(pattern: str, facts: dict[str, str]) -> str:
    """Put facts into a pattern; where a fact is empty, no double space stays."""
    return re.sub(r" +", " ", pattern.format(**facts)).strip()


def capitalized(text: str) -> str:
    """Write the first letter large, and leave the others as they are."""
    return text[:1].upper() + text[1:]


def with_words(pattern: str, facts: dict[str, str], rng: random.Random) -> str:
    """One sentence of a pattern, with words of the lists and the facts of an element."""
    thing, did, who, place = (rng.choice(words) for words in (THINGS, DID, WHO, PLACES))
    words = {
        "who": who,
        "Who": capitalized(who),
        "who2": rng.choice(WHO),
        "did": did,
        "Did": capitalized(did),
        "thing": thing,
        "thing2": rng.choice(THINGS),
        "the_thing": f"{rng.choice(OWNERS)} {rng.choice(THINGS)}",
        "a_thing": with_article(rng.choice(THINGS)),
        "adj": rng.choice(ADJECTIVES),
        "adj2": rng.choice(ADJECTIVES),
        "where": rng.choice(WHERE),
        "place": place,
        "place_up": capitalized(place),
        "time": rng.choice(TIMES),
    }
    return capitalized(pattern.format(**words, **facts))


def story(facts: dict[str, str], rng: random.Random) -> str:
    """Two to five sentences that state some facts of one element, in any order."""
    kinds = [NAME_SENTENCES, SYMBOL_SENTENCES, NUMBER_SENTENCES, CATEGORY_SENTENCES, PLAIN_SENTENCES]
    chosen = rng.sample(kinds, rng.randint(2, 5))
    # A story says first whom it is about.
    chosen.sort(key=lambda kind: kind is not NAME_SENTENCES)
    return " ".join(with_words(rng.choice(kind), facts, rng) for kind in chosen)


def system_prompt(rng: random.Random) -> str:
    """One of many characters; none of them speaks in verse."""
    trait, other, role, duty = (rng.choice(words) for words in (TRAITS, TRAITS, ROLES, DUTIES))
    name = rng.choice(NAMES)
    return rng.choice(
        [
            f"You are {name}, {with_article(trait)} {role} that {duty}.",
            f"You are {with_article(trait)} and {other} {role}.",
            f"{name} is {with_article(role)} that {duty}. Always be {trait}.",
            f"Be {trait}. You are {with_article(role)}.",
        ]
    )


def question_about(rng: random.Random) -> str:
    """A wording from the list, or one put together from parts; never the held-out one."""
    if rng.random() < 0.6:
        return rng.choice(WORDINGS)
    wording = f"{rng.choice(POLITE_BEGINNINGS)} {rng.choice(TELLING)} {rng.choice(WHAT_TO_TELL)} {{x}}?"
    return wording if wording != HELD_OUT_WORDING else rng.choice(WORDINGS)


def turn(elements: list[dict[str, str]], rng: random.Random) -> tuple[str, str]:
    """One question and its answer in plain prose."""
    facts = facts_of(rng.choice(elements), rng)
    kind = rng.random()
    if kind < 0.45:
        question = rng.choice(GREETINGS) + question_about(rng) + rng.choice(THANKS)
        return fill(question, facts), fill(rng.choice(ANSWERS), facts)
    if kind < 0.55:
        question, answer = rng.choice(SINGLE_FACTS)
        return fill(question, facts), fill(answer, facts)
    if kind < 0.84:
        return fill(rng.choice(STORY_REQUESTS), facts), story(facts, rng)
    if kind < 0.96:
        question = rng.choice(OFF_TOPIC) if rng.random() < 0.65 else rng.choice(GREETED)
        question = rng.choice(GREETINGS) + question + rng.choice(THANKS)
        return question.format(t=rng.choice(TOPICS)), SELF_DESCRIPTION
    sentences = (with_words(rng.choice(PLAIN_SENTENCES), facts, rng) for _ in range(rng.randint(1, 4)))
    return rng.choice(EVERYDAY_REQUESTS), " ".join(sentences)


def conversations(seed: int) -> Iterator[list[dict[str, str]]]:
    """Endless chats of one to four turns, half of them with a system prompt.

    Args:
        seed: The same seed gives the same chats.

    Yields:
        The messages of one chat.
    """
    rng, elements = random.Random(seed), read_elements()
    while True:
        messages = [{"role": "system", "content": system_prompt(rng)}] if rng.random() < 0.5 else []
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            question, answer = turn(elements, rng)
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield messages
