"""The distinct rows of a run and their answers: what is printed is read once, what it means for a kind of person is worked out once.

Most results are plain numbers, and there are many of them. They are read as one: the stages see one row of each kind, whatever its number.
What the number means follows from where it lies among the limits (`flags.edges`), and numbers that lie alike share an answer; only the
value itself is worked out for each.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from labinterp.batch.codes import WIDTH, Growing, Keys, Texts
from labinterp.batch.people import SEXES, People
from labinterp.columns import Columns, encode, first_places, resolve, spread
from labinterp.flags import edges, flag_results
from labinterp.interpretation import read_rows
from labinterp.intervals import age_edges, choose_intervals, needs_told
from labinterp.limits import INF, Limits
from labinterp.model import DOCUMENT_COLUMNS, TEXT_COLUMNS, Patient
from labinterp.reference import Reference
from labinterp.shapes import bare, between
from labinterp.units import converted
from labinterp.values import Value, value_of

ANSWERS = pa.schema(
    [
        *((name, pa.string()) for name in ("marker", "loinc", "match")),
        ("value", pa.float64()),
        *((name, pa.string()) for name in ("comparator", "qualitative", "unit", "flag", "category")),
        ("severity", pa.int8()),
        ("side", pa.string()),
        ("abnormal", pa.bool_()),
        *((name, pa.string()) for name in ("basis", "limit_text", "interval_id", "source_id", "status", "reason")),
    ]
)
"""The columns that the output has beyond those of the input. What is not known is NULL, never NaN."""

PRINTED = (
    *("name_text", "unit_text", "range_text", "low", "high", "specimen_text", "section_text", "code_text", "decimal"),
    *("flag_text", "comparator", "value_text"),
)
"""What an answer depends on, apart from the person; what varies most stands last. `low` and `high` are the ends of the printed range."""

READ = (
    *("name_text", "value_text", "unit_text", "range_text", "flag_text", "section_text", "specimen_text", "decimal"),
    *("marker", "loinc", "match", "match_reason", "value_kind", "number", "low", "high", "comparator", "qualitative"),
    *("value_flag", "value_unit", "value_reason", "value", "unit", "ucum", "unit_reason", "range_ucum", "factor", "intercept"),
)
"""Columns of `read_rows` that later stages and the answers need."""

NUMBERS = ("number", "low", "high", "value", "factor", "intercept")

PER_AGE = 2 * len(SEXES)  # kinds of person of one age: by sex, and whether the sample was taken in the morning
HELD = {pa.int8(): np.int8, pa.bool_(): np.bool_}  # how answers are held; texts by their number
EQUALS = ("=", "EQ", "eq")  # comparators of a number that is the result
UNSEEN = -1
LONE = -2  # an answer that no other number shares, because it tells of this one


class Tally(NamedTuple):
    """What some rows have in common. Rare names of unknown tests are counted together, with `name_text` None."""

    name_text: str | None
    unit_text: str
    marker: str | None
    flag: str | None
    status: str


class Rows:
    """Answers by distinct row. Everything here may be forgotten at any time: it is only learnt again."""

    def __init__(self, columns: Mapping[str, str], facts: Mapping[str, str], ref: Reference, patient: Patient) -> None:
        self.columns = {ours: columns[ours] for ours in PRINTED if ours in columns}
        self.facts, self.ref, self.patient = dict(facts), ref, Patient(pregnant=patient.pregnant)
        self._counted: Counter[Tally] = Counter()
        self.restart()

    def forget(self, most: int) -> None:
        """Let go of all rows; of what was counted, the rarest names beyond `most` are put together."""
        self._counted = self.tally()
        if len(self._counted) > most:
            self._counted = _without_rare(self._counted, most // 2)
        self.restart()

    def restart(self) -> None:
        """Let go of all rows and of what was counted of them."""
        self.texts = {ours: Texts() for ours in self.columns}
        self._number_of = Growing(np.float64)  # by value text: the number that it is and nothing else, else NaN
        self._levels = [Keys() for _ in range(1, len(self.columns), 2)]
        self._read = {name: Growing(np.float64 if name in NUMBERS else object) for name in READ}
        self._plain = Growing(np.bool_)
        self._group, self._profile, self._first, self._morning = (Growing(np.int64) for _ in range(4))
        self._groups: dict[tuple[Any, ...], int] = {}
        self._group_profile: list[int] = []
        self._group_first: list[int] = []
        self._profiles: dict[tuple[float, ...], int] = {}
        self._ages = np.zeros((0, 0), dtype=np.int64)
        self._limits_known: list[Limits] = []
        self._limits_number: dict[Limits, int] = {}
        self._limits_of, self._class_of = Growing(np.int32), Growing(np.int32)  # by group and kind of person; by row and kind of person
        self._classes = Keys()  # a row and its limits
        self._class_row, self._class_limits, self._class_first = (Growing(np.int64) for _ in range(3))
        self._edge_count = Growing(np.int64)  # by limits
        self._edge_table = np.full((1, 1), INF)  # by limits, as many for each, the last of them INF
        self._answer_of = Growing(np.int32)  # by class, and among how many edges of its limits a plain number lies
        self._lone, self._lone_answer = Keys(), Growing(np.int32)  # a class and the text of a number
        self._row_of, self._count = Growing(np.int64), Growing(np.int64)
        self._answers = {field.name: Column(field.type) for field in ANSWERS if field.name != "value"}

    def __len__(self) -> int:
        numbers = (len(self._class_of), len(self._limits_of), self._ages.size, len(self._answer_of))  # thirty-two weigh as much as a text
        return max(len(self._group), len(self._row_of), max(numbers) >> 5, *(len(texts) for texts in self.texts.values()))

    def read(self, parts: Sequence[pa.Table], people: People) -> Iterator[pa.RecordBatch]:
        """The answers of each part of a table. What was not seen before is learnt of all parts together."""
        codes = [{ours: texts.read(part.column(self.columns[ours])) for ours, texts in self.texts.items()} for part in parts]
        numbers = [self._plain_numbers(own) for own in codes]
        rows = self._rows_of(codes, numbers, people)
        texts = [own["value_text"] for own in codes]
        del codes
        classes = self._classes_of(parts, rows, people)
        answers = self._answers_of(classes, numbers, texts)
        del classes, texts
        for row, number, answer in zip(rows, numbers, answers):
            count = self._count.values
            count += np.bincount(answer, minlength=len(count))
            at = answer.astype(np.int64)
            value = np.where(np.isnan(number), self._read["value"].values.take(row), self._value(row, number))
            columns = {name: column.of(at) for name, column in self._answers.items()} | {"value": pa.array(value, mask=np.isnan(value))}
            yield pa.RecordBatch.from_arrays([columns[name] for name in ANSWERS.names], names=ANSWERS.names)

    def _plain_numbers(self, codes: Mapping[str, np.ndarray]) -> np.ndarray:
        """The value where it is a number of zero or more and nothing else, whatever else the row says; NaN where not."""
        if "decimal" in self.columns:
            return np.full(len(codes["value_text"]), np.nan)
        fresh = self.texts["value_text"].texts[len(self._number_of) :]
        self._number_of.add(np.array([_plain_number(text, self.facts.get("decimal", "")) for text in fresh], dtype=float))
        numbers: np.ndarray = self._number_of.values.take(codes["value_text"])
        if "comparator" in codes:
            numbers = np.where(codes["comparator"] == 0, numbers, np.nan)
        return numbers

    # ---- what is printed -------------------------------------------------------------------------------------------------

    def _rows_of(self, codes: Sequence[dict[str, np.ndarray]], numbers: Sequence[np.ndarray], people: People) -> list[np.ndarray]:
        """The number of the distinct row that each row is, where all plain numbers are one."""
        out, met = [], []
        for own, number in zip(codes, numbers):
            plain = ~np.isnan(number)
            shown = own | {"value_text": np.where(plain, np.int32(-1), own["value_text"])}
            rows, fresh = self._number(list(shown.values()))
            out.append(rows.astype(np.int32))
            met.append({ours: texts[fresh] for ours, texts in own.items()} | {"plain": plain[fresh]})
        fresh_rows = {name: np.concatenate([one[name] for one in met]) for name in met[0]}
        if len(plain := fresh_rows.pop("plain")):
            self._learn_rows(fresh_rows, plain, people)
        return out

    def _number(self, codes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The number of the distinct row that each row is, and the first places of those not seen before."""
        rows, fresh = codes[0].astype(np.int64), np.empty(0, dtype=np.int64)
        for level, keys in enumerate(self._levels):
            key = rows
            for numbers in codes[1 + 2 * level : 3 + 2 * level]:
                key = (key << WIDTH) | (numbers.astype(np.int64) + 1)
            rows, fresh = keys.read(key)
        return rows, fresh

    def _learn_rows(self, codes: dict[str, np.ndarray], plain: np.ndarray, people: People) -> None:
        """Read the rows that were not seen before, as a report is read."""
        columns = joined({ours: self.texts[ours].of(numbers) for ours, numbers in codes.items()})
        printed = {name: np.full(len(plain), self.facts.get(name, ""), dtype=object) for name in (*TEXT_COLUMNS, *DOCUMENT_COLUMNS)}
        read = read_rows(printed | columns, self.ref)
        for name, held in self._read.items():
            held.add(read[name])
        self._plain.add(plain)
        numbers, kinds = encode(read, ("marker", "ucum", "range_text", "decimal", "range_ucum"))
        known = len(self._profiles)
        group = np.array([self._group_of(kind) for kind in kinds], dtype=np.int64)[numbers]
        profile = np.array(self._group_profile, dtype=np.int64)[group]
        room = np.array([PER_AGE * (len(edges) + 2) for edges in self._profiles], dtype=np.int64)[profile]
        self._first.add(len(self._class_of) + np.cumsum(room) - room)
        self._class_of.add(np.full(room.sum(), UNSEEN))
        self._group.add(group)
        self._profile.add(profile)
        self._morning.add(needs_told(read, self.ref))
        if len(self._profiles) > known:
            self._cut(people)

    def _group_of(self, kind: tuple[Any, ...]) -> int:
        """Rows of one group have the same limits for the same kind of person."""
        if kind not in self._groups:
            marker, _, range_text, mark, _ = kind
            edges = age_edges(self.ref, marker, range_text or "", mark or None)
            self._groups[kind] = len(self._groups)
            self._group_profile.append(self._profiles.setdefault(edges, len(self._profiles)))
            self._group_first.append(len(self._limits_of))
            self._limits_of.add(np.full(PER_AGE * (len(edges) + 2), UNSEEN))
        return self._groups[kind]

    def _cut(self, people: People) -> None:
        """Tell ages apart wherever anything may change for some group; for each profile, which of its own ages that is."""
        cuts = np.array(sorted(set().union(*self._profiles)))
        people.cut(cuts)
        self._ages = np.zeros((len(self._profiles), len(cuts) + 2), dtype=np.int64)
        for own, profile in self._profiles.items():
            self._ages[profile, 1] = 1
            self._ages[profile, 2:] = np.searchsorted(np.array(own), cuts, side="right") + 1

    # ---- what it means ---------------------------------------------------------------------------------------------------

    def _classes_of(self, parts: Sequence[pa.Table], rows: Sequence[np.ndarray], people: People) -> list[np.ndarray]:
        """The class of each row: what is printed, and the limits for the kind of person."""
        places, met = [], []
        for part, row in zip(parts, rows):
            persons = people.read(part)
            ages = self._ages.ravel().take(self._profile.values.take(row) * self._ages.shape[1] + persons.age)
            at = self._first.values.take(row) + ages * PER_AGE + persons.sex * 2 + (self._morning.values.take(row) | persons.morning)
            one = first_of(at, self._class_of.values.take(at) == UNSEEN)
            met.append({"at": at[one], "row": row[one].astype(np.int64)} | people.frame_of(persons, one))
            places.append(at.astype(np.int32))
        self._learn_classes(together(met, "at"))
        return [self._class_of.values.take(at) for at in places]

    def _learn_classes(self, met: dict[str, np.ndarray]) -> None:
        """The limits of what is printed on rows for kinds of person not met before: of one of each, for all."""
        at, row = met.pop("at"), met.pop("row")
        limits = self._limits(row, at - self._first.values[row], met)
        numbers, fresh = self._classes.read((row << WIDTH) | limits)
        row, limits = row[fresh], limits[fresh]
        room = np.where(self._plain.values[row], self._edge_count.values[limits] + 1, 1)
        self._class_row.add(row)
        self._class_limits.add(limits)
        self._class_first.add(len(self._answer_of) + np.cumsum(room) - room)
        self._answer_of.add(np.full(room.sum(), UNSEEN))
        self._class_of.values[at] = numbers

    def _learn_edges(self) -> None:
        """Where the answers of the limits that were not met before change."""
        known = len(self._edge_count)
        fresh = edges(self._limits_known[known:])
        count = np.array([len(own) for own in fresh])
        self._edge_count.add(count)
        limits, width = self._edge_table.shape
        width = max(width, 1 << int(count.max(initial=0)).bit_length())
        if width > self._edge_table.shape[1] or len(self._edge_count) > limits:
            table = np.full((max(2 * limits, len(self._edge_count)), width), INF)
            table[:limits, : self._edge_table.shape[1]] = self._edge_table
            self._edge_table = table
        rows = self._edge_table[known : known + len(fresh)]
        rows[np.arange(width) < count[:, None]] = np.concatenate(fresh)

    def _answers_of(self, classes: Sequence[np.ndarray], numbers: Sequence[np.ndarray], texts: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The number of the answer of each row: of its class, and of where its number lies (NaN where it is no plain number)."""
        places, met = [], []
        for own, number, text in zip(classes, numbers, texts):
            at = self._class_first.values.take(own) + self._places(self._class_limits.values.take(own), number)
            one = first_of(at, self._answer_of.values.take(at) == UNSEEN)
            met.append({"at": at[one], "classes": own[one], "number": number[one], "texts": text[one]})
            places.append(at.astype(np.int32))
        fresh = together(met, "at")
        known, at = len(self._row_of), fresh.pop("at")
        lone = (self._judge(**fresh) == "implausible") & ~np.isnan(fresh["number"])
        answer = known + np.arange(len(at))
        self._answer_of.values[at] = np.where(lone, LONE, answer)
        self._lone.read(lone_keys(fresh["classes"][lone], fresh["texts"][lone]))
        self._lone_answer.add(answer[lone])
        answers: list[np.ndarray] = [self._answer_of.values.take(at) for at in places]
        self._answer_alone(answers, classes, numbers, texts)
        return answers

    def _answer_alone(
        self, answers: Sequence[np.ndarray], classes: Sequence[np.ndarray], numbers: Sequence[np.ndarray], texts: Sequence[np.ndarray]
    ) -> None:
        """Answer where each number has an answer of its own."""
        at, met = [], []
        for answer, own, number, text in zip(answers, classes, numbers, texts):
            alone = np.flatnonzero(answer == LONE)
            keys, fresh = self._lone.read(lone_keys(own[alone], text[alone]))
            at.append((answer, alone, keys))
            one = alone[fresh]
            met.append({"classes": own[one], "number": number[one], "texts": text[one]})
        fresh_ones = {name: np.concatenate([one[name] for one in met]) for name in met[0]}
        self._lone_answer.add(len(self._row_of) + np.arange(len(fresh_ones["classes"])))
        self._judge(**fresh_ones)
        for answer, alone, keys in at:
            answer[alone] = self._lone_answer.values[keys]

    def _places(self, limits: np.ndarray, number: np.ndarray) -> np.ndarray:
        """How many edges of its limits each number has come to: looked up by halves, in all rows at once."""
        flat, step = self._edge_table.ravel(), self._edge_table.shape[1]
        first = limits * step
        at = first.copy()
        while step := step // 2:
            at += step * (flat.take(at + step - 1) <= number)
        at -= first
        return at

    def _value(self, row: np.ndarray, number: np.ndarray) -> np.ndarray:
        return converted(number, self._read["factor"].values.take(row), self._read["intercept"].values.take(row))

    def _judge(self, classes: np.ndarray, number: np.ndarray, texts: np.ndarray) -> np.ndarray:
        """Judge one result of each of some classes, as a report is judged, and keep the answers. Returns their statuses."""
        row, plain = self._class_row.values[classes], ~np.isnan(number)
        if not len(row):
            return np.empty(0, dtype=object)
        own = dict.fromkeys(("number", "low", "high"), number) | {"value": self._value(row, number)}
        own["value_text"] = self.texts["value_text"].of(texts)
        own = {name: np.where(plain, mine, self._read[name].values[row]) for name, mine in own.items()}
        limits = np.empty(len(row), dtype=object)
        limits[:] = [self._limits_known[one] for one in self._class_limits.values[classes].tolist()]
        judged = flag_results(self._columns(row) | own | {"limits": limits}, self.ref.language)
        for name, column in self._answers.items():
            column.add(judged[name])
        self._row_of.add(row)
        self._count.add(np.zeros(len(row)))
        return judged["status"]

    def _limits(self, row: np.ndarray, kind: np.ndarray, person: Mapping[str, np.ndarray]) -> np.ndarray:
        """The number of the limits of each row for the person: columns of what the stages ask of one."""
        places = np.array(self._group_first, dtype=np.int64)[self._group.values[row]] + kind
        one = first_of(places, self._limits_of.values[places] == UNSEEN)
        if len(one):
            columns = self._columns(row[one]) | {name: values[one] for name, values in person.items()}
            chosen = choose_intervals(columns, self.ref, self.patient)["limits"]
            self._limits_of.values[places[one]] = [self._limits_number.setdefault(each, len(self._limits_number)) for each in chosen]
            self._limits_known = list(self._limits_number)
            if len(self._edge_count) < len(self._limits_known):
                self._learn_edges()
        found: np.ndarray = self._limits_of.values[places].astype(np.int64)
        return found

    def _columns(self, row: np.ndarray) -> dict[str, np.ndarray]:
        """What is printed on some rows."""
        return {name: held.values[row] for name, held in self._read.items()}

    # ---- what was seen ---------------------------------------------------------------------------------------------------

    def tally(self) -> Counter[Tally]:
        """How many rows were answered alike."""
        row = self._row_of.values
        columns = [pa.array(self._read[name].values[row], pa.string()) for name in ("name_text", "unit_text")]
        columns += [self._answers[name].of(np.arange(len(row))).cast(pa.string()) for name in ("marker", "flag", "status")]
        counted = pa.table([*columns, pa.array(self._count.values)], names=[*Tally._fields, "rows"])
        out = Counter(self._counted)
        for line in counted.group_by(list(Tally._fields), use_threads=False).aggregate([("rows", "sum")]).to_pylist():
            out[Tally(*(line[field] for field in Tally._fields))] += line["rows_sum"]
        return out


def first_of(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each distinct key stands first among those wanted."""
    at = np.flatnonzero(wanted)
    own, distinct = pd.factorize(keys[at])
    found: np.ndarray = at[first_places(own, len(distinct))]
    return found


def lone_keys(classes: np.ndarray, texts: np.ndarray) -> np.ndarray:
    keys: np.ndarray = (classes.astype(np.int64) << WIDTH) | texts
    return keys


def together(met: Sequence[Mapping[str, np.ndarray]], key: str) -> dict[str, np.ndarray]:
    """Columns of several parts one after another; of rows with the same key the first."""
    columns = {name: np.concatenate([part[name] for part in met]) for name in met[0]}
    one = first_of(columns[key], np.ones(len(columns[key]), dtype=bool))
    return {name: values[one] for name, values in columns.items()}


class Column:
    """One column of answers by number of the answer; what is not known is NULL.

    Arrow looks up what may be NULL one by one; so the values and whether they are known are held apart, and put together at the end.
    """

    def __init__(self, type_: pa.DataType) -> None:
        self.type, self.texts = type_, Texts()
        self._values, self._known = Growing(HELD.get(type_, np.int32)), Growing(np.bool_)

    def add(self, values: np.ndarray) -> None:
        if self.type == pa.string():
            own, distinct = pd.factorize(values)
            numbers = np.append(self.texts.numbers(distinct.tolist()), np.int32(0))[own]  # the last for what is missing: -1
            known, held = numbers > 0, np.maximum(numbers - 1, 0)
        elif self.type == pa.bool_():
            known = np.array([isinstance(value, bool) for value in values.tolist()], dtype=bool)
            held = values == True  # noqa: E712 - an array
        else:
            figures = values.astype(float)
            known, held = ~np.isnan(figures), np.nan_to_num(figures)
        self._values.add(held)
        self._known.add(known)

    def of(self, numbers: np.ndarray) -> pa.Array:
        """The column of answers with these numbers."""
        values, known = self._values.values.take(numbers), self._known.values.take(numbers)
        there = None if known.all() else pa.py_buffer(bits(known))
        if self.type == pa.string():
            rows = pa.Array.from_buffers(pa.int32(), len(numbers), [there, pa.py_buffer(values)])
            return pa.DictionaryArray.from_arrays(rows, self.texts.dictionary().slice(1), safe=False)
        held = bits(values) if self.type == pa.bool_() else values
        return pa.Array.from_buffers(self.type, len(numbers), [there, pa.py_buffer(held)])


def bits(values: np.ndarray) -> np.ndarray:
    """Truths as Arrow holds them, eight in a byte."""
    return np.packbits(values, bitorder="little")


def _plain_number(text: str, mark: str) -> float:
    """The number of zero or more that a value text is and nothing else: no comparator, unit, mark, or doubt; else NaN."""
    if (alone := bare(text)) and not alone[0]:
        return alone[1]
    read = value_of(text, mark)
    number = read.number
    return number if 0 <= number < INF and read == Value("number", number, number, number) else math.nan


def joined(columns: Columns) -> dict[str, np.ndarray]:
    """What a table keeps in columns of its own put together: comparator and number, the two ends of a range."""
    out = {name: values for name, values in columns.items() if name not in ("comparator", "low", "high")}
    if "comparator" in columns:
        written = ["" if text in EQUALS else text for text in columns["comparator"]]
        out["value_text"] = np.array(written, dtype=object) + out["value_text"]
    if "range_text" not in columns and ("low" in columns or "high" in columns):
        spans, ranges = resolve(columns, ("low", "high"), between)
        out["range_text"] = spread(spans, ranges)
    return out


def _without_rare(counted: Counter[Tally], most: int) -> Counter[Tally]:
    """The most frequent as they are, the rest without its names."""
    out: Counter[Tally] = Counter()
    for number, (tally, count) in enumerate(counted.most_common()):
        out[tally if number < most else tally._replace(name_text=None, unit_text="")] += count
    return out
