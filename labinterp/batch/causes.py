"""One row for each person: what cannot wait, and possible causes, from all rows of the person wherever they stand in the table.

The rows of a person need not stand together, and a table may be larger than memory. So each part of the run puts what its rows say of
persons into files on the disk, the same person always into the same one of `DRAWERS`; at the end one drawer after the other is opened,
in helpings of at most `HELPING` rows. A person whose results are all inside every limit has no alert and no cause to ask about: such
persons are counted and not ranked.
"""

from __future__ import annotations

import heapq
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from labinterp.alerts import find_alerts
from labinterp.batch.output import settle, write_batches
from labinterp.batch.rows import joined
from labinterp.batch.tables import TEXT, Fault
from labinterp.batch.votes import TableFacts
from labinterp.causes import rank_causes
from labinterp.columns import columns_of
from labinterp.derive import derive
from labinterp.interpretation import complete, interpret_rows
from labinterp.model import Alert, Finding, Patient
from labinterp.reference import Reference

DRAWERS = 64
HELPING = 100_000  # rows
HELD = 32 << 20  # bytes that wait before they are put away

TEXTS = (
    *("name_text", "value_text", "unit_text", "range_text", "flag_text", "collected_text", "section_text", "specimen_text", "code_text"),
    *("low", "high", "comparator", "sex", "age", "birth_date", "decimal", "date_order"),
)
KEPT = pa.schema(
    [("place", pa.int64()), ("file", TEXT), ("patient_id", TEXT), ("kind", TEXT), ("review", TEXT), *((name, TEXT) for name in TEXTS)]
)
"""`place` is the row of the output; `kind` is ``calm`` (inside all limits), ``outside``, ``other``, ``strange`` (no known test),
``unread``."""

CAUSES = pa.schema(
    [
        *(("file", TEXT), ("patient_id", TEXT), ("results", pa.int64()), ("outside", pa.int64()), ("not_judged", pa.int64())),
        *(("urgency", TEXT), ("alerts", TEXT), ("causes", TEXT), ("details", TEXT)),
    ]
)
UNKNOWN = ("strange", "unread")
URGENCIES = ("emergency", "urgent")
SHOWN_TIERS = ("fits", "possible", "unseen")
"""What speaks rather against a cause than for it is not listed: with normal results that would be every cause there is."""


# ---- putting away --------------------------------------------------------------------------------------------------------


class Spill:
    """What one part of a run keeps for persons: a folder of drawers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: list[pa.RecordBatch] = []
        self.size = 0
        self.open: dict[int, Any] = {}

    def add(self, batch: pa.RecordBatch, names: Mapping[str, str], facts: TableFacts, first: int, *, alone: bool) -> None:
        """Keep a judged batch. `alone`: persons are those of a file; else a row without an id belongs to nobody."""
        rows = batch.num_rows

        def text(ours: str) -> pa.Array:
            if ours in names and names[ours] in batch.schema.names:
                return batch.column(names[ours]).cast(TEXT)
            fact = getattr(facts, ours, "")
            return pa.array([fact or None] * rows, TEXT)

        abnormal, review = batch.column("abnormal"), text("review")
        calm = pc.and_(pc.fill_null(pc.invert(abnormal), False), pc.equal(batch.column("status"), "ok"))
        calm = pc.and_(calm, pc.is_null(review))  # nothing is called inside on the word of a line that a person should look at
        idle = pc.fill_null(pc.is_in(batch.column("status"), pa.array(["unknown_marker", "not_a_result"])), False)
        outside = pc.fill_null(abnormal, False)
        kind = pc.if_else(outside, "outside", pc.if_else(calm, "calm", pc.if_else(idle, "strange", "other")))
        kept = pa.RecordBatch.from_arrays(
            [
                pa.array(np.arange(first, first + rows)),
                batch.column("file").cast(TEXT) if alone else pa.nulls(rows, TEXT),
                text("patient_id"),
                kind,
                review,
                *(text(ours) for ours in TEXTS),
            ],
            schema=KEPT,
        )
        self._hold(kept if alone else kept.filter(pc.is_valid(kept.column("patient_id"))))

    def unread(self, lines: Sequence[Fault], first: int) -> None:
        """Keep the lines of reports that may be results and were not read."""
        given = [{"place": first, "file": line.file, "kind": "unread", "name_text": line.text} for line in lines]
        self._hold(pa.RecordBatch.from_pylist(given, schema=KEPT))

    def _hold(self, batch: pa.RecordBatch) -> None:
        self.held.append(batch)
        self.size += batch.nbytes
        if self.size > HELD:
            self._put_away()

    def _put_away(self) -> None:
        if not self.held:
            return
        table = pa.Table.from_batches(self.held).combine_chunks()
        self.held, self.size = [], 0
        drawer = persons_hash(table) % np.uint64(DRAWERS)
        order = np.argsort(drawer, kind="stable")
        table = table.take(pa.array(order))
        edges = np.searchsorted(drawer[order], np.arange(DRAWERS + 1))
        for number in range(DRAWERS):
            if edges[number] < edges[number + 1]:
                if number not in self.open:
                    self.folder.mkdir(parents=True, exist_ok=True)
                    options = pa.ipc.IpcWriteOptions(compression="lz4")
                    self.open[number] = pa.ipc.new_stream(str(self.folder / f"{number:03d}.arrow"), KEPT, options=options)
                self.open[number].write_table(table.slice(edges[number], edges[number + 1] - edges[number]))

    def close(self) -> None:
        """Everything is on the disk."""
        self._put_away()
        for writer in self.open.values():
            writer.close()
        self.open.clear()

    def abandon(self) -> None:
        """Nothing of it is wanted."""
        self.held = []
        for writer in self.open.values():
            writer.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def persons_hash(table: pa.Table) -> np.ndarray:
    """The same number for all rows of a person, on every machine."""
    keys = persons_of(table)
    codes, distinct = pd.factorize(keys)
    return pd.util.hash_array(np.asarray(distinct, dtype=object), categorize=False)[codes]


def persons_of(table: pa.Table) -> np.ndarray:
    """Who each row is of: the person's id, within a file where persons are those of a file."""
    file, own = (pc.fill_null(table.column(name), "") for name in ("file", "patient_id"))
    joined = pc.binary_join_element_wise(file, own, "\x1f")
    return np.asarray(joined.to_numpy(zero_copy_only=False), dtype=object)


