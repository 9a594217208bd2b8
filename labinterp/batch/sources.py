"""What IN is: files, folders and globs of them -> the list of inputs of a run, and the columns that all of them together have."""

from __future__ import annotations

import glob
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from labinterp.batch.layout import FILE, Books, Layout, Wishes, stem
from labinterp.batch.observations import NAMES, PEOPLE, SCHEMA, Observations
from labinterp.batch.pool import Readers
from labinterp.batch.tables import KINDS, LINES, PACKED, TEXT, Fault, NotInThisEncoding, kind_of, open_table
from labinterp.batch.votes import Changed, TableFacts
from labinterp.errors import ReadError
from labinterp.interpretation import joined_patient
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, Patient, Report

HEAD = 8 << 20
"""Bytes of a table that are held until its first votes are counted."""

WIDE = 32 << 20
"""Bytes up to which a table that is no list of results is read as a report, whose headings may name the tests."""

FILES, SECONDS = 64, 2.0
"""Reports that are judged together: at most so many, and not longer than they take to read."""

FALLBACK = "cp1252"  # what a text is in that does not go on in UTF-8
IGNORED = ("_SUCCESS", "_metadata", "_common_metadata", "Thumbs.db")
REPORT = pa.schema(
    [(FILE, TEXT), *((name, pa.float64() if name in NUMBER_COLUMNS else TEXT) for name in ROW_COLUMNS), ("patient_id", TEXT), *PEOPLE]
)


class Piece(NamedTuple):
    """A batch with the facts that hold for it, what could not be read of it, and how many steps of the input it takes."""

    batch: pa.RecordBatch
    facts: TableFacts
    faults: tuple[Fault, ...] = ()
    steps: int = 1


Read = Callable[[TableFacts | None, int], Iterator[Piece]]


@dataclass
class Input:
    """One table, or all reports of a folder. `read(facts, skip)` gives its pieces without the first `skip` steps.

    `shown` are its columns in the output (the last `added` of them are not its own), `names` ours -> column, `error` why it cannot be read
    at all. `faults` are the lines that the last reading left out. `alone` is true of reports: a person is one of a file, whatever the id.
    """

    path: Path
    file: str
    shown: pa.Schema
    names: dict[str, str]
    read: Read
    done: Callable[[], float] = lambda: 0.0
    faults: list[Fault] = field(default_factory=list)
    error: str = ""
    alone: bool = False
    left_out: Callable[[], dict[str, int]] = dict
    added: int = 0
    size: int = 1


def files_of(inputs: Sequence[Path], target: Path) -> list[tuple[Path, str]]:
    """All files that the inputs name, each with the name to call it by. What a run for `target` writes is none of them."""
    found: list[tuple[Path, str]] = []
    for source in inputs:
        if source.is_dir():
            inside = (path for path in source.rglob("*") if path.is_file() and not _ignored(path.relative_to(source)))
            found += [(path, path.relative_to(source).as_posix()) for path in sorted(inside)]
        elif source.is_file():
            found.append((source, source.name))
        elif matches := sorted(map(Path, glob.glob(str(source), recursive=True))):  # noqa: PTH207 - a pattern may be absolute
            found += [(path, path.name) for path in matches if path.is_file() and not _ignored(Path(path.name))]
        else:
            raise FileNotFoundError(f"there is no {source}")
    own = target.resolve()
    kept = [(path, name) for path, name in found if not _is_ours(path.resolve(), own)]
    names = [name for _, name in kept]
    return [(path, name if names.count(name) == 1 else str(path)) for path, name in kept] if len(set(names)) < len(names) else kept


def _ignored(path: Path) -> bool:
    return any(part.startswith(".") or part.endswith(".unfinished") for part in path.parts) or path.name in IGNORED


def _is_ours(path: Path, target: Path) -> bool:
    return path.parent == target.parent and (path == target or path.name.startswith((f"{target.name}.", f".{target.name}")))


def _may_be_report(path: Path) -> bool:
    """A table without columns for names and values may still be a report, such as one with a column for each test."""
    return kind_of(path) not in LINES and path.suffix.lower() not in PACKED and path.stat().st_size <= WIDE


def is_table(path: Path) -> bool:
    return kind_of(path) in KINDS


