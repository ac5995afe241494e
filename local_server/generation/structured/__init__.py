"""Answers that are JSON and fit a schema: which tokens may come next, by llguidance."""
