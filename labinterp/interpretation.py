"""The straight line: a report becomes a table, each stage adds columns to it, and what needs attention is drawn from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from labinterp.alerts import find_alerts
from labinterp.causes import data_quality, next_questions, rank_causes
from labinterp.columns import Columns, columns_of
from labinterp.derive import derive
from labinterp.flags import flag_results
from labinterp.identify import identify_markers
from labinterp.intervals import choose_intervals
from labinterp.language import english, remark
from labinterp.model import NUMBER_COLUMNS, ROW_COLUMNS, UNREAD_COLUMNS, Alert, Finding, Notice, Patient, Question, Report, frame_of
from labinterp.reference import Reference
from labinterp.reference.fold import fold_name
from labinterp.shown import group_of
from labinterp.units import normalize_units
from labinterp.values import parse_values

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

Answers = Mapping[str, Any]
Input = Report | pd.DataFrame | Sequence[Report]

RESULT_COLUMNS = (
    *ROW_COLUMNS,
    *("marker", "loinc", "match", "match_score", "match_reason"),
    *("value_kind", "number", "low", "high", "comparator", "qualitative", "collected"),
    *("value", "unit", "ucum", "unit_basis"),
    *("basis", "interval_id", "source_id", "limit_text", "range_low", "range_high"),
    *("flag", "category", "band_text", "severity", "side", "abnormal", "xuln", "status", "reason"),
)
"""Columns of `Interpretation.results`, before any further column that the input brought along.

`low`, `high` and `range_low`, `range_high` are in the printed unit (`ucum` in UCUM); `value` is in the canonical `unit`.
"""


def interpret(
    report: Input,
    *,
    patient: Patient | None = None,
    answers: Answers | None = None,
    reference: Reference | None = None,
    requested: Collection[str] = (),
) -> Interpretation:
    """Interpret a report, several reports of one person, or a frame.

    A frame needs `name_text` and `value_text`, and may have `unit_text`, `range_text`, `flag_text`, `collected_text`, `specimen_text`,
    `section_text`, `patient_id`, `sex`, `age` and `birth_date`. A row with a flag and no value is taken at the laboratory's word.
    `answers` maps question ids to a value or a list of values, and ``screen.<id>`` to ``yes`` or ``no``.
    `requested` names formulas that are worked out only when asked for (``ldl_friedewald``).
    `patient` wins over what the report says of the person. Raises `ValueError` where a needed column is missing, and where reports are
    of different people: both state a name, a birth date or a sex, and it differs; without two names the number of the patient decides.
    Who knows better gives ``report.nameless()``.
    """
    ref = reference or Reference.default()
    if not isinstance(report, Report | pd.DataFrame):
        refuse_strangers(report)
    person = joined_patient(report, patient)
    results = interpret_rows(told_again(rows_of(report), "review", ref), ref, person)
    unread = told_again(unread_of(report), "reason", ref)
    derived = interpret_rows(derive(results, ref, person, requested), ref, person)
    own = report if isinstance(report, Report) else None
    return Interpretation(results, derived, [], [], unread, person, {}, ref, own).answered(answers or {})


def interpret_rows(rows: pd.DataFrame, ref: Reference, patient: Patient | None = None) -> pd.DataFrame:
    """All stages that look at one row at a time: same rows, same order, more columns. One upload and a batch both go through here."""
    columns = read_rows(columns_of(rows), ref)
    columns = choose_intervals(columns, ref, patient)  #   + limits: what the result may be compared with
    columns = flag_results(columns, ref.language)  #       + flag, category, severity, abnormal, status, reason, and the limit used
    added = {name: columns[name] for name in RESULT_COLUMNS if name not in ROW_COLUMNS}
    further = [column for column in rows.columns if column not in RESULT_COLUMNS]
    return rows.assign(**added)[[*RESULT_COLUMNS, *further]]


def told_again(frame: pd.DataFrame, column: str, ref: Reference) -> pd.DataFrame:
    """A table whose remarks in `column`, which the readers made in English, are in the language of the knowledge."""
    again = ref.language.again
    return frame.assign(**{column: [again(str(text)) for text in frame[column]]}) if ref.language.texts else frame


def read_rows(rows: Columns, ref: Reference) -> Columns:
    """The stages that need only what is printed, whoever the person is."""
    rows = parse_values(rows)  #            + number, low, high, comparator, qualitative, value_kind, collected
    rows = identify_markers(rows, ref)  #   + marker, loinc, match, match_score
    return normalize_units(rows, ref)  #    + value and unit (canonical), ucum (the printed unit)


def rows_of(report: Input) -> pd.DataFrame:
    """The rows of a report, of several, or of a frame, with all of `ROW_COLUMNS` and a fresh index."""
    if isinstance(report, Report):
        return report.rows.reset_index(drop=True)
    if isinstance(report, pd.DataFrame):
        return complete(report)
    return (
        pd.concat([one.rows.assign(report=number) for number, one in enumerate(report)], ignore_index=True)
        if report
        else frame_of([], ROW_COLUMNS)
    )


def complete(frame: pd.DataFrame) -> pd.DataFrame:
    """A user's frame with every column that the stages read: missing text is empty, missing places are NaN."""
    missing = [column for column in ("name_text", "value_text") if column not in frame]
    if missing:
        raise ValueError(f"the frame has no column {' and '.join(missing)}; it has {', '.join(map(str, frame.columns)) or 'none'}")
    frame = frame.reset_index(drop=True)
    columns = {}
    for column in ROW_COLUMNS:
        if column in NUMBER_COLUMNS:
            columns[column] = pd.to_numeric(frame[column]) if column in frame else pd.Series(float("nan"), index=frame.index)
        elif column in frame:
            texts = frame[column].astype(object)
            columns[column] = texts.where(texts.notna(), "").map(str)
        else:
            columns[column] = pd.Series("", index=frame.index, dtype=object)
    return pd.DataFrame(columns, index=frame.index).join(frame[[c for c in frame.columns if c not in ROW_COLUMNS]])


