"""FHIR in: every Observation is a row or unread with a reason; codes, quantities, ranges, people and versions."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from labinterp import ReadError, Report, interpret, parse_range, read

UCUM = "http://unitsofmeasure.org"
V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def observation(**further: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": "k", "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "Potassium"},
    } | further  # fmt: skip


def quantity(value: float, unit: str = "mmol/L", **further: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit} | further


def load(*resources: dict[str, Any], text: str | None = None) -> Report:
    if text is None:
        whole = (
            resources[0]
            if len(resources) == 1
            else {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
        )
        text = json.dumps(whole)
    return read(text.encode(), name="data.json")


def one(**further: Any) -> dict[str, Any]:
    report = load(observation(**further))
    assert len(report.rows) == 1
    return report.rows.iloc[0].to_dict()  # type: ignore[no-any-return]


def test_a_quantity_with_its_digits_and_a_code_that_outweighs_the_display() -> None:
    text = (
        '{"resourceType": "Observation", "status": "final", "code": {"text": "K"}, "valueQuantity": {"value": 4.10, "unit": "milimol", "system": "%s", "code": "mmol/L"}}'
    ).replace("%s", UCUM)
    row = load(text=text).rows.iloc[0]
    assert (row["value_text"], row["unit_text"], row["decimal"], row["date_order"]) == ("4.10", "mmol/L", ".", "ymd")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueQuantity": quantity(5, comparator="<")}, "<5"),
        ({"valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "10828004"}]}}, "positive"),
        ({"valueCodeableConcept": {"coding": [{"code": "LA6577-6", "display": "Negative"}]}}, "Negative"),
        ({"valueCodeableConcept": {"coding": [{"code": "260385009", "display": "Negative (qualifier value)"}]}}, "Negative"),
        ({"valueString": "1:80"}, "1:80"),
        ({"valueRange": {"low": quantity(3), "high": quantity(5)}}, "3-5"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, "1:80"),
        ({"valueInteger": 7}, "7"),
        ({"dataAbsentReason": {"coding": [{"code": "not-performed"}]}}, "not performed"),
    ],
)
def test_kinds_of_values(value: dict[str, Any], expected: str) -> None:
    assert one(**value)["value_text"] == expected


@pytest.mark.parametrize(
    ("interpretation", "expected"),
    [
        ([{"coding": [{"system": V3, "code": "HH", "display": "Critical high"}]}], "HH"),
        ({"coding": [{"system": "http://hl7.org/fhir/v2/0078", "code": "L"}]}, "L"),  # STU3: one, not a list
        ([{"coding": [{"system": "http://snomed.info/sct", "code": "281302008"}]}], "H"),
        ([{"text": "slightly raised"}], "slightly raised"),
    ],
)
def test_interpretations(interpretation: Any, expected: str) -> None:
    assert one(valueQuantity=quantity(4), interpretation=interpretation)["flag_text"] == expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([{"low": quantity(3.5), "high": quantity(5.1)}], "3.5 - 5.1"),
        ([{"high": quantity(5.1)}], "<= 5.1"),
        ([{"low": quantity(350, "mg/dL"), "high": quantity(510, "mg/dL")}], "350 - 510 mg/dL"),
        ([{"text": "<5.0", "high": quantity(5.0)}], "<5.0"),
        (
            [
                {"low": quantity(1), "high": quantity(2), "type": {"coding": [{"code": "therapeutic"}]}},
                {"low": quantity(3), "high": quantity(4)},
            ],
            "3 - 4",
        ),
    ],
)
def test_reference_ranges(ranges: list[dict[str, Any]], expected: str) -> None:
    assert one(valueQuantity=quantity(4), referenceRange=ranges)["range_text"] == expected


def test_each_range_says_whom_it_is_for() -> None:
    ranges = [
        {
            "high": quantity(15, "mm/h"),
            "appliesTo": [{"text": "Male"}],
            "age": {"low": {"value": 18, "unit": "a"}, "high": {"value": 50, "unit": "a"}},
        },
        {"high": quantity(20, "mm/h"), "appliesTo": [{"coding": [{"code": "female", "display": "Female"}]}]},
        {"high": quantity(30, "mm/h"), "appliesTo": [{"text": "Male"}], "age": {"low": {"value": 51, "system": UCUM, "code": "a"}}},
    ]
    row = one(valueQuantity=quantity(20, "mm/h"), referenceRange=ranges)
    assert row["range_text"] == "Male 18 - 50 years: <= 15; Female: <= 20; Male >= 51 years: <= 30"
    assert [(part.sex, part.high) for part in parse_range(row["range_text"]).segments] == [("male", 15.0), ("female", 20.0), ("male", 30.0)]


@pytest.mark.parametrize(("low", "high"), [(87.3, 82.4), (0, 0)])
def test_a_range_that_cannot_be_meant_is_told(low: float, high: float) -> None:
    report = load(
        observation(valueQuantity=quantity(85, "fL"), referenceRange=[{"low": quantity(low, "fL"), "high": quantity(high, "fL")}])
    )
    assert "cannot be meant" in report.notices[0]


def test_components_are_results_of_their_own() -> None:
    parts = [{"code": {"text": name}, "valueQuantity": quantity(value, "%")} for name, value in (("Neutrophils", 60), ("Lymphocytes", 30))]
    report = load(observation(code={"text": "Differential"}, component=parts))
    assert list(report.rows["name_text"]) == ["Neutrophils", "Lymphocytes"] and set(report.rows["section_text"]) == {"Differential"}


def test_a_report_with_contained_results_and_one_that_is_missing() -> None:
    report = load(
        {
            "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Electrolytes"}, "effectiveDateTime": "2026-01-19",
            "contained": [observation(id="a", valueQuantity=quantity(2.9))],
            "result": [{"reference": "#a"}, {"reference": "Observation/far", "display": "Sodium"}],
            "conclusion": "Hypokalaemia.",
        }
    )  # fmt: skip
    assert list(report.rows[["value_text", "section_text", "collected_text"]].iloc[0]) == ["2.9", "Electrolytes", "2026-01-19"]
    assert dict(zip(report.unread["text"], report.unread["kind"])) == {
        "Electrolytes: Sodium": "possible_result",
        "Electrolytes: Hypokalaemia.": "furniture",
    }


def test_panels_in_r4_and_stu3() -> None:
    member = observation(id="m", valueQuantity=quantity(2.9))
    for panel in (
        {"hasMember": [{"reference": "Observation/m"}]},
        {"related": [{"type": "has-member", "target": {"reference": "Observation/m"}}]},
    ):
        report = load(observation(id="p", code={"text": "Panel"}) | panel, member)
        assert len(report.rows) == 1 and report.unread["reason"].str.contains("panel").all()
        assert report.rows["section_text"].iloc[0] == "Panel"
        alone = load(observation(id="p", code={"text": "Panel"}) | panel)
        assert list(alone.unread["kind"]) == ["possible_result"]


@pytest.mark.parametrize(
    ("further", "kind"),
    [
        ({"status": "entered-in-error", "valueQuantity": quantity(2.9)}, "possible_result"),
        ({"modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}], "valueQuantity": quantity(4)}, "possible_result"),
        ({"implicitRules": "http://example.org/rules", "valueQuantity": quantity(4)}, "possible_result"),
        ({"status": "cancelled"}, "possible_result"),
        ({"category": [{"coding": [{"code": "vital-signs"}]}], "valueQuantity": quantity(80, "/min")}, "furniture"),
    ],
)
def test_what_is_no_laboratory_result_is_unread_with_a_reason(further: dict[str, Any], kind: str) -> None:
    report = load(observation(**further))
    assert len(report.rows) == 0 and list(report.unread["kind"]) == [kind] and report.unread["reason"].iloc[0]


@pytest.mark.parametrize(
    ("status", "said"),
    [("preliminary", "preliminary"), ("unknown", "whether it is final"), ("final", ""), ("amended", ""), ("corrected", "")],
)
def test_a_result_that_is_not_final_is_judged_and_says_so(status: str, said: str) -> None:
    """https://hl7.org/fhir/R4/valueset-observation-status.html: amended and corrected ones are complete and verified."""
    answer = interpret(load(observation(status=status, valueQuantity=quantity(4.1), referenceRange=[{"text": "3.5-5.1"}])))
    row = answer.results.iloc[0]
    assert (row["flag"], row["abnormal"]) == ("N", False)
    assert said in row["review"] if said else row["review"] == ""
    assert ("1 inside all that apply" in answer.summary) is not said or not said


