"""Exercises that check themselves, and a quiz for each notebook: predict, change, extend.

    texts      what is asked, hints, solutions, the quiz: one TOML file per notebook in `texts/`
    answers    what a learner can hand over: a blank, a number, a function
    rules      when an answer is right, and which typical mistake a wrong one shows
    checking   `check`, `hint`, `solution`
    quizzes    `quiz`, `answer`
    kept       `exercises.json` of the run: local only, and safe beside other kernels
    table      `progress`

A rule looks at properties, such as what a function returns for some inputs, and never at the text of a cell.
Nothing here calls a model.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
