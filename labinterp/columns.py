"""Each distinct text is resolved once: the idea that makes one code path serve twenty rows and ten million."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd


def encode(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """Number the distinct combinations of `columns`: an integer per row, and the combination behind each integer.

    Combinations are numbered in order of first appearance. A missing column counts as empty text, a missing cell as None.
    """
    codes = np.zeros(len(frame), dtype=np.int64)
    kept: list[tuple[Any, ...]] = [()] if len(frame) else []
    for column in columns:
        if column in frame.columns:
            own, values = pd.factorize(frame[column], use_na_sentinel=True)
            texts = [None, *values.tolist()]
        else:
            own, texts = np.full(len(frame), 0, dtype=np.int64), [None, ""]
        mixed, pairs = pd.factorize(codes * len(texts) + own + 1)
        kept = [(*kept[int(pair) // len(texts)], texts[int(pair) % len(texts)]) for pair in pairs]
        codes = mixed
    return codes, kept


def spread(codes: np.ndarray, answers: Sequence[Any]) -> np.ndarray:
    """One answer per distinct combination -> one per row, as an object array."""
    table = np.empty(len(answers), dtype=object)
    table[:] = list(answers)
    return table[codes] if len(answers) else np.empty(0, dtype=object)


def resolve(frame: pd.DataFrame, columns: Sequence[str], answer: Callable[..., Any]) -> tuple[np.ndarray, list[Any]]:
    """Call `answer` once per distinct combination of `columns`; returns the codes and the answers."""
    codes, kept = encode(frame, columns)
    return codes, [answer(*combination) for combination in kept]


def first_places(own: np.ndarray, distinct: int) -> np.ndarray:
    """Where each of the numbers 0 to `distinct` - 1 stands first in `own`."""
    first = np.empty(distinct, dtype=np.int64)
    first[own[::-1]] = np.arange(len(own) - 1, -1, -1)
    return first
