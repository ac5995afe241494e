"""The stories of the course: which rows a bot learns from, how they are split, and when an answer is right.

`FINETUNE_DATASET` chooses one for all notebooks. The notebooks know a story only as a `Lesson`.
"""

from helpers.lessons.beside.probes import Probe, repeats_itself
from helpers.lessons.beside.side_by_side import playground_questions, playground_ways
from helpers.lessons.lesson import Lesson, Score, Settings
from helpers.lessons.open_lesson import LESSONS, open_lesson
from helpers.lessons.rivals import Rival
from helpers.lessons.ways import Way, conversation, question

__all__ = [
    "LESSONS",
    "Lesson",
    "Probe",
    "Rival",
    "Score",
    "Settings",
    "Way",
    "conversation",
    "open_lesson",
    "playground_questions",
    "playground_ways",
    "question",
    "repeats_itself",
]
