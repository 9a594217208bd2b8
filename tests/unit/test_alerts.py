"""What cannot wait fires, whatever else the results say, and nothing fires without a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from labinterp import Reference
from labinterp.alerts import _alert_limits, _is_critical, _named, _one_marker, find_alerts
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
    for mark in ("LL", "HH"):
        fired = alerts(row("potassium", flag=mark))
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


# ---- rules one by one ----------------------------------------------------------------------------------------------------


def test_a_screen_fired_twice_is_told_once_and_as_the_more_urgent() -> None:
    urgent = {"onset": "days_weeks", "sides": "both", "numbness": "yes"}
    assert alerts(answers=urgent)["gbs_breathing"].urgency == "urgent"
    for answers in ({**urgent, "breathing_swallow": "yes"}, {**urgent, "screen.gbs_breathing": "yes"}):
        found = find_alerts(pd.DataFrame(columns=["marker", "flag"]), REF, answers)
        assert [(alert.id, alert.urgency) for alert in found if alert.id == "gbs_breathing"] == [("gbs_breathing", "emergency")]


def test_a_critical_value_is_told_wherever_it_stands() -> None:
    normal, undecided = row("tsh", 2.0, "m[IU]/L"), row("crp", 4.0, "mg/L", "IND") | {"abnormal": None}
    for rows in ((normal, undecided, row("glucose", 20, "mg/dL", "LL")), (row("glucose", 20, "mg/dL", "LL"), undecided, normal)):
        assert set(alerts(*rows)) == {"critical_glucose"}
    told = row("potassium", 2.1, "mmol/L", "LL")
    assert set(alerts(told, row("glucose", 20, "mg/dL", "LL"))) == {"potassium_critical_low", "critical_glucose"}
    both = alerts(normal, row("glucose", 20, "mg/dL", "LL"), row("platelets", 5, "10*3/uL", "LL"))
    assert set(both) == {"critical_glucose", "critical_platelets"}


def test_what_a_pattern_has_told_is_not_told_again_but_the_past_does_not_count() -> None:
    low = row("potassium", 2.1, "mmol/L", "LL", collected=date(2026, 1, 1))
    assert set(alerts(low)) == {"potassium_critical_low"}
    again = row("potassium", 2.9, "mmol/L", "LL", collected=date(2026, 2, 1), severity=4.0)
    fired = alerts(low, again)
    assert fired["potassium_critical_low"].past
    assert {alert.id for alert in fired.values() if not alert.past} == {"potassium_urgent_low"}
    marked = row("sodium", 150, "mmol/L", "HH", collected=date(2026, 2, 1))  # of another kind than the older one
    assert {alert.id for alert in alerts(row("sodium", 115, "mmol/L", "LL", collected=date(2026, 1, 1)), marked).values()} == {
        "sodium_critical",
        "critical_sodium",
    }


@pytest.mark.parametrize(("severity", "fires"), [(4.0, True), (3.0, False)])
def test_only_the_gravest_band_cannot_wait(severity: float, fires: bool) -> None:
    fired = alerts(row("tsh", 90, "m[IU]/L", "H", severity=severity))
    assert ("critical_tsh" in fired) is fires
    if fires:
        assert "guideline" in fired["critical_tsh"].text and "telephone" not in fired["critical_tsh"].text
        assert "telephone" in alerts(row("glucose", 20, "mg/dL", "LL", severity=2.0))["critical_glucose"].text


@pytest.mark.parametrize("columns", [{"status": "implausible"}, {"status": "unknown_unit"}])
def test_what_is_not_understood_is_no_critical_value(columns: dict[str, str]) -> None:
    assert "critical_glucose" not in alerts(row("glucose", 20, "mg/dL", "LL", **columns))


def test_an_older_critical_value_is_told_although_others_lie_between() -> None:
    days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 1)]
    values = [(2.1, "LL"), (3.9, "N"), (3.8, "N"), (4.0, "N")]
    rows = [row("potassium", value, "mmol/L", flag, collected=day) for day, (value, flag) in zip(days, values, strict=True)]
    for order in (rows, rows[::-1]):
        fired = alerts(*order)
        assert set(fired) == {"potassium_critical_low"} and fired["potassium_critical_low"].past
    undated = row("potassium", 3.7, "mmol/L")
    assert alerts(undated, *rows)["potassium_critical_low"].past


def test_of_several_older_critical_values_the_latest_is_told() -> None:
    rows = [
        row("potassium", 2.1, "mmol/L", "LL", collected=date(2026, 1, 1)),
        row("potassium", 2.2, "mmol/L", "LL", collected=date(2026, 2, 1)),
        row("potassium", 4.0, "mmol/L", collected=date(2026, 3, 1)),
    ]
    fired = alerts(*rows)
    assert fired["potassium_critical_low"].row == 1 and "1 February 2026" in fired["potassium_critical_low"].text
    assert len(fired) == 1


def test_a_value_that_is_critical_still_is_told_once() -> None:
    rows = [row("potassium", 2.1, "mmol/L", "LL", collected=date(2026, month, 1)) for month in (1, 2)]
    found = find_alerts(pd.DataFrame(rows), REF)
    assert [(alert.id, alert.past, alert.row) for alert in found] == [("potassium_critical_low", False, 1)]


def test_only_a_value_on_its_own_can_be_past() -> None:
    """What else a pattern asks for was not looked at on that day."""
    assert _one_marker(REF.patterns["potassium_critical_low"]) == "potassium"
    assert _one_marker(REF.patterns["ck_very_high_chronic"]) == ""  # unless other findings hold
    assert _one_marker(REF.patterns["calcium_critical"]) == ""  # of total or corrected calcium
    assert _one_marker(REF.patterns["conn"]) == "" and _one_marker(REF.patterns["rhabdo"]) == ""
    rows = [row("ck", 3000, "U/L", "H", xuln=15.0, collected=date(2026, 1, 1)), row("ck", 100, "U/L", collected=date(2026, 2, 1))]
    assert not alerts(*rows)


def test_a_critical_value_of_today_is_not_past() -> None:
    """Two samples of one day: nobody knows which was first, so the graver one counts as it is."""
    rows = [row("potassium", value, "mmol/L", flag, collected=date(2026, 1, 1)) for value, flag in ((2.1, "LL"), (4.0, "N"))]
    for order in (rows, rows[::-1]):
        fired = alerts(*order)
        assert not fired["potassium_critical_low"].past and len(fired) == 1


def test_an_emergency_makes_the_check_of_that_marker_needless_and_no_other() -> None:
    doubtful = {"status": "unreadable_value", "value_text": "7,l"}
    emergency = row("potassium", 7.1, "mmol/L", "HH")
    assert set(alerts(emergency, {"marker": "potassium", **doubtful})) == {"potassium_critical_high"}
    assert set(alerts(emergency, {"marker": "sodium", **doubtful})) == {"potassium_critical_high", "check_sodium"}
    urgent = row("potassium", 6.1, "mmol/L", "H", collected=date(2026, 2, 1))
    assert "check_potassium" in alerts(urgent, {"marker": "potassium", **doubtful})
    past = [row("potassium", 7.1, "mmol/L", "HH", collected=date(2026, 1, 1)), row("potassium", 4.1, "mmol/L", collected=date(2026, 2, 1))]
    assert "check_potassium" in alerts(*past, {"marker": "potassium", **doubtful})


def test_a_result_across_an_alert_limit_is_checked_and_one_beside_it_is_not() -> None:
    def between(low: float, high: float, **more: Any) -> dict[str, Any]:
        return row("sodium", 130.0, "mmol/L", "L") | {"low": low, "high": high} | more

    assert "check_sodium" in alerts(between(110, 130))
    assert "check_sodium" in alerts(between(float("-inf"), 125, comparator="<"))
    assert "check_sodium" not in alerts(between(125, 130))
    assert "check_sodium" not in alerts(between(float("-inf"), 119, comparator="<"))  # an alert already
    assert set(alerts(between(float("-inf"), 119, comparator="<"))) == {"sodium_critical"}
    assert "check_sodium" not in alerts(row("sodium", flag="L"))  # low, and not critically so


@pytest.mark.parametrize(
    ("status", "why"),
    [("implausible", "not possible as it stands"), ("unreadable_value", "could not be read"), ("unknown_unit", "unit is missing")],
)
def test_a_check_says_why(status: str, why: str) -> None:
    text = alerts({**row("potassium", 7.1, "mmol/L", "H"), "status": status, "ucum": ""})["check_potassium"].text
    assert why in text and "7.1" in text
    told = alerts({**row("potassium", 7.1, "mmol/L", "H"), "status": status, "ucum": "", "review": "two readings differ."})
    assert "two readings differ." in told["check_potassium"].text and ".." not in told["check_potassium"].text


def test_every_name_of_a_dangerous_marker_is_known_in_a_line_that_nobody_could_read() -> None:
    for marker in _alert_limits(REF):
        for name in (name for names in REF.markers[marker].names.values() for name in names):
            assert marker in _named(f"{name} 7.1", REF), name


@pytest.mark.parametrize(
    ("text", "marker", "named"),
    [
        ("Potassium 7,1? mmol/L (3.5 - 5.1) seen twice, the second reading by hand, not yet signed", "potassium", True),
        ("0815 ward 3 sample two of four: potassium 7,1? mmol/L, seen twice, not yet signed", "potassium", True),
        ("Potassium: 7,1?", "potassium", True),
        ("(K) 7.1", "potassium", True),
        ("sample 3 K 7.1", "potassium", False),  # one letter in the midst of a line is no name
        ("sample 3 Na 112", "sodium", False),
        ("sample 3 CK total 6200", "ck", True),
        ("Na 112", "sodium", True),
        ("CK 6200 MB?", "ck", True),  # two letters are no other test
        ("Urine collected Potassium 34", "potassium", False),
        ("Potassium 24h 34", "potassium", False),
        ("a b c d e f g h i j k Potassium 7.1", "potassium", True),
        ("a b c d e f g h i j k l Potassium 7.1", "potassium", False),  # a sentence that comes to speak of it
        ("Creatinine phosphokinase 6200", "ck", True),  # though "creatinine" alone is another test
        ("Creatine kinase 6200 urine creatinine 3", "ck", False),
        ("Potassiumless 7.1", "potassium", False),
    ],
)
def test_a_line_names_a_marker_by_whole_words_near_its_beginning(text: str, marker: str, named: bool) -> None:
    assert (marker in _named(text, REF)) is named


def test_a_line_is_quoted_in_part_and_told_once() -> None:
    long = "Potassium 7,1? " + "x " * 60
    unread = [{"text": text, "page": 1, "reason": "", "kind": "possible_result"} for text in (long, "Potassium 2,l")]
    fired = alerts(unread=unread)
    assert set(fired) == {"check_potassium"}
    assert f"({long[:80]})" in fired["check_potassium"].text
    furniture = {"text": "Potassium and you", "page": 1, "reason": "", "kind": "furniture"}
    assert set(alerts(unread=[furniture, unread[1], furniture])) == {"check_potassium"}
    doubtful = {"marker": "potassium", "status": "unreadable_value", "value_text": "7.l"}
    assert "7.l" in alerts(doubtful, unread=unread)["check_potassium"].text


def test_of_several_persons_each_is_named_and_no_answer_is_anybodys() -> None:
    rows = [row("potassium", 7.1, "mmol/L", "HH", patient_id="a"), row("sodium", 110, "mmol/L", "LL", patient_id="b")]
    fired = alerts(*rows, answers={"dark_urine": "yes"})
    assert set(fired) == {"potassium_critical_high", "sodium_critical", "dark_urine"}
    assert fired["potassium_critical_high"].text.startswith("Person a: ") and fired["sodium_critical"].text.startswith("Person b: ")
    assert not alerts(rows[0])["potassium_critical_high"].text.startswith("Person")
    ck = row("ck", 3000, "U/L", "H", xuln=15.0, patient_id="c")
    assert "rhabdo" in alerts(ck, answers={"dark_urine": "yes"})
    assert "rhabdo" not in alerts(ck, rows[0], answers={"dark_urine": "yes"})  # whose urine it is, nobody said
    assert alerts({**rows[0], "patient_id": ""}, rows[1])["potassium_critical_high"].text.startswith("Potassium")