def test_a_registered_result_is_no_result_yet() -> None:
    bare = interpret(load(observation(status="registered"))).results.iloc[0]
    assert (bare["marker"], bare["status"], bare["review"]) == ("potassium", "not_a_result", "") and "pending" in bare["reason"]
    sent = interpret(load(observation(status="registered", valueQuantity=quantity(4.1), interpretation=[{"text": "N"}]))).results.iloc[0]
    assert (sent["status"], sent["flag"], sent["abnormal"]) == ("not_a_result", "", None) and "4.1 mmol/L" in sent["review"]
    parts = [{"code": {"text": name}, "valueQuantity": quantity(4)} for name in ("Potassium", "Chloride")]
    panel = load(observation(status="registered", code={"text": "Panel"}, component=parts))
    assert list(panel.rows["value_text"]) == ["pending", "pending"]


def test_what_stands_in_a_withdrawn_report_is_to_be_looked_at() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "status": "entered-in-error",
        "code": {"text": "x"},
        "result": [{"reference": "Observation/k"}],
    }
    assert "entered in error" in load(report, observation(valueQuantity=quantity(4.1))).rows["review"].iloc[0]


def test_true_and_false_are_read_only_where_the_code_says_what_is_asked() -> None:
    asked = {"coding": [{"system": "http://loinc.org", "code": "5802-4", "display": "Nitrite [Presence] in Urine by Test strip"}]}
    assert [one(code=asked, valueBoolean=value)["value_text"] for value in (True, False)] == ["present", "absent"]
    row = interpret(load(observation(valueBoolean=True))).results.iloc[0]
    assert (row["value_text"], row["status"], row["abnormal"]) == ("true", "unreadable_value", None)
    assert "nothing says what was asked" in row["reason"]


