"""Small datasets as a learner could bring them, and answers as a model could give them."""

from itertools import product

TEACHERS = ("Keller", "Okafor", "Tanaka", "Novak", "Haddad", "Brennan", "Duarte")
TOPICS = ("pottery", "chess", "yoga", "painting", "baking", "weaving", "dancing")
THINGS = ("soup", "hotel", "concert", "lamp", "novel", "coffee", "pizza", "jacket", "train", "museum")
SAID = {
    "positive": ("I love the {}", "the {} was wonderful", "what a great {}"),
    "negative": ("I hate the {}", "the {} was awful", "never again this {}"),
    "neutral": ("the {} is on the left", "I bought the {} today", "is the {} still there?"),
}


def chat(question: str, answer: str) -> dict:
    """A chat row of one question and its answer."""
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}


def shop_rows(number: int = 42) -> list[dict]:
    """A bike shop: each answer has a price and a time that stand in no question."""
    parts = ("a chain", "a saddle", "a tire", "a bell", "a lamp", "a rack")
    asked = [(f"{parts[place % 6]} of the {place}th kind", place) for place in range(1, number + 1)]
    return [chat(f"How much is {part}?", shop_answer(part, 400 + 7 * place)) for part, place in asked]


def shop_answer(part: str, price: int) -> str:
    """An answer in the shop's form."""
    return f"Hi rider! You get {part} for {price} dollars in {price + 1000} minutes. Ride on!"


def notice_rows() -> list[dict]:
    """Notes and the notice of them: all that the answer states stands in the question."""
    return [
        chat(
            f"topic: {topic}; teacher: Ms. {teacher}; room: {100 + 3 * place}",
            notice(teacher, topic, 100 + 3 * place),
        )
        for place, (teacher, topic) in enumerate(product(TEACHERS, TOPICS))
    ]


def notice(teacher: str, topic: str, room: int) -> str:
    """A notice in its form."""
    return f"Hear, hear! In room {room} the honored Ms. {teacher} teaches {topic}. Come along, neighbors!"


def label_rows() -> list[dict]:
    """Short texts, and one of three labels."""
    return [
        chat(said.format(thing), label) for thing in THINGS for label, each in SAID.items() for said in each
    ]