def inputs_of(
    sources: Sequence[Path], target: Path, wishes: Wishes, patient: Patient | None, besides: Path | None = None
) -> tuple[list[Input], Readers, list[Path]]:
    """The inputs of a run, in order, and their files; `besides` is read for something else. Raises `ReadError` where there is nothing to
    read, or the only input cannot be read.
    """
    files = [(path, name) for path, name in files_of(sources, target) if besides is None or path.resolve() != besides.resolve()]
    if wishes.preset and wishes.preset.table and len(files) > 1:
        files = _named(files, wishes.preset.table, sources)
    if not files:
        raise ReadError(f"{', '.join(map(str, sources))}: there is no file to read; what a run writes ({target.name}) is not one")
    folder = any(source.is_dir() for source in sources) or len(files) > 1
    several = len(files) > 1
    none = Readers([], None)
    no_table = ""
    kinds = (*KINDS, ".xlsx") if wishes.said else KINDS
    if all(kind_of(path) in kinds for path, _ in files):
        books = Books(files[0][0].parent)
        inputs = [_table(path, name, wishes, several, books) for path, name in files]
        if any(not one.error for one in inputs):
            return inputs, none, [path for path, _ in files]
        if wishes.said or wishes.persons or not any(_may_be_report(path) for path, _ in files):
            if several:
                return inputs, none, [path for path, _ in files]
            raise ReadError(inputs[0].error)
        no_table = inputs[0].error
    if wishes.persons:
        raise ReadError(f"{', '.join(map(str, sources))}: a table of persons goes with tables of results; a report says itself whose it is")
    readers = Readers([path for path, _ in files], wishes.locale)
    return [_reports(files, readers, patient, strict=not folder, no_table=no_table)], readers, [path for path, _ in files]


def _named(files: list[tuple[Path, str]], table: str, sources: Sequence[Path]) -> list[tuple[Path, str]]:
    """Of the tables of a data set, the one that holds the results: a file of that name, its parts, or a folder of that name."""
    wanted = table.casefold()

    def fits(path: Path) -> bool:
        own = stem(path).casefold()
        parts = own.removeprefix(wanted).strip("_-. ")
        return (own.startswith(wanted) and not any(c.isalpha() for c in parts.replace("part", ""))) or path.parent.name.casefold() == wanted

    found = [(path, name) for path, name in files if fits(path) and (is_table(path) or kind_of(path) == ".xlsx")]
    if not found and any(source.is_dir() for source in sources):
        there = ", ".join(name for _, name in files[:20])
        raise ReadError(f"{', '.join(map(str, sources))}: the preset reads a table called {table}, and there is none. There is: {there}")
    return found or files


# ---- tables --------------------------------------------------------------------------------------------------------------


def _table(path: Path, name: str, wishes: Wishes, several: bool, books: Books) -> Input:
    try:
        if kind_of(path) in LINES:
            return _lines(path, name, wishes, several)
        table = open_table(path)
        layout = Layout(table, wishes, several=several, books=books)
    except ReadError as error:
        return Input(path, name, pa.schema([]), {}, lambda facts, skip: iter(()), error=str(error))

    def read(known: TableFacts | None, skip: int) -> Iterator[Piece]:
        encoding = known.encoding if known else ""
        votes = layout.votes(encoding)
        layout.above.clear()
        stream = table.start(layout.shared, encoding)
        held, size = [], 0
        try:
            for batch in stream:
                layout.count(votes, batch)
                held.append(batch)
                size += batch.nbytes
                if size > HEAD:
                    break
            facts = known or votes.facts()
            for number, batch in enumerate(chain(_emptied(held), _counted(stream, layout, votes))):
                prepared = layout.prepare(batch, facts, name) if number >= skip or layout.fill else None
                if number >= skip and prepared is not None:
                    yield Piece(prepared, facts)
                del batch, prepared  # before the next one is read
        except NotInThisEncoding:
            raise Changed(TableFacts(encoding=FALLBACK)) from None
        if votes.facts() != facts:
            raise Changed(votes.facts())

    size = path.stat().st_size
    return Input(path, name, layout.shown, layout.names, read, table.done, table.faults, added=layout.added, size=size)


