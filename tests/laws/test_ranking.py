"""Laws of the ranking: units, order of rows and unrelated normal results change nothing; evidence that goes takes its cause along."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labinterp import Patient, Reference
from labinterp.alerts import find_alerts
from labinterp.causes import frame_of_findings, rank_causes
from labinterp.interpretation import interpret
from labinterp.language import ENGLISH, languages

REF = Reference.default()
MARKERS = (
    "potassium",
    "calcium",
    "ck",
    "tsh",
    "vitamin_b12",
    "mma",
    "hba1c",
    "crp",
    "esr",
    "hemoglobin",
    "pth",
    "albumin",
    "magnesium",
    "creatinine",
)
FINDINGS = ("low", "high", "very_low", "very_high", "borderline_high", "normal")
CONDITIONS = [condition for pattern in REF.patterns.values() for condition in (*pattern.all_of, *pattern.any_of, *pattern.none_of)]
USED = {link.marker for cause in REF.causes.values() for link in cause.links} | {m for condition in CONDITIONS for m in condition.markers()}
ANSWERS = {
    "onset": ("sudden", "hours_days", "weeks_months", "months_years", "dont_know"),
    "sides": ("one", "both"),
    "numbness": ("yes", "no"),
    "where": ("proximal", "distal"),
    "drugs": ("statin", "metformin", "none"),
}
panels = st.dictionaries(st.sampled_from(MARKERS), st.sampled_from(FINDINGS), max_size=8)
histories = st.fixed_dictionaries({}, optional={question: st.sampled_from(values) for question, values in ANSWERS.items()})
quick = settings(max_examples=40, deadline=None, derandomize=True)


def frame(panel: dict[str, str]) -> pd.DataFrame:
    return frame_of_findings(panel.items())


def order(panel: dict[str, str] | pd.DataFrame, history: dict[str, str]) -> list[tuple[str, str]]:
    results = panel if isinstance(panel, pd.DataFrame) else frame(panel)
    return [(finding.cause, finding.tier) for finding in rank_causes(results, REF, history, Patient(age=60))]


@quick
@given(panels, histories, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(panel: dict[str, str], history: dict[str, str], random: Any) -> None:
    shuffled = list(panel.items())
    random.shuffle(shuffled)
    assert order(panel, history) == order(dict(shuffled), history)
    first = find_alerts(frame(panel), REF, history)
    again = find_alerts(frame(dict(shuffled)), REF, history)
    assert {(alert.id, alert.urgency) for alert in first} == {(alert.id, alert.urgency) for alert in again}


@quick
@given(panels, histories)
def test_an_unrelated_normal_result_changes_nothing(panel: dict[str, str], history: dict[str, str]) -> None:
    unrelated = next(marker for marker in sorted(REF.markers) if marker not in USED)
    assert order(panel, history) == order({**panel, unrelated: "normal"}, history)


@quick
@given(panels, histories)
def test_taking_away_a_supporting_result_never_raises_its_cause(panel: dict[str, str], history: dict[str, str]) -> None:
    rank = {"fits": 3, "possible": 2, "unseen": 2, "less_supported": 1}
    full = rank_causes(frame(panel), REF, history, Patient(age=60))
    for marker in panel:
        less = {
            one.cause: one.tier
            for one in rank_causes(frame({m: f for m, f in panel.items() if m != marker}), REF, history, Patient(age=60))
        }
        for finding in full:
            against = {item.marker for item in finding.against}
            alone = all(item.marker == marker or not item.marker for item in finding.for_) and marker in {
                item.marker for item in finding.for_
            }
            joined = any(item.text.startswith("Together") for item in (*finding.for_, *finding.against))
            if alone and marker not in against and not joined and finding.cause in less:
                assert rank[less[finding.cause]] <= rank[finding.tier], (finding.cause, marker)


@quick
@given(panels, histories)
def test_an_emergency_answer_always_comes_on_top(panel: dict[str, str], history: dict[str, str]) -> None:
    alerts = find_alerts(frame(panel), REF, {**history, "screen.cold_leg": "yes"})
    urgencies = [alert.urgency for alert in alerts]
    assert "cold_leg" in {alert.id for alert in alerts if alert.urgency == "emergency"}
    assert urgencies == sorted(urgencies)


@quick
@given(panels, histories)
def test_normal_results_never_take_an_alert_away(panel: dict[str, str], history: dict[str, str]) -> None:
    before = {alert.id for alert in find_alerts(frame({}), REF, history)}
    normal = dict.fromkeys(panel, "normal")
    assert before <= {alert.id for alert in find_alerts(frame(normal), REF, history)}


@quick
@given(panels, histories)
def test_every_cause_stands_once_and_in_the_order_of_tiers(panel: dict[str, str], history: dict[str, str]) -> None:
    found = order(panel, history)
    causes = [cause for cause, _ in found]
    assert len(causes) == len(set(causes))
    places = [{"fits": 0, "possible": 1, "unseen": 1, "less_supported": 2}[tier] for _, tier in found]
    assert places == sorted(places)


@quick
@given(panels)
def test_nothing_is_found_without_a_reason(panel: dict[str, str]) -> None:
    for finding in rank_causes(frame(panel), REF, {}, Patient(age=60)):
        assert finding.for_ or finding.against


UNITS = [
    ("potassium", "1.9", "mmol/L", "1.9", "mEq/L"),
    ("calcium", "3.6", "mmol/L", "14.43", "mg/dL"),
    ("vitamin_b12", "160", "pg/mL", "118", "pmol/L"),
    ("hba1c", "9.8", "%", "84", "mmol/mol"),
    ("vitamin_d_25oh", "14", "nmol/L", "5.6", "ng/mL"),
    ("magnesium", "0.28", "mmol/L", "0.68", "mg/dL"),
    ("creatinine", "400", "umol/L", "4.52", "mg/dL"),
]


@pytest.mark.parametrize(("marker", "value", "unit", "other_value", "other_unit"), UNITS, ids=[row[0] for row in UNITS])
def test_another_unit_changes_nothing(marker: str, value: str, unit: str, other_value: str, other_unit: str) -> None:
    rest = [{"name_text": "CK", "value_text": "90", "unit_text": "U/L"}]

    def answer(text: str, its_unit: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        table = pd.DataFrame([{"name_text": REF.markers[marker].name, "value_text": text, "unit_text": its_unit}, *rest])
        got = interpret(table, patient=Patient(sex="female", age=60), answers={"where": "proximal"})
        return [(one.cause, one.tier) for one in got.findings], [(one.id, one.urgency) for one in got.alerts]

    assert answer(value, unit) == answer(other_value, other_unit)
    assert answer(value, unit)[0]


OTHER_LANGUAGES = [Reference.default(language=code) for code in languages() if code != ENGLISH]


@quick
@given(panels, histories)
def test_a_language_changes_no_order_no_tier_and_no_alert(panel: dict[str, str], history: dict[str, str]) -> None:
    def told(ref: Reference) -> tuple[list[Any], list[Any]]:
        found = rank_causes(frame(panel), ref, history, Patient(age=60))
        reasons = [
            (f.cause, f.tier, *([(e.marker, e.finding, e.strength, e.row) for e in own] for own in (f.for_, f.against, f.missing)))
            for f in found
        ]
        return reasons, [(alert.id, alert.urgency, alert.row) for alert in find_alerts(frame(panel), ref, history)]

    assert all(told(ref) == told(REF) for ref in OTHER_LANGUAGES)
