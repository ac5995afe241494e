"""A table, and what its rows become."""

import csv
import io

TABLE = [
    ["question", "answer", "tone"],
    ["Was ist Gold?", "Ein Metall; gelb, schwer.", "kurz"],
    ["Café?", "Ja.", ""],
]
CHATS = [("Was ist Gold?", "Ein Metall; gelb, schwer."), ("Café?", "Ja.")]


def pairs(rows):
    return [tuple(message["content"] for message in row["messages"]) for row in rows]


def csv_text(table, separator=",", end="\r\n"):
    target = io.StringIO()
    csv.writer(target, delimiter=separator, lineterminator=end).writerows(table)
    return target.getvalue()
