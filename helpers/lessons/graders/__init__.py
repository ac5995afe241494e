"""The scores of the course's lessons as graders: rules that a server can run.

The functions of `elle`, `recipes` and `sarcastic` are sent to the server as they stand there. They import the
standard library only, and take what they compare with from `item`.
"""

from helpers.lessons.graders.build import grader_of, item_of, multi_grader

__all__ = ["grader_of", "item_of", "multi_grader"]
