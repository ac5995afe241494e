"""From numbers to one word: the rules, in the order in which they count."""

from helpers.evaluation import wilson
from helpers.own_data.checks import is_unrelated
from helpers.own_data.evidence.measured import Measured
from helpers.own_data.evidence.reasons import amount, percent
from helpers.own_data.plan import Plan

HALF = 0.5
"""Answers count as right when surely more than this share is: the low end of the interval is above it, and
above the control."""

ENOUGH_FORM = 0.8
"""Share of the form of the learner's own held-out answers that the fine-tuned model's must reach."""

ONE_TEXT = 0.8
"""From this share of one text among the answers on, the model does not look at the question."""

WIDE = 20
"""With fewer scored answers, an interval that leaves it open says "too few rows", not "no"."""

_WEAK = {"length", "sign", "case"}  # Properties that random texts have, too.


def decide(found: Measured, plan: Plan, texts: list[str]) -> tuple[str, str]:
    """Choose the verdict.

    Args:
        found: The numbers.
        plan: What was trained and asked.
        texts: The fine-tuned answers to the test questions.

    Returns:
        The verdict, and why, as a sentence.
    """
    formed, right = has_form(found), are_right(found)
    form = formed or not found.properties
    what = "values (F1)" if found.measure.kind == "json" else "answers"
    share = f"{percent(found.answers.fine_tuned)} of the {what}"
    if not found.answers.n:
        word, was = ("form_only", "was") if formed else ("not_learned", "was not")
        return (
            word,
            f"The form {was} learned. Whether answers are right, no program can tell here: read them.",
        )
    if right is None:
        return "too_few_rows", f"Only {found.answers.n} test answers were scored: most may be right, or not."
    if right and form:
        return "learned", f"The form and {share} are right, for new questions.{_not_needed(found)}"
    if 2 * found.echoes >= len(texts):
        return "not_learned", f"{found.echoes} of {len(texts)} answers only repeat the question."
    if right:
        return "not_learned", f"{share} are right, but they do not have the form of your answers."
    labels = found.measure.kind == "labels"
    if found.same > ONE_TEXT * len(texts) and found.copies >= found.same and not labels:
        return "not_learned", f"{found.same} of {len(texts)} questions get one and the same trained answer."
    if form and (said := memorized(found, len(plan.sample), len(texts))):
        return "memorized", f"The rows are known by heart: {said}. New questions do not get right answers."
    if not formed:
        return "not_learned", _neither(found)
    if labels and found.answers.low <= found.control:
        return "not_learned", _not_better(found)
    gained = found.form.low > (found.form.base or 0) or found.answers.low > (found.answers.base or 0)
    if formed and not gained:
        return "not_learned", (
            f"The base model's answers have this form already, and {share} are right: nothing shows that "
            "something was learned."
        )
    kinds = {each.kind for each in found.properties}
    if kinds <= _WEAK and is_unrelated(plan.training):
        return "not_learned", (
            "Only the length of your answers was learned. As far as words show, your answers have nothing to "
            "do with their questions: a quiz, whose facts training does not bring, or rows that are mixed up."
        )
    if found.answers.high > HALF:
        return "form_only", f"The form was learned. Only {share} are right: not enough to rely on."
    if found.measure.kind in ("own words", "kept words"):
        return (
            "form_only",
            "The form was learned. As far as words show, the answers do not say what yours say. Where the "
            "tone is all that counts, read them: this may be what you want.",
        )
    return "form_only", "The form was learned, the answers are not right: it sounds like you, and is wrong."


def _neither(found: Measured) -> str:
    if found.form.base is None or found.form.low <= found.form.base:
        return "Neither the form nor the answers were learned."
    had = f"{percent(found.form.fine_tuned)} of the answers have it"
    return f"The form was learned in part only ({had}), and the answers are not right."


def _not_better(found: Measured) -> str:
    if (found.answers.fine_tuned or 0) <= found.control:
        return "It names your labels, but not better than without looking at the question."
    return (
        f"It names your labels, {percent(found.answers.fine_tuned)} of them right. Always naming the most "
        f"frequent one gets {percent(found.control)}: with {found.answers.n} answers the difference may be "
        "chance. Balance the labels."
    )


def has_form(found: Measured) -> bool:
    """Tell whether the fine-tuned model has the form, and the base model had it less, or had it already."""
    share, enough = found.form, ENOUGH_FORM * found.reference_form
    if share.fine_tuned is None or share.base is None:
        return False
    return share.fine_tuned >= enough and (share.low > share.base or share.base >= enough)


def are_right(found: Measured) -> bool | None:
    """Tell whether surely most answers are right; None where so few answers leave it open."""
    share, limit = found.answers, max(HALF, found.control)
    if share.low > limit:
        return True
    return None if share.n < WIDE and share.high > limit else False


def memorized(found: Measured, asked: int, tested: int) -> str:
    """Say what shows that rows are known by heart; "" where nothing does.

    Args:
        found: The numbers.
        asked: Trained questions that were asked.
        tested: Test questions that were asked.
    """
    scores, labels = found.trained_scores, found.measure.kind == "labels"
    by_heart = wilson(found.repeated, asked)[0] if asked else 0.0
    if 2 * found.repeated >= asked > 0 and by_heart * tested > found.repeated_new and not labels:
        return f"{found.repeated} of {asked} trained answers are repeated almost word for word"
    low = wilson(sum(scores), len(scores))[0] if scores else 0.0
    if sum(scores) >= HALF * len(scores) and low > found.answers.high:
        return f"{amount(scores)} right on trained questions"
    if 2 * found.copies >= tested and 5 * found.expected_copies <= found.copies and not labels:
        return f"{found.copies} of {tested} answers to new questions are nearly a trained answer"
    return ""


def _not_needed(found: Measured) -> str:
    answers, form = found.answers, found.form
    as_right = answers.base is not None and answers.base >= (answers.fine_tuned or 0)
    as_formed = form.base is None or form.base >= (form.fine_tuned or 0)
    return " The base model was as good: these rows need no fine-tuning." if as_right and as_formed else ""
