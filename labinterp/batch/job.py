"""A whole run: tables and folders in, one table out; beside it a summary, what could not be read, and on request a row for each person."""

from __future__ import annotations

import csv
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from labinterp import __version__
from labinterp.batch import tables
from labinterp.batch.causes import Spill, write_causes
from labinterp.batch.judging import Judge
from labinterp.batch.layout import Wishes, beside
from labinterp.batch.output import KINDS, Sink, WriteError, join, write_json, write_text, writing
from labinterp.batch.persons import Persons, read_persons
from labinterp.batch.presets import Preset, Test, load
from labinterp.batch.rows import ANSWERS, PRINTED, Tally
from labinterp.batch.sources import Input, Piece, common, inputs_of
from labinterp.batch.summary import Summary, tallies_of
from labinterp.batch.tables import Fault
from labinterp.batch.votes import Changed, TableFacts
from labinterp.batch.work import Work, identity
from labinterp.errors import LabinterpError, ReadError
from labinterp.export.csv import is_formula
from labinterp.model import Patient
from labinterp.reference import Reference

KEEP_EVERY = 600.0
"""Seconds after which what is done counts as finished: so much work a killed run loses at most."""

JUDGES = 4
"""Kinds of table for which is kept what was learnt."""

Tell = Callable[[int, float], None]
"""Told as the run goes: rows written, and the share of the input that is read (0 to 1)."""


class Stopped(KeyboardInterrupt):
    """The run was interrupted; what is finished is kept. The message says how to go on."""


def beside_names(target: Path) -> dict[str, Path]:
    """The files that a run writes beside its output."""
    return {
        "summary": target.with_name(target.name + ".summary.json"),
        "failures": target.with_name(target.name + ".failures.csv"),
        "causes": target.with_name(f"{target.name}.causes{target.suffix.lower()}"),
    }


def run(
    source: Path | Sequence[Path],
    target: Path,
    *,
    columns: Mapping[str, str] | None = None,
    tests: Mapping[str, str] | None = None,
    preset: str | Preset | None = None,
    patients: Path | None = None,
    patient: Patient | None = None,
    reference: Reference | None = None,
    locale: str | None = None,
    causes: bool = False,
    resume: bool = False,
    tell: Tell | None = None,
    keep_every: float = KEEP_EVERY,
) -> Summary:
    """Judge tables (CSV, Parquet, XPT, ndjson) or the reports of a folder, and write one CSV or Parquet table.

    `columns` maps our names to theirs, `tests` columns of a wide table to "NAME [UNIT]"; `preset` names a known kind of table or a YAML
    file; `patients` is a table of persons. `causes` also writes one row for each person. `resume` goes on where an earlier run with the
    same input and options stopped. The columns are described in docs/batch.md.

    Tables stream in batches, so they may be larger than memory; the output gets its name when it is whole. Raises `ReadError` where the
    only input cannot be read (one of several is a row of the failures), `WriteError` where the output cannot be written, `Stopped` (a
    `KeyboardInterrupt`) on ^C.
    """
    if target.suffix.lower() not in KINDS:
        raise ReadError(f"{target}: the output is a .csv or a .parquet file")
    if not target.parent.is_dir():
        raise WriteError(f"{target}: there is no folder {target.parent}")
    sources = [source] if isinstance(source, Path) else list(source)
    ref = reference or Reference.default()
    form = load(preset) if isinstance(preset, str) else preset
    persons, persons_from, notices = _persons(sources, form, patients, (columns or {}).get("patient_id", ""))
    wishes = Wishes(columns or {}, {head: Test.of(text) for head, text in (tests or {}).items()}, form, persons, locale)
    inputs, readers, files = inputs_of(sources, target, wishes, patient, persons_from)
    if causes and (nobody := [one for one in inputs if not one.error and not one.alone and "patient_id" not in one.names]):
        raise ReadError(
            f"{nobody[0].path}: causes are told for each person, and no column has their ids; name it with --map patient_id=COLUMN"
        )
    with readers:
        order = {
            "input": identity(files),
            "persons": identity([persons_from] if persons_from else []),
            "options": repr((columns, tests, form, patient, locale, causes, dict(ref.schemes), tables.BLOCK, tables.ROWS)),
            "knowledge": ref.digest,
            "pyarrow": pa.__version__,
        }
        work = Work(target, order, resume=resume)
        job = _Job(inputs, work, patient, ref, causes, tell or (lambda rows, share: None), keep_every)
        job.summary.notices = [*notices, *job.notices]
        job.judge_all()
        job.finish(target)
    return job.summary


