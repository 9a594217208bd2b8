"""Results worked out from others by a published formula: adjusted calcium, anion gap, aldosterone/renin ratio, average glucose, eGFR.

The names in a formula are marker ids, in canonical units, and `age` (years) and `female` (1 or 0).
A derived result never replaces a printed one, and one missing ingredient means no result.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import pandas as pd

from labinterp.errors import ReferenceDataError
from labinterp.model import ROW_COLUMNS, Patient, frame_of
from labinterp.reference import Reference
from labinterp.reference.limits import parse_limits
from labinterp.reference.schema import Derived

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,  # of floats: 9**9**9 is too large at once, not after an hour
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max}
FACTS = ("age", "female")
LONGEST = 500
"""Characters of a formula."""
DERIVED_COLUMNS = ("derived", "name", "formula", "formula_source", "from_rows")


@cache
def names_in(formula: str) -> frozenset[str]:
    """The markers and facts that a formula needs. Raises `ReferenceDataError` if it is no plain arithmetic."""
    names = set()
    for node in ast.walk(parsed(formula)):
        if isinstance(node, ast.Name) and node.id not in _FUNCTIONS:
            names.add(node.id)
    return frozenset(names)


@cache
def parsed(formula: str) -> ast.expr:
    """The arithmetic of a formula: numbers, names, ``+ - * / **``, `min` and `max`; nothing else can run."""
    if len(formula) > LONGEST:
        raise ReferenceDataError(f"a formula of {len(formula)} characters; the longest is {LONGEST}")
    try:
        body = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ReferenceDataError(f"formula {formula!r}: {getattr(error, 'msg', error)}") from error
    allowed = (ast.BinOp, ast.UnaryOp, ast.USub, ast.Constant, ast.Name, ast.Load, ast.Call, *_OPERATORS)
    for node in ast.walk(body):
        if not isinstance(node, allowed) or (
            isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS)
        ):
            raise ReferenceDataError(f"formula {formula!r} uses {type(node).__name__}")
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise ReferenceDataError(f"formula {formula!r} uses {node.value!r}, which is no number")
        if isinstance(node, ast.Call) and (node.keywords or not node.args):
            raise ReferenceDataError(f"formula {formula!r}: min and max want numbers")
    return body


def evaluate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula. Raises `ArithmeticError` or `ValueError` where it has none (a division by zero, a root of -1)."""

    def value(node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return float(node.value)  # type: ignore[arg-type]  # `parsed` lets numbers pass only
        if isinstance(node, ast.Name):
            return values[node.id]
        if isinstance(node, ast.UnaryOp):
            return -value(node.operand)
        if isinstance(node, ast.Call):
            return _FUNCTIONS[node.func.id](list(map(value, node.args)))  # type: ignore[attr-defined]
        assert isinstance(node, ast.BinOp)
        return _OPERATORS[type(node.op)](value(node.left), value(node.right))

    return float(value(parsed(formula)))


def derive(results: pd.DataFrame, ref: Reference, patient: Patient | None = None, requested: Collection[str] = ()) -> pd.DataFrame:
    """Rows (ROW_COLUMNS + DERIVED_COLUMNS) for every formula whose ingredients stand on the report, once.

    `requested` names rules that are worked out only when asked for (LDL by calculation).
    Ingredients are judged results with an exact value, of one day; the newest day that has them all is used.
    """
    patient = patient or Patient()
    usable = results[
        (results["status"].isin(("ok", "undetermined", "no_interval")))
        & (results["comparator"] == "")
        & results["value"].notna()
        & (results["review"] == "")
    ]
    usable = usable[usable["low"] == usable["high"]]
    if "patient_id" in results and results["patient_id"].nunique(dropna=False) > 1:
        usable = usable.iloc[:0]  # the formulas mix results of one person only
    printed = set(results["marker"].dropna())
    rules = [rule for marker in ref.markers.values() for rule in marker.derived if rule.id in requested or not rule.on_request]
    there = {*usable["marker"], *FACTS}
    rules = [rule for rule in rules if rule.marker not in printed and names_in(rule.formula) <= there]
    rows = [row for rule in rules if (row := _one(usable, rule, patient)) is not None]
    if not rows:
        return _nothing().copy()
    frame = frame_of([{k: v for k, v in row.items() if k in ROW_COLUMNS} for row in rows], ROW_COLUMNS)
    for column in DERIVED_COLUMNS:
        frame[column] = pd.Series([row[column] for row in rows], dtype=object)
    return frame


@cache
def _nothing() -> pd.DataFrame:
    return frame_of([], (*ROW_COLUMNS, *DERIVED_COLUMNS))


def _one(usable: pd.DataFrame, rule: Derived, patient: Patient) -> dict[str, Any] | None:
    needed = names_in(rule.formula)
    facts = {"age": patient.age, "female": None if patient.sex is None else float(patient.sex == "female")}
    values = {name: facts[name] for name in needed & set(FACTS)}
    ingredients = needed - set(FACTS)
    if any(value is None for value in values.values()) or ("age" in values and (patient.age or 0) < 18):
        return None
    rows = usable[usable["marker"].isin(ingredients)]
    for day in sorted(rows["collected_text"].unique(), reverse=True):
        same_day = rows[rows["collected_text"] == day].drop_duplicates("marker", keep="last")
        if set(same_day["marker"]) != set(ingredients):
            continue
        values |= dict(zip(same_day["marker"], same_day["value"], strict=True))
        if not all(parse_limits(limit).contains(values[marker] or 0.0) for marker, limit in rule.only.items()):
            return None
        try:
            value = evaluate(rule.formula, values)  # type: ignore[arg-type]
        except (ArithmeticError, ValueError):
            return None
        if not math.isfinite(value):
            return None
        return {
            "name_text": rule.marker or rule.id,
            "value_text": f"{value:.6g}",
            "unit_text": rule.unit,
            "decimal": ".",
            "collected_text": day,
            "date_order": same_day["date_order"].iat[0],
            "derived": rule.id,
            "name": rule.name,
            "formula": rule.formula,
            "formula_source": rule.source,
            "from_rows": tuple(int(i) for i in same_day.index),
        }
    return None