def unread_of(report: Input) -> pd.DataFrame:
    """The lines that did not become rows, with the reason each."""
    if isinstance(report, Report):
        return report.unread
    if isinstance(report, pd.DataFrame) or not report:
        return frame_of([], UNREAD_COLUMNS)
    return pd.concat([one.unread for one in report], ignore_index=True)


def joined_patient(report: Input, patient: Patient | None) -> Patient:
    """What is known of the person: what the caller says, else what the reports say where they do not contradict each other."""
    reports = [report] if isinstance(report, Report) else [] if isinstance(report, pd.DataFrame) else list(report)
    said = patient or Patient()
    facts: dict[str, Any] = {}
    for name in ("sex", "age", "birth_date", "pregnant"):
        own = getattr(said, name)
        printed = {getattr(one.patient, name) for one in reports} - {None}
        facts[name] = own if own is not None else printed.pop() if len(printed) == 1 else None
    return Patient(**facts)


def refuse_strangers(reports: Sequence[Report]) -> None:
    """Raise `ValueError` where two reports name different people. Names and numbers are not repeated in the error."""
    for one, other, here in pairs_of(reports):
        if what := difference(one, other):
            raise ValueError(remark(f"{here} are of different people: the {what} differs; give reports of one person"))


def pairs_of(reports: Sequence[Report]) -> Iterator[tuple[Report, Report, str]]:
    """Every two reports, and what they are called."""
    for (first, one), (second, other) in combinations(enumerate(reports, 1), 2):
        here, there = one.name or remark("without a name"), other.name or remark("without a name")
        yield one, other, remark(f"report {first} ({here}) and report {second} ({there})")


def difference(one: Report, other: Report) -> str:
    """What shows that two reports are of different people (both state it, and it differs); empty if nothing does.

    Laboratories number their patients themselves, so a number says something only where there are no two names.
    """
    names = [set(fold_name(report.patient_name).split()) for report in (one, other)]
    if all(names) and not (names[0] <= names[1] or names[1] <= names[0]):
        return remark("name")
    for fact, word in (("birth_date", remark("date of birth")), ("sex", remark("sex"))):
        said = getattr(one.patient, fact), getattr(other.patient, fact)
        if None not in said and said[0] != said[1]:
            return word
    return remark("patient number") if other_number(one, other) and not all(names) else ""


def other_number(one: Report, other: Report) -> bool:
    """Whether two reports bear numbers of patients, and none in common."""
    ours, theirs = one.patient_numbers, other.patient_numbers
    return bool(ours and theirs) and not ours & theirs


def doubts_of_one_person(reports: Sequence[Report]) -> list[str]:
    """What is odd about reports that are taken for one person's, in words."""
    return [
        remark(f"{here} bear one name and different patient numbers: make sure that they are of one person")
        for one, other, here in pairs_of(reports)
        if other_number(one, other)
    ]


