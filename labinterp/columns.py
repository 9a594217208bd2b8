"""Columns as plain arrays, and the idea that makes one code path serve twenty rows and ten million: each distinct text is resolved once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

Columns = Mapping[str, np.ndarray]
"""Columns of one length: figures as floats, all else as objects, of which those missing are None."""

AnyRows = TypeVar("AnyRows", pd.DataFrame, Columns)
P = ParamSpec("P")


def stage(work: Callable[Concatenate[Columns, P], Columns]) -> Callable[Concatenate[AnyRows, P], AnyRows]:
    """A step that gives further columns, as one that gives the rows with them: a frame for a frame, columns for columns."""

    @wraps(work)
    def done(rows: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        if isinstance(rows, pd.DataFrame):
            return rows.assign(**work(columns_of(rows), *args, **kwargs))
        return {**rows, **work(rows, *args, **kwargs)}

    return done


def columns_of(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of a frame."""
    return {str(name): _array(column) for name, column in frame.items()}


def _array(column: pd.Series[Any]) -> np.ndarray:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float, na_value=np.nan)
    values: np.ndarray = np.array(column, dtype=object)
    values[column.isna().to_numpy()] = None
    return values


def height(columns: Columns) -> int:
    """How many rows there are."""
    return len(next(iter(columns.values()), ()))


def encode(columns: Columns, names: Sequence[str]) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """Number the distinct combinations of the columns `names`: an integer per row, and the combination behind each integer.

    Combinations are numbered in order of first appearance. A missing column counts as empty text, a missing cell as None.
    """
    rows = height(columns)
    codes = np.zeros(rows, dtype=np.int64)
    kept: list[tuple[Any, ...]] = [()] if rows else []
    for name in names:
        if name not in columns:
            kept = [(*one, "") for one in kept]
            continue
        own, values = pd.factorize(columns[name])
        texts = [None, *values.tolist()]
        mixed, pairs = pd.factorize(codes * len(texts) + own + 1)
        before, last = np.divmod(pairs, len(texts))
        kept = [(*kept[place], texts[text]) for place, text in zip(before.tolist(), last.tolist())]
        codes = mixed
    return codes, kept


def spread(codes: np.ndarray, answers: Sequence[Any]) -> np.ndarray:
    """One answer per distinct combination -> one per row, as an object array."""
    table = np.empty(len(answers), dtype=object)
    table[:] = list(answers)
    return table[codes] if len(answers) else np.empty(0, dtype=object)


def resolve(columns: Columns, names: Sequence[str], answer: Callable[..., Any]) -> tuple[np.ndarray, list[Any]]:
    """Call `answer` once per distinct combination of the columns `names`; returns the codes and the answers."""
    codes, kept = encode(columns, names)
    return codes, [answer(*combination) for combination in kept]


def first_places(own: np.ndarray, distinct: int) -> np.ndarray:
    """Where each of the numbers 0 to `distinct` - 1 stands first in `own`."""
    first = np.empty(distinct, dtype=np.int64)
    first[own[::-1]] = np.arange(len(own) - 1, -1, -1)
    return first
