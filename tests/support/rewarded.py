"""Rows for a grader, and jobs that learn from its rewards."""

from typing import Any

from grading import python

SHORT = python("def grade(sample, item):\n    return 1 / (1 + len(sample['output_text']))\n", "short")
NAMED = {
    "type": "string_check",
    "name": "named",
    "operation": "ilike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.symbol }}",
}
ELEMENTS = ["Hydrogen", "Helium", "Lithium", "Beryllium", "Boron", "Carbon", "Nitrogen", "Oxygen"]
ELEMENTS += ["Fluorine", "Neon", "Sodium", "Magnesium"]


def asked(name: str) -> dict[str, Any]:
    """A row: a question, and what a grader knows of its answer."""
    return {"messages": [{"role": "user", "content": f"What is {name}?"}], "symbol": name[:1]}


ROWS = [asked(name) for name in ELEMENTS[:10]]
HELD_OUT = [asked(name) for name in ELEMENTS[10:]]


def reinforcement(grader: dict[str, Any], **numbers: Any) -> dict[str, Any]:
    return {"type": "reinforcement", "reinforcement": {"grader": grader, "hyperparameters": numbers}}
