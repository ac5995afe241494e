"""Five questions per notebook, about what is often misunderstood. Each wrong choice is explained."""

from textwrap import TextWrapper

from helpers.errors import FineTuneError
from helpers.exercises.answers import Misfit, letter
from helpers.exercises.kept import keep
from helpers.exercises.texts import texts_of

WIDTH = 96
"""Characters per line: what fits into a cell's output in JupyterLab beside the file list."""


def quiz(notebook: str) -> None:
    """Print the questions of a notebook, and how to answer them.

    Args:
        notebook: Its number, such as "04".

    Raises:
        FineTuneError: No notebook with a quiz has this number.
    """
    for number, question in enumerate(texts_of(notebook).quiz, start=1):
        print(_lines(f"{number}. {question.ask}", "", "   "))
        for name, text in question.choices.items():
            print(_lines(f"{name}) {text}", "   ", "      "))
    print(f'Answer a question like this: exercises.answer("{notebook}", 1, "a")')


def answer(notebook: str, number: int, choice: object) -> None:
    """Answer one question, and read why it is right or wrong. Ask as often as you like.

    Args:
        notebook: Its number, such as "04".
        number: Of the question, from 1.
        choice: A letter; `...` is not answered yet.

    Raises:
        FineTuneError: There is no such notebook or question.
    """
    questions = texts_of(notebook).quiz
    if not isinstance(number, int) or not 1 <= number <= len(questions):
        raise FineTuneError(
            f"The quiz of notebook {notebook} has the questions 1 to {len(questions)}; found {number!r}."
        )
    question, name = questions[number - 1], f"Question {number}"
    if choice is ...:
        print(f"{name}: not answered. Write a letter in place of `...`, and run this cell again.")
        return
    try:
        chosen = letter(choice, list(question.choices))
    except Misfit as misfit:
        print(f"{name}: {misfit}.")
        return
    verdict = "right" if chosen == question.right else f"not {chosen}"
    print(_lines(f"{name}: {verdict}. {question.why[chosen]}"))
    keep(lambda kept: kept.chosen(notebook, str(number)).append(chosen))


def _lines(text: str, first: str = "", others: str = "") -> str:
    return TextWrapper(WIDTH, first, others, break_on_hyphens=False).fill(text)
