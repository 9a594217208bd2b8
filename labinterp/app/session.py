"""What one visitor has open. It lives in this visitor's `st.session_state` only: not on disk, not in a cache that others share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

import labinterp
from labinterp.app.speech import KEPT, code, knowledge
from labinterp.interpretation import Interpretation, difference, interpret_rows
from labinterp.language import remark
from labinterp.model import ROW_COLUMNS, UNREAD_COLUMNS, Patient, Report, frame_of, today
from labinterp.readers.guarded import read_guarded
from labinterp.reference import Reference
from labinterp.words import not_final

if TYPE_CHECKING:
    from labinterp.app.picture import Sheet

LARGEST = 50 * 2**20
"""Bytes of one upload that are looked at; the same bound as `server.maxUploadSize`."""

ADULT_AGES = (20, 30, 45, 60, 80)

DO_NOT_KNOW = "unknown"

CHANGED, CONFIRMED, ADDED = remark("changed by you"), remark("confirmed by you"), remark("added by you")
LEFT_OUT = remark("left out by you")


@dataclass(frozen=True)
class Document:
    """One uploaded file, as bytes and as read."""

    name: str
    data: bytes
    report: Report


@dataclass
class Session:
    """The open documents, their lines as corrected by the visitor, and what the visitor said."""

    documents: list[Document] = field(default_factory=list)
    rows: pd.DataFrame = field(default_factory=lambda: _empty(ROW_COLUMNS).assign(document=0, edited=""))
    unread: pd.DataFrame = field(default_factory=lambda: _empty(UNREAD_COLUMNS).assign(document=0))
    waiting: list[Document] = field(default_factory=list)  # of another person, it seems: asked before they are joined
    refused: list[tuple[str, str]] = field(default_factory=list)  # file name, why it could not be read
    patient: Patient = field(default_factory=Patient)
    answers: dict[str, Any] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)  # order of the causes before the last answer
    last_question: str = ""  # id of the question answered last
    typed: bool = False  # values typed in by hand, without a document
    version: int = 0  # counts every change of rows, so that an interpretation is worked out once for each
    turn: int = 0  # counts the opened documents, so that widgets begin anew with them
    asked: set[str] = field(default_factory=set)  # facts that mattered once stay visible, so that they can be changed
    tried: dict[Any, set[str]] = field(default_factory=dict)
    memo: dict[Any, Interpretation] = field(default_factory=dict)
    sheets: dict[tuple[int, int], Sheet | None] = field(default_factory=dict)  # pages drawn for Check

    @property
    def is_open(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.documents) or self.typed

    # ---- documents ----

    def take(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Read uploads. What cannot be read is named with its reason; a report of another person waits for an answer."""
        for name, data in files:
            if any(document.data == data for document in (*self.documents, *self.waiting)):
                self.refused.append((name, remark("This file is already open.")))
                continue
            try:
                document = Document(name, data, read_bytes(data, name))
            except labinterp.LabinterpError as error:
                self.refused.append((name, str(error)))
                continue
            if len(document.report.patient_numbers) > 1:
                self.refused.append((name, remark("It holds results of several people. Open it under “Many results”.")))
            elif any(difference(document.report, other.report) for other in self.documents):
                self.waiting.append(document)
            else:
                self.join(document)

    def join(self, document: Document) -> None:
        """Add the lines of a document to those that are open. They are of one person from here on, whatever numbers they bear."""
        number = len(self.documents)
        self.documents.append(document)
        rows = document.report.rows.drop(columns="patient_id", errors="ignore")
        self.rows = _stack(self.rows, rows.assign(document=number, edited=""))
        self.unread = _stack(self.unread, document.report.unread.assign(document=number))
        read = document.report.patient
        self.patient = Patient(
            sex=self.patient.sex or read.sex,
            age=self.patient.age if self.patient.age is not None else read.age,
            birth_date=self.patient.birth_date or read.birth_date,
            pregnant=self.patient.pregnant if self.patient.pregnant is not None else read.pregnant,
        )
        self.turn += 1
        self.touch()

    def touch(self) -> None:
        """The lines changed: an earlier interpretation no longer counts."""
        self.version += 1
        self.memo.clear()

    # ---- corrections: each is marked as the visitor's ----

    def change(self, row: int, **texts: str) -> None:
        """Put the visitor's texts in place of what was read. The visitor has looked at the line, so it needs no further look."""
        for column, text in texts.items():
            self.rows.loc[row, column] = text
        mark = self.rows["decimal"].iloc[row]
        if mark and {".": ",", ",": "."}[mark] in texts.get("value_text", ""):
            self.rows.loc[row, "decimal"] = ""  # typed with another decimal mark than the document's: it decides nothing here
        self.rows.loc[row, "edited"] = self.rows["edited"].iloc[row] or CHANGED
        self._looked_at(row)
        self.touch()

    def accept(self, *rows: int) -> None:
        """The visitor compared lines with the paper and they are right."""
        for row in rows:
            self._looked_at(row)
            self.rows.loc[row, "edited"] = self.rows["edited"].iloc[row] or CONFIRMED
        self.touch()

    def _looked_at(self, row: int) -> None:
        """A look at the paper settles all doubts but one: that the laboratory may still change the result."""
        self.rows.loc[row, "review"] = not_final(str(self.rows["review"].iloc[row]))

    def leave_out(self, row: int) -> None:
        """Move a line to the notes, where it stays visible."""
        line = self.rows.iloc[row]
        note = {**{column: line[column] for column in ("page", "x0", "top", "x1", "bottom")}, "text": line["text"] or line_of(line)}
        note |= {"reason": LEFT_OUT, "kind": "possible_result", "document": line["document"]}
        self.unread = _stack(self.unread, pd.DataFrame([note]))
        self.rows = self.rows.drop(index=row).reset_index(drop=True)
        self.touch()

    def add(self, texts: Mapping[str, Any], document: int = 0) -> None:
        """Add a line that the visitor typed."""
        row = frame_of([dict(texts)], ROW_COLUMNS).assign(document=document, edited=ADDED)
        self.rows = _stack(self.rows, row)
        self.touch()

    def add_from_note(self, note: int, **texts: str) -> None:
        """Make a result out of a line that was left as a note."""
        line = self.unread.iloc[note]
        place = {column: line[column] for column in ("page", "x0", "top", "x1", "bottom", "text")}
        self.unread = self.unread.drop(index=note).reset_index(drop=True)
        self.add({**place, **texts}, int(line["document"]))

    # ---- the answer ----

    def interpretation(self, patient: Patient | None = None) -> Interpretation:
        """The interpretation of what is open, in the visitor's language. Worked out once for the same lines, person and answers."""
        patient = patient or self.patient
        key = (self.version, patient, code(), repr(sorted(self.answers.items())))
        if key not in self.memo:
            if len(self.memo) > 32:
                self.memo.clear()
            judged = next((memo for known, memo in self.memo.items() if known[:3] == key[:3]), None)
            judged = judged or labinterp.interpret(self.report(), patient=patient, reference=knowledge())
            self.memo[key] = judged.answered(self.answers)
        return self.memo[key]

    def report(self) -> Report:
        """All that is open as one report, with the visitor's corrections."""
        first = self.documents[0].report if self.documents else None
        return Report(
            rows=self.rows,
            unread=self.unread,
            patient=self.patient,
            patient_name=first.patient_name if first else "",
            laboratory=", ".join(dict.fromkeys(d.report.laboratory for d in self.documents if d.report.laboratory)),
            format=first.format if first else "typed",
            name=", ".join(d.name for d in self.documents),
            notices=tuple(notice for d in self.documents for notice in d.report.notices),
        )

    def reports(self) -> list[Report]:
        """The open reports one by one, with the visitor's corrections: for what is told over time. They are of one person by now."""
        said, ages = self.patient, {document.report.patient.age for document in self.documents}
        return [
            Report(
                rows=self.rows[self.rows["document"] == number],
                unread=self.unread[self.unread["document"] == number],
                patient=replace(said, age=own.patient.age if own and said.age in ages else said.age),  # an age is true of its own report
                laboratory=own.laboratory if own else "",
                name=own.name if own else "",
            )
            for number, own in enumerate([document.report for document in self.documents] or [None])
        ]

    def age(self) -> int | None:
        """Age in whole years on the day of the latest sample, else today."""
        days = [day for day in self.interpretation().results["collected"] if isinstance(day, date)]
        years = self.patient.age_on(max(days, default=today()))
        return None if years is None else int(years)

    def wanted_facts(self, *, as_read: bool = False) -> set[str]:
        """The facts about the person (`sex`, `age`, `pregnant`) to show: those that would change an answer.

        With `as_read` also those that are known, so that they can be corrected.
        """
        known = self.patient
        self.asked |= self.open_facts()
        read = {
            "sex": known.sex is not None,
            "age": known.age is not None or known.birth_date is not None,
            "pregnant": known.pregnant is not None,
        }
        return self.asked | ({fact for fact, given in read.items() if given} if as_read else set())

    def open_facts(self) -> set[str]:
        """The facts that are not known and would change how a line is judged.

        Found by trying them out, so that no rule about populations stands here: a fact matters where not knowing it costs an answer.
        An unknown age is an adult's, which the page says.
        """
        key = (self.version, self.patient)
        if key not in self.tried:
            known, rows = self.patient, self.rows.reset_index(drop=True)
            trials: dict[str, list[Patient]] = {"sex": [], "age": [], "pregnant": []}
            if known.sex is None:
                trials["sex"] = [replace(known, sex="female"), replace(known, sex="male")]
            if known.age is None and known.birth_date is None:
                trials["age"] = [replace(known, age=float(age)) for age in ADULT_AGES]
            if known.pregnant is None and known.sex == "female":
                trials["pregnant"] = [replace(known, pregnant=False)]
            base = _judged(rows, known)
            self.tried[key] = {fact for fact, people in trials.items() if any(_judged(rows, person) != base for person in people)}
        return self.tried[key]


