"""What cannot wait fires, whatever else the results say, and nothing fires without a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from labinterp import Reference
from labinterp.alerts import _is_critical, find_alerts
from labinterp.interpretation import interpret
from labinterp.model import UNREAD_COLUMNS, Alert
from labinterp.reference.schema_causes import Condition
from labinterp.words import NOT_FINAL

REF = Reference.default()
FRAME = ["name_text", "value_text", "unit_text", "range_text"]


def row(marker: str, value: float | None = None, ucum: str = "", flag: str = "N", **more: Any) -> dict[str, Any]:
    side = {"L": "low", "H": "high"}.get(flag[:1], "normal")
    number = {"low": value, "high": value, "value_text": f"{value:g}", "unit_text": ucum, "ucum": ucum} if value is not None else {}
    severity = {"N": 0.0, "LL": 4.0, "HH": 4.0}.get(flag, 2.0)
    judged = {"flag": flag, "severity": severity, "side": side, "abnormal": flag not in ("N", "NEG"), "status": "ok", "review": ""}
    return {"marker": marker, **judged, **number, **more}


def alerts(*rows: dict[str, Any], answers: dict[str, Any] | None = None, unread: list[dict[str, Any]] | None = None) -> dict[str, Alert]:
    results = pd.DataFrame(list(rows), columns=None if rows else ["marker", "flag"])
    lines = pd.DataFrame(unread, columns=list(UNREAD_COLUMNS)) if unread else None
    return {alert.id: alert for alert in find_alerts(results, REF, answers or {}, lines)}


@pytest.mark.parametrize(
    ("marker", "value", "ucum", "alert", "fires"),
    [
        ("potassium", 2.5, "mmol/L", "potassium_critical_low", True),
        ("potassium", 2.6, "mmol/L", "potassium_critical_low", False),
        ("potassium", 6.5, "mmol/L", "potassium_critical_high", True),
        ("potassium", 6.4, "mmol/L", "potassium_critical_high", False),
        ("potassium", 2.5, "meq/L", "potassium_critical_low", True),
        ("sodium", 119.0, "mmol/L", "sodium_critical", True),
        ("sodium", 120.0, "mmol/L", "sodium_critical", False),
        ("egfr", 14.0, "mL/min", "uremic", True),
        ("calcium", 3.5, "mmol/L", "calcium_critical", True),
        ("calcium", 14.0, "mg/dL", "calcium_critical", True),
        ("calcium", 13.9, "mg/dL", "calcium_critical", False),
        ("calcium", 1.89, "mmol/L", "calcium_critical_low", True),
        ("calcium", 1.9, "mmol/L", "calcium_critical_low", False),
        ("calcium", 7.5, "mg/dL", "calcium_critical_low", True),
        ("phosphate", 0.31, "mmol/L", "phosphate_critical", True),
        ("phosphate", 0.32, "mmol/L", "phosphate_critical", False),
        ("magnesium", 0.39, "mmol/L", "magnesium_critical", True),
        ("magnesium", 0.4, "mmol/L", "magnesium_critical", False),
        ("ck", 5000.0, "U/L", "ck_extreme", True),
        ("ck", 4999.0, "U/L", "ck_extreme", False),
    ],
)
def test_critical_values(marker: str, value: float, ucum: str, alert: str, fires: bool) -> None:
    flag = "H" if value > 100 or alert.endswith("high") or alert in ("calcium_critical", "ck_extreme") else "L"
    fired = alerts(row(marker, value, ucum, flag))
    assert (alert in fired) is fires
    if fires:
        assert fired[alert].marker == marker and fired[alert].row == 0 and fired[alert].action
        assert f"{value:g} {ucum}" in fired[alert].text


def test_corrected_calcium_answers_for_total_calcium() -> None:
    low = row("calcium", 1.8, "mmol/L", "LL")
    assert "calcium_critical_low" in alerts(low)
    assert "calcium_critical_low" not in alerts(low, row("calcium_corrected", 2.3, "mmol/L"))
    assert "calcium_critical_low" in alerts(low, row("calcium_corrected", 1.85, "mmol/L", "LL"))


def test_calcium_corrected_from_albumin_answers_for_total_calcium() -> None:
    """Albumin of 20 g/L makes a calcium of 1.85 mmol/L look critical; corrected it is normal, and 3.2 becomes critical."""

    def fired(calcium: str) -> set[str]:
        table = pd.DataFrame(
            {"name_text": ["Calcium", "Albumin"], "value_text": [calcium, "20"], "unit_text": ["mmol/L", "g/L"]},
        )
        return {alert.id for alert in interpret(table).alerts if alert.urgency == "emergency"}

    assert fired("1.85") == set()
    assert fired("3.2") == {"calcium_critical"}


@pytest.mark.parametrize(
    ("answers", "alert", "urgency"),
    [
        ({"onset": "sudden", "sides": "one"}, "fast", "emergency"),
        ({"onset": "sudden"}, "fast", "emergency"),
        ({"onset": "sudden", "sides": "both"}, "gbs_breathing", "emergency"),
        ({"onset": "hours_days", "sides": "both"}, "gbs_breathing", "emergency"),
        ({"onset": "days_weeks", "sides": "both", "numbness": "yes"}, "gbs_breathing", "urgent"),
        ({"breathing_swallow": "yes"}, "gbs_breathing", "emergency"),
        ({"bladder_bowel": "yes"}, "cauda_equina", "emergency"),
        ({"saddle": "yes"}, "cauda_equina", "emergency"),
        ({"dark_urine": "yes"}, "dark_urine", "emergency"),
        ({"swelling": "one_leg_warm"}, "clot", "emergency"),
        ({"infection": ["fever_now"], "back_pain": "yes"}, "cord", "emergency"),
        ({"screen.cold_leg": "yes"}, "cold_leg", "emergency"),
        ({"screen.fast": True}, "fast", "emergency"),
    ],
)
@pytest.mark.parametrize("panel", ["nothing", "all normal"])
def test_emergency_answers_fire_whatever_the_laboratory_says(answers: dict[str, Any], alert: str, urgency: str, panel: str) -> None:
    rows = [row(marker) for marker in ("potassium", "ck", "crp", "calcium", "tsh", "d_dimer")] if panel == "all normal" else []
    assert alerts(*rows, answers=answers)[alert].urgency == urgency


def test_every_screen_can_be_answered() -> None:
    for screen in REF.screens:
        assert alerts(answers={f"screen.{screen}": "yes"})[screen].text
        assert not alerts(answers={f"screen.{screen}": "no"})
        assert not alerts(answers={f"screen.{screen}": "dont_know"})


def test_harmless_answers_fire_nothing() -> None:
    assert not alerts(
        answers={"onset": "months_years", "sides": "both", "numbness": "yes", "bladder_bowel": "no", "swelling": "both_evening"}
    )


def test_emergencies_come_first_and_the_past_last() -> None:
    rows = [
        row("ck", 6000, "U/L", "H"),
        row("sodium", 115, "mmol/L", "LL", collected=date(2025, 1, 1)),
        row("sodium", 138, "mmol/L", collected=date(2026, 1, 1)),
    ]
    order = list(alerts(*rows, answers={"saddle": "yes"}).values())
    assert [(alert.id, alert.urgency, alert.past) for alert in order] == [
        ("cauda_equina", "emergency", False),
        ("ck_extreme", "urgent", False),
        ("sodium_critical", "urgent", True),
    ]


def test_the_plain_critical_value_comes_before_what_it_may_mean() -> None:
    rows = [row("potassium", 8.6, "mmol/L", "HH"), row("creatinine", 300, "umol/L", "H"), row("sodium", 128, "mmol/L", "L")]
    assert next(iter(alerts(*rows))) == "potassium_critical_high"


def test_an_older_critical_value_is_told_as_past() -> None:
    then, now = (
        row("potassium", 2.1, "mmol/L", "LL", collected=date(2026, 1, 1)),
        row("potassium", 4.0, "mmol/L", collected=date(2026, 2, 1)),
    )
    alert = alerts(then, now)["potassium_critical_low"]
    assert alert.past and alert.urgency == "urgent" and alert.row == 0
    assert "1 January 2026" in alert.text and "1 February 2026" in alert.text
    assert not alerts({**then, "collected": date(2026, 3, 1)}, now)["potassium_critical_low"].past


def test_a_critical_limit_without_a_pattern_is_told() -> None:
    fired = alerts(row("glucose", 20.0, "mg/dL", "LL"))
    assert fired["critical_glucose"].urgency == "urgent"


def test_a_pattern_alert_needs_its_condition() -> None:
    rows = [row("crp", 60, "mg/L", "H"), row("eosinophils", 9.95, "10*9/L", "H")]
    assert "vasculitis" not in alerts(*rows)
    assert "vasculitis" in alerts(*rows, answers={"numbness": "yes"})


def test_rhabdomyolysis_and_its_slow_counterpart() -> None:
    ck = row("ck", 3000, "U/L", "H", xuln=15.0)
    assert set(alerts(ck)) == {"ck_very_high_chronic"}
    assert "rhabdo" in alerts(ck, row("urine_dipstick_blood", flag="POS"))
    assert set(alerts(ck, answers={"dark_urine": "yes"})) == {"rhabdo", "dark_urine"}
    assert "ck_very_high_chronic" not in alerts(ck, row("tsh", 90, "m[IU]/L", "H"))


# ---- check this now ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [{"status": "implausible"}, {"status": "unreadable_value"}, {"review": "two readings differ"}])
def test_a_doubtful_line_about_a_dangerous_marker_is_to_be_checked(trouble: dict[str, str]) -> None:
    fired = alerts(row("potassium", 4.1, "mmol/L", **trouble))
    assert fired["check_potassium"].urgency == "urgent" and "4.1" in fired["check_potassium"].text
    assert not alerts(row("vitamin_d_25oh", 41, "ng/mL", **trouble))


def test_a_doubtful_critical_value_fires_and_says_why_it_is_doubtful() -> None:
    fired = alerts(row("potassium", 7.1, "mmol/L", "HH", review="two readings differ"))
    assert set(fired) == {"potassium_critical_high"} and "Please look: two readings differ." in fired["potassium_critical_high"].text


@pytest.mark.parametrize("early", NOT_FINAL.values())
def test_what_the_laboratory_may_still_change_is_no_line_to_check_and_fires_all_the_same(early: str) -> None:
    """Nothing about it was hard to read: a normal value alarms nobody, a dangerous one does and says that it is not final."""
    assert not alerts(row("potassium", 4.1, "mmol/L", review=early))
    assert early in alerts(row("potassium", 7.1, "mmol/L", "HH", review=early))["potassium_critical_high"].text
    assert "check_potassium" in alerts(row("potassium", 4.1, "mmol/L", review=f"two readings differ; {early}"))
    assert "check_potassium" in alerts(row("potassium", 41, "mmol/L", review=early, status="implausible"))


@pytest.mark.parametrize(("value", "fires"), [("6.9", True), ("4.1", False)])
def test_a_code_that_contradicts_the_name_takes_no_alarm_away(value: str, fires: bool) -> None:
    """Called chloride, coded as potassium: neither is said, but 6.9 would be dangerous if it is potassium."""
    frame = pd.DataFrame([["Chloride", value, "mmol/L", "2823-3"]], columns=["name_text", "value_text", "unit_text", "code_text"])
    found = {alert.id: alert for alert in interpret(frame).alerts}
    assert ("check_potassium" in found) is fires
    assert not fires or "Chloride 6.9" in found["check_potassium"].text


@pytest.mark.parametrize(("value", "fires"), [(7.1, True), (4.2, False)])
def test_without_a_unit_only_a_dangerous_number_is_to_be_checked(value: float, fires: bool) -> None:
    line = {**row("potassium", value, "", ""), "status": "unknown_unit", "abnormal": None}
    assert ("check_potassium" in alerts(line)) is fires


def test_a_result_that_reaches_across_the_limit_is_to_be_checked() -> None:
    across = row("potassium", 6.0, "mmol/L", "H", comparator=">") | {"high": float("inf")}
    assert "check_potassium" in alerts(across)


def test_the_laboratorys_critical_mark_without_a_number_is_to_be_checked() -> None:
    fired = alerts(row("potassium", flag="HH"))
    assert "check_potassium" in fired and fired["check_potassium"].urgency == "urgent"


@pytest.mark.parametrize(
    ("text", "kind", "fires"),
    [
        ("Potassium   7,1?  mmol/L", "possible_result", True),
        ("K 7.1", "possible_result", True),
        ("Serum Kalium 2.1", "possible_result", True),
        ("Potassium is a salt of the blood", "furniture", False),
        ("Urine potassium 34", "possible_result", False),
        ("Vitamin K 7.1", "possible_result", False),
        ("Ferritin 12", "possible_result", False),
    ],
)
def test_an_unread_line_about_a_dangerous_marker_is_to_be_checked(text: str, kind: str, fires: bool) -> None:
    fired = alerts(unread=[{"text": text, "page": 1, "reason": "", "kind": kind}])
    assert ("check_potassium" in fired) is fires
    assert all(alert.urgency == "urgent" for alert in fired.values())


def test_two_persons_are_never_mixed() -> None:
    """High potassium of one and low sodium of another are not adrenal failure."""
    rows = [row("potassium", 5.8, "mmol/L", "H", patient_id="a"), row("sodium", 118, "mmol/L", "LL", patient_id="b")]
    assert set(alerts(*rows)) == {"sodium_critical"}
    both = [{**one, "patient_id": "a"} for one in rows]
    assert "sodium_critical" in alerts(*both)


def test_healthy_results_fire_nothing() -> None:
    assert not alerts(*[row(marker) for marker in ("potassium", "sodium", "calcium", "ck", "phosphate", "magnesium", "tsh", "crp")])


def test_an_urgent_band_alerts_where_no_critical_limit_is_known() -> None:
    frame = pd.DataFrame([("Hemoglobin", "6.2", "g/dL", "13-17"), ("Hemoglobin", "9.0", "g/dL", "13-17")], columns=FRAME)
    alerted = [interpret(frame.iloc[[number]]).alerts for number in (0, 1)]
    assert [[alert.id for alert in found] for found in alerted] == [["critical_hemoglobin"], []]


def test_the_laboratory_may_call_critical_what_its_range_only_calls_high() -> None:
    frame = pd.DataFrame([("Lithium", "2.4", "mmol/L", "0.6-1.0", "HH")], columns=[*FRAME, "flag_text"])
    answer = interpret(frame)
    assert answer.results["flag"].tolist() == ["HH"]
    assert [alert.id for alert in answer.alerts] == ["critical_lithium"]


def test_a_critical_value_of_unknown_day_is_not_hidden_by_a_dated_one() -> None:
    rows = [("Potassium", "2.3", "mmol/L", "3.5-5.1", ""), ("Potassium", "4.1", "mmol/L", "3.5-5.1", "2024-05-03")]
    answer = interpret(pd.DataFrame(rows, columns=[*FRAME, "collected_text"]))
    assert [(alert.id, alert.past) for alert in answer.alerts] == [("potassium_critical_low", False)]


def test_a_row_cut_in_the_wrong_place_is_checked_like_an_unread_line() -> None:
    frame = pd.DataFrame([("Sodium 112 *", "mmol/L", "", "135-145"), ("GFR Category", "G1", "", "")], columns=FRAME)
    assert [alert.id for alert in interpret(frame).alerts] == ["check_sodium"]


def test_a_single_value_cannot_fire_an_alert_that_has_a_condition() -> None:
    """Only where a value alone is dangerous must a line that nobody could read be looked at."""
    plain = REF.patterns["potassium_critical_low"]
    assert _is_critical(plain)
    assert not _is_critical(plain.model_copy(update={"alerts": ()}))
    (rule, *_) = plain.alerts
    asked = rule.model_copy(update={"when": Condition(age=">=50")})
    assert not _is_critical(plain.model_copy(update={"alerts": (asked,)}))