# ---- opening -------------------------------------------------------------------------------------------------------------


def write_causes(
    target: Path,
    spills: Sequence[Path],
    folder: Path,
    patient: Patient | None,
    ref: Reference,
    tell: Callable[[int, float], None],
) -> None:
    """The table of persons, in the order in which they first appear. A drawer that is done stays done if the run is interrupted."""
    done: list[Path] = []
    for drawers in _together(spills):
        own = folder / f"causes{drawers[0]:03d}.parquet"
        if not own.is_file():
            part = folder / f".causes{drawers[0]:03d}.part"
            ranked = [row for helping in _helpings(spills, drawers) for row in rank(helping, patient, ref)]
            ranked.sort(key=lambda row: int(row["place"]))
            pq.write_table(pa.Table.from_pylist(ranked, schema=pa.schema([("place", pa.int64()), *CAUSES])), part)
            settle(part, own)
        done.append(own)
        tell(-1, (drawers[-1] + 1) / DRAWERS)
    write_batches(target, CAUSES, _merged(done))


def _files(spills: Sequence[Path], drawers: Sequence[int]) -> list[Path]:
    return [path for drawer in drawers for spill in spills if (path := spill / f"{drawer:03d}.arrow").is_file()]


def _rows(files: Sequence[Path]) -> int:
    return sum(batch.num_rows for file in files for batch in _batches(file))


def _together(spills: Sequence[Path]) -> list[list[int]]:
    """Drawers that make no more than one helping are opened together."""
    groups: list[list[int]] = [[]]
    filled = 0
    for number in range(DRAWERS):
        rows = _rows(_files(spills, [number]))
        if groups[-1] and filled + rows > HELPING:
            groups.append([])
            filled = 0
        groups[-1].append(number)
        filled += rows
    return groups


