"""Score answers, and say how sure the scores are.

These modules are pure: they take texts and rows, and never see a client. A lesson brings its own scores
(`helpers.lessons`); nothing here but `limericks` knows what an answer is about. Uncertainty is of two kinds:
over questions (`intervals`, `paired`) and over runs (`over_runs`).
"""

from helpers.errors import LeakedQuestions
from helpers.evaluation.intervals import ALPHA, interval, power, wilson
from helpers.evaluation.limericks import has_facts, has_form, rhymes
from helpers.evaluation.over_runs import beside, over_runs, read_measured
from helpers.evaluation.paired import compare, holm, p_text
from helpers.evaluation.scores import score_predictions
from helpers.evaluation.usage import rival_records, rival_table, taken, with_recorded_seconds

__all__ = [
    "ALPHA",
    "LeakedQuestions",
    "beside",
    "compare",
    "has_facts",
    "has_form",
    "holm",
    "interval",
    "over_runs",
    "p_text",
    "power",
    "read_measured",
    "rhymes",
    "rival_records",
    "rival_table",
    "score_predictions",
    "taken",
    "wilson",
    "with_recorded_seconds",
]
