"""Who the rows are about: sex, age on the day of collection, and whether the sample was taken in the morning; each distinct text once.

The stages decide what a text says of the person (`intervals`); here is only how millions of rows ask them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labinterp.batch.codes import Growing, Texts
from labinterp.intervals import OLDEST, ages_on, in_the_morning, possible_age, sex_of
from labinterp.model import Patient, today
from labinterp.shapes import DateOrder, parse_date

SEXES = (None, "male", "female")
PERSON = ("sex", "age", "birth_date", "collected_text", "date_order")
"""The columns that tell of the person."""

UNBORN = 1 << 30  # an ordinal after every day: a birth date that is not known
LAST = int(OLDEST * 365.25) + 1  # more days than any person lived
ORDERS: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy", "ymd": "ymd"}
ORDER = "\x1f"  # between the order of a date and its text


class Days:
    """Texts of dates, numbered; `ordinals` has the day of each, `missing` where there is none."""

    def __init__(self, order: DateOrder, missing: int) -> None:
        self.texts, self.order, self.missing = Texts(), order, missing
        self._ordinals, self._morning = Growing(np.int32), Growing(np.bool_)

    def read(self, column: pa.ChunkedArray, orders: pa.ChunkedArray | None) -> np.ndarray:
        if orders is not None:
            texts = [array.cast(pa.string()).fill_null("") for array in (orders, column)]
            column = pc.binary_join_element_wise(*texts, ORDER)
        codes = self.texts.read(column)
        fresh = self.texts.texts[len(self._ordinals) :]
        split = [text.rpartition(ORDER) for text in fresh]
        days = [parse_date(text, ORDERS.get(order, self.order)) for order, _, text in split]
        self._ordinals.add(np.array([self.missing if day is None else day.toordinal() for day in days], dtype=np.int32))
        self._morning.add(np.array([in_the_morning(text) for _, _, text in split], dtype=bool))
        return codes

    @property
    def ordinals(self) -> np.ndarray:
        return self._ordinals.values

    @property
    def morning(self) -> np.ndarray:
        return self._morning.values


class Persons(NamedTuple):
    """The persons of the rows of one batch. A field that no column tells is one number for all."""

    sex: np.ndarray  # place in SEXES
    age: np.ndarray  # number of the kind of age, see `People.cut`
    morning: np.ndarray
    collected: np.ndarray  # number of the text
    years: np.ndarray | None  # number of the text of the age
    birth: np.ndarray | None  # number of the text of the birth date


class People:
    """Reads the persons of batches. An age is the number of the first of the `cuts` that lies above it, plus 1; 0 is not known."""

    def __init__(self, columns: Mapping[str, str], patient: Patient, order: DateOrder) -> None:
        self.columns, self.patient, self.order = {ours: columns[ours] for ours in PERSON if ours in columns}, patient, order
        self.cuts = np.empty(0)
        self._start()

    def __len__(self) -> int:
        return max(len(texts) for texts in (self.sexes, self.ages, self.births.texts, self.days.texts))

    def forget(self) -> None:
        """Let go of all texts."""
        self._start()

    def _start(self) -> None:
        self.sexes, self.ages = Texts(), Texts()
        self.births, self.days = Days(self.order, UNBORN), Days(self.order, today().toordinal())
        self._sex, self._years = Growing(np.int64), Growing(np.float64)
        self._by_day = self._by_years = np.empty(0, dtype=np.int64)

    def cut(self, cuts: np.ndarray) -> None:
        """Ages are told apart at these ages, ascending."""
        self.cuts = cuts
        self._by_day = self.kinds_of(possible_age(np.arange(LAST + 1) / 365.25))
        self._by_years = np.empty(0, dtype=np.int64)

    def kinds_of(self, years: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(years), 0, np.searchsorted(self.cuts, years, side="right") + 1)

    def read(self, batch: pa.Table) -> Persons:
        n = batch.num_rows
        column = {ours: batch.column(theirs) for ours, theirs in self.columns.items()}
        none = np.zeros(n, dtype=np.int64)
        orders = column.get("date_order")
        days = self.days.read(column["collected_text"], orders) if "collected_text" in column else none
        births = self.births.read(column["birth_date"], orders) if "birth_date" in column else None
        sexes = self.sexes.read(column["sex"]) if "sex" in column else none
        years = self.ages.read(column["age"]) if "age" in column else None
        self._learn()
        age = self._age_kinds(days, births, years)
        return Persons(self._sex.values.take(sexes), age, self.days.morning.take(days), days, years, births)

    def _learn(self) -> None:
        """What each text that was not seen before says."""
        fresh = [sex_of(text) or self.patient.sex for text in self.sexes.texts[len(self._sex) :]]
        self._sex.add(np.array([SEXES.index(sex) for sex in fresh], dtype=np.int64))
        texts = pd.Series(self.ages.texts[len(self._years) :], dtype=object)
        self._years.add(possible_age(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float)))
        if not len(self.days.ordinals):
            self.days.read(pa.chunked_array([[""]]), None)

    def _age_kinds(self, days: np.ndarray, births: np.ndarray | None, years: np.ndarray | None) -> np.ndarray:
        if not len(self._by_day):
            self.cut(self.cuts)
        out = np.zeros(len(days), dtype=np.int64)
        if births is not None:
            out = self._between(self.births.ordinals.take(births), days)
        if years is not None:
            if len(self._by_years) < len(self._years):
                self._by_years = self.kinds_of(self._years.values)
            said = self._by_years.take(years)
            out = said if births is None else np.where(out == 0, said, out)
        if self.patient.birth_date is not None and not out.all():
            out = np.where(out == 0, self._between(self.patient.birth_date.toordinal(), days), out)
        if self.patient.age is not None:
            out[out == 0] = self.kinds_of(np.array([self.patient.age]))[0]
        return out

    def _between(self, birth: np.ndarray | int, days: np.ndarray) -> np.ndarray:
        lived = (self.days.ordinals.take(days) - birth).astype(np.int32).view(np.uint32)  # before birth: very large
        kinds: np.ndarray = self._by_day.take(np.minimum(lived, LAST))
        return kinds

    def frame_of(self, persons: Persons, rows: np.ndarray) -> dict[str, np.ndarray]:
        """The persons of some rows as columns that the stages take: sex, age in years on the day, and the text of the day."""
        days = self.days.ordinals[persons.collected[rows]].astype(float)
        age = np.full(len(rows), np.nan)
        if persons.birth is not None:
            age = ages_on(self.births.ordinals[persons.birth[rows]].astype(float), days)
        if persons.years is not None:
            age = np.where(np.isnan(age), self._years.values[persons.years[rows]], age)
        if self.patient.birth_date is not None:
            age = np.where(np.isnan(age), ages_on(self.patient.birth_date.toordinal(), days), age)
        if self.patient.age is not None:
            age = np.where(np.isnan(age), self.patient.age, age)
        texts = np.array(self.days.texts.texts, dtype=object)[persons.collected[rows]]
        return {
            "sex": np.array(SEXES, dtype=object)[persons.sex[rows]],
            "age": age,
            "collected_text": np.array([text.rpartition(ORDER)[2] for text in texts], dtype=object),
        }
