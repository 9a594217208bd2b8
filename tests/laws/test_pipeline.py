"""Laws of the whole line, on random reports made of real names, units and ranges."""

from __future__ import annotations

import math

import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

from labinterp.flags import flag_results
from labinterp.identify import identify_markers
from labinterp.interpretation import complete, interpret_rows
from labinterp.intervals import choose_intervals
from labinterp.language import ENGLISH, languages
from labinterp.model import Patient
from labinterp.reference import Reference
from labinterp.units import normalize_units
from labinterp.values import parse_values

REF = Reference.default()

TESTS = [  # name, unit, another unit of it with its factor, a printed range, rough size
    ("Potassium", "mmol/L", ("mg/dL", 3.90983), "3.5-5.1", 4.0),
    ("HbA1c", "%", None, "4.0-5.6", 6.0),
    ("Vitamin B12", "pg/mL", ("ng/L", 1.0), "200-900", 300.0),
    ("CRP", "mg/L", ("mg/dL", 0.1), "<5", 5.0),
    ("Creatine kinase", "U/L", ("ukat/L", 1 / 60), "30-200", 250.0),
    ("ESR", "mm/h", None, "", 20.0),
    ("Hemoglobin", "g/dL", ("g/L", 10.0), "", 13.0),
    ("25-OH vitamin D", "ng/mL", ("nmol/L", 2.496), "", 20.0),
    ("Sodium", "mmol/L", None, "135-145", 140.0),
    ("Some unheard-of test", "mg/L", None, "1-2", 1.5),
]
values = st.one_of(
    st.floats(0.2, 3.0).map(lambda x: round(x, 2)).map(lambda x: ("number", x)),
    st.floats(0.2, 3.0).map(lambda x: round(x, 2)).map(lambda x: ("<", x)),
    st.floats(0.2, 3.0).map(lambda x: round(x, 2)).map(lambda x: (">", x)),
    st.sampled_from([("word", "haemolysed"), ("word", "negative"), ("word", ""), ("word", "1,234"), ("word", "see note"), ("word", "--")]),
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, str]:
    name, unit, _, range_, size = draw(st.sampled_from(TESTS))
    kind, value = draw(values)
    text = str(value) if kind == "word" else f"{'' if kind == 'number' else kind}{float(value) * size:.4g}"
    return {
        "name_text": name,
        "value_text": text,
        "unit_text": draw(st.sampled_from([unit, unit, ""])),
        "range_text": draw(st.sampled_from([range_, ""])),
        "flag_text": draw(st.sampled_from(["", "", "", "H", "L", "*"])),
    }


reports = st.lists(rows(), min_size=1, max_size=6).map(pd.DataFrame)
people = st.builds(
    Patient,
    sex=st.sampled_from(["male", "female", None]),
    age=st.sampled_from([None, 3.0, 30.0, 72.0]),
    pregnant=st.sampled_from([None, False, True]),
)


def results_of(report: pd.DataFrame, person: Patient) -> pd.DataFrame:
    return interpret_rows(complete(report), REF, person)


@given(reports, people)
def test_a_stage_adds_columns_only(report: pd.DataFrame, person: Patient) -> None:
    before = complete(report)
    for stage in (
        parse_values,
        lambda t: identify_markers(t, REF),
        lambda t: normalize_units(t, REF),
        lambda t: choose_intervals(t, REF, person),
        flag_results,
    ):
        after = stage(before)
        assert list(after.columns[: len(before.columns)]) == list(before.columns)
        pd.testing.assert_frame_equal(
            after[before.columns].drop(columns="limits", errors="ignore"), before.drop(columns="limits", errors="ignore")
        )
        before = after


@given(reports, reports, people)
def test_a_batch_equals_its_parts(one: pd.DataFrame, other: pd.DataFrame, person: Patient) -> None:
    together = interpret_rows(complete(pd.concat([one, other], ignore_index=True)), REF, person)
    apart = pd.concat([interpret_rows(complete(part), REF, person) for part in (one, other)], ignore_index=True)
    pd.testing.assert_frame_equal(together, apart, check_dtype=False)


@given(reports, people)
def test_taking_away_a_fact_never_makes_abnormal_normal(report: pd.DataFrame, person: Patient) -> None:
    known = results_of(report, person)
    for less in (
        Patient(None, person.age, None, person.pregnant),
        Patient(person.sex, None if (person.age or 18) >= 18 else person.age, None, person.pregnant),
    ):
        fewer = results_of(report, less)
        for sure, unsure in zip(known["abnormal"], fewer["abnormal"], strict=True):
            assert not (sure is True and unsure is False)


@given(reports, people)
def test_taking_away_a_unit_never_makes_abnormal_normal(report: pd.DataFrame, person: Patient) -> None:
    known = results_of(report, person)
    fewer = results_of(report.assign(unit_text=""), person)
    for sure, unsure in zip(known["abnormal"], fewer["abnormal"], strict=True):
        assert not (sure is True and unsure is False)


@given(st.sampled_from([t for t in TESTS if t[2]]), st.floats(0.3, 3.0), people)
def test_another_unit_gives_the_same_answer(test: tuple[str, str, tuple[str, float], str, float], times: float, person: Patient) -> None:
    name, unit, (other, factor), _, size = test
    value = float(f"{times * size:.4g}")
    both = pd.DataFrame(
        [{"name_text": name, "value_text": repr(v), "unit_text": u} for v, u in ((value, unit), (float(f"{value * factor:.6g}"), other))]
    )
    one, two = results_of(both, person).to_dict("records")
    near = results_of(
        pd.DataFrame([{"name_text": name, "value_text": repr(float(f"{value * f:.6g}")), "unit_text": unit} for f in (0.985, 1.015)]),
        person,
    )
    assume(near["category"].nunique() == 1 and near["flag"].nunique() == 1 and near["status"].nunique() == 1)
    assert (one["flag"], one["category"], one["abnormal"], one["status"]) == (two["flag"], two["category"], two["abnormal"], two["status"])
    assert math.isclose(one["value"], two["value"], rel_tol=2e-3)


@given(reports, people)
def test_nothing_is_dropped_and_every_doubt_has_a_reason(report: pd.DataFrame, person: Patient) -> None:
    out = results_of(report, person)
    assert len(out) == len(report)
    assert out["name_text"].tolist() == report["name_text"].tolist()
    assert all(reason for status, reason in zip(out["status"], out["reason"], strict=True) if status != "ok")
    judged = out["status"].isin(["implausible", "not_a_result", "unreadable_value"])
    assert (out.loc[judged, "flag"] == "").all()


OTHER_LANGUAGES = [Reference.default(language=code) for code in languages() if code != ENGLISH]
SENTENCES = ["reason", "match_reason", "limit_text", "band_text"]


@given(reports, people)
def test_a_language_changes_sentences_only(report: pd.DataFrame, person: Patient) -> None:
    here = results_of(report, person)
    for ref in OTHER_LANGUAGES:
        there = interpret_rows(complete(report), ref, person)
        pd.testing.assert_frame_equal(here.drop(columns=SENTENCES), there.drop(columns=SENTENCES))
        for column in SENTENCES:
            assert (here[column] != "").tolist() == (there[column] != "").tolist()
