"""Questions, answers and sentences about an element, with gaps for its facts and for `prose_words`."""

SELF_DESCRIPTION = (
    "I am periodic-tiny, a very small language model. "
    "I only know facts about the 118 chemical elements. Ask me about one of them."
)

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
POLITE_BEGINNINGS = ["Can you", "Could you", "Would you", "Will you", "Please can you", "Are you able to"]
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