def _emptied(held: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches, each let go as it is given away."""
    held.reverse()
    while held:
        yield held.pop()


def _counted(stream: Iterator[pa.RecordBatch], layout: Layout, votes: Any) -> Iterator[pa.RecordBatch]:
    for batch in stream:
        layout.count(votes, batch)
        yield batch
        del batch


def _lines(path: Path, name: str, wishes: Wishes, several: bool) -> Input:
    lines = Observations(path, wishes.persons)
    shown = pa.schema([pa.field(FILE, TEXT), *SCHEMA]) if several else SCHEMA

    def read(known: TableFacts | None, skip: int) -> Iterator[Piece]:
        for number, batch in enumerate(lines.batches()):
            if number >= skip:
                files = [pa.array([name] * batch.num_rows, TEXT)] if several else []
                yield Piece(pa.RecordBatch.from_arrays([*files, *batch.columns], schema=shown), TableFacts())

    return Input(path, name, shown, NAMES, read, lines.done, lines.faults, left_out=lambda: dict(lines.others), size=lines.size)


# ---- reports -------------------------------------------------------------------------------------------------------------


def _reports(files: Sequence[tuple[Path, str]], readers: Readers, patient: Patient | None, *, strict: bool, no_table: str) -> Input:
    """All reports as one input. A piece holds what a few seconds or some dozen files give.

    `strict` where the only one must be readable; then `no_table` says why it is no table of results, if it is a table at all.
    """
    at = [0]

    def read(known: TableFacts | None, skip: int) -> Iterator[Piece]:
        held: list[pa.RecordBatch] = []
        faults: list[Fault] = []
        steps, since = 0, time.monotonic()
        for number, (path, name) in enumerate(files[skip:], skip):
            found = readers.get(number)
            at[0], steps = number + 1, steps + 1
            if strict and no_table and (isinstance(found, str) or not len(found.rows)):
                raise ReadError(no_table)
            if isinstance(found, str):
                if strict:
                    raise ReadError(f"{path}: {found}")
                faults.append(Fault(name, None, found))
            else:
                lines = found.unread[found.unread["kind"] == "possible_result"]
                faults += [Fault(name, None, str(line.reason), str(line.text)) for line in lines.itertuples()]
                held.append(report_batch(found, name, patient))
            if steps == FILES or time.monotonic() - since > SECONDS or number + 1 == len(files):
                yield Piece(_one(held), TableFacts(), tuple(faults), steps)
                held, faults, steps, since = [], [], 0, time.monotonic()

    name = files[0][1] if len(files) == 1 else ""
    size = sum(path.stat().st_size for path, _ in files)
    return Input(files[0][0], name, REPORT, NAMES, read, lambda: at[0] / len(files), alone=True, size=size)


def _one(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches) if batches else pa.RecordBatch.from_pylist([], schema=REPORT)


def report_batch(report: Report, file: str, patient: Patient | None = None) -> pa.RecordBatch:
    """The rows of a report as one batch, with what is known of the person in columns of their own."""
    from labinterp.batch.judging import arrow_of

    rows = report.rows
    person = joined_patient(report, patient)
    several = "patient_id" in rows
    columns = [pa.array([file] * len(rows), TEXT)]
    columns += [arrow_of(rows[name], REPORT.field(name).type) for name in ROW_COLUMNS]
    columns.append(pa.array([str(one) or None for one in rows["patient_id"]] if several else [None] * len(rows), TEXT))
    for fact, one in zip(("sex", "birth_date", "age"), PEOPLE):
        own = rows[fact].tolist() if fact in rows else [None] * len(rows)
        known = None if several else getattr(person, fact)
        columns.append(pa.array([known if value is None or value != value or value == "" else value for value in own], one.type))
    return pa.RecordBatch.from_arrays(columns, schema=REPORT)


# ---- all together --------------------------------------------------------------------------------------------------------


def common(inputs: Sequence[Input]) -> tuple[pa.Schema, list[str]]:
    """The columns that the inputs have together, their own first, and a notice of each that is not of one type."""
    types: dict[str, list[pa.DataType]] = {}
    own = [one for each in inputs for one in list(each.shown)[: len(each.shown) - each.added]]
    for one in [*own, *(one for each in inputs for one in each.shown)]:
        known = types.setdefault(one.name, [])
        if one.type not in known:
            known.append(one.type)
    notices = []
    fields = []
    for name, kinds in types.items():
        kind = _common_type(kinds)
        fields.append(pa.field(name, kind))
        if len([one for one in kinds if not pa.types.is_null(one)]) > 1:
            notices.append(f"the column {name} is {' in some files and '.join(map(str, kinds))} in others; it is written as {kind}")
    return pa.schema(fields), notices


def _common_type(kinds: Sequence[pa.DataType]) -> pa.DataType:
    kinds = [kind for kind in kinds if not pa.types.is_null(kind)] or list(kinds)
    if len(kinds) == 1:
        return kinds[0]
    if all(pa.types.is_integer(kind) for kind in kinds):
        return pa.int64()
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return pa.float64()
    return TEXT
