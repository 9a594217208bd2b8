"""Numbers for what repeats: each distinct text, and each distinct combination of numbers, is known by one number over a whole run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        self._read = Followed(self._of_dictionary, np.int32)

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

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """The texts with these numbers."""
        held = self.texts
        return np.array([held[number] for number in numbers.tolist()], dtype=object)

    def read(self, column: pa.ChunkedArray) -> np.ndarray:
        """The number of the text of each row of an Arrow column; a number or date counts as its text, NULL and NaN as empty text."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        chunks = column.unify_dictionaries().chunks
        if not chunks or not len(chunks[0].dictionary):
            return np.zeros(len(column), dtype=np.int32)
        own = self._read.of(chunks[0].dictionary)
        rows = [(part.indices.fill_null(0) if part.null_count else part.indices).to_numpy() for part in chunks]
        numbers = own.take(rows[0] if len(rows) == 1 else np.concatenate(rows))
        if column.null_count:
            numbers[column.is_null().to_numpy()] = 0
        return numbers

    def _of_dictionary(self, values: pa.Array) -> np.ndarray:
        if pa.types.is_floating(values.type):
            values = pa.array(values.to_numpy(zero_copy_only=False), from_pandas=True)
        return self.numbers([text or "" for text in values.cast(pa.string()).to_pylist()])

    def dictionary(self) -> pa.Array:
        """All texts by number, as Arrow holds the values of a dictionary column."""
        if len(self._array) < len(self.texts):
            self._array = pa.concat_arrays([self._array, pa.array(self.texts[len(self._array) :], pa.string())])
        return self._array


class Followed:
    """What is worked out for each text of a dictionary; of one that goes on where the one before ended, only for what is new."""

    def __init__(self, work: Callable[[pa.Array], np.ndarray], dtype: object) -> None:
        self.work, self.dtype = work, dtype
        self._known: pa.Array | None = None
        self._values = Growing(dtype)

    def of(self, dictionary: pa.Array) -> np.ndarray:
        fresh = beyond(dictionary, self._known)
        if len(self._values) + len(fresh) > len(dictionary):
            self._values = Growing(self.dtype)
        if len(fresh):
            self._values.add(self.work(fresh))
        self._known = dictionary
        return self._values.values


def beyond(dictionary: pa.Array, known: pa.Array | None) -> pa.Array:
    """What a dictionary has after the one that is its beginning; all of it where that is not so."""
    begins = known is not None and dictionary.type == known.type and dictionary.slice(0, len(known)).equals(known)
    return dictionary.slice(len(known)) if known is not None and begins else dictionary


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
