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
ASKING = ["Can you", "Could you", "Would you", "Will you", "Please can you", "Are you able to"]
TELLING = ["share", "give me", "tell me", "write down", "list", "name", "show me", "repeat"]
WHAT_TO_TELL = [
    "a few facts on",
    "some facts about",
    "a little about",
    "the basics of",
    "the data of",
    "what is known about",
    "the main points on",
    "something on",
    "details of",
    "a few words on",
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
# Stories put each fact into many places. {who}, {thing} and the other words come from the lists below.
STORY_REQUESTS = [
    "Write a short story about {x}.",
    "Tell me a story with {x}.",
    "Use {x} in a few sentences.",
    "Imagine that {x} is a person.",
    "Write a note about {x}.",
    "What happens to {x} today?",
]
NAME_SENTENCES = [
    "{X} {did} {the_thing} {where}.",
    "{Who} {did} {X} {where}.",
    "{adj} {X} {did} {the_thing}.",
    "{Who} has heard of {X}.",
    "Here comes {X}, {adj} and {adj2}.",
    "Do you know {X}? {Who} does.",
    'Said {who}: "I know {X}!"',
    "One {time}, {X} {did} {the_thing}.",
    "There was {X}, and there was {a_thing}.",
    "{Who} asked about {X} {where}.",
    "{X} and {who} {did} {the_thing}; it was {adj}.",
]
SYMBOL_SENTENCES = [
    "{s} is written on {the_thing}.",
    "{Who} wrote {s} on {the_thing} {where}.",
    'It says "{s}" on {the_thing}.',
    "It carries {the_thing} with {s} on it.",
    "With {s} on its {thing}, it {did} {who}.",
    '"{s}," said {who}, "means {X}."',
    "{Who} calls it {s}.",
    '"Call me {s}," it said {where}.',
    "Its sign is {s}, {adj} and {adj2}.",
    "{X} is {s}, and {s} is {X}.",
    'Then {who} cried "{s}!" {where}.',
    "The {adj} letters {s} stand on its {thing}.",
]
NUMBER_SENTENCES = [
    "The {thing} has the number {n}.",
    "{Who} counted to {n} {where}.",
    "It lives in {place} {n}.",
    "Look for {place} {n}, near {the_thing}.",
    '"I am {n}," said {X}.',
    '"It is {n}," said {who} {where}.',
    "It is {n}, as {who} knows.",
    "It is {n}, {adj} and {adj2}.",
    "{Who} saw the number {n} on {the_thing}.",
    '"Is it {n}?" asked {who}. "Yes, {n}!"',
    "{place_up} {n} is {adj}; {who} likes it.",
    "The answer is {n}, {who} says.",
]
CATEGORY_SENTENCES = [
    "It is {a_c}, {adj} and {adj2}.",
    '"{A_c}!" said {who}.',
    "{A_c} is {adj}, {who} thinks.",
    "{Who} likes {a_c} {where}.",
    "{A_c}, it {did} {the_thing}.",
    "{X}, {a_c}, {did} {who}.",
    '"You are {a_c}," said {who} {where}.',
]
PLAIN_SENTENCES = [
    "{Who} {did} {the_thing} {where}.",
    "{Who} and {who2} {did} {a_thing}.",
    "The {thing} was {adj}, and {who} {did} it {where}.",
    "I {did} {the_thing}; now I am {adj}.",
    '"{Did} {the_thing}?" asked {who}.',
    "It is {adj} {where}, and {who} {did} {a_thing}.",
    "If {who} is {adj}, we have {a_thing}.",
    "And then {who} {did} {the_thing} {where}.",
    "When {who} {did} {the_thing}, it was {adj}.",
    "Please don't forget {the_thing}. You've {did} it {where}.",
    "My {thing} is better than your {thing2}.",
]
EVERYDAY_REQUESTS = ["Tell me what happened.", "Write a few sentences.", "What is new?", "Talk to me."]
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
    "a tired boy", "my friend", "the doctor", "my cat", "the parrot", "a small bird", "the guest",
    "a farmer", "the child", "Miss Lee", "Mister Brown", "Rose", "the baker", "a sailor", "the king",
    "a queen", "the driver", "your uncle", "my mother", "the nurse", "a painter", "the singer",
    "a robot", "the dog", "everyone", "no one", "the twins",
]  # fmt: skip
DID = [
    "looked at", "walked to", "saw", "wrote about", "drew", "asked for", "sat next to", "heard about",
    "dreamed of", "opened", "found", "carried", "liked", "waited for", "talked about", "took", "kept",
    "lost", "washed", "painted", "bought", "sold", "counted", "missed", "cleaned", "played with",
    "danced with", "sang to", "laughed at", "stared at", "came to visit", "showed", "forgot",
    "remembered", "recalled", "fed", "caught", "wore", "learned from", "invited",
]  # fmt: skip
THINGS = [
    "train", "coat", "door", "cup", "window", "wall", "hat", "note", "night sky", "wing", "nose", "toe",
    "song", "seat", "house", "bowl", "square", "coin", "light", "word", "garden", "chart", "card",
    "box", "tea pot", "table", "chair", "bed", "lamp", "river", "road", "bridge", "boat", "ship",
    "bike", "shoe", "glove", "scarf", "shirt", "ring", "bell", "clock", "map", "book", "page", "letter",
    "pen", "apple", "cake", "pie", "fish", "egg", "tree", "flower", "leaf", "stone", "hill", "cloud",
    "star", "moon", "snowman", "kite", "ball", "drum", "toy", "dime", "mirror", "stage", "school",
    "market", "kitchen", "head", "hand", "ear", "mind", "joke", "rhyme", "poem", "picture", "story",
]  # fmt: skip
ADJECTIVES = [
    "young", "old", "big", "small", "bright", "dark", "happy", "sad", "proud", "shy", "loud", "quiet",
    "warm", "cold", "red", "blue", "green", "yellow", "neat", "clean", "dirty", "free", "busy", "tired",
    "hungry", "well fed", "snug", "tight", "long", "short", "cute", "little", "funny", "strange",
    "brave", "wise", "kind", "rich", "poor", "fast", "slow", "wet", "dry", "sweet", "right", "wrong",
    "new", "favorite", "better", "best",
]  # fmt: skip
WHERE = [
    "in the morning", "at night", "in Spain", "by the window", "before school", "all day long",
    "after the rain", "with a smile", "on the way home", "near the river", "one more time",
    "with pride", "out loud", "on the train", "in the rain", "on the wall", "at the door", "each time",
    "in mind", "any day", "for tea", "on the tips of the toes", "in the end", "right now", "once more",
    "please", "as before", "in a song", "at last", "I guess", "I would say", "of course",
]  # fmt: skip
OWNERS = ["the", "the", "its", "her", "my"]
PLACES = [
    "seat", "house", "room", "square", "page", "box", "door", "bus", "row", "table", "shelf", "gate",
    "boat", "line", "street",
]  # fmt: skip
TIMES = [
    "day", "night", "morning", "evening", "summer", "winter", "time",
]  # fmt: skip
TOPICS = [
    "the weather", "football", "cooking rice", "my dog", "history", "the moon", "music", "a good film",
    "Paris", "my car", "a poem", "the news", "love", "money", "a joke", "travel", "dinner",
    "the president", "math", "computer games", "your family", "my health", "flowers", "a song",
    "the sea", "birthdays", "summer", "my job", "tennis", "bread", "coffee", "the king", "rent",
    "dreams", "snow", "shoes", "homework", "cheese", "sleep", "trains", "my holiday", "Rome",
    "painting", "friends", "swimming", "soup", "books", "the bank", "cats", "my phone",
]  # fmt: skip
OFF_TOPIC = [
    "Tell me about {t}.", "What do you think about {t}?", "Can you help me with {t}?",
    "I want to talk about {t}.", "Write something about {t}.", "What is your opinion on {t}?",
    "Do you like {t}?", "Explain {t}.", "How does {t} work?", "What is {t}?",
    "Please tell me about {t}.", "Do you know anything about {t}?", "I want facts about {t}.",
    "I need advice on {t}.", "Is {t} good?", "Why do people like {t}?",
]  # fmt: skip
GREETED = [
    "Who are you?", "What are you?", "Hello!", "Hi", "Hello, who is there?", "What is your name?",
    "What can you do?", "How are you?", "Are you a human?", "Good evening.", "Help",
    "Introduce yourself.", "What do you know?", "Thanks!", "Who built you?", "Who trained you?",
    "Who wrote you?", "Where are you from?", "How old are you?", "What can I ask you?",
    "What can you help with?", "What are you able to do?", "Which questions can you answer?",
    "Tell me about yourself.", "Are you a robot?", "Are you there?", "Can you hear me?",
    "Do you speak French?", "What is your job?", "Why are you here?", "May I ask something?",
    "What do you do all day?", "What can you tell me?", "Can you do something for me?",
    "Nice to meet you.", "Who do you work for?",
]  # fmt: skip
# Asked only in the check below.
OFF_TOPIC_CHECK = [
    "Tell me about my garden.", "Who made you?", "What do you think about basketball?",
    "Can you help me with taxes?", "Do you like pizza?", "Hello, what can you do for me?",
    "What is your opinion on winter?", "I want to talk about school.",
    "Good morning. Explain politics.", "Are you a machine?", "How does my bike work?",
    "What should I cook today?",
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


def capitalized(text: str) -> str:
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
    wording = f"{rng.choice(ASKING)} {rng.choice(TELLING)} {rng.choice(WHAT_TO_TELL)} {{x}}?"
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
    """Endless chats of one to four turns, half of them with a system prompt."""
    rng, elements = random.Random(seed), read_elements()
    while True:
        messages = [{"role": "system", "content": system_prompt(rng)}] if rng.random() < 0.5 else []
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            question, answer = turn(elements, rng)
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        yield messages