@dataclass(frozen=True)
class Interpretation:
    """The answer. `results` has `RESULT_COLUMNS`; alerts come first everywhere; findings are possible causes, best first.

    `derived` are results worked out from others (never overwriting a printed one), `unread` the lines that are not in `results`.
    """

    results: pd.DataFrame
    derived: pd.DataFrame
    alerts: list[Alert]
    findings: list[Finding]
    unread: pd.DataFrame
    patient: Patient = field(default_factory=Patient)
    answers: dict[str, Any] = field(default_factory=dict)
    reference: Reference = field(default_factory=Reference.default, repr=False)
    report: Report | None = field(default=None, repr=False)

    def answered(self, answers: Answers) -> Interpretation:
        """The same results with these answers instead: only alerts and causes are worked out again."""
        given = dict(answers)
        alerts = find_alerts(self.results, self.reference, given, self.unread, self.derived)
        findings = rank_causes(self.results, self.reference, given, self.patient, self.derived)
        return replace(self, alerts=alerts, findings=findings, answers=given)

    @cached_property
    def notices(self) -> list[Notice]:
        """Remarks on the quality of results, and what the reader said about the document."""
        again, notices = self.reference.language.again, self.report.notices if self.report else ()
        said = [Notice(f"report_{number}", again(text)) for number, text in enumerate(notices)]
        return [
            *said,
            *match_notices(self.results, self.reference),
            *data_quality(self.results, self.reference, self.answers, self.derived),
        ]

    @cached_property
    def questions(self) -> list[Question]:
        """The next questions worth asking: the emergency screen, then those that would change the ranking most."""
        return next_questions(self.results, self.reference, self.answers, self.patient, self.findings, self.derived)

    @cached_property
    def open_items(self) -> dict[str, int]:
        """How many results are not judged, by status, and how many lines that may be results are unread."""
        counts = {str(status): int(n) for status, n in self.results["status"].value_counts().items() if status != "ok"}
        counts["review"] = int((self.results["review"] != "").sum())
        counts["unread"] = int((self.unread["kind"] == "possible_result").sum())
        return {name: n for name, n in counts.items() if n}

    @property
    def summary(self) -> str:
        """Counts in one or two sentences. Never reassures while anything is open."""
        results = self.results
        told = zip(results["abnormal"], results["status"], results["review"], strict=True)
        groups = [group_of({"abnormal": abnormal, "status": status, "review": review}) for abnormal, status, review in told]
        outside, inside = groups.count("outside"), groups.count("inside")
        say, plural = self.reference.say, self.reference.language.plural
        lines = plural("{n} result line", "{n} result lines", len(results))
        counts = english("{lines}: {outside} outside a range or guideline limit, {inside} inside all that apply.")
        parts = [say(counts, lines=lines, outside=outside, inside=inside)]
        if self.alerts:
            parts.insert(0, plural("{n} thing needs attention first.", "{n} things need attention first.", len(self.alerts)))
        unjudged = len(results) - outside - inside
        if unjudged:
            parts.append(plural("{n} could not be judged.", "{n} could not be judged.", unjudged))
        if unread := self.open_items.get("unread"):
            parts.append(plural("{n} line that may be a result was not read.", "{n} lines that may be results were not read.", unread))
        if not outside and not unjudged and not self.open_items and len(results):
            parts.append(say("Results inside their ranges do not explain or rule out weakness."))
        return " ".join(parts)

    def explain(self, row: int) -> str:
        """Why a row got its answer: text printed, marker, unit, limits used with their source, and the reason of any doubt."""
        from labinterp.explain import explain_row

        return explain_row(self.results.iloc[row], self.reference)

    def to_frame(self) -> pd.DataFrame:
        """The results as a plain table."""
        return self.results.copy()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, as described by the published JSON Schema."""
        from labinterp.export.json import to_dict

        return to_dict(self)

    def to_json(self, path: str | Path | None = None) -> str:
        """The same as JSON text; written to `path` where given."""
        from labinterp.export.json import to_json

        return to_json(self, path)

    def to_fhir(self, *, patient: bool = False) -> dict[str, Any]:
        """A FHIR R4 Bundle with a DiagnosticReport and its Observations; never a Condition. `patient` adds sex and age."""
        from labinterp.export.fhir import to_fhir

        return to_fhir(self, patient=patient)

    def to_html(self, *, day: date | None = None, with_name: bool = False) -> str:
        """A summary for the doctor as one HTML page, dated `day` (today if None); the person's name only with `with_name`."""
        from labinterp.export.html import to_html

        return to_html(self, day=day, with_name=with_name)

    def to_pdf(self, *, day: date | None = None, with_name: bool = False) -> bytes:
        """The same as PDF on A4. Needs fpdf2 (``pip install 'labinterp[pdf]'``); the same input and day give the same bytes."""
        from labinterp.export.pdf import to_pdf

        return to_pdf(self, day=day, with_name=with_name)


def match_notices(results: pd.DataFrame, ref: Reference) -> list[Notice]:
    """Names that were matched only nearly are told with the score; rows matched against their heading or LOINC code with the reason."""
    told = results[(results["match"] == "fuzzy") | ((results["match"] != "") & (results["match_reason"] != ""))]
    rows = zip(told.index, told["name_text"], told["marker"], told["match"], told["match_score"], told["match_reason"], strict=True)
    near = english("{name} was taken for {test} (names agree to {score}%). Please check.")
    return [
        Notice(
            "near_name",
            ref.say(near, name=repr(str(name)), test=ref.markers[str(marker)].name, score=f"{100 * score:.0f}"),
            str(marker),
            int(row),
        )
        if match == "fuzzy"
        else Notice(
            "heading",
            ref.say("{name}: {why} Please check.", name=repr(str(name)), why=reason),
            marker if isinstance(marker, str) else "",
            int(row),
        )
        for row, name, marker, match, score, reason in rows
    ]
