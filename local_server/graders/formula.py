"""The formula of a multi grader: arithmetic over the rewards of its graders, and nothing else.

Operators and functions are those of OpenAI's guide to graders (read 2026-11): + - * / ^ and
min, max, abs, floor, ceil, exp, sqrt, log.
"""

import ast
import math
from collections.abc import Callable, Collection, Mapping

_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.Pow: math.pow,
    ast.USub: lambda value: -value,
    ast.UAdd: lambda value: value,
}
_MANY: dict[str, Callable[[list[float]], float]] = {"min": min, "max": max}
_ONE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
}
FUNCTIONS = (*_MANY, *_ONE)


class BadFormula(ValueError):
    """The text is no formula over these graders; the message says why."""


def parse(text: str, names: Collection[str]) -> ast.expr:
    """Read a formula.

    Args:
        text: For example `0.5 * form + 0.5 * facts ^ 2`.
        names: The graders that it may use.

    Returns:
        The formula, ready for `calculate`.

    Raises:
        BadFormula: It is not arithmetic, or it uses an unknown name.
    """
    if "**" in text:
        raise BadFormula("'**' is not an operator here. Write '^' for a power.")
    try:
        # Replaced before parsing: Python's own ^ binds weaker than +.
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
        _check(tree, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, BadFormula):
            raise
        raise BadFormula(f"it cannot be read: {getattr(error, 'msg', None) or error}.") from None
    return tree


def _check(node: ast.expr, names: Collection[str]) -> None:
    match node:
        case ast.Constant(value=bool()):
            raise BadFormula(f"'{ast.unparse(node)}' is not a number.")
        case ast.Constant(value=int() | float()):
            return
        case ast.Name(id=name):
            if name not in names:
                raise BadFormula(f"'{name}' is not the name of a grader. Known names: {', '.join(names)}.")
            return
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            parts = [left, right]
        case ast.UnaryOp(op=operator, operand=operand) if type(operator) in _OPERATORS:
            parts = [operand]
        case ast.Call(func=ast.Name(id=name), args=[_, *rest] as parts, keywords=[]) if name in _MANY or (
            name in _ONE and not rest
        ):
            pass
        case _:
            raise BadFormula(
                f"'{ast.unparse(node).replace('**', '^'):.80}' is not supported. "
                f"Use + - * / ^ and {', '.join(FUNCTIONS)}."
            )
    for part in parts:
        _check(part, names)


def calculate(node: ast.expr, values: Mapping[str, float]) -> float:
    """Work a formula out.

    Args:
        node: The result of `parse`.
        values: The reward of each grader.

    Returns:
        The number.

    Raises:
        ArithmeticError: A division by zero, or a result too large.
        ValueError: A root or logarithm that does not exist.
    """
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=operator, right=right):
            return _OPERATORS[type(operator)](calculate(left, values), calculate(right, values))
        case ast.UnaryOp(op=operator, operand=operand):
            return _OPERATORS[type(operator)](calculate(operand, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            parts = [calculate(part, values) for part in arguments]
            # `min` of one number needs a list.
            return float(_MANY[name](parts) if name in _MANY else _ONE[name](parts[0]))
    raise AssertionError(f"`parse` let {node!r} through")