def current() -> Session:
    """The session of this visitor."""
    state = st.session_state
    if "labinterp" not in state:
        state["labinterp"] = Session()
    session = state["labinterp"]
    assert isinstance(session, Session)
    return session


def forget() -> None:
    """Drop everything that this visitor opened, typed or answered, uploads included."""
    rounds = st.session_state.get("upload_round", 0)
    for key in list(st.session_state):
        if key not in ("pages", KEPT):  # the navigation, which is the same for everybody, and the language
            del st.session_state[key]
    st.session_state["upload_round"] = rounds + 1  # a new upload box: Streamlit frees the files of the old one


def read_bytes(data: bytes, name: str) -> Report:
    """Read one upload in the worker process that all visitors share, so that a document that brings the reader down is refused."""
    if len(data) > LARGEST:
        raise labinterp.ReadError(f"The file is larger than {LARGEST // 2**20} MB.")
    return read_guarded(data, name=name)


def _judged(rows: pd.DataFrame, patient: Patient) -> list[tuple[Any, ...]]:
    """What a person would see change in the lines."""
    judged = interpret_rows(rows, Reference.default(), patient)[["flag", "category", "status"]].fillna("").astype(str)
    return list(judged.itertuples(index=False, name=None))


def line_of(row: pd.Series) -> str:
    """A line in one text, from its cells."""
    return "  ".join(str(row[column]) for column in ("name_text", "value_text", "unit_text", "range_text", "flag_text") if row[column])


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return frame_of([], columns)


def _stack(above: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    return below.reset_index(drop=True) if above.empty else pd.concat([above, below], ignore_index=True)
