"""The evidence in sentences, each with its numbers."""

from collections.abc import Sequence

from helpers.own_data.evidence.measured import Measured, Share
from helpers.own_data.words import shortened

_GUESS = {"labels": "always the most frequent label, or chance"}


def form_says(found: Measured) -> str:
    """Say what form was looked for, and which answers have it."""
    if not found.properties:
        return "Form: your answers have no form in common that could be checked."
    names = "; ".join(each.says for each in found.properties)
    text = f"Form ({names}): base {percent(found.form.base)}, fine-tuned {percent(found.form.fine_tuned)} "
    text += f"{interval(found.form)}, your own held-out answers {found.reference_form:.0%}."
    return text if found.apart else f"{text} The base model's answers have this form already."


def answers_says(found: Measured, texts: Sequence[str]) -> str:
    """Say how many answers are right, what that means here, and what the control gets.

    Args:
        found: The numbers.
        texts: The fine-tuned answers to the test questions.
    """
    share, measure = found.answers, found.measure
    if not share.n:
        return f"Answers: not judged. An answer {measure.meaning}."
    what = "mean score: base" if measure.kind == "json" else "right: base"
    text = f"Answers {what} {percent(share.base)}, fine-tuned {percent(share.fine_tuned)} {interval(share)}. "
    text += f"An answer is right if it {measure.meaning}. "
    text += f"Control ({_GUESS.get(measure.kind, 'against the right answers of other questions')}): "
    text += f"{found.control:.0%}."
    if measure.kind in ("facts", "numbers", "facts and words", "json", "short"):
        text += f" Of what is looked for, {measure.in_question:.0%} stands in the questions."
    same = max(texts, key=list(texts).count)
    if list(texts).count(same) > 0.8 * len(texts):
        text += f" {list(texts).count(same)} of {len(texts)} answers are one text, {shortened(same, 40)!r}."
    return text


def memory_says(found: Measured, asked: int, tested: int) -> str:
    """Say what the model knows by heart.

    Args:
        found: The numbers.
        asked: Trained questions that were asked.
        tested: Test questions that were asked.
    """
    right = f"Trained questions: {amount(found.trained_scores)} right" if found.trained_scores else "Memory"
    if found.measure.kind == "labels":
        return f"{right}."
    return (
        f"{right}, {found.repeated} of {asked} answers repeated almost word for word. Of the {tested} test "
        f"answers {found.copies} are nearly a trained one; of the right answers {found.expected_copies} are."
    )


def familiar_says(found: Measured, tested: int) -> list[str]:
    """Warn of a test whose questions are much like the trained ones; nothing for another test.

    Args:
        found: The numbers.
        tested: Test questions that were asked.
    """
    if 2 * found.familiar < tested:
        return []
    return [
        f"{found.familiar} of {tested} test questions share more than half of their words with a trained "
        "one, as filled frames do: questions in other words may be harder."
    ]


def amount(scores: Sequence[float]) -> str:
    """Write a sum of scores as "3 of 12", or as a share where it is no whole number."""
    total = sum(scores)
    return f"{total:.0f} of {len(scores)}" if total == int(total) else f"{total / max(1, len(scores)):.0%}"


def percent(value: float | None) -> str:
    """Write a share; a dash for None."""
    return "–" if value is None else f"{value:.0%}"


def interval(share: Share) -> str:
    """Write number and interval of a share."""
    return f"(of {share.n}; 95 % interval {share.low:.0%} to {share.high:.0%})"
