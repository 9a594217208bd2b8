"""One person's results over time: one unit for each marker, and whether a change is more than the test usually varies.

A reference change value (RCV) is the change that two results of a healthy person in a steady state exceed in 5 % of cases by chance.
It follows from the within-subject variation CVI and the analytical variation CVA, with s = sqrt(ln(1 + CVI² + CVA²)), as
exp(±1.96 · sqrt(2) · s) - 1: the log-normal form (Fokkema and others, Clin Chem 2006;52:1602), in which a fall never exceeds 100 %.
CVA of a laboratory is not printed on its reports; half of CVI, the usual analytical goal (Fraser), is taken for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import exp, isfinite, log, nan, sqrt
from typing import Any

import pandas as pd

from labinterp.interpretation import interpret_rows, joined_patient, refuse_strangers, told_again
from labinterp.language import english, remark
from labinterp.model import Patient, Report
from labinterp.reference import Reference
from labinterp.reference.schema import Variation
from labinterp.shown import Way, result_name

WITHIN, MORE = english("within expected variation"), english("more than expected")
TREND_COLUMNS = (
    *("marker", "name", "day", "comparator", "value", "unit", "range_low", "range_high", "range_text", "basis", "flag", "status"),
    *("change", "change_unit", "expected_down", "expected_up", "verdict", "reason", "source_id", "verified"),
    *("report", "laboratory", "name_text", "value_text", "unit_text"),
)
ANALYTICAL_SHARE = 0.5  # of CVI: the desirable analytical variation


def trends(reports: Report | Sequence[Report], *, patient: Patient | None = None, reference: Reference | None = None) -> pd.DataFrame:
    """Results of one person from many reports, by marker and day, with `TREND_COLUMNS`.

    `value` is in the marker's canonical `unit`, and so is the range printed there, else the built-in one (`range_low`, `range_high`; NaN:
    none).
    `change` is the change since the previous result in percent, worked out in `change_unit`; `expected_down` and `expected_up` are the
    reference change values in percent, `source_id` where they come from and `verified` whether that was checked. `verdict` is
    ``within expected variation``, ``more than expected`` (these in every language) or empty, and then `reason` says why. `report` counts
    the reports from 0.
    Every line of a known marker is in the table; lines without a sure value or date take no part in changes. A change that is more than
    expected is a reason to look, and one that is not does not make a result normal.
    Raises `ValueError` if the reports are of different people (see `interpret`).
    """
    reports = [reports] if isinstance(reports, Report) else list(reports)
    refuse_strangers(reports)
    for report in reports:
        if "patient_id" in report.rows and report.rows["patient_id"].nunique() > 1:
            name = report.name or remark("a report")
            raise ValueError(remark(f"{name} holds results of several people; trends are of one person"))
    ref = reference or Reference.default()
    common = joined_patient(reports, patient) if reports else Patient()
    records: list[dict[str, Any]] = []
    for number, report in enumerate(reports):
        own = joined_patient(report, patient)
        person = Patient(common.sex, own.age, common.birth_date, own.pregnant)  # an age is true of its own report only
        results = interpret_rows(told_again(report.rows.reset_index(drop=True), "review", ref), ref, person)
        records += [
            point(cells, ref, number, report.laboratory) for cells in results.to_dict("records") if isinstance(cells["marker"], str)
        ]
    by_marker: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_marker.setdefault(record["marker"], []).append(record)
    for marker, points in by_marker.items():
        points.sort(key=lambda record: (record["day"] is None, record["day"] or date.min, record["report"]))
        compare(points, ref, marker)
    return pd.DataFrame([record for points in by_marker.values() for record in points], columns=list(TREND_COLUMNS))


def point(cells: dict[Any, Any], ref: Reference, number: int, laboratory: str) -> dict[str, Any]:
    """One result as a point in time. A value that is not sure is left out, with the reason."""
    marker = ref.markers[cells["marker"]]
    doubt = cells["review"] or (
        cells["reason"] or ref.say("no sure value") if cells["status"] not in ("ok", "no_interval", "undetermined") else ""
    )
    unit, ucum = str(cells["unit"] or ""), str(cells["ucum"] or "")
    sure = not doubt and isfinite(cells["value"])
    low, high = cells["range_low"], cells["range_high"]
    if ucum and unit and ucum != unit and ref.factor(marker.id, ucum) and ref.factor(marker.id, unit):
        way = Way.between(ref, marker, ucum, unit)
        low, high = way(low, exact=True), way(high, exact=True)
    day = cells["collected"]
    return {
        **{column: cells[column] for column in ("marker", "comparator", "range_text", "basis", "flag", "status")},
        **{column: cells[column] for column in ("name_text", "value_text", "unit_text")},
        "name": result_name(marker, str(cells["name_text"]), ref.language),
        "day": day if isinstance(day, date) and not pd.isna(day) else None,
        "value": cells["value"] if sure else nan,
        "unit": unit,
        "range_low": low,
        "range_high": high,
        "exact": sure and cells["low"] == cells["high"],
        "reason": str(doubt) or ("" if sure else ref.say("no number")),
        "report": number,
        "laboratory": laboratory,
    }


def compare(points: list[dict[str, Any]], ref: Reference, marker: str) -> None:
    """Fill in the change of each point since the previous one. `points` are of one marker, by day."""
    known = ref.variation.get(marker)
    down, up = expected(known) if known else (nan, nan)
    previous: list[dict[str, Any]] = []  # the points of the last day that has any
    for here in points:
        here |= {"change": nan, "change_unit": "", "verdict": "", "expected_down": down, "expected_up": up}
        here |= {"source_id": known.source if known else "", "verified": known.verified if known else None}
        if here["reason"]:
            continue
        if here["day"] is None:
            here["reason"] = ref.say("no date, so its place in time is not known")
            continue
        if previous and previous[0]["day"] == here["day"]:
            same = any(here["value"] == other["value"] and here["comparator"] == other["comparator"] for other in previous)
            here["reason"] = ref.say(
                "the same result of that day is on another line" if same else "several results of one day; their order is not known"
            )
            if not same:
                previous.append(here)
            continue
        if not previous:
            here["reason"] = ref.say("the first result")
        elif len(previous) > 1:
            here["reason"] = ref.say("the day before it has several results")
        else:
            judge(here, previous[0], ref, known)
        previous = [here]


def judge(here: dict[str, Any], before: dict[str, Any], ref: Reference, known: Variation | None) -> None:
    """The change from `before` to `here`, and whether it is more than expected."""
    if not (here["exact"] and before["exact"]):
        here["reason"] = ref.say("a result without an exact number has no exact change")
        return
    if here["unit"] != before["unit"]:
        here["reason"] = ref.say("the unit is not known in both results")
        return
    unit = known.unit if known and known.unit else here["unit"]
    first, last = (in_unit(record, unit, ref) for record in (before, here))
    if first <= 0 or last < 0:
        here["reason"] = ref.say("there is no change in percent from zero")
        return
    here["change"], here["change_unit"] = (last / first - 1) * 100, unit
    if known is None:
        here["reason"] = ref.say("how much this test varies by itself is not known here")
        return
    here["verdict"] = WITHIN if here["expected_down"] <= here["change"] <= here["expected_up"] else MORE
    notes = [f"{ref.say('in healthy people')}{'; ' + known.note if known.note else ''}"]
    notes += [ref.say("another laboratory may measure differently")] if here["laboratory"] != before["laboratory"] else []
    here["reason"] = "; ".join(notes)


def in_unit(record: dict[str, Any], unit: str, ref: Reference) -> float:
    """The value of a point in another unit of its marker."""
    if unit == record["unit"]:
        return float(record["value"])
    here, there = ref.factor(record["marker"], record["unit"]), ref.factor(record["marker"], unit)
    assert here is not None and there is not None, "checked when the knowledge is compiled"
    return float((record["value"] * here.factor + here.intercept - there.intercept) / there.factor)


def expected(known: Variation) -> tuple[float, float]:
    """The fall and the rise, in percent, that chance alone seldom exceeds (two-sided, 95 %)."""
    if known.rcv is not None:
        return -known.rcv, known.rcv
    within = (known.cvi or 0.0) / 100
    spread = 1.96 * sqrt(2) * sqrt(log(1 + within**2 * (1 + ANALYTICAL_SHARE**2)))
    return (exp(-spread) - 1) * 100, (exp(spread) - 1) * 100