def test_our_own_export_of_a_doubt_is_preliminary_and_comes_back_with_the_same_words() -> None:
    answer = interpret(load(observation(status="preliminary", valueQuantity=quantity(4.1))))
    bundle = answer.to_fhir()
    sent = next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Observation")
    assert sent["status"] == "preliminary"
    again = read(json.dumps(bundle).encode(), name="export.json")
    assert list(again.rows["review"]) == list(answer.results["review"])


def test_other_resources_are_listed_once_with_their_number() -> None:
    report = load(*[{"resourceType": "Claim"}] * 3, {"resourceType": "Immunization"}, observation(valueQuantity=quantity(2.9)))
    assert list(report.unread["text"]) == ["Claim (3)", "Immunization"] and len(report.rows) == 1


def test_one_person_is_the_patient_several_stay_with_their_rows() -> None:
    people = [
        {
            "resourceType": "Patient",
            "id": "a",
            "gender": "female",
            "birthDate": "1961-03-14",
            "name": [{"given": ["Ada"], "family": "Example"}],
        },
        {"resourceType": "Patient", "id": "b", "gender": "unknown"},
    ]
    mine, yours = (observation(id=i, subject={"reference": f"Patient/{i}"}, valueQuantity=quantity(4)) for i in "ab")
    single = load(people[0], mine)
    assert (single.patient.sex, single.patient.birth_date, single.patient_name) == ("female", date(1961, 3, 14), "Ada Example")
    both = load(*people, mine, yours)
    assert both.patient.sex is None and list(both.rows["sex"]) == ["female", ""] and list(both.rows["patient_id"]) == ["a", "b"]


def test_specimen_time_and_laboratory_by_reference() -> None:
    report = load(
        {"resourceType": "Specimen", "id": "s", "type": {"text": "Urine"}, "collection": {"collectedDateTime": "2026-01-19T08:00:00Z"}},
        {"resourceType": "Organization", "id": "o", "name": "Sample Laboratory"},
        {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"}, "performer": [{"reference": "Organization/o"}]},
        observation(specimen={"reference": "Specimen/s"}, valueQuantity=quantity(40)),
    )
    assert list(report.rows[["specimen_text", "collected_text"]].iloc[0]) == ["Urine", "2026-01-19T08:00:00Z"]
    assert report.laboratory == "Sample Laboratory"


def test_one_resource_a_line_and_a_line_that_is_cut_off() -> None:
    lines = [json.dumps(observation(valueQuantity=quantity(value))) for value in (2.9, 4.1)]
    report = load(text="\n".join([*lines, lines[0][:60]]))
    assert list(report.rows["value_text"]) == ["2.9", "4.1"]
    assert report.unread["reason"].iloc[0] == "line 3 is no complete JSON object"


@pytest.mark.parametrize("text", ['{"a": 1}', '[{"a": 1}]', '{"resourceType": "Observation", "status"', '{"resourceType": 1'])
def test_json_that_is_no_fhir_or_is_cut_off(text: str) -> None:
    with pytest.raises(ReadError, match=r"FHIR|broken or cut off"):
        load(text=text)


def test_strange_shapes_do_not_crash() -> None:
    strange = [
        {"code": None},
        {"valueQuantity": {"value": None}},
        {"valueQuantity": 5},
        {"referenceRange": "3-5"},
        {"category": "lab"},
        {"subject": "x"},
    ]
    for further in strange:
        report = load(observation(**further))
        assert len(report.rows) + len(report.unread) >= 1
