"""A learner's own table: read, checked, split, and, after a job, a verdict in words with its evidence.

Nothing here calls a service: the notebook's cells do, and give the answers back. The names that a notebook
uses are listed in `__init__.pyi`: `from helpers import own_data`, then `own_data.read_table(...)`.

The way of a row:

    table      any file, or a pasted list → columns → examples (chat rows)
    checks     what can be said before a job → findings
    split      near copies of a question stay together → training, validation and test rows
    plan       settings by the number of rows → a job, and how many answers are asked for
    evidence   the form of the answers, when one is right, what is known by heart → numbers
    verdict    the numbers → one word, and its reasons

`words` has what several of them need of a text.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
