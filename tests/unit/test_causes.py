"""The ranking: rules of weight, tiers, lists, questions and notices."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import labinterp
from labinterp import Patient, Reference
from labinterp.causes import data_quality, describe_cause, frame_of_findings, next_questions, rank_causes, weigh
from labinterp.facts import Facts
from labinterp.model import Finding

REF = Reference.default()


def frame(findings: dict[str, str], **more: dict[str, Any]) -> pd.DataFrame:
    """A table of results from marker -> finding; further columns by marker."""
    results = frame_of_findings(findings.items())
    for marker, part in more.items():
        for column, value in part.items():
            if column not in results:
                results[column] = None
            results.loc[results["marker"] == marker, column] = value
    return results


def rank(findings: dict[str, str], answers: dict[str, Any] | None = None, age: float | None = None) -> dict[str, Finding]:
    return {finding.cause: finding for finding in rank_causes(frame(findings), REF, answers or {}, Patient(age=age))}


def points(findings: dict[str, str], cause: str, answers: dict[str, Any] | None = None) -> float:
    return next(one.points for one in weigh(Facts.of(frame(findings), REF, answers or {})) if one.cause.id == cause)


def test_one_link_per_marker() -> None:
    """CK that is very high is high as well: it scores once."""
    assert points({"ck": "very_high"}, "polymyositis") == REF.evidence.links["supporting"]["strong"]


def test_the_link_that_names_the_degree_counts() -> None:
    """A borderline B12 marked low by the laboratory counts as borderline, not as low."""
    link = next(link for link in REF.causes["b12_deficiency"].links if link.finding == "borderline_low")
    assert points({"vitamin_b12": "borderline_low"}, "b12_deficiency") == REF.evidence.links[link.role][link.strength]


def test_an_evidence_group_counts_once() -> None:
    alone = points({"ck": "very_high"}, "duchenne_dystrophy")
    both = points({"ck": "very_high", "ast": "high"}, "duchenne_dystrophy")
    assert both == pytest.approx(alone + REF.evidence.links["supporting"]["moderate"] * REF.evidence.further_of_group)


def test_a_borderline_result_counts_a_share() -> None:
    assert points({"potassium": "borderline_low"}, "hypokalemia") == pytest.approx(
        points({"potassium": "low"}, "hypokalemia") * REF.evidence.borderline
    )


def test_weak_hints_are_capped() -> None:
    weak = {"esr": "high", "hemoglobin": "low", "alp": "high", "calcium": "high", "albumin": "normal", "m_protein": "positive"}
    weighed = next(one for one in weigh(Facts.of(frame(weak), REF)) if one.cause.id == "brain_or_cord_mass")
    assert weighed.points == pytest.approx(REF.evidence.weak_cap)


def test_normal_results_suggest_nothing_by_themselves() -> None:
    panel = dict.fromkeys(["potassium", "calcium", "ck", "tsh", "vitamin_b12", "hba1c", "crp", "esr", "hemoglobin", "creatinine"], "normal")
    assert {finding.tier for finding in rank(panel).values()} <= {"less_supported"}


def test_normal_results_add_at_most_what_is_there() -> None:
    """CK normal supports steroid muscle disease, but no more than the abnormal result does."""
    assert points({"hba1c": "high", "ck": "normal"}, "steroid_myopathy") == pytest.approx(2 * points({"hba1c": "high"}, "steroid_myopathy"))


def test_one_mild_abnormality_never_fits() -> None:
    markers = {link.marker for cause in REF.causes.values() for link in cause.links}
    for marker in sorted(markers):
        for finding in ("borderline_low", "borderline_high"):
            results = frame({marker: finding})
            if Facts.of(results, REF).latest[marker].mild:
                assert "fits" not in {one.tier for one in rank_causes(results, REF, {}, Patient(age=60))}, marker


def test_a_marker_of_an_organ_defines_no_disease() -> None:
    organs = {"ck", "ast", "alt", "ldh", "esr", "crp", "hs_crp", "alp", "ana", "albumin", "d_dimer"}
    assert not [
        (cause.id, link.marker)
        for cause in REF.causes.values()
        for link in cause.links
        if link.role == "defining" and link.marker in organs
    ]


def test_a_strong_counter_finding_caps_the_tier() -> None:
    found = rank(
        {"calcium": "high", "albumin": "normal", "pth": "high", "ck": "very_high", "anti_hmgcr": "positive", "anti_jo1": "positive"}
    )
    assert found["polymyositis"].tier != "fits"
    assert found["anti_hmgcr_myopathy"].tier == "fits"


def test_missing_is_neutral_and_told() -> None:
    found = rank({"vitamin_b12": "low"})
    missing = {item.marker for item in found["b12_deficiency"].missing}
    assert "mma" in missing
    assert all("not in these results" in item.text for item in found["b12_deficiency"].missing)


def test_a_line_that_does_not_count_is_told_apart_from_an_absent_one() -> None:
    results = pd.concat(
        [frame({"vitamin_b12": "low"}), pd.DataFrame([{"marker": "mma", "flag": "", "status": "implausible"}])], ignore_index=True
    )
    found = next(one for one in rank_causes(results, REF, {}, None) if one.cause == "b12_deficiency")
    assert next(item for item in found.missing if item.marker == "mma").text.endswith("until someone has checked the line")


def test_at_most_three_next_tests_each_with_a_reason() -> None:
    for finding in rank({"potassium": "very_low", "ck": "very_high", "hba1c": "high"}, {"onset": "hours_days"}).values():
        assert len(finding.next_tests) <= 3
        assert all(test.reason for test in finding.next_tests)


def test_what_was_measured_is_not_asked_for() -> None:
    found = rank({"vitamin_b12": "low", "mma": "normal"})["b12_deficiency"]
    assert not [test for test in found.next_tests if "MMA" in test.test]


def test_every_finding_says_what_it_stands_on() -> None:
    for finding in rank({"vitamin_b12": "low", "mma": "high"}, {"numbness": "yes"}).values():
        assert finding.basis == "editorial" and finding.reviewed_by == "nobody"
        assert finding.sources and set(finding.sources) <= set(REF.sources)
        assert finding.wording and finding.mechanism and finding.settles


def test_labs_may_not_hide() -> None:
    normal = dict.fromkeys(["potassium", "ck", "crp", "esr", "vitamin_b12", "d_dimer", "csf_protein"], "normal")
    answers = {"onset": "sudden", "sides": "one", "swelling": "one_leg_warm", "saddle": "yes"}
    bare, with_normal = rank({}, answers), rank(normal, answers)
    for cause in ("stroke", "cauda_equina", "dvt"):
        assert bare[cause].tier != "less_supported"
        assert with_normal[cause].tier != "less_supported"


def test_functional_weakness_is_never_the_explanation() -> None:
    found = list(rank({"ck": "normal"}, {"onset": "sudden", "sides": "one", "screen.fast": "yes"}))
    assert "functional_weakness" not in found[:3]


@pytest.mark.parametrize("days", [0, 90, 91])
def test_patterns_join_results_at_most_ninety_days_apart(days: int) -> None:
    first = date(2026, 1, 1)
    dates = {
        "calcium": {"collected": first},
        "albumin": {"collected": first},
        "pth": {"collected": date.fromordinal(first.toordinal() + days)},
    }
    results = frame({"calcium": "high", "albumin": "normal", "pth": "high"}, **dates)
    found = next(one for one in rank_causes(results, REF) if one.cause == "hyperparathyroidism")
    assert any(item.text.startswith("Together") for item in found.for_) is (days <= 90)


def test_two_persons_are_not_ranked_together() -> None:
    results = frame({"vitamin_b12": "low", "mma": "high"}, vitamin_b12={"patient_id": "a"}, mma={"patient_id": "b"})
    assert rank_causes(results, REF) == []
    assert "several_persons" in {notice.id for notice in data_quality(results, REF)}


def test_heaviness_is_told_apart_from_loss_of_power() -> None:
    results = {"albumin": "normal", "ck": "normal"}
    heavy = rank(results, {"feeling": "heavy_or_swollen", "swelling": "both_evening"})
    assert heavy["chronic_venous_insufficiency"].tier == "unseen"
    power = rank(results, {"feeling": "loss_of_power", "swelling": "both_evening"})
    assert heavy["chronic_venous_insufficiency"].for_ and len(
        power.get("chronic_venous_insufficiency", heavy["chronic_venous_insufficiency"]).for_
    ) < len(heavy["chronic_venous_insufficiency"].for_)


# ---- notices -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "answers", "notice", "cause", "marker"),
    [
        ({"hba1c": "high", "hemoglobin": "low"}, {}, "hba1c_with_anaemia", "diabetic_polyneuropathy", "hba1c"),
        ({"mma": "high", "egfr": "low"}, {}, "mma_with_weak_kidneys", "b12_deficiency", "mma"),
        ({"ck": "high"}, {"exercise_recent": "yes"}, "ck_after_exercise", "polymyositis", "ck"),
        ({"calcium": "high"}, {}, "calcium_without_albumin", "hypercalcemia", "calcium"),
    ],
)
def test_a_doubtful_input_is_told_and_counts_half(
    findings: dict[str, str], answers: dict[str, Any], notice: str, cause: str, marker: str
) -> None:
    assert notice in {one.id for one in data_quality(frame(findings), REF, answers)}
    link = max(
        (link for link in REF.causes[cause].links if link.marker == marker and link.finding == "high"),
        key=lambda link: REF.evidence.links[link.role][link.strength],
    )
    reasons = next(one for one in weigh(Facts.of(frame(findings), REF, answers)) if one.cause.id == cause).for_
    counted = next(reason.points for reason in reasons if reason.evidence.marker == marker)
    assert counted == pytest.approx(REF.evidence.links[link.role][link.strength] * REF.evidence.doubtful)


def test_very_high_ck_is_not_blamed_on_exercise() -> None:
    assert "ck_after_exercise" not in {one.id for one in data_quality(frame({"ck": "very_high"}), REF, {"exercise_recent": "yes"})}


def test_a_haemolysed_sample_is_read_from_the_line() -> None:
    results = frame({"potassium": "high"}, potassium={"text": "Kalium 6,1 mmol/L Probe hämolytisch"})
    assert "potassium_haemolysed" in {one.id for one in data_quality(results, REF)}
    assert "potassium_haemolysed" not in {one.id for one in data_quality(frame({"potassium": "high"}), REF)}


def test_an_answer_that_is_not_offered_is_told() -> None:
    notices = data_quality(frame({}), REF, {"drugs": ["statin", "magic"], "onset": "dont_know"})
    assert [one.id for one in notices] == ["unknown_answer"]
    assert "magic" in notices[0].text


# ---- questions -----------------------------------------------------------------------------------------------------------


def test_the_emergency_screen_comes_first() -> None:
    asked = next_questions(frame({"ck": "high"}), REF)
    screens = [question for question in asked if question.emergency]
    assert len(screens) == len(REF.screens) == 15
    assert asked[:15] == screens and screens[0].id == "screen.fast"
    assert asked[15].id == "feeling"


def test_an_answered_question_is_not_asked_again() -> None:
    answers = {"screen.fast": "no", "feeling": "dont_know", "onset": "sudden"}
    ids = {question.id for question in next_questions(frame({"ck": "high"}), REF, answers)}
    assert not ids & set(answers)


def test_a_known_age_is_not_asked_for() -> None:
    assert "age_band" not in {question.id for question in next_questions(frame({"ck": "high"}), REF, {}, Patient(age=40))}


def test_questions_that_would_change_most_come_first() -> None:
    """With numb feet between diabetes and B12, medicines matter more than a tick bite."""
    ids = [question.id for question in next_questions(frame({"hba1c": "high", "vitamin_b12": "low"}), REF, {"numbness": "yes"})]
    assert ids.index("drugs") < ids.index("travel") if "travel" in ids else "drugs" in ids
    assert ids.index("where") < ids.index("family") if "family" in ids else "where" in ids


def test_questions_have_answers() -> None:
    for question in next_questions(frame({"ck": "high"}), REF):
        assert len(question.answers) >= 2
        assert question.text.endswith("?")


def test_a_description_shows_links_seeds_and_basis() -> None:
    text = describe_cause("b12_deficiency", REF)
    for part in ("Defining:", "Vitamin B12", "004_1a38ecd0715ec975.txt", "Applied:", "Sources:", "editorial", "nobody", "sapc2019"):
        assert part in text


@pytest.mark.parametrize("review", ["the laboratory calls it preliminary and may still change it", "hard to read"])
def test_a_result_that_a_person_should_look_at_speaks_against_nothing(review: str) -> None:
    def told(said: str) -> tuple[bool, bool]:
        rows = pd.DataFrame(
            {"name_text": ["Vitamin B12", "MMA"], "value_text": ["520", "900"], "unit_text": ["pg/mL", "nmol/L"], "review": [said, ""]}
        )
        (finding,) = (one for one in labinterp.interpret(rows).findings if one.cause == "b12_deficiency")
        open_ = [evidence.text for evidence in finding.missing if evidence.marker == "vitamin_b12"]
        return any("520" in evidence.text for evidence in finding.against), any("someone has checked" in text for text in open_)

    assert told("") == (True, False)
    assert told(review) == (False, True)