def _persons(sources: Sequence[Path], form: Preset | None, given: Path | None, key: str) -> tuple[Persons | None, Path | None, list[str]]:
    """The table of persons: the one given, else the one that the preset knows beside the input."""
    at = form.persons if form else None
    path = given
    if path is None and at and at.table:
        folders = [source if source.is_dir() else source.parent for source in sources]
        path = next((found for folder in folders if (found := beside(folder, at.table))), None)
        if path is None:
            return None, None, [f"no table {at.table} was found beside the input: sex and age of the persons are not known"]
    if path is None:
        return None, None, []
    if not path.is_file():
        raise ReadError(f"{path}: there is no such file")
    persons = read_persons(path, at, key)
    told = [f"{len(persons):,} persons from {path.name}"]
    if persons.contradicted:
        told.append(f"{persons.contradicted:,} of them are told in two ways; what differs was left unknown")
    return persons, path, told


class _Job:
    """The straight line of one run, and how far it is."""

    def __init__(
        self, inputs: list[Input], work: Work, patient: Patient | None, ref: Reference, causes: bool, tell: Tell, keep_every: float
    ) -> None:
        self.inputs, self.work, self.patient, self.ref = inputs, work, patient, ref
        self.causes, self.tell, self.keep_every = causes, tell, keep_every
        shown, self.notices = common(inputs)
        taken = [one for one in shown if one.name not in ANSWERS.names]
        self.judged_by = {"labinterp": __version__, "knowledge": ref.digest}
        self.schema = pa.schema([*taken, *ANSWERS], self.judged_by)
        repeated = {one.names[ours] for one in inputs for ours in PRINTED if ours in one.names}
        repeated |= {one.name for one in ANSWERS if one.type == pa.string()}
        self.bounds = [name for name in self.schema.names if name not in repeated]  # what stands in every row group tells readers nothing
        sizes = [max(one.size, 1) for one in inputs]
        self.starts = np.concatenate(([0], np.cumsum(sizes))) / max(sum(sizes), 1)
        self.summary = Summary()
        self.place = {"input": 0, "step": 0, "rows": 0}  # input in work, its steps that are done, their rows
        self.pinned: dict[int, TableFacts] = {}
        self.facts: TableFacts | None = None
        self.sink: Sink | None = None
        self.spill: Spill | None = None
        self.whole = True  # what is written and what is counted agree
        self.asked_to_stop = False
        self.judges: dict[Any, Judge] = {}  # those used last
        self.tallies: Counter[Tally] = Counter()  # of judges that are let go, and of the run that is gone on with

    # ---- in, judged, out

    def judge_all(self) -> None:
        """Judge what is not finished yet. A table whose end overrules its beginning begins the run again."""
        self._restore()
        while True:
            try:
                with self._interruptible():
                    self._judge()
                return
            except Changed as changed:
                self._abandon()
                self.pinned[self.place["input"]] = changed.facts
                self.work.restart()
                notices = self.summary.notices
                self.judges, self.tallies = {}, Counter()
                self.summary, self.place, self.facts = Summary(notices=notices), {"input": 0, "step": 0, "rows": 0}, None
            except (KeyboardInterrupt, ReadError, WriteError, OSError) as error:
                self._stop(error)
            except BaseException:
                self._abandon()
                raise

    def _judge(self) -> None:
        since = time.monotonic()
        while self.place["input"] < len(self.inputs):
            number = self.place["input"]
            one = self.inputs[number]
            try:
                if one.error:
                    raise ReadError(one.error)
                known = self.pinned.get(number) or self.facts
                for piece in one.read(known, self.place["step"]):
                    self.facts = piece.facts
                    self._take(one, piece)
                    del piece  # before the next one is read
                    if time.monotonic() - since > self.keep_every:
                        self._commit()
                        since = time.monotonic()
            except ReadError as error:
                if len(self.inputs) == 1:
                    raise
                self._failed(one, str(error))
            self._over(one)
        self._commit()

    def _take(self, one: Input, piece: Piece) -> None:
        """Judge one piece and write it."""
        self.whole = False
        batch = piece.batch
        if batch.num_rows:
            sink = self._open()
            start = self.summary.rows
            for judged in self._judged(batch, one.names, piece.facts):
                with writing(self.work.target):
                    sink.write(judged)
                    if self.spill is not None:
                        self.spill.add(judged, one.names, piece.facts, start, alone=one.alone)
                start += judged.num_rows
            self.summary.add(batch, one.names, "" if one.alone else one.file, self.place["rows"] + 1)
        if one.alone and self.causes and (unread := [fault for fault in piece.faults if fault.text]):
            self._open()
            if self.spill is not None:
                self.spill.unread(unread, self.summary.rows)
        self.summary.failures += piece.faults
        self.place["step"] += piece.steps
        self.place["rows"] += batch.num_rows
        self.whole = True
        if self.asked_to_stop:
            raise KeyboardInterrupt
        start, end = self.starts[self.place["input"]], self.starts[self.place["input"] + 1]
        self.tell(self.summary.rows, float(start + (end - start) * one.done()))

    def _judged(self, batch: pa.RecordBatch, names: Mapping[str, str], facts: TableFacts) -> Iterator[pa.RecordBatch]:
        """The one place where a run judges. What was learnt of a table serves the next one of the same kind."""
        key = (tuple(names.items()), facts.decimal, facts.date_order)
        judge = self.judges.pop(key, None) or Judge(
            names, patient=self.patient, reference=self.ref, decimal=facts.decimal, date_order=facts.date_order
        )
        self.judges[key] = judge
        if len(self.judges) > JUDGES:
            self.tallies.update(self.judges.pop(next(iter(self.judges))).tally())
        for part in judge.parts(batch):
            yield from part.to_batches()

    def _count(self) -> None:
        """Bring the counts of the summary up to date."""
        self.summary.count(sum((judge.tally() for judge in self.judges.values()), Counter(self.tallies)))

    def _failed(self, one: Input, reason: str) -> None:
        """A file that cannot be read, or not to its end, is one row of the failures."""
        reason = reason.removeprefix(f"{one.path}: ").removeprefix(f"{one.path.name}: ")
        if self.place["rows"]:
            reason += f" (the {self.place['rows']:,} rows before it are in the output)"
        self.summary.failures.append(Fault(one.file, self.place["rows"] + 1 if self.place["rows"] else None, reason))

    def _over(self, one: Input) -> None:
        """An input is done: note what was left out of it, and go to the next."""
        faults = [Fault(one.file, fault.row, fault.reason, fault.text) for fault in one.faults]
        self.summary.failures += faults
        self.summary.left_out.update(one.left_out())
        self.summary.files += self.place["step"] if one.alone else 1
        self.place = {"input": self.place["input"] + 1, "step": 0, "rows": 0}
        self.facts = None
        self.tell(self.summary.rows, float(self.starts[self.place["input"]]))

    # ---- what is kept

    def _open(self) -> Sink:
        if self.sink is None:
            part, spill = self.work.new_part()
            self.sink = Sink(part, self.work.kind, self.schema, bounds=self.bounds, heading=not self.work.parts)
            self.spill = Spill(spill) if self.causes else None
        return self.sink

    def _commit(self) -> None:
        """What is written so far counts as finished."""
        if self.sink is None and not self.work.parts:
            self._open()  # a run without rows has an output with headings only
        with writing(self.work.target):
            part = None
            if self.sink is not None:
                self.sink.close()
                part = self.sink.path
            if self.spill is not None:
                self.spill.close()
            self._count()
            place = {
                "place": self.place,
                "facts": self.facts.to_dict() if self.facts else None,
                "pinned": {str(number): facts.to_dict() for number, facts in self.pinned.items()},
                "summary": self.summary.state(),
                "tallies": self.summary.tallies(),
            }
            self.work.commit(part, place, self.summary.duplicates.kept)
        self.sink = self.spill = None

    def _abandon(self) -> None:
        if self.sink is not None:
            self.sink.abandon()
        if self.spill is not None:
            self.spill.abandon()
        self.sink = self.spill = None

    def _stop(self, error: BaseException) -> None:
        """Keep what can be kept, and say how to go on."""
        rows = self.summary.rows
        if isinstance(error, ReadError):  # the only input is broken: there is nothing to go on with
            self._abandon()
            self.work.clear()
            raise error
        kept = 0
        try:
            if isinstance(error, KeyboardInterrupt) and self.sink is not None and self.whole:
                self._commit()
                kept = rows
            else:
                raise error
        except (LabinterpError, OSError, KeyboardInterrupt):
            self._abandon()
            kept = int(self.work.state["summary"]["rows"]) if self.work.state else 0
        if not kept:
            self.work.clear()
        going_on = f"{kept:,} rows are kept in {self.work.folder}; the same command with --resume goes on from there" if kept else ""
        if isinstance(error, KeyboardInterrupt):
            raise Stopped(f"stopped after {rows:,} rows; {going_on or 'nothing was written'}") from None
        raise WriteError(f"{error}" + (f". {going_on}" if going_on else "")) from error

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """^C (and a polite kill) waits for the batch in work to be written, so that what is kept is whole; a second one does not wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask(number: int, frame: object) -> None:
            if self.whole or self.asked_to_stop:
                raise KeyboardInterrupt
            self.asked_to_stop = True

        before = {one: signal.signal(one, ask) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def _restore(self) -> None:
        state = self.work.state
        if state is None:
            return
        notices = self.summary.notices
        self.summary = Summary.of_state(state["summary"], self.work.hashes())
        self.summary.notices = notices
        self.tallies = tallies_of(state["tallies"])
        self._count()
        self.place = dict(state["place"])
        self.facts = TableFacts.of(state["facts"]) if state["facts"] else None
        self.pinned = {int(number): TableFacts.of(facts) for number, facts in state["pinned"].items()}

    # ---- the end

    def finish(self, target: Path) -> None:
        """Put the parts together. The output comes last: where it stands, all that belongs to it stands too."""
        names = beside_names(target)
        try:
            with writing(target):
                if self.causes:
                    write_causes(names["causes"], self.work.spills, self.work.folder, self.patient, self.ref, self.tell)
                failures = [*self.summary.failures, *self.summary.row_faults]
                if failures:
                    _write_failures(names["failures"], failures)
                for name, there in (("failures", bool(failures)), ("causes", self.causes)):
                    if not there:  # of an earlier run
                        names[name].unlink(missing_ok=True)
                write_json(names["summary"], self.judged_by | self.summary.to_dict())
                join(self.work.parts, target, self.work.kind, self.schema, self.bounds)
        except KeyboardInterrupt:
            raise Stopped("stopped while putting the output together; the same command with --resume goes on from there") from None
        self.work.clear()
        self.summary.beside = [path for path in names.values() if path.is_file()]


def _write_failures(path: Path, failures: Sequence[Fault]) -> None:
    def cell(value: object) -> object:
        return f"'{value}" if isinstance(value, str) and is_formula(value) else "" if value is None else value

    def write(out: Any) -> None:
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(("file", "row", "reason", "text"))
        lines.writerows([cell(one) for one in (fault.file, fault.row, fault.reason, fault.text)] for fault in failures)

    write_text(path, write)
