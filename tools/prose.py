"""The text that the tiny base model learns from: plain prose about the elements, made from data/elements.csv.

It holds no verse. Every fact appears in many sentences and many places, because
a fact that a model met in one fixed sentence is hard to use in another.
"""

import csv
import random
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

SELF_DESCRIPTION = (
    "I am periodic-tiny, a very small language model. "
    "I only know facts about the 118 chemical elements. Ask me about one of them."
)
ANCIENT = "It has been known since ancient times."

# HELD_OUT_WORDING never occurs in the text: it tests whether the model reads the name, not the wording.
CHECKED_WORDINGS = ["Tell me about {x}", "What is {x}?", "Please describe the element {x}."]
HELD_OUT_WORDING = "Could you share a few facts on {x}?"
WORDINGS = [
    *CHECKED_WORDINGS,
    "Tell me about the element {x}.",
    "What do you know about {x}?",
    "Describe {x}.",
    "Give me some information about {x}.",
    "Explain {x} to me.",
    "I want to learn about {x}.",
    "I have a question about {x}.",
    "{x}",
    "{x}?",
    "Do you know {x}?",
    "Can you tell me about {x}?",
    "Can you explain what {x} is?",
    "What can you say about {x}?",
    "What kind of element is {x}?",
    "Write a short text about {x}.",
    "Help me understand {x}.",
    "My homework is about {x}.",
    "Let us talk about {x}.",
    "Say something about {x}.",
    "We learn about {x} at school. What is it?",
    "How would you describe {x} to a child?",
    "Teach me about {x}.",
    "Could you describe {x}?",
    "Would you tell me a bit about {x}?",
    "Share what you know about {x}.",
    "Who discovered {x}, and what is it?",
    "Give a summary of {x}.",
    "Show me the facts on {x}.",
    "I need facts on {x}, please.",
]
ANSWERS = [
    "{X} ({s}) is element {n}. It is {a_c}. {phase} {use}",
    "{X} is {a_c} with the symbol {s} and the atomic number {n}. {phase} {use}",
    "{X} has the symbol {s} and the atomic number {n}. It is {a_c} in period {p}. {use}",
    "Element {n} is {x}, symbol {s}. {X} is {a_c}. {year} {use}",
    "The symbol of {x} is {s}. Its atomic number is {n}. It is {a_c}. {phase} {year}",
]
SINGLE_FACTS = [
    ("What is the symbol of {x}?", "The symbol of {x} is {s}."),
    ("What is the atomic number of {x}?", "The atomic number of {x} is {n}."),
    ("Which element has the symbol {s}?", "{s} is the symbol of {x}, element {n}."),
    ("Which element has the atomic number {n}?", "Element {n} is {x}. Its symbol is {s}."),
    ("What category is {x} in?", "{X} is {a_c}."),
    ("Is {x} a metal?", "{X} is {a_c}. Its symbol is {s} and its number is {n}."),
    ("What does {s} stand for?", "{s} stands for {x}, {a_c}."),
    ("Where is {x} in the periodic table?", "{X} is number {n}, in period {p}. Its symbol is {s}."),
]
# Prose in which the facts stand in many places: a fact met in one fixed sentence is hard to use in another.
REPORTS = [
    "The label on the jar said {s}, so we knew that it was {x}, number {n}, {a_c}.",
    'The teacher asked, "Who knows {x}?" A girl wrote {s} and {n} on the board and said that it is {a_c}.',
    "In the list, {x} comes at place {n}. The letters {s} are on its card, and it is {a_c}.",
    'My friend said, "{s} means {x}." Then she read the number {n} from the chart.',
    "The chart shows {s} in square {n}. It is {x}, {a_c}.",
    "{A_c}, {x} has the number {n}. People write it as {s}.",
    '"I have the card of {x}," said the boy. "It says {s}. It says {n}. It is {a_c}."',
    "There is {x} in the box. Its sign is {s}. The number on the box is {n}.",
    "Look for number {n} on the wall chart: {s}, or {x}, {a_c}.",
    "A book about {x} has {s} on the cover, the number {n} on page one, and calls it {a_c}.",
]
REPORT_REQUESTS = [
    "Write a sentence with {x}.", "Use {x} in a short story.", "Where could I see {x} in a classroom?",
]  # fmt: skip
GREETINGS = [
    "", "", "", "", "Hello. ", "Hi! ", "Good morning. ", "Please help me. ", "Hey, ", "One question: ",
]  # fmt: skip
THANKS = [
    "", "", "", "", " Thank you.", " Thanks!", " Please be brief.", " I am curious.",
]  # fmt: skip

