"""Which rows are meant, in words: `yaw_deg < 20 and glasses != "none"`.

Columns of a row are names; numbers, text in quotes, `< <= > >= == !=` (chains too), `in [..]`, `and or not`, `+ - * /`
and `abs()` are known, and nothing else. Where a column holds null, a comparison with it is not met.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recon.errors import UserError, did_you_mean

COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, among: value in among,
    ast.NotIn: lambda value, among: value not in among,
}
ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
KNOWN = "compare columns with < <= > >= == != or in, and join with and, or, not"

Value = Callable[[Mapping[str, Any]], Any]


class Where:
    """A condition on rows: `Where("abs(yaw_deg) < 20")(row)` is True or False. names: the columns it reads."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError):
            raise UserError(f"--where '{text}' can't be understood: {KNOWN}") from None
        self._value = self._read(tree)
        if not self.names:
            raise UserError(f"--where '{text}' names no column: {KNOWN}")

    def __call__(self, row: Mapping[str, Any]) -> bool:
        try:
            return bool(self._value(row))
        except (TypeError, ZeroDivisionError) as error:
            raise UserError(f"--where '{self.text}' makes no sense of a row ({error}): {KNOWN}") from None

    def refuse_unknown(self, columns: Sequence[str]) -> None:
        """Raise UserError where a name is none of these columns."""
        for name in self.names:
            if name not in columns:
                raise UserError(f"--where: there is no column {name} to select by{did_you_mean(name, columns)}")

    def _read(self, node: ast.expr) -> Value:
        if isinstance(node, ast.BoolOp):
            values = [self._read(one) for one in node.values]
            joined = all if isinstance(node.op, ast.And) else any
            return lambda row: joined(value(row) for value in values)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            negated = self._read(node.operand)
            return lambda row: not negated(row)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            positive = self._read(node.operand)
            return lambda row: _of_there(operator.neg, positive(row))
        if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            left, right, done = self._read(node.left), self._read(node.right), ARITHMETIC[type(node.op)]
            return lambda row: _of_there(done, left(row), right(row))
        if isinstance(node, ast.Compare) and all(type(one) in COMPARISONS for one in node.ops):
            values = [self._read(one) for one in (node.left, *node.comparators)]
            return _chain(values, [COMPARISONS[type(one)] for one in node.ops])
        return self._read_leaf(node)

    def _read_leaf(self, node: ast.expr) -> Value:
        if isinstance(node, ast.Name):
            name = node.id
            self.names.append(name)
            return lambda row: row[name]
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float, str)):
            return lambda row: node.value
        if isinstance(node, (ast.List, ast.Tuple)):
            values = [self._read(one) for one in node.elts]
            return lambda row: [value(row) for value in values]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "abs" and len(node.args) == 1 and not node.keywords:
            value = self._read(node.args[0])
            return lambda row: _of_there(abs, value(row))
        raise UserError(f"--where '{self.text}': '{ast.unparse(node)}' is not known: {KNOWN}")


def _chain(values: list[Value], holds: list[Callable[[Any, Any], bool]]) -> Value:
    def compared(row: Mapping[str, Any]) -> bool:
        found = [value(row) for value in values]
        return None not in found and all(
            hold(left, right) for hold, left, right in zip(holds, found, found[1:], strict=False)
        )

    return compared


def _of_there(done: Callable[..., Any], *values: Any) -> Any:
    """None where one of the values is."""
    return None if None in values else done(*values)
