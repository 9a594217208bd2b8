"""Numbers for what repeats: each distinct text, and each distinct combination of numbers, is known by one number over a whole run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from labinterp.columns import first_places

WIDTH = 21  # bits of a number, three of which fit into one 64-bit key; `Judge` forgets long before there are more


class Texts:
    """Texts, numbered in order of appearance. Number 0 is the empty text, which also stands for what is missing."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._array = pa.array([""])

    def __len__(self) -> int:
        return len(self.texts)

    def numbers(self, texts: Sequence[str]) -> np.ndarray:
        """The number of each text; texts not seen before get the next ones."""
        known, held = self._numbers, self.texts
        out = np.empty(len(texts), dtype=np.int32)
        for place, text in enumerate(texts):
            number = known.get(text)
            if number is None:
                number = known[text] = len(held)
                held.append(text)
            out[place] = number
        return out

    def read(self, column: pa.ChunkedArray) -> np.ndarray:
        """The number of the text of each row of an Arrow column; a number or date counts as its text, NULL and NaN as empty text."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        chunks = column.unify_dictionaries().chunks
        if not chunks:
            return np.empty(0, dtype=np.int32)
        values = chunks[0].dictionary
        if pa.types.is_floating(values.type):
            values = pa.array(values.to_numpy(zero_copy_only=False), from_pandas=True)
        own = np.append(self.numbers([text or "" for text in values.cast(pa.string()).to_pylist()]), np.int32(0))  # the last for NULL
        missing = pa.scalar(len(own) - 1, chunks[0].indices.type)
        rows = [(part.indices.fill_null(missing) if part.null_count else part.indices).to_numpy() for part in chunks]
        return own.take(np.concatenate(rows))

    def dictionary(self) -> pa.Array:
        """All texts by number, as Arrow holds the values of a dictionary column."""
        if len(self._array) < len(self.texts):
            self._array = pa.concat_arrays([self._array, pa.array(self.texts[len(self._array) :], pa.string())])
        return self._array


class Keys:
    """64-bit keys, numbered in order of appearance. They are held in ascending order: two numbers for each, and no object."""

    def __init__(self) -> None:
        self._keys = self._numbers = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def read(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The number of each key, and the first places of those not seen before, in the order of their numbers."""
        own, distinct = pd.factorize(keys)
        if not len(distinct):
            return own, own
        order = np.argsort(distinct)  # neighbours are looked up together
        ascending = distinct[order]
        at = np.searchsorted(self._keys, ascending)
        known = self._keys.take(at, mode="clip") == ascending if len(self._keys) else np.zeros(len(ascending), dtype=bool)
        numbers = np.empty(len(distinct), dtype=np.int64)
        numbers[order[known]] = self._numbers[at[known]]
        new = order[~known]
        if not len(new):
            return numbers.take(own), new
        fresh = np.sort(new)
        numbers[fresh] = len(self._keys) + np.arange(len(fresh))
        self._keys = np.insert(self._keys, at[~known], ascending[~known])
        self._numbers = np.insert(self._numbers, at[~known], numbers[new])
        return numbers.take(own), first_places(own, len(distinct))[fresh]


class Growing:
    """A numpy array to which more is added at the end."""

    def __init__(self, dtype: object) -> None:
        self._room = np.empty(1024, dtype=dtype)  # type: ignore[call-overload]
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def values(self) -> np.ndarray:
        used: np.ndarray = self._room[: self._used]
        return used

    def add(self, more: np.ndarray) -> None:
        needed = self._used + len(more)
        if needed > len(self._room):
            room = np.empty(max(needed, 2 * len(self._room)), dtype=self._room.dtype)
            room[: self._used] = self._room[: self._used]
            self._room = room
        self._room[self._used : needed] = more
        self._used = needed
