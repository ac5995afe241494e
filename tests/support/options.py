"""Measured options for tests, made up: nothing here was measured."""

from helpers.decision import Option


def option(name="few-shot", kind="prompt", right=34, n=34, **more):
    """An option that got the first `right` of `n` questions right; a request costs 0.0001."""
    groups = {str(place): float(place < right) for place in range(n)}
    return Option(**{"name": name, "kind": kind, "quality": right / n, "n": n, "by_group": groups,
                     "per_request": 1e-4, **more})  # fmt: skip


PROMPT = option("few-shot", "prompt", per_request=4e-4)
RETRIEVE = option("looked up", "retrieve", per_request=2e-4)
SMALLER = option("small few-shot", "smaller model", per_request=3e-4)
TUNED = option("tuned", "fine-tune", per_request=1e-4, once=3.0, rows=144, runs=(1.0, 1.0, 1.0))
