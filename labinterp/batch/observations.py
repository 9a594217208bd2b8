"""FHIR as bulk exports write it: one resource a line (ndjson). Observations, and Bundles with all they hold, are read line by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from labinterp.batch.persons import Persons, plain_ids
from labinterp.batch.tables import TEXT, Fault, share, unpacked
from labinterp.errors import ReadError
from labinterp.model import TEXT_COLUMNS, Patient
from labinterp.readers.fhir import loads, results_in

COLUMNS = (*TEXT_COLUMNS, "decimal", "date_order", "review", "patient_id")
PEOPLE = pa.schema([("patient_sex", TEXT), ("patient_birth_date", pa.date32()), ("patient_age", pa.float64())])
SCHEMA = pa.schema([*((name, TEXT) for name in COLUMNS), *PEOPLE])
NAMES = {
    **{name: name for name in COLUMNS},
    "sex": "patient_sex",
    "birth_date": "patient_birth_date",
    "age": "patient_age",
}
LINES = 4 << 20  # bytes of lines of one batch
NOT_HERE = "the document does not hold"  # said of a reference to another line
_PATIENT = re.compile(rb'"resourceType"\s*:\s*"(?:Patient|Bundle)"')


class Observations:
    """One such file. `faults` are the lines that are no result though they may be one, `others` counts what is none."""

    def __init__(self, path: Path, persons: Persons | None) -> None:
        self.path, self.persons = path, persons
        self.faults: list[Fault] = []
        self.others: Counter[str] = Counter()
        self.size, self.file = path.stat().st_size, None

    def done(self) -> float:
        return share(self.file, self.size) if self.file is not None else 0.0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """About `LINES` bytes of lines at a time. Raises `ReadError` where the file is cut off or is no FHIR."""
        self.faults.clear()
        self.others.clear()
        known = self._people()
        held: list[dict[str, Any]] = []
        seen = size = 0
        for number, line in enumerate(self._lines(), 1):
            size += len(line)
            if line.strip():
                seen += self._read(number, line, held, known)
            if size >= LINES:
                if number > 100 and not seen:
                    break
                yield self._batch(held, known)
                held, size = [], 0
        if not seen:
            raise ReadError(f"{self.path}: no line is a FHIR resource")
        if held:
            yield self._batch(held, known)

    def _read(self, number: int, line: bytes, held: list[dict[str, Any]], known: dict[str, Patient]) -> bool:
        try:
            resource = loads(line)
        except (ValueError, RecursionError):
            self.faults.append(Fault("", number, "the line is no complete JSON object", line[:500].decode("utf-8", "replace").strip()))
            return False
        kind = str(resource.get("resourceType") or "") if isinstance(resource, dict) else ""
        if not kind:
            self.faults.append(Fault("", number, "JSON, but no FHIR resource", line[:500].decode("utf-8", "replace").strip()))
            return False
        if kind == "Patient":
            return True
        rows, unread, people = results_in([resource])
        known |= {key: patient for key, patient in people.items() if "#" not in key}
        for row in rows:
            if "#" in row["patient_id"]:  # a person contained in the observation has no name outside it
                known[f"line {number}"] = people[row["patient_id"]]
                row["patient_id"] = f"line {number}"
        held += rows
        for item in unread:
            if item["kind"] == "possible_result" and not (kind != "Bundle" and item["reason"].startswith(NOT_HERE)):
                self.faults.append(Fault("", number, item["reason"], item["text"]))
            elif item["kind"] != "possible_result":
                self.others[str(item["reason"])] += 1
        return True

    def _batch(self, rows: list[dict[str, Any]], known: dict[str, Patient]) -> pa.RecordBatch:
        texts = [pa.array([str(row.get(name) or "") or None for row in rows], TEXT) for name in COLUMNS[:-1]]
        texts[COLUMNS.index("date_order")] = pa.array(["ymd"] * len(rows), TEXT)
        texts.append(pa.array([one or None for one in plain_ids(pa.array([row["patient_id"] for row in rows], TEXT))], TEXT))
        return pa.RecordBatch.from_arrays([*texts, *people_columns(texts[-1], known, self.persons)], schema=SCHEMA)

    def _people(self) -> dict[str, Patient]:
        """The persons that stand anywhere in the file."""
        known: dict[str, Patient] = {}
        for line in self._lines():
            if _PATIENT.search(line):
                try:
                    known |= {key: patient for key, patient in results_in([loads(line)])[2].items() if "#" not in key}
                except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
                    continue  # told when the line itself is read
        return known

    def _lines(self) -> Iterator[bytes]:
        file, stream = unpacked(self.path)
        self.file = file
        rest = b""
        try:
            with stream:
                while block := stream.read(LINES):
                    *lines, rest = (rest + block).split(b"\n")
                    yield from lines
        except OSError as error:
            raise ReadError(f"{self.path}: {str(error).replace('Truncated compressed stream', 'the compressed file is cut off')}") from None
        if rest:
            yield rest


def people_columns(ids: pa.Array, known: dict[str, Patient], persons: Persons | None) -> list[pa.Array]:
    """Sex, birth date and age of each id: as the document says, else as the table of persons does."""
    import pyarrow.compute as pc

    shared = ids.dictionary_encode()
    people = [known.get(one or "", Patient()) for one in shared.dictionary.to_pylist()]
    said = [
        pa.array([getattr(person, fact) for person in people], one.type).take(shared.indices)
        for fact, one in zip(("sex", "birth_date", "age"), PEOPLE)
    ]
    if persons is None:
        return said
    return [pc.coalesce(own, other.cast(own.type)) for own, other in zip(said, persons.of(ids))]


def persons_in(path: Path) -> Persons:
    """The Patient resources of an ndjson file as a table of persons."""
    known = Observations(path, None)._people()
    if not known:
        raise ReadError(f"{path}: no line is a FHIR Patient")
    ids = pd.Series(plain_ids(pa.array(list(known), TEXT)), dtype=object)
    facts = [pd.Series([getattr(person, fact) for person in known.values()], dtype=object) for fact in ("sex", "birth_date", "age")]
    return Persons(ids, *facts)