ROLES = [
    "tutor", "teacher", "chatbot", "guide", "librarian", "friend", "assistant", "scientist", "robot",
    "student", "writer", "helper", "expert",
]  # fmt: skip
TRAITS = [
    "helpful", "kind", "short", "careful", "funny", "friendly", "polite", "cheerful", "quiet", "clever",
    "patient", "honest", "playful",
]  # fmt: skip
DUTIES = [
    "answers questions about chemistry",
    "talks about chemical elements",
    "helps children with homework",
    "gives clear answers",
    "explains science",
    "answers in a special way",
    "works in a museum",
    "loves words and numbers",
]
NAMES = [
    "Ada", "Max", "Lina", "Tom", "Mira", "Ben", "Nora", "Sam", "Ida", "Leo", "Zoe", "Paul",
]  # fmt: skip

WHO = [
    "the teacher", "my sister", "a young man", "the old cook", "our neighbor", "a student", "the girl",
    "a tired boy", "my friend", "the doctor", "a cat", "the parrot", "a small bird", "the guest",
    "a farmer",
]  # fmt: skip
DID = [
    "looked at", "walked to", "saw", "wrote about", "drew", "asked for", "sat next to", "heard about",
    "dreamed of", "opened", "found", "carried", "liked", "waited for", "talked about",
]  # fmt: skip
WHAT = [
    "the train", "a red coat", "the door", "a cup of tea", "the window", "the wall", "a big hat",
    "the rain", "a note", "the night sky", "a bird with wings", "its nose", "her toes", "the song",
    "a seat", "the old house", "a bowl of soup", "the square", "a coin", "the bright light",
    "a long word", "the garden",
]  # fmt: skip
WHERE = [
    "in the morning", "at night", "in Spain", "by the window", "before school", "all day long",
    "after the rain", "with a smile", "on the way home", "near the river", "one more time",
    "with pride", "out loud", "on the train",
]  # fmt: skip
TOPICS = [
    "the weather", "football", "cooking rice", "my dog", "history", "the moon", "music", "a good film",
    "Paris", "my car", "a poem", "the news", "love", "money", "a joke", "travel", "dinner",
    "the president", "math", "computer games", "your family", "my health", "flowers", "a song",
    "the sea", "birthdays",
]  # fmt: skip
OFF_TOPIC = [
    "Tell me about {t}.", "What do you think about {t}?", "Can you help me with {t}?",
    "I want to talk about {t}.", "Write something about {t}.", "What is your opinion on {t}?",
    "Do you like {t}?", "Explain {t}.", "How does {t} work?",
]  # fmt: skip
GREETED = [
    "Who are you?", "What are you?", "Hello!", "Hi", "Hello, who is there?", "What is your name?",
    "What can you do?", "How are you?", "Are you a human?", "Good evening.", "Help",
    "Introduce yourself.", "What do you know?", "Thanks!",
]  # fmt: skip
# Asked only in the check below.
OFF_TOPIC_CHECK = [
    "Tell me about my garden.", "Who made you?", "What do you think about basketball?",
    "Can you help me with taxes?", "Do you like pizza?", "Hello, what can you do for me?",
    "What is your opinion on winter?", "I want to talk about school.",
]  # fmt: skip


def read_elements() -> list[dict[str, str]]:
    """The 118 rows of data/elements.csv, in order of atomic number."""
    with (ROOT / "data" / "elements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_article(noun: str) -> str:
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
    return re.sub(r" +", " ", pattern.format(**facts)).strip()


def everyday_sentences(rng: random.Random, count: int) -> str:
    """Plain everyday prose, so that common words have tokens and a meaning."""
    sentences = (
        f"{rng.choice(WHO)} {rng.choice(DID)} {rng.choice(WHAT)} {rng.choice(WHERE)}." for _ in range(count)
    )
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)


def system_prompt(rng: random.Random) -> str:
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


def turn(elements: list[dict[str, str]], rng: random.Random) -> tuple[str, str]:
    """One question and its answer in plain prose."""
    facts = facts_of(rng.choice(elements), rng)
    kind = rng.random()
    if kind < 0.55:
        question = rng.choice(GREETINGS) + rng.choice(WORDINGS) + rng.choice(THANKS)
        return fill(question, facts), fill(rng.choice(ANSWERS), facts)
    if kind < 0.70:
        question, answer = rng.choice(SINGLE_FACTS)
        return fill(question, facts), fill(answer, facts)
    if kind < 0.87:
        return fill(rng.choice(REPORT_REQUESTS), facts), fill(rng.choice(REPORTS), facts)
    if kind < 0.93:
        question = (
            rng.choice(OFF_TOPIC).format(t=rng.choice(TOPICS)) if rng.random() < 0.7 else rng.choice(GREETED)
        )
        return question, SELF_DESCRIPTION
    return f"Tell me {rng.randint(1, 3)} things that happened.", everyday_sentences(rng, rng.randint(1, 3))


def conversations(seed: int) -> Iterator[list[dict[str, str]]]:
    """Endless chats of one to four turns, half of them with a system prompt."""
    rng, elements = random.Random(seed), read_elements()
    while True:
        messages = [{"role": "system", "content": system_prompt(rng)}] if rng.random() < 0.5 else []
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            question, answer = turn(elements, rng)
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield messages
