"""Formulas: plain arithmetic only, and nothing is worked out when an ingredient is missing."""

from __future__ import annotations

import pandas as pd
import pytest

import labinterp
from labinterp.derive import FACTS, evaluate, names_in
from labinterp.errors import ReferenceDataError


def test_formulas_are_arithmetic() -> None:
    assert evaluate("calcium + 0.8 * (4 - albumin)", {"calcium": 8.0, "albumin": 2.0}) == pytest.approx(9.6)
    assert evaluate("2 ** max(a, 3) - min(a, 3)", {"a": 2}) == 6
    assert names_in("142 * min(creatinine / 0.9, 1) ** -0.3 * 0.9938 ** age") == {"creatinine", "age"}


@pytest.mark.parametrize("formula", ["__import__('os')", "a.b", "open('x')", "[1][0]", "a if b else c", "lambda: 1", "a +", "f'{a}'"])
def test_nothing_else_can_run(formula: str) -> None:
    with pytest.raises(ReferenceDataError):
        names_in(formula)


def derived(rows: list[tuple[str, str, str]], **patient: object) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["name_text", "value_text", "unit_text"])
    return labinterp.interpret(frame, patient=labinterp.Patient(**patient)).derived.set_index("derived")  # type: ignore[arg-type]


def test_adjusted_calcium_follows_payne() -> None:
    out = derived([("Calcium", "8.0", "mg/dL"), ("Albumin", "2.0", "g/dL")], age=60)
    assert (out.loc["adjusted_calcium", "number"], out.loc["adjusted_calcium", "unit_text"]) == (pytest.approx(9.6), "mg/dL")
    assert out.loc["adjusted_calcium", "from_rows"] == (0, 1)


def test_units_of_the_ingredients_do_not_matter() -> None:
    out = derived([("Calcium", "2.0", "mmol/L"), ("Albumin", "20", "g/L")], age=60)
    assert out.loc["adjusted_calcium", "number"] == pytest.approx(8.016 + 1.6, abs=0.01)


def test_a_missing_or_censored_ingredient_gives_nothing() -> None:
    assert "adjusted_calcium" not in derived([("Calcium", "8.0", "mg/dL")]).index
    assert "adjusted_calcium" not in derived([("Calcium", "8.0", "mg/dL"), ("Albumin", "<2.0", "g/dL")]).index


def test_a_printed_result_is_never_replaced() -> None:
    out = derived([("Calcium", "8.0", "mg/dL"), ("Albumin", "2.0", "g/dL"), ("Corrected calcium", "9.1", "mg/dL")])
    assert "adjusted_calcium" not in out.index


@pytest.mark.parametrize(
    ("creatinine", "sex", "age", "egfr"),  # 142 * min(Scr/k, 1)^a * max(Scr/k, 1)^-1.2 * 0.9938^age (* 1.012), worked by hand
    [
        ("0.9", "male", 50, 142 * 0.9938**50),
        ("0.7", "female", 50, 142 * 0.9938**50 * 1.012),
        ("1.8", "male", 60, 142 * 2**-1.2 * 0.9938**60),
    ],
)
def test_egfr_by_ckd_epi_2021(creatinine: str, sex: str, age: float, egfr: float) -> None:
    out = derived([("Creatinine", creatinine, "mg/dL")], sex=sex, age=age)
    assert out.loc["egfr_ckd_epi_2021", "number"] == pytest.approx(egfr, rel=1e-4)


def test_egfr_needs_sex_and_an_adult_age_and_never_replaces_a_printed_one() -> None:
    assert "egfr_ckd_epi_2021" not in derived([("Creatinine", "0.9", "mg/dL")], age=50).index
    assert "egfr_ckd_epi_2021" not in derived([("Creatinine", "0.9", "mg/dL")], sex="male", age=12).index
    assert "egfr_ckd_epi_2021" not in derived([("Creatinine", "0.9", "mg/dL"), ("eGFR", "80", "mL/min/1.73m2")], sex="male", age=50).index


def test_anion_gap() -> None:
    out = derived([("Sodium", "140", "mmol/L"), ("Chloride", "104", "mmol/L"), ("Bicarbonate", "24", "mmol/L")])
    assert (out.loc["anion_gap", "number"], out.loc["anion_gap", "flag"]) == (12, "")


def test_ldl_only_when_asked_and_only_where_the_formula_holds() -> None:
    def ldl(triglycerides: str, *asked: str) -> pd.DataFrame:
        rows = [("Cholesterol, total", "200", "mg/dL"), ("HDL cholesterol", "50", "mg/dL"), ("Triglycerides", triglycerides, "mg/dL")]
        frame = pd.DataFrame(rows, columns=["name_text", "value_text", "unit_text"])
        return labinterp.interpret(frame, requested=asked).derived.set_index("derived")

    assert ldl("100").empty
    assert ldl("100", "ldl_friedewald").loc["ldl_friedewald", "number"] == 130
    assert ldl("500", "ldl_friedewald").empty


def test_every_formula_of_the_knowledge_can_be_worked_out() -> None:
    ref = labinterp.Reference.default()
    rules = [rule for marker in ref.markers.values() for rule in marker.derived]
    assert {"adjusted_calcium", "anion_gap", "egfr_ckd_epi_2021", "ldl_friedewald", "aldosterone_renin_ratio"} <= {
        rule.id for rule in rules
    }
    for rule in rules:
        assert names_in(rule.formula) <= {*ref.markers, *FACTS}
        assert set(rule.only) <= names_in(rule.formula)
        assert rule.source in ref.sources
        assert not rule.marker or ref.factor(rule.marker, rule.unit)
