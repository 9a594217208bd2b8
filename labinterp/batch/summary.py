"""What a run found, counted as it goes and in bounded memory: statuses, flags of each marker, what is not known, duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labinterp.batch.codes import Followed
from labinterp.batch.rows import Tally
from labinterp.batch.tables import TEXT, Fault
from labinterp.shapes import parse_date

LISTED = 200  # in the summary file
TOLD = 8  # on the terminal
REASON = 300  # characters
RARE = "(rare ones)"
EXACT = 1 << 21
"""Rows whose fingerprints are kept (8 bytes each)."""

ROW_FAULTS = 1000  # listed one by one
SAME = ("patient_id", "name_text", "code_text", "specimen_text", "value_text", "comparator", "unit_text", "collected_text")
"""A duplicate has the same of all these as an earlier row; without `patient_id`, all columns of the table."""


class Duplicates:
    """Counts rows that say again what another row has said, by fingerprints of 64 bits in bounded memory.

    The upper half of a fingerprint is that of the person. Where there are more rows than can be kept, those of every second, fourth ...
    person are, and the count is about right.
    """

    def __init__(self, hashes: np.ndarray | None = None, every: int = 1) -> None:
        self.hashes = np.empty(1 << 16, dtype=np.uint64)
        self.size, self.every = 0, every
        self._texts: dict[int, Followed] = {}  # by the place of the column
        if hashes is not None:
            self._append(hashes)

    def add(self, columns: Sequence[pa.Array]) -> None:
        """Count the rows of a batch; the first column says who they are of."""
        if not columns or not len(columns[0]):
            return
        who = self._fingerprints(0, columns[0])
        others = list(columns[1:])
        if self.every > 1:
            chosen = np.flatnonzero(self._is_chosen(who))
            who, others = who[chosen], [column.take(pa.array(chosen)) for column in others]
        rest = np.zeros(len(who), dtype=np.uint64)
        for place, column in enumerate(others, 1):
            rest = rest * _ODD + self._fingerprints(place, column)
            rest ^= rest >> np.uint64(29)
        self._append((who << np.uint64(32)) | (rest & _LOW))

    def _fingerprints(self, place: int, column: pa.Array) -> np.ndarray:
        shared = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        if not len(shared.dictionary):
            return np.zeros(len(shared), dtype=np.uint64)
        own = self._texts.setdefault(place, Followed(_hashes, np.uint64)).of(shared.dictionary)
        found: np.ndarray = own.take(shared.indices.fill_null(0).to_numpy())
        if shared.null_count:
            found[shared.is_null().to_numpy(zero_copy_only=False)] = 0
        return found

    def _is_chosen(self, who: np.ndarray) -> np.ndarray:
        chosen: np.ndarray = (who & _LOW) % np.uint64(self.every) == 0
        return chosen

    def _append(self, hashes: np.ndarray) -> None:
        while self.size + len(hashes) > EXACT:
            self.every *= 2
            kept = self.hashes[: self.size]
            kept = kept[self._is_chosen(kept >> np.uint64(32))]
            self.hashes[: len(kept)] = kept
            self.size = len(kept)
            hashes = hashes[self._is_chosen(hashes >> np.uint64(32))]
            if self.every > 1 << 20:  # one person for all: what is more is not counted
                hashes = hashes[:0]
        if self.size + len(hashes) > len(self.hashes):
            self.hashes = np.concatenate([self.hashes[: self.size], np.empty(max(self.size, len(hashes)), dtype=np.uint64)])
        self.hashes[self.size : self.size + len(hashes)] = hashes
        self.size += len(hashes)

    @property
    def kept(self) -> np.ndarray:
        return self.hashes[: self.size]

    def count(self) -> int:
        """How many; about how many where `every` is more than 1."""
        if not self.size:
            return 0
        self.kept.sort()
        return int(np.count_nonzero(self.kept[1:] == self.kept[:-1])) * self.every


_ODD, _LOW = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xFFFFFFFF)


def _hashes(texts: pa.Array) -> np.ndarray:
    found: np.ndarray = pd.util.hash_array(texts.cast(TEXT).fill_null("").to_numpy(zero_copy_only=False).astype(object), categorize=False)
    return found


@dataclass
class Summary:
    """What a run did. All counts are of rows of the output, unless said otherwise."""

    rows: int = 0
    files: int = 0
    status: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)
    markers: dict[str, Counter[str]] = field(default_factory=dict)
    unknown_names: Counter[tuple[str, ...]] = field(default_factory=Counter)
    unknown_units: Counter[tuple[str, ...]] = field(default_factory=Counter)  # unit and marker
    counted: Counter[Tally] = field(default_factory=Counter)
    duplicates: Duplicates = field(default_factory=Duplicates)
    without_id: int = 0
    to_review: int = 0  # rows of which the reader says that a person should look
    late_births: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    row_faults: list[Fault] = field(default_factory=list)
    failures: list[Fault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    beside: list[Path] = field(default_factory=list)  # the files written with the output

    @property
    def unreadable(self) -> list[Fault]:
        """Files that could not be read, or not to their end."""
        return [fault for fault in self.failures if not fault.text]

    @property
    def unread(self) -> list[Fault]:
        """Lines that may be results and were not read."""
        return [fault for fault in self.failures if fault.text]

    @property
    def not_interpreted(self) -> int:
        """Rows and lines without an answer; what is no result needs none."""
        return self.rows + len(self.unread) - self.status["ok"] - self.status["not_a_result"]

    def count(self, tallies: Counter[Tally]) -> None:
        """Take over what the judges have counted."""
        self.counted = tallies
        self.status, self.flags, self.markers = Counter(), Counter(), {}
        self.unknown_names, self.unknown_units = Counter(), Counter()
        for one, count in tallies.items():
            self.status[one.status] += count
            self.flags[one.flag or ""] += count
            if one.marker:
                self.markers.setdefault(one.marker, Counter())[one.flag or one.status] += count
            if one.status == "unknown_marker":
                self.unknown_names[(RARE if one.name_text is None else one.name_text,)] += count
            elif one.status == "unknown_unit":
                self.unknown_units[RARE if one.name_text is None else one.unit_text, one.marker or ""] += count

    def add(self, batch: pa.RecordBatch, names: Mapping[str, str], file: str, first_row: int) -> None:
        """Count a prepared batch. `file` is empty where the rows themselves say which file they are of, as those of reports do."""
        alone = not file
        self.rows += batch.num_rows
        if "patient_id" in names:
            self.without_id += 0 if alone else batch.column(names["patient_id"]).null_count
            same = [batch.column(names[ours]) for ours in SAME if ours in names]
            same = [batch.column("file"), *same] if alone else same
        else:
            same = [batch.column(name) for name in batch.schema.names if name != "file"]
        self.duplicates.add([column for column in same if not pa.types.is_nested(column.type) or pa.types.is_dictionary(column.type)])
        if "review" in names:
            self.to_review += batch.num_rows - batch.column(names["review"]).null_count
        self._births(batch, names, file, first_row)

    def _births(self, batch: pa.RecordBatch, names: Mapping[str, str], file: str, first_row: int) -> None:
        """Births after the sample was taken: the age is then not known, and the rows are told."""
        if not {"birth_date", "collected_text"} <= names.keys():
            return
        birth, taken = (_days(batch.column(names[ours])) for ours in ("birth_date", "collected_text"))
        late = np.flatnonzero(birth > taken)
        self.late_births += len(late)
        for row in late[: max(0, ROW_FAULTS - len(self.row_faults))].tolist():
            cells = [str(batch.column(names[ours])[row].as_py()) for ours in ("birth_date", "collected_text")]
            reason = f"born {cells[0]}, after the sample was taken ({cells[1]}); the age was left unknown"
            one = Fault(file, first_row + row, reason) if file else Fault(str(batch.column("file")[row].as_py()), None, reason)
            self.row_faults.append(one)

    # -- for people and files

    def lines(self) -> Iterator[str]:
        """The summary, a line at a time."""
        counts = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in ordered(self.status))
        yield f"{rows(self.rows)}: {counts or 'nothing to judge'}"
        critical = self.flags["LL"] + self.flags["HH"]
        if critical:
            told = sorted(((flags["LL"] + flags["HH"], marker) for marker, flags in self.markers.items()), reverse=True)
            which = ", ".join(f"{marker} {count:,}" for count, marker in told[:TOLD] if count)
            yield f"{rows(critical)} beyond a critical limit (flag LL or HH): look at these first ({which})"
        for what, unknown in (("tests", self.unknown_names), ("units", self.unknown_units)):
            if unknown:
                shown = ", ".join(f"{' of '.join(part or '(none)' for part in key)} ({count:,})" for key, count in ordered(unknown)[:TOLD])
                more = f", and {len(unknown) - TOLD:,} more" if len(unknown) > TOLD else ""
                yield f"{what} not known here: {shown}{more}"
        if twice := self.duplicates.count():
            about = "" if self.duplicates.every == 1 else "about "
            yield f"{about}{rows(twice)} said before (same person, test, value, unit and time), judged like the others"
        if self.without_id:
            yield f"{rows(self.without_id)} without an id of a person"
        if self.to_review:
            yield f"{rows(self.to_review)} for a person to look at: the column review says why (hard to read, preliminary ...)"
        if self.late_births:
            yield f"{rows(self.late_births)} with a birth date after the sample was taken; the age was left unknown"
        for reason, count in self.left_out.most_common():
            yield f"left out: {count:,} {reason}"
        yield from self.notices
        if self.unread:
            yield f"{len(self.unread):,} lines that may be results were not read"
        for fault in self.unreadable[:TOLD]:
            yield f"cannot read {fault.file}: {fault.reason if len(fault.reason) <= REASON else fault.reason[:REASON] + ' ...'}"
        if len(self.unreadable) > TOLD:
            yield f"cannot read {len(self.unreadable) - TOLD:,} more files"

    def to_dict(self) -> dict[str, Any]:
        """What goes into the summary file."""
        return {
            "rows": self.rows,
            "files": self.files,
            "files_unreadable": len({fault.file for fault in self.unreadable}),
            "lines_unread": len(self.unread),
            "status": dict(ordered(self.status)),
            "flags": dict(ordered(self.flags)),
            "critical": self.flags["LL"] + self.flags["HH"],
            "markers": {marker: dict(ordered(flags)) for marker, flags in sorted(self.markers.items())},
            "unknown_names": _listed(self.unknown_names),
            "unknown_units": _listed(self.unknown_units),
            "duplicate_rows": {"count": self.duplicates.count(), "exact": self.duplicates.every == 1},
            "rows_without_person": self.without_id,
            "rows_to_review": self.to_review,
            "born_after_collection": self.late_births,
            "left_out": dict(self.left_out.most_common()),
            "notices": self.notices,
        }

    def state(self) -> dict[str, Any]:
        """All of it as plain data, but for `tallies` and the fingerprints of rows; `of_state` is the way back."""
        return {
            "rows": self.rows,
            "files": self.files,
            "every": self.duplicates.every,
            "without_id": self.without_id,
            "to_review": self.to_review,
            "late_births": self.late_births,
            "left_out": dict(self.left_out),
            "row_faults": [list(vars(fault).values()) for fault in self.row_faults],
            "failures": [list(vars(fault).values()) for fault in self.failures],
        }

    def tallies(self) -> list[list[Any]]:
        """What the judges have counted, as plain data; `tallies_of` is the way back."""
        return [[*one, count] for one, count in self.counted.items()]

    @classmethod
    def of_state(cls, state: Mapping[str, Any], hashes: np.ndarray) -> Summary:
        return cls(
            rows=state["rows"],
            files=state["files"],
            duplicates=Duplicates(hashes, state["every"]),
            without_id=state["without_id"],
            to_review=state["to_review"],
            late_births=state["late_births"],
            left_out=Counter(state["left_out"]),
            row_faults=[Fault(*fault) for fault in state["row_faults"]],
            failures=[Fault(*fault) for fault in state["failures"]],
        )


def rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def ordered(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    """Most frequent first; of equal ones the first by its letters."""
    return sorted(((key, count) for key, count in counts.items() if count), key=lambda item: (-item[1], item[0]))


def _listed(counts: Mapping[tuple[str, ...], int]) -> dict[str, Any]:
    return {"distinct": len(counts), "most_common": [[*key, count] for key, count in ordered(counts)[:LISTED]]}


def tallies_of(rows: Sequence[Sequence[Any]]) -> Counter[Tally]:
    return Counter({Tally(*row[:-1]): row[-1] for row in rows})


def _days(column: pa.Array) -> np.ndarray:
    """Days as numbers, NaN where there is no plain date."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    days = column.cast(kind) if pa.types.is_date32(kind) else _dates(column)
    numbers: np.ndarray = days.cast(pa.int32()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def _dates(column: pa.Array) -> pa.Array:
    shared = column if pa.types.is_dictionary(column.type) else column.cast(TEXT).dictionary_encode()
    texts = shared.dictionary.cast(TEXT)
    if pc.all(pc.match_substring_regex(texts, r"^\d{4}-\d{2}-\d{2}")).as_py():
        try:
            return pc.utf8_slice_codeunits(texts, 0, 10).cast(pa.date32()).take(shared.indices)
        except pa.ArrowInvalid:  # the 31st of February
            pass
    return pa.array([parse_date(text) if text else None for text in texts.to_pylist()], pa.date32()).take(shared.indices)
