"""Persons from a second table: sex and birth date or age, joined by the person's id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from labinterp.batch.judging import columns_of
from labinterp.batch.presets import PersonsAt
from labinterp.batch.tables import LINES, kind_of, open_table
from labinterp.errors import ReadError
from labinterp.readers.words import age_of, sexes_of
from labinterp.shapes import date_order_vote, parse_date

SEX = pa.dictionary(pa.int32(), pa.string())
_PREFIXES = ("Patient/", "urn:uuid:")


class Persons:
    """Who is known: an index of ids, and sex, birth date and age of each. What two lines of one person contradict is not known."""

    def __init__(self, ids: pd.Series, sex: pd.Series, birth: pd.Series, age: pd.Series) -> None:
        frame = pd.DataFrame({"id": ids, "sex": sex, "birth": birth, "age": age})
        frame = frame[frame["id"] != ""].drop_duplicates()
        twice = frame["id"].duplicated(keep=False)
        self.contradicted = 0
        if twice.any():
            groups = frame[twice].groupby("id", sort=False)
            merged = groups.agg(dict.fromkeys(("sex", "birth", "age"), _agreed)).reset_index()
            self.contradicted = len(merged)
            frame = pd.concat([frame[~twice], merged], ignore_index=True)
        self.index = pd.Index(frame["id"])
        self.sex = pa.array(frame["sex"].to_list(), pa.string())
        self.birth = pa.array(frame["birth"].to_list(), pa.date32())
        self.age = pa.array(frame["age"].to_numpy(float), pa.float64(), from_pandas=True)

    def __len__(self) -> int:
        return len(self.index)

    def of(self, ids: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
        """Sex, birth date and age of each of `ids`; NULL where it is not known."""
        shared = ids if pa.types.is_dictionary(ids.type) else ids.dictionary_encode()
        found = self.index.get_indexer(pd.Index(plain_ids(shared.dictionary)))
        places = pa.array(found, pa.int64(), mask=found < 0).take(shared.indices)
        return self.sex.take(places).dictionary_encode(), self.birth.take(places), self.age.take(places)


def _agreed(values: pd.Series) -> object:
    known = [value for value in values.unique() if value is not None and value == value]
    return known[0] if len(known) == 1 else None


def plain_ids(column: pa.Array) -> list[str]:
    """Ids as two tables may spell them: 93705 and 93705.0, "Patient/7" and "7" are the same."""
    texts = column.cast(pa.string()).fill_null("").to_pylist()
    return [_plain(text) for text in texts]


def _plain(text: str) -> str:
    text = text.strip()
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text


def read_persons(path: Path, at: PersonsAt | None = None, key: str = "") -> Persons:
    """A table of persons, any known heading; `at` says how the columns are called, `key` how the ids are called in the other table.

    Raises `ReadError` where no column holds the ids, or none a sex, birth date or age.
    """
    if kind_of(path) in LINES:
        from labinterp.batch.observations import persons_in

        return persons_in(path)
    table = open_table(path)
    heads = table.schema.names
    lower = {head.casefold(): head for head in reversed(heads)}
    names = {ours: lower[theirs.casefold()] for ours, theirs in (at.columns if at else {}).items() if theirs.casefold() in lower}
    values: Mapping[str, Mapping[str, str]] = at.values if at and "patient_id" in names else {}
    if "patient_id" not in names:
        guessed = columns_of(heads)
        names = {ours: guessed[ours] for ours in ("patient_id", "sex", "age", "birth_date") if ours in guessed}
        if key in heads:
            names["patient_id"] = key
    seen = f"The columns are: {', '.join(heads)}"
    if "patient_id" not in names:
        raise ReadError(f"{path}: no column with the ids of the persons was found. {seen}")
    if not names.keys() - {"patient_id"}:
        raise ReadError(f"{path}: no column with a sex, a birth date or an age was found. {seen}")
    parts: dict[str, list[pa.Array]] = {ours: [] for ours in names}
    for batch in table.start((), ""):
        for ours, theirs in names.items():
            parts[ours].append(batch.column(theirs).cast(pa.string()))
    columns = {ours: pa.chunked_array(arrays, pa.string()).combine_chunks() for ours, arrays in parts.items()}
    rows = len(columns["patient_id"])
    empty = pd.Series([None] * rows, dtype=object)
    texts = {ours: _mapped_values(column, values.get(ours)) for ours, column in columns.items()}
    sex = _each(texts["sex"], sexes_of(_distinct(texts["sex"]), names["sex"])) if "sex" in texts else empty
    age = _each(texts["age"], {t: age_of(t.removesuffix(".0")) for t in _distinct(texts["age"])}) if "age" in texts else empty
    birth = empty
    if "birth_date" in texts:
        order = date_order_vote(sorted(_distinct(texts["birth_date"])))
        birth = _each(texts["birth_date"], {t: parse_date(t, order) for t in _distinct(texts["birth_date"])})
    parts_of_date = [texts.get(ours) for ours in ("birth_year", "birth_month", "birth_day")]
    if parts_of_date[0] is not None:
        lines = zip(*(part if part is not None else [""] * rows for part in parts_of_date))
        birth = birth.where(birth.notna(), pd.Series([_date_of(*line) for line in lines], dtype=object))
    if "age_year" in texts and "age" in texts:  # the person had this age in that year
        years = pd.to_numeric(texts["age_year"], errors="coerce") - pd.to_numeric(age, errors="coerce")
        birth = birth.where(birth.notna(), pd.Series([_date_of(str(int(y)), "", "") if y == y else None for y in years], dtype=object))
        age = empty
    ids = pd.Series(plain_ids(columns["patient_id"]), dtype=object)
    return Persons(ids, sex, birth, pd.to_numeric(age, errors="coerce"))


def _mapped_values(column: pa.Array, meaning: Mapping[str, str] | None) -> pd.Series:
    texts = pd.Series(column.fill_null("").to_pylist(), dtype=object)
    if not meaning:
        return texts
    return texts.map({text: meaning.get(_plain(text), text) for text in texts.unique()})


def _distinct(texts: pd.Series) -> list[str]:
    return [text for text in texts.unique() if text]


def _each(texts: pd.Series, answers: Mapping[str, object]) -> pd.Series:
    return pd.Series([answers.get(text) for text in texts], dtype=object)


def _date_of(year: str, month: str, day: str) -> date | None:
    """A birth date from its parts; the middle of what is not given."""
    try:
        numbers = [int(float(part)) if part else 0 for part in (year, month, day)]
        if not numbers[0]:
            return None
        return date(numbers[0], numbers[1] or 7, numbers[2] or (15 if numbers[1] else 1))
    except ValueError:
        return None


def own_sexes(column: pa.Array, meanings: Mapping[str, str]) -> pa.Array:
    """A column of sexes as its table spells them -> male, female or NULL."""
    return meant(column, lambda text: meanings.get(text, ""))


def meant(column: pa.Array, meaning: Callable[[str], str]) -> pa.Array:
    """A column of few texts -> what each means, NULL where that is empty."""
    shared = column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    known = [meaning(text or "") for text in shared.dictionary.cast(pa.string()).to_pylist()]
    words = list(dict.fromkeys(filter(None, known)))
    numbers = pa.array([words.index(word) if word else None for word in known], pa.int32())
    return pa.DictionaryArray.from_arrays(numbers.take(shared.indices), pa.array(words, pa.string()))