def _helpings(spills: Sequence[Path], drawers: Sequence[int]) -> Iterator[pa.Table]:
    """The rows of some drawers, all rows of a person in one helping."""
    files = _files(spills, drawers)
    times = -(-_rows(files) // HELPING)
    for turn in range(times):
        kept = []
        for file in files:
            for batch in _batches(file):
                table = pa.Table.from_batches([batch])
                if times > 1:
                    table = table.filter(pa.array(persons_hash(table) // np.uint64(DRAWERS) % np.uint64(times) == turn))
                kept.append(table)
        yield pa.concat_tables(kept)


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(str(file)) as reader:
        yield from reader


def _merged(parts: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    """Rows of tables that are each in order, in one order."""

    def rows(path: Path) -> Iterator[dict[str, Any]]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=256):
                yield from batch.to_pylist()

    held: list[dict[str, Any]] = []
    for row in heapq.merge(*map(rows, parts), key=lambda row: int(row["place"])):
        del row["place"]
        held.append(row)
        if len(held) == 4096:
            yield pa.RecordBatch.from_pylist(held, schema=CAUSES)
            held = []
    if held:
        yield pa.RecordBatch.from_pylist(held, schema=CAUSES)


# ---- ranking -------------------------------------------------------------------------------------------------------------


def rank(table: pa.Table, patient: Patient | None, ref: Reference) -> Iterator[dict[str, Any]]:
    """A row for each person of `table`."""
    frame = table.to_pandas().astype({name: object for name in table.schema.names if name != "place"})
    frame = frame.where(frame.notna(), "")
    frame["person"] = pd.factorize(persons_of(table))[0]
    frame = frame.sort_values(["person", "place"], kind="stable", ignore_index=True)
    known = frame[~frame["kind"].isin(UNKNOWN)]
    results = interpret_rows(complete(as_rows(known)), ref, patient).set_axis(known.index)
    persons = {number: _person(rows, patient) for number, rows in known.groupby("person", sort=False)}
    derived = _derived(results, known["person"], persons, patient, ref)
    for number, rows in frame.groupby("person", sort=False):
        counts = rows["kind"].value_counts()
        own = results.loc[rows.index[~rows["kind"].isin(UNKNOWN)]]
        further = derived.get(number)
        unread = rows.loc[rows["kind"] == "unread", "name_text"]
        idle = not counts.get("outside", 0) and not counts.get("other", 0) and not len(unread) and (further is None or _calm(further))
        alerts: list[Alert] = []
        findings: list[Finding] = []
        if not idle:
            alone = own.drop(columns="patient_id", errors="ignore")
            lines = pd.DataFrame({"text": unread, "kind": "possible_result"})
            alerts = find_alerts(alone, ref, {}, lines, further)
            findings = [one for one in rank_causes(alone, ref, {}, persons.get(number), further) if one.tier in SHOWN_TIERS]
        yield {
            "place": int(rows["place"].iat[0]),
            "file": rows["file"].iat[0] or None,
            "patient_id": rows["patient_id"].iat[0] or None,
            "results": int(len(rows) - counts.get("unread", 0)),
            "outside": int(counts.get("outside", 0)),
            "not_judged": int(counts.get("other", 0) + counts.get("unread", 0)),
            **told(alerts, findings),
        }


def _calm(results: pd.DataFrame) -> bool:
    return bool(((results["status"] == "ok") & (results["abnormal"].map(lambda value: value is False))).all())


def as_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """What is kept, as `interpret` takes it."""
    out = frame.drop(columns=["place", "file", "kind", "person"]).reset_index(drop=True)
    return pd.DataFrame(joined(columns_of(out.drop(columns=[name for name in ("low", "high") if (out[name] == "").all()]))))


def _person(rows: pd.DataFrame, patient: Patient | None) -> Patient:
    """What is known of a person: what the rows say, else what the caller says."""
    said = patient or Patient()
    sexes = set(rows["sex"].map(str.casefold)) - {""}
    sex = {"m": "male", "f": "female"}.get(found := sexes.pop(), found) if len(sexes) == 1 else None
    births = {day for text in set(rows["birth_date"]) - {""} if (day := pd.to_datetime(text, errors="coerce")) is not pd.NaT}
    ages = pd.to_numeric(rows["age"], errors="coerce").dropna()
    return Patient(
        sex=sex if sex in ("male", "female") else said.sex,
        age=float(ages.max()) if len(ages) and 0 <= ages.max() <= 130 else said.age,
        birth_date=births.pop().date() if len(births) == 1 else said.birth_date,
        pregnant=said.pregnant,
    )


def _derived(
    results: pd.DataFrame, person: pd.Series, persons: Mapping[int, Patient], patient: Patient | None, ref: Reference
) -> dict[int, pd.DataFrame]:
    """What is worked out from the results of each person, judged together."""
    parts = []
    for number, rows in results.drop(columns="patient_id", errors="ignore").groupby(person, sort=False):
        who = persons[number]
        worked_out = derive(rows, ref, who)
        if len(worked_out):
            parts.append(worked_out.assign(person=number, sex=who.sex or "", age=who.age, birth_date=who.birth_date))
    if not parts:
        return {}
    judged = interpret_rows(pd.concat(parts, ignore_index=True), ref, patient)
    groups = judged.groupby("person", sort=False)
    return {number: rows.drop(columns="person").reset_index(drop=True) for number, rows in groups}  # type: ignore[misc]


def told(alerts: Sequence[Alert], findings: Sequence[Finding]) -> dict[str, str | None]:
    """Alerts and findings of one person in four cells."""
    now = [alert for alert in alerts if not alert.past]
    details = {
        "alerts": [
            {"id": a.id, "urgency": a.urgency, "text": a.text, "action": a.action, "marker": a.marker, "past": a.past} for a in alerts
        ],
        "causes": [
            {
                "cause": f.cause,
                "name": f.name,
                "tier": f.tier,
                "urgency": f.urgency,
                "wording": f.wording,
                "for": [reason.text for reason in f.for_],
                "against": [reason.text for reason in f.against],
                "missing": [reason.text for reason in f.missing],
            }
            for f in findings
        ],
    }
    return {
        "urgency": next((urgency for urgency in URGENCIES if any(alert.urgency == urgency for alert in now)), None),
        "alerts": "; ".join(f"{a.id} ({'past' if a.past else a.urgency})" for a in alerts) or None,
        "causes": "; ".join(f"{f.cause} ({f.tier})" for f in findings) or None,
        "details": json.dumps(details, ensure_ascii=False) if alerts or findings else None,
    }
