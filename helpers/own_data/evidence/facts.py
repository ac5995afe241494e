"""Facts that no training can teach for a new question: they stand in the answers only."""

from collections.abc import Sequence

from finetune_dataset.chat import JsonObject
from helpers.own_data.evidence.structured import flat, read_answer
from helpers.own_data.split import closed_set
from helpers.own_data.table.examples import answer_of, question_of
from helpers.own_data.words import Telling, shortened, tokens


def unknowable(rows: Sequence[JsonObject]) -> list[tuple[str, list[str]]]:
    """Find answers that state numbers or names which neither their question nor many answers hold.

    No training can teach these for a question that was not trained: they have to be looked up, and given to
    the model with the question.

    Args:
        rows: The examples.

    Returns:
        For each such row the start of its question, and the facts.
    """
    answers = [answer_of(row) for row in rows]
    if closed_set(answers):
        return []
    telling, found = Telling(answers), []
    for row, answer in zip(rows, answers, strict=True):
        value = read_answer(answer)
        said = telling.facts(answer) if value is None else {text.casefold() for _, text in flat(value)}
        asked = set(tokens(question_of(row)))
        new = {each for each in said if not set(tokens(each)) <= asked}
        if new:
            found.append((shortened(question_of(row), 60), sorted(new)))
    return found
