"""Prompt, retrieve, fine-tune, a smaller model, or not yet: a decision from measured numbers.

Nothing here calls a model or draws. The way of a number:

    measured   the tables of notebook 05, of the course or of one question → options
    options    one way to ask: its quality with both uncertainties, and what a request costs
    needs      the learner's form: use case, requests, days, quality wanted, effort, data
    choose     the cheapest of those that are good enough, and where another one becomes it
    words      reasons, and what would change them; `places` says where one can still train
    recommend  all of it → a recommendation

Before any numbers of one's own, `chooser` says what to try first, from those of the course.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
