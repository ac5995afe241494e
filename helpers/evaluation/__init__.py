"""Score answers, and say how sure the scores are.

These modules are pure: they take texts and rows, and never see a client. A lesson brings its own scores
(`helpers.lessons`); nothing here but `limericks` knows what an answer is about.
"""

from helpers.evaluation.limericks import has_facts, has_form, rhymes
from helpers.evaluation.paired import Comparison, compare
from helpers.evaluation.scores import score_predictions, wilson

__all__ = [
    "Comparison",
    "compare",
    "has_facts",
    "has_form",
    "rhymes",
    "score_predictions",
    "wilson",
]
