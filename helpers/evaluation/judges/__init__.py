"""A model as a judge: what it is asked, how its answer is read, and how far it can be trusted.

These modules are pure. They build messages and read texts; the call to the judge stands in the notebook.
A verdict that cannot be read is None. It is counted, and never guessed.
"""

from helpers.evaluation.judges.agreement import agree, cohen_kappa, position
from helpers.evaluation.judges.pairs import (
    PAIR_FORMAT,
    VERDICTS,
    Verdict,
    pair_messages,
    read_verdict,
    settled,
    turned,
)
from helpers.evaluation.judges.rubric import read_grades, rubric_format, rubric_messages

__all__ = [
    "PAIR_FORMAT",
    "VERDICTS",
    "Verdict",
    "agree",
    "cohen_kappa",
    "pair_messages",
    "position",
    "read_grades",
    "read_verdict",
    "rubric_format",
    "rubric_messages",
    "settled",
    "turned",
]
