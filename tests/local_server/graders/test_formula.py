"""The formula of a multi grader."""

import pytest

from local_server.graders import formula


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5 * a + b", 4.0),
        ("-a^2", -4.0),
        ("2 * b ^ 2", 18.0),
        ("max(a, b, 1) - min(a)", 1.0),
        ("floor(2.5) + ceil(2.5) + abs(-1)", 6.0),
        ("exp(0) + sqrt(4) + log(1)", 3.0),
    ],
)
def test_a_formula_is_arithmetic(text: str, value: float) -> None:
    values = {"a": 2.0, "b": 3.0}
    assert formula.calculate(formula.parse(text, values), values) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c",
        "a ** 2",
        "a.real",
        "a[0]",
        "a if a else b",
        "a < b",
        "True",
        "'a'",
        "1j",
        "pow(a, 2)",
        "sqrt(a, b)",
        "min()",
        "min(*a)",
        "max(a, key=abs)",
        "__import__('os')",
        "(lambda: a)()",
        "a; b",
        "-" * 5000 + "a",
        "(" * 900,
        "\0",
        "9" * 5000,
    ],
)
def test_nothing_but_arithmetic_is_a_formula(text: str) -> None:
    with pytest.raises(formula.BadFormula):
        formula.parse(text, {"a": 2.0, "b": 3.0})
