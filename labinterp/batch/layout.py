"""From the columns of somebody's table to those that are judged: names by guess, by preset or by hand; codes looked up, wide tables melted,
persons joined. The columns of the table come through unchanged and in order; what is added stands behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labinterp.batch.codes import Followed
from labinterp.batch.judging import columns_of
from labinterp.batch.persons import Persons, meant, own_sexes, plain_ids
from labinterp.batch.presets import OURS, Lookup, Preset, Test
from labinterp.batch.rows import ANSWERS
from labinterp.batch.tables import DELIMITED, PACKED, TEXT, Table, kind_of, open_table, unique
from labinterp.batch.votes import TableFacts, Votes
from labinterp.errors import ReadError
from labinterp.readers.words import age_of, role_of
from labinterp.shapes import DateOrder, parse_date
from labinterp.words import doubt_of

GIVEN = "_given"
FILE = "file"
REVIEW = "review"
PERSON = {"sex": ("patient_sex", TEXT), "birth_date": ("patient_birth_date", pa.date32()), "age": ("patient_age", pa.float64())}
"""Ours -> the column that a joined fact of a person is written to, and its type."""

MELTED = ("name_text", "value_text", "unit_text", "code_text", "specimen_text")
VOTING = ("value_text", "range_text", "low", "high", "collected_text", "birth_date", "sex")


@dataclass(frozen=True)
class Wishes:
    """What the user said of the tables: `columns` is ours -> theirs by hand, `tests` their column -> test."""

    columns: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    preset: Preset | None = None
    persons: Persons | None = None
    locale: str | None = None

    @property
    def said(self) -> bool:
        """Did the user say anything of the columns?"""
        return bool(self.columns or self.tests or self.preset)


class Layout:
    """How one table is read. Raises `ReadError` where there is no column for the name or the value, and says which columns there are.

    `shown` is the schema of its part of the output, `names` maps our names to columns of a prepared batch.
    """

    def __init__(self, table: Table, wishes: Wishes, *, several: bool = False, books: Books | None = None) -> None:
        self.table, self.wishes = table, wishes
        preset = wishes.preset or Preset(about="")
        heads = table.schema.names
        lower = {head.casefold(): head for head in reversed(heads)}
        wide = {**preset.tests, **wishes.tests}
        self.tests = {lower[head.casefold()]: test for head, test in wide.items() if head.casefold() in lower}
        if absent := [head for head in wishes.tests if head.casefold() not in lower]:
            raise ReadError(f"{table.path}: no column {', '.join(absent)}. {self._seen()}")
        self.lookups = [
            (lower[one.column.casefold()], one, (books or Books(table.path.parent)).book(one))
            for one in preset.lookups
            if one.column.casefold() in lower
        ]
        added = [name for _, one, _ in self.lookups for name in one.gives.values()]
        melted = self._melted()
        joined = [name for ours, (name, _) in PERSON.items() if wishes.persons]
        self.statuses = [head for head in heads if role_of(head) == "status" and head not in self.tests and REVIEW not in heads]
        review = [REVIEW] if self.statuses else []
        reserved = {*ANSWERS.names, *added, *melted, *joined, *review, *([FILE] if several else [])}
        outs = unique([head + GIVEN if head in reserved else head for head in heads], reserved)
        self.out = dict(zip(heads, outs))
        self.fill = [lower[head.casefold()] for head in preset.fill if head.casefold() in lower]
        self.above: dict[str, pa.Scalar] = {}
        self.births: tuple[DateOrder, Followed] | None = None
        self.hidden: list[str] = []
        self.several = several
        self._choose(preset, heads, lower, {name.casefold(): name for name in added})
        kept = [head for head in heads if head not in self.tests]
        self.shown = pa.schema(
            [
                *([pa.field(FILE, TEXT)] if several else []),
                *(pa.field(self.out[head], _plain_type(table.schema.field(head).type)) for head in kept),
                *(pa.field(name, TEXT) for name in (*added, *melted, *review)),
                *(pa.field(name, PERSON[ours][1]) for ours in PERSON for name in [PERSON[ours][0]] if name in joined),
            ]
        )
        self.added = len(added) + len(melted) + len(review) + len(joined)
        self.names |= dict.fromkeys(review, REVIEW)
        self.shared = {
            *(head for head in heads if self.out[head] in (*self.names.values(), *self.own.values())),
            *(head for _, theirs in self.sources.items() for head in heads if self.out[head] in theirs),
            *self.statuses,
            *self.tests,
        }

    # -- which column is what

    def _melted(self) -> list[str]:
        if not self.tests:
            return []
        given = {"code_text": any(t.code for t in self.tests.values()), "specimen_text": any(t.specimen for t in self.tests.values())}
        return [name for name in MELTED if given.get(name, True)]

    def _choose(self, preset: Preset, heads: Sequence[str], lower: Mapping[str, str], added: Mapping[str, str]) -> None:
        """`names`: ours -> column of the prepared batch; `sources`: what is worked out from several columns or by other words."""
        by_hand = dict(self.wishes.columns)
        if wrong := [ours for ours in by_hand if ours not in OURS]:
            raise ReadError(f"--map {wrong[0]}=...: there is no such column here; the names are {', '.join(OURS)}")
        if unknown := [theirs for theirs in by_hand.values() if theirs not in heads]:
            raise ReadError(f"{self.table.path}: no column {', '.join(unknown)}. {self._seen()}")
        chosen: dict[str, list[str]] = {}
        for ours, theirs in preset.columns.items():
            wanted = [theirs] if isinstance(theirs, str) else list(theirs)
            present = [added.get(one.casefold()) or self.out.get(lower.get(one.casefold(), "")) for one in wanted]
            chosen[ours] = [one for one in present if one]
        chosen |= {ours: [self.out[theirs]] for ours, theirs in by_hand.items()}
        if self.wishes.preset is None:
            for ours, theirs in columns_of(heads, by_hand).items():
                if theirs in self.out and theirs not in self.tests:
                    chosen.setdefault(ours, [self.out[theirs]])
        chosen |= {name: [name] for name in self._melted()}
        self.names: dict[str, str] = {}
        self.sources: dict[str, list[str]] = {}
        self.values = preset.values
        self.fixed = {ours: text for ours, text in preset.fixed.items() if not chosen.get(ours)}
        for ours, columns in chosen.items():
            if not columns or ours not in OURS:
                continue
            if len(columns) == 1 and ours not in (*self.values, "sex"):
                self.names[ours] = columns[0]
            else:
                self.sources[ours] = columns
                self.names[ours] = self._hide(ours)
        for ours in self.fixed:
            self.names[ours] = self._hide(ours)
        if self.wishes.persons is not None and "patient_id" not in self.names:
            raise ReadError(f"{self.table.path}: no column with the ids of persons; name it with --map patient_id=COLUMN. {self._seen()}")
        missing = [ours for ours in ("name_text", "value_text") if ours not in self.names]
        if missing:
            known = f"none of the tests of the preset is a column of this table. {self._seen()}"
            if preset.tests and not preset.columns.get("name_text"):
                raise ReadError(f"{self.table.path}: {known}")
            how = f"name it with --map {missing[0]}=COLUMN, or where each test has a column of its own with --test COLUMN='NAME [UNIT]'"
            raise ReadError(f"{self.table.path}: no column {' or '.join(missing)}; {how}. {self._seen()}")
        self.own = {ours: self.names[ours] for ours in PERSON if ours in self.names}
        if self.wishes.persons is not None:
            self.names |= {ours: PERSON[ours][0] for ours in PERSON}
        elif "birth_date" in self.own:
            self.names["birth_date"] = self._hide("birth_date")

    def _hide(self, ours: str) -> str:
        """A name for a column that is judged but not written."""
        name = unique([f"_{ours}"], [*self.out.values(), *self.hidden])[0]
        self.hidden.append(name)
        return name

    def _seen(self) -> str:
        return f"The columns are: {', '.join(self.table.schema.names)}"

    # -- reading

    def votes(self, encoding: str = "") -> Votes:
        """A count of votes for this table."""
        theirs = {out: head for head, out in self.out.items()}
        sex = self.sources.get("sex", [""])[0]
        self.voting: list[tuple[str, str]] = []
        for ours in VOTING:
            columns = self.sources.get(ours) or [self.own.get(ours, self.names.get(ours, ""))]
            self.voting += [(ours, theirs[column]) for column in columns if column in theirs]
        self.voting += [("value_text", head) for head in self.tests]
        return Votes(self.wishes.locale, theirs.get(sex, ""), encoding)

    def count(self, votes: Votes, batch: pa.RecordBatch) -> None:
        """Add the votes of a batch as it was read."""
        for ours, head in self.voting:
            votes.add(ours, head, batch.column(head))

    def prepare(self, batch: pa.RecordBatch, facts: TableFacts, file: str) -> pa.RecordBatch:
        """The columns of `shown`, then the hidden ones."""
        columns = dict(zip(batch.schema.names, batch.columns))
        for head in self.fill:
            columns[head] = self._filled(head, columns[head])
        rows = batch.num_rows
        out = {self.out[head]: column for head, column in columns.items() if head not in self.tests}
        for head, one, book in self.lookups:
            out |= book.of(columns[head], one)
        if self.tests:
            melted, lines = self._melt({head: columns[head] for head in self.tests}, rows)
            out = {name: column.take(lines) for name, column in out.items()} | melted
            rows = len(lines)
        if self.several:
            out = {FILE: pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([file]))} | out
        for ours, theirs in self.sources.items():
            out[self.names[ours] if self.wishes.persons is None or ours not in PERSON else self.own[ours]] = self._worked_out(
                ours, [out[name] for name in theirs], facts
            )
        if self.statuses:
            said = [meant(out[self.out[head]], doubt_of) for head in self.statuses]
            out[REVIEW] = said[0] if len(said) == 1 else pc.coalesce(*(one.cast(TEXT) for one in said)).dictionary_encode()
        for ours, text in self.fixed.items():
            out[self.names[ours]] = pa.array([text] * rows, TEXT).dictionary_encode()
        self._people(out, facts)
        order = [*self.shown.names, *(name for name in self.hidden if name in out)]
        return pa.RecordBatch.from_arrays([out[name] for name in order], names=order)

    def _worked_out(self, ours: str, columns: list[pa.Array], facts: TableFacts) -> pa.Array:
        if ours == "sex":
            meanings = self.values.get("sex") or dict(facts.sexes)
            return own_sexes(columns[0], meanings)
        meaning = self.values.get(ours, {})
        texts = [_recoded(column, meaning) for column in columns]
        return (texts[0] if len(texts) == 1 else pc.coalesce(*texts)).dictionary_encode()

    def _people(self, out: dict[str, pa.Array], facts: TableFacts) -> None:
        """Facts of persons: what the row says wins over the table of persons."""
        persons = self.wishes.persons
        if persons is None:
            if "birth_date" in self.own:
                out[self.names["birth_date"]] = self._days(out[self.own["birth_date"]], facts.birth_order)
            return
        sex, birth, age = persons.of(out[self.names["patient_id"]])
        found = {"sex": sex, "birth_date": birth, "age": age}
        for ours, (name, kind) in PERSON.items():
            if ours in self.own:
                column = out[self.own[ours]]
                own = column if ours == "sex" else self._days(column, facts.birth_order) if ours == "birth_date" else _years(column)
                found[ours] = pc.coalesce(own.cast(kind), found[ours].cast(kind))
            out[name] = found[ours]

    def _days(self, column: pa.Array, order: DateOrder) -> pa.Array:
        """A column of dates as dates; what is none is NULL."""
        if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
            return column.cast(pa.date32())
        shared = column if pa.types.is_dictionary(column.type) else column.cast(TEXT).dictionary_encode()
        if self.births is None or self.births[0] != order:
            self.births = order, Followed(lambda texts: _parsed(texts, order), "datetime64[D]")
        days = pa.array(self.births[1].of(shared.dictionary) if len(shared.dictionary) else [], pa.date32())
        return pa.DictionaryArray.from_arrays(shared.indices, days)

    def _filled(self, head: str, column: pa.Array) -> pa.Array:
        """An empty cell means "as above", also above the beginning of the batch."""
        plain = column.cast(TEXT)
        filled = pc.fill_null_forward(plain)
        if head in self.above:
            filled = pc.if_else(pc.is_null(filled), self.above[head], filled)
        if len(filled):
            self.above[head] = filled[-1]
        return filled

    def _melt(self, columns: Mapping[str, pa.Array], rows: int) -> tuple[dict[str, pa.Array], pa.Array]:
        """A row for each cell that holds something, line by line; and the line of each."""
        texts = [_recoded(column, {}) for column in columns.values()]
        filled = np.column_stack([text.is_valid().to_numpy(zero_copy_only=False) for text in texts])
        line, test = np.nonzero(filled)
        values = pa.concat_arrays(texts).take(pa.array(test * rows + line))
        codes = pa.array(test.astype(np.int32))
        said = {"name_text": "name", "unit_text": "unit", "code_text": "code", "specimen_text": "specimen"}
        melted = {"value_text": values.dictionary_encode()}
        for name, attribute in said.items():
            if name in self._melted():
                words = pa.array([getattr(test, attribute) or None for test in self.tests.values()], TEXT)
                melted[name] = words.take(codes).dictionary_encode()
        return melted, pa.array(line)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _recoded(column: pa.Array, meaning: Mapping[str, str]) -> pa.Array:
    """A column as text, known texts in other words; what is then empty is missing."""
    shared = column if pa.types.is_dictionary(column.type) else column.cast(TEXT).dictionary_encode()
    known = shared.dictionary.cast(TEXT).to_pylist()
    if meaning:
        known = [meaning.get(key, text) for text, key in zip(known, plain_ids(shared.dictionary))]
    return pa.array([(text.strip() or None) if text else None for text in known], TEXT).take(shared.indices)


def _parsed(texts: pa.Array, order: DateOrder) -> np.ndarray:
    return np.array([parse_date(text, order) if text else None for text in texts.cast(TEXT).to_pylist()], dtype="datetime64[D]")


def _years(column: pa.Array) -> pa.Array:
    """A column of ages as years; what is none is NULL."""
    shared = column.cast(TEXT).dictionary_encode()
    return pa.array([age_of(text.removesuffix(".0")) if text else None for text in shared.dictionary.to_pylist()], pa.float64()).take(
        shared.indices
    )


# ---- tables that stand beside the table ------------------------------------------------------------------------------------


class Book:
    """The rows of a table of codes that are asked for: code -> texts."""

    def __init__(self, path: Path, one: Lookup) -> None:
        table = open_table(path)
        lower = {head.casefold(): head for head in table.schema.names}
        key = lower.get(one.key.casefold())
        if key is None:
            raise ReadError(f"{path}: no column {one.key}. The columns are: {', '.join(table.schema.names)}")
        theirs: dict[str, str | None] = {name: lower.get(head.casefold()) for head, name in one.gives.items()}
        ids: list[str] = []
        texts: dict[str, list[pa.Array]] = {name: [] for name in theirs}
        for batch in table.start(set(table.schema.names) - {key}, ""):
            for head, wanted in one.where.items():
                if head.casefold() in lower:
                    batch = batch.filter(pc.is_in(batch.column(lower[head.casefold()]).cast(TEXT), pa.array(wanted)))
            ids += plain_ids(batch.column(key))
            for name, own in theirs.items():
                texts[name].append(batch.column(own).cast(TEXT) if own else pa.nulls(batch.num_rows, TEXT))
        index = pd.Index(ids)
        first = ~index.duplicated()
        self.index = index[first]
        self.texts = {name: pa.chunked_array(arrays, TEXT).combine_chunks().filter(pa.array(first)) for name, arrays in texts.items()}

    def of(self, codes: pa.Array, one: Lookup) -> dict[str, pa.Array]:
        """What each code stands for; NULL where it is not in the table."""
        shared = codes if pa.types.is_dictionary(codes.type) else codes.dictionary_encode()
        wanted = plain_ids(shared.dictionary)
        found = self.index.get_indexer(pd.Index(wanted))
        absent = (found < 0) | np.isin(np.array(wanted, dtype=object), list(one.missing))
        places = pa.array(found, pa.int64(), mask=absent)
        return {name: text.take(places).take(shared.indices).dictionary_encode() for name, text in self.texts.items()}


class Books:
    """Tables of codes in a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: dict[tuple[str, str], Book] = {}

    def book(self, one: Lookup) -> Book:
        key = (one.table, one.model_dump_json(exclude={"column"}))
        if key not in self.read:
            path = beside(self.folder, one.table)
            if path is None:
                raise ReadError(f"{self.folder}: the preset needs the table {one.table} here ({one.table}.csv, {one.table}.parquet ...)")
            self.read[key] = Book(path, one)
        return self.read[key]


def beside(folder: Path, name: str) -> Path | None:
    """The table of that name in a folder, however its name is written and whatever its kind."""
    kinds = (*DELIMITED, ".parquet", ".pq", ".xpt", ".xlsx")
    found = (path for path in sorted(folder.iterdir()) if path.is_file() and kind_of(path) in kinds) if folder.is_dir() else iter(())
    return next((path for path in found if stem(path).casefold() == name.casefold()), None)


def stem(path: Path) -> str:
    """The name of a table without its endings."""
    return Path(path.stem).stem if path.suffix.lower() in PACKED else path.stem
