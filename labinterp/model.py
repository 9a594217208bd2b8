"""The things that travel through the pipeline: a `Patient` and a `Report` (one table of rows, one of unread lines)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import pandas as pd

from labinterp.errors import LabinterpError

Sex = Literal["male", "female"]


def today() -> date:
    """The day on which a summary is dated and an age is counted: today, or the day of SOURCE_DATE_EPOCH (seconds since 1970, in UTC).

    The variable is the usual way to make a run repeatable to the byte (https://reproducible-builds.org/specs/source-date-epoch/).
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not seconds:
        return date.today()
    try:
        return datetime.fromtimestamp(int(seconds), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise LabinterpError(f"SOURCE_DATE_EPOCH is {seconds!r}, which is no number of seconds") from None


TEXT_COLUMNS = (
    "name_text",
    "value_text",
    "unit_text",
    "range_text",
    "flag_text",
    "collected_text",
    "section_text",
    "specimen_text",
    "code_text",
    "previous_text",
)
"""What is printed, as printed. Missing is the empty string. `code_text` is a LOINC code where the source gives one."""

DOCUMENT_COLUMNS = ("decimal", "date_order")
"""Facts of the document that every row carries: decimal mark (``.`` ``,`` or empty), date order (``dmy mdy ymd`` or empty)."""

PLACE_COLUMNS = ("page", "x0", "top", "x1", "bottom", "text")
"""Where the row stands: page from 1, box in points (NaN where the format has none), and the whole line as printed."""

ROW_COLUMNS = (*TEXT_COLUMNS, *DOCUMENT_COLUMNS, *PLACE_COLUMNS, "review")
"""`review` is empty, or says why a person should look at the row before it counts."""

CONTRADICTED = "contradicted"
"""`match` of a row whose name and LOINC code mean different tests: it was taken for neither."""

UNREAD_COLUMNS = ("text", "page", "reason", "kind", "x0", "top", "x1", "bottom")
"""`kind` is ``possible_result`` or ``furniture`` (headers, prose, legends)."""

NUMBER_COLUMNS = ("page", "x0", "top", "x1", "bottom")


@dataclass(frozen=True)
class Patient:
    """What is known of the person. None is "not known" and never becomes a default.

    `age` is in years (a fraction for infants), `birth_date` gives the age at a date, `pregnant` is True, False or None.
    """

    sex: Sex | None = None
    age: float | None = None
    birth_date: date | None = None
    pregnant: bool | None = None

    def __post_init__(self) -> None:
        if self.sex not in (None, "male", "female"):
            raise ValueError(f"sex is 'male', 'female' or None, not {self.sex!r}")
        if self.age is not None and not 0 <= self.age <= 130:
            raise ValueError(f"age is in years from 0 to 130, not {self.age!r}")

    def age_on(self, day: date) -> float | None:
        """Age in years on `day`: from the birth date where known, else the stated age."""
        if self.birth_date is None or self.birth_date > day:
            return self.age
        return (day - self.birth_date).days / 365.25


def frame_of(records: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """A table with exactly `columns`: missing text is empty, missing numbers are NaN."""
    frame = pd.DataFrame(records, columns=list(columns))
    for column in columns:
        if column in NUMBER_COLUMNS:
            frame[column] = pd.to_numeric(frame[column])
        else:
            frame[column] = frame[column].astype(object).where(frame[column].notna(), "")
    return frame


@dataclass(frozen=True)
class Report:
    """One document, read. Every line of it is in `rows` or in `unread`.

    `rows` has `ROW_COLUMNS`, `unread` has `UNREAD_COLUMNS`. `patient_name` and `patient_number` are kept only so that two reports
    of different people are not joined unasked: they go into no log, and the name into no export unless asked.
    """

    rows: pd.DataFrame
    unread: pd.DataFrame
    patient: Patient = field(default_factory=Patient)
    patient_name: str = ""
    laboratory: str = ""
    format: str = ""
    name: str = ""
    notices: tuple[str, ...] = ()
    patient_number: str = ""

    @property
    def patient_numbers(self) -> set[str]:
        """The numbers that the sender gave the people in it: most often one, or none."""
        own = set(self.rows["patient_id"].dropna().astype(str)) if "patient_id" in self.rows else set()
        return (own | {self.patient_number}) - {""}

    def nameless(self) -> Report:
        """The report of one person without their name and number: for who knows whose it is, whatever it bears."""
        rows = self.rows if len(self.patient_numbers) > 1 else self.rows.drop(columns="patient_id", errors="ignore")
        return replace(self, rows=rows, patient_name="", patient_number="")

    @classmethod
    def of(cls, rows: list[dict[str, Any]], unread: list[dict[str, Any]], **facts: Any) -> Report:
        """A report from two lists of records; columns that a record leaves out are empty."""
        return cls(frame_of(rows, ROW_COLUMNS), frame_of(unread, UNREAD_COLUMNS), **facts)

    def to_dict(self, *, with_name: bool = False) -> dict[str, Any]:
        """The report as plain data (for JSON). The patient's name only with `with_name`."""
        plain = {
            "name": self.name,
            "format": self.format,
            "laboratory": self.laboratory,
            "patient": {
                "sex": self.patient.sex,
                "age": self.patient.age,
                "birth_date": self.patient.birth_date.isoformat() if self.patient.birth_date else None,
                "pregnant": self.patient.pregnant,
            },
            "notices": list(self.notices),
            "rows": records_of(self.rows),
            "unread": records_of(self.unread),
        }
        if with_name:
            plain["patient_name"] = self.patient_name
        return plain


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts of plain Python values; what is missing is None."""
    return [{str(key): _plain(value) for key, value in record.items()} for record in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value != value:
        return None
    return value.item() if hasattr(value, "item") else value


# ---- answers -----------------------------------------------------------------------------------------------------------

Urgency = Literal["emergency", "urgent", "routine"]
Tier = Literal["fits", "possible", "unseen", "less_supported"]
Strength = Literal["strong", "moderate", "weak"]


@dataclass(frozen=True)
class Evidence:
    """One reason for or against a cause, or one thing not tested. `text` is a whole sentence part with value and range in it."""

    text: str
    marker: str = ""
    finding: str = ""
    strength: Strength | None = None
    row: int | None = None  # label of the row of `results` it stands on
    note: str = ""


@dataclass(frozen=True)
class NextTest:
    """A test worth asking about, and the question it would answer."""

    test: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """A possible cause with its evidence. Never a diagnosis, never a probability."""

    cause: str
    name: str
    tier: Tier
    urgency: Urgency
    for_: tuple[Evidence, ...] = ()
    against: tuple[Evidence, ...] = ()
    missing: tuple[Evidence, ...] = ()
    next_tests: tuple[NextTest, ...] = ()
    settles: tuple[str, ...] = ()  # what usually settles it
    wording: str = ""  # the one safe sentence on this cause
    mechanism: str = ""
    sources: tuple[str, ...] = ()  # ids in Reference.sources
    seeds: tuple[tuple[str, str], ...] = ()  # (article, what it says)
    basis: str = "editorial"
    reviewed_by: str = "nobody"


@dataclass(frozen=True)
class Alert:
    """Something that cannot wait. Never scored, never hidden by a normal result."""

    id: str
    urgency: Literal["emergency", "urgent"]
    text: str
    marker: str = ""
    action: str = ""
    row: int | None = None
    past: bool = False  # an older value, later followed by another


@dataclass(frozen=True)
class Notice:
    """A remark on the quality of a result or on what is not known; never an alarm."""

    id: str
    text: str
    marker: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Answer:
    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One bedside question. `id` is ``screen.<id>`` for the emergency screen. "Do not know" is always allowed."""

    id: str
    text: str
    why: str = ""
    answers: tuple[Answer, ...] = ()
    multiple: bool = False
    emergency: bool = False
