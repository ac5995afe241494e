"""What became worse: questions that are not asked as in training, base and fine-tuned side by side."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from helpers.evaluation.scores import Score, judge

RIGHT, FREE = "right in everything", "without the trained form, which nobody asked for"
"""What is good in a set."""
_ADMITS = r"only know|not know|cannot|can't"


def lost_records(
    predictions: Iterable[Mapping[str, Any]], scores: Sequence[Score], manner: str, free: Iterable[str]
) -> list[dict[str, Any]]:
    """Say how many answers are good in each set, by the base model and by the fine-tuned one.

    Args:
        predictions: See the text of `helpers.evaluation.scores`; with `way`, the name of the set, and with
            "base" or "fine_tuned" as model.
        scores: What is asked of each answer.
        manner: The name of the score that shows what was trained.
        free: The sets in which nobody asks for that: an answer without it is good there. In the other
            sets, one that is right in everything is.

    Returns:
        One dict per set, in the order of the predictions: set, base and fine_tuned (share of good answers, 0
        to 1), n (questions) and good (what that means).
    """
    asked, unasked = list(predictions), set(free)
    judged = judge(asked, scores).assign(set=[prediction["way"] for prediction in asked])
    names = [score.name for score in scores]
    records = []
    for name, answers in judged.groupby("set", sort=False):
        good = answers[manner] < 1 if name in unasked else (answers[names] == 1).all(axis=1)
        shares = dict(good.groupby(answers["model"]).mean())
        records.append(lost_record(str(name), shares, len(answers) // 2, FREE if name in unasked else RIGHT))
    return records


def lost_record(name: str, shares: Mapping[str, float], n: int, good: str) -> dict[str, Any]:
    """Return one set as `lost_records` gives it.

    Args:
        name: Of the set.
        shares: Share of good answers, 0 to 1, of "base" and of "fine_tuned".
        n: Questions of the set.
        good: What a good answer is, as a few words.
    """
    both = {model: round(float(shares[model]), 4) for model in ("base", "fine_tuned")}
    return {"set": name, **both, "n": n, "good": good}


def has_expected_word(answer: str, accepted: str) -> bool:
    """Tell whether an answer has one of some words, or admits not to know.

    Args:
        answer: An answer.
        accepted: Words, with ";" between them, as in data/off_topic.csv; upper and lower case do not count.
    """
    words = "|".join(re.escape(word.strip()) for word in accepted.split(";"))
    return bool(re.search(rf"(?i)\b({words}|{_ADMITS})\b", answer))
