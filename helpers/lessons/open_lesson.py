"""Choose a story by its name."""

import difflib
from collections.abc import Callable
from typing import Final

from helpers.backends.recordings.chosen import dataset_name
from helpers.errors import FineTuneError
from helpers.lessons.elle import elle
from helpers.lessons.lesson import Lesson
from helpers.lessons.recipes import recipes
from helpers.lessons.sarcastic import sarcastic

LESSONS: Final[dict[str, Callable[[], Lesson]]] = {
    "elle": elle,
    "sarcastic": sarcastic,
    "recipes": recipes,
}


def open_lesson(name: str | None = None) -> Lesson:
    """Return a dataset of the course.

    Args:
        name: "elle", "sarcastic" or "recipes", such as `run.dataset`; without it FINETUNE_DATASET, or "elle".

    Raises:
        FineTuneError: No dataset has that name; the message says which there are.
    """
    asked = name or dataset_name()
    if asked.strip().lower() in LESSONS:
        return LESSONS[asked.strip().lower()]()
    near = difflib.get_close_matches(asked.lower(), LESSONS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise FineTuneError(
        f"There is no dataset {asked!r} in this course. Datasets: {', '.join(LESSONS)}.{hint} The name comes "
        "from open_lesson(name) or from FINETUNE_DATASET. For your own data, use notebook 10_your_own_data."
    )
