"""What one has seen with single answers, as options: notebook 00 ends with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from finetune_dataset.errors import FineTuneError
from helpers.decision.options import Kind, Option
from helpers.evaluation.scores import Score


def seen_once(
    answers: Mapping[str, str], kinds: Mapping[str, Kind], scores: Iterable[Score], row: Mapping[str, Any]
) -> list[Option]:
    """Make options of one answer each.

    Args:
        answers: Way → its answer to one question.
        kinds: Way → what one would do to have it; "prompt" for those that are not named.
        scores: What is asked of each answer, such as `lesson.scores`; right is what is right in all.
        row: The row that was asked.

    Raises:
        FineTuneError: There is no answer or no score.
    """
    asked = list(scores)
    if not answers or not asked:
        raise FineTuneError("Nothing was seen: expected an answer and a score. Ask a model first.")
    return [
        Option(
            name, kinds.get(name, "prompt"), float(min(score.check(answer, row) for score in asked) == 1), 1
        )
        for name, answer in answers.items()
    ]
