"""Printed units as UCUM, single conversions, and the stage that normalises a table."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from labinterp.errors import UnitError
from labinterp.reference import Reference
from labinterp.shapes import looks_like_unit
from labinterp.ucum import ucum_of
from labinterp.units import convert, explain_conversion, normalize_units
from labinterp.values import parse_values

REF = Reference.default()

SPELLINGS = {
    (
        "glucose_fasting",
        "mg/dL",
    ): "mg/dl | MG/DL | mgs/dL | mg% | mg/100 ml | mg dL-1 | mg·dL⁻¹ | mg⁄dL | ㎎/㎗ | mg\u200b/dL | (mg/dL) | mg/dL (calc)",
    ("glucose_fasting", "mmol/L"): "mmol/l | mM | MMOL/L | mMol/L | mmol.L-1 | mmol/litre | ммоль/л | 毫摩尔/升 | mmol&#47;L",
    ("creatinine", "umol/L"): "µmol/L | μmol/l | mcmol/L | UMOL/L | micromol/L | Âµmol/L | &micro;mol/L | \ufffdmol/L | мкмоль/л",
    (
        "wbc",
        "10*3/uL",
    ): "10^3/uL | x10E3/uL | x 10³/µL | 10(3)/mcL | K/uL | k/ul | thou/mm3 | Tsd./µl | tys/µl | тыс/мкл | migl/mmc | mil/mm3 | x1000/uL",
    ("platelets", "10*5/uL"): "lakhs/cumm | Lakh/cu mm | lacs/mm3 | x10^5/uL",
    ("wbc", "10*9/L"): "10^9/L | x10⁹/l | 10(9)/L | 10E9/L | G/L | Gpt/l | giga/L | 10^9/л",
    ("wbc", "/uL"): "/cumm | cells/µL | /cu.mm | /mm³ | cells/mm^3 | per uL | cumm",
    ("rbc", "10*6/uL"): "M/uL | mill/cumm | million/mm3 | Mio/µl | mln/µl | млн/мкл | 10^6/mmc | mil/uL | millones/mm3",
    ("rbc", "10*12/L"): "T/L | Tpt/l | x10^12/L | 10e12/L | 10¹²/L | 10x12/л",
    ("hemoglobin", "g/dL"): "gm/dL | gms% | g% | G/DL | g/100 mL | г/дл | gHb/dl",
    ("hemoglobin", "g/L"): "g/l | г/л | 克/升 | gm/L",
    ("mcv", "um3"): "µm³ | um^3 | cu micron | cubic microns | мкм3",
    ("mcv", "fL"): "fl | FL | фл",
    ("esr", "mm/h"): "mm/hr | mm/1st hr | mm in 1 hr | mm/1h | mm/Std | mm | MM/HR | мм/ч | mm/ora | mm/uur | mm/h (Westergren) | mm/godz",
    ("alt", "U/L"): "u/l | Units/L | E/l | Ед/л | U/ltr | 单位/升",
    ("alt", "[IU]/L"): "IU/L | UI/l | IE/L | МЕ/л | lU/L",
    ("alt", "ukat/L"): "µkat/l | ukat/L | μkat/L",
    ("tsh", "u[IU]/mL"): "µIU/mL | uIU/mL | mcIU/mL | UIU/ML | мкМЕ/мл | μUI/ml",
    ("tsh", "mU/L"): "mU/l | мЕд/л | mE/L",
    ("potassium", "meq/L"): "mEq/L | MEQ/L | meq/liter | mval/l | мэкв/л",
    ("hba1c", "mmol/mol"): "mmol/mol Hb | mmol/molHb | mmol/mol (IFCC) | ммоль/моль",
    ("hba1c", "%"): "% of total Hgb | %NGSP | % (NGSP) | percent",
    ("urine_acr", "mg/mmol"): "mg Alb/mmol | мг/ммоль",
    ("urine_acr", "mg/g{creat}"): "mg/g creat | mg/gCr | mg/g Krea | mg/g creatinine | mg/g{creat}",
    ("egfr", "mL/min/{1.73_m2}"): "mL/min/1.73m2 | ml/min/1,73 m² | mL/min/1.73 | ML/MIN/1.73M2 | mL/min per 1.73 m2 | мл/мин/1,73м2",
    ("d_dimer", "ng/mL{FEU}"): "ng/mL FEU | ng/mL (FEU) | ng FEU/mL",
    ("urine_protein_24h", "mg/(24.h)"): "mg/24h | mg/24 hrs | mg/24 Std | mg/24h urine",
    ("urine_protein_24h", "mg/d"): "mg/day | mg/Tag | mg/d | мг/сут",
}


@pytest.mark.parametrize(("marker", "ucum", "printed"), [(m, u, p) for (m, u), line in SPELLINGS.items() for p in line.split(" | ")])
def test_spellings(marker: str, ucum: str, printed: str) -> None:
    found, meant = (REF.factor(marker, unit or "") for unit in (ucum_of(REF, printed, REF.markers[marker]), ucum))
    assert found is not None and meant is not None
    assert (found.factor, found.intercept) == (meant.factor, meant.intercept)
    assert looks_like_unit(printed)  # a spelling that the readers do not see as a unit would never be looked up


@pytest.mark.parametrize("printed", ["G/L", "mil/mm3", "banana", "mg/dL/furlong", "", " ", "x", "/", "10^", "mg//dL", "?" * 70])
def test_letters_with_several_meanings_and_nonsense_stay_unknown_without_a_marker(printed: str) -> None:
    assert ucum_of(REF, printed) is None


@pytest.mark.parametrize(
    ("printed", "ucum"),
    [("mg/dl", "mg/dL"), ("x10^9/L", "10*9/L"), ("mm/hr", "mm/h"), ("µIU/mL", "u[IU]/mL"), ("%", "%"), ("/HPF", "/[HPF]")],
)
def test_plain_spellings_need_no_marker(printed: str, ucum: str) -> None:
    assert ucum_of(REF, printed) == ucum


@pytest.mark.parametrize(
    ("marker", "value", "unit", "to", "answer"),
    [
        ("glucose_fasting", 5.5, "mmol/L", "mg/dL", 99.1),  # 180.156 g/mol
        ("creatinine", 1.0, "mg/dL", "µmol/L", 88.4),
        ("urea", 10.0, "mg/dL", "mmol/L", 1.665),
        ("bun", 14.0, "mg/dL", "mmol/L", 4.998),
        ("calcium", 10.0, "mg/dL", "mmol/L", 2.495),
        ("hba1c", 48.0, "mmol/mol", "%", 6.543),
        ("hba1c", 6.5, "%", "mmol/mol", 47.53),
        ("vitamin_d_25oh", 50.0, "nmol/L", "ng/mL", 20.03),
        ("vitamin_b12", 148.0, "pmol/L", "pg/mL", 200.6),
        ("ck", 10.0, "µkat/L", "U/L", 600.0),
        ("potassium", 4.1, "mEq/L", "mmol/L", 4.1),
        ("hemoglobin", 8.7, "mmol/L", "g/dL", 14.02),
        ("urine_acr", 3.0, "mg/mmol", "mg/g", 26.5),
        ("egfr", 1.5, "mL/s/1.73m2", "mL/min/1.73m2", 90.0),
        ("4548-4", 53.0, "mmol/mol", "%", 7.0),
        ("Haemoglobin", 140.0, "g/l", "g/dL", 14.0),
    ],
)
def test_convert(marker: str, value: float, unit: str, to: str, answer: float) -> None:
    assert convert(marker, value, unit, to=to) == pytest.approx(answer, rel=1e-3)


def test_convert_adds_no_float_noise() -> None:
    assert convert("hemoglobin", 137, "g/L") == 13.7
    assert convert("wbc", 4700, "/uL", to="10*9/L") == 4.7
    assert convert("crp", 0.07, "mg/dL", to="mg/L") == 0.7


@pytest.mark.parametrize(
    ("marker", "unit"),
    [
        ("tsh", "ng/mL"),
        ("glucose_fasting", "mEq/L"),
        ("glucose_fasting", "g"),
        ("glucose_fasting", "mg/dL/min"),
        ("potassium", "U/L"),
        ("potassium", "mOsm/kg"),
        ("wbc", "%"),
        ("rbc", "g/dL"),
        ("inr", "s"),
        ("egfr", "mL/min"),
        ("ck", "ng/mL"),
        ("esr", "s"),
        ("vitamin_b12", "IU/L"),
        ("d_dimer", "ng/mL"),
        ("hemoglobin", "pg"),
        ("hemoglobin", "banana"),
        ("no such test", "mg/dL"),
    ],
)
def test_what_is_not_sound_is_refused(marker: str, unit: str) -> None:
    with pytest.raises(UnitError):
        convert(marker, 5.0, unit)


def test_two_quantities_in_one_unit_are_told_apart_by_name() -> None:
    assert convert("Blood urea nitrogen", 14, "mg/dL", to="mmol/L") == pytest.approx(
        2.144 * convert("Urea", 14, "mg/dL", to="mmol/L"), rel=1e-3
    )


def test_an_explained_conversion_says_factor_rounding_and_source() -> None:
    text = explain_conversion("hba1c", 53, "mmol/mol", "%")
    assert "0.09148" in text and "2.152" in text and "7.0" in text and "source" in text
    text = explain_conversion("glucose_fasting", 5.5, "mmol/L", "mg/dL")
    assert "molar mass" in text and "glucose" in text.lower()


# ---- the stage -------------------------------------------------------------------------------------------------------------------


def stage(**row: str) -> pd.Series:
    texts = {"marker": "", "value_text": "", "unit_text": "", "range_text": "", "decimal": ".", "collected_text": "", "date_order": ""}
    return normalize_units(parse_values(pd.DataFrame([{**texts, **row}])), REF).iloc[0]


def test_a_printed_unit_is_used() -> None:
    row = stage(marker="hemoglobin", value_text="137", unit_text="g/l")
    assert (row["value"], row["unit"], row["ucum"], row["unit_basis"]) == (13.7, "g/dL", "g/L", "printed")


def test_a_unit_glued_to_the_value_is_used() -> None:
    row = stage(marker="hemoglobin", value_text="137 g/L")
    assert (row["value"], row["unit_basis"]) == (13.7, "value_text")


def test_a_unit_inside_the_range_is_used() -> None:
    row = stage(marker="hemoglobin", value_text="137", range_text="120-160 g/L")
    assert (row["value"], row["unit_basis"]) == (13.7, "range_text")


def test_a_pure_number_needs_no_unit() -> None:
    row = stage(marker="inr", value_text="2.4")
    assert (row["value"], row["unit_basis"]) == (2.4, "only_unit")


def test_a_range_that_fits_one_unit_only_tells_it() -> None:
    row = stage(marker="hemoglobin", value_text="137", range_text="120 - 160")
    assert (row["value"], row["unit_basis"]) == (13.7, "range_fits")


@pytest.mark.parametrize(
    "row",
    [
        {"marker": "vitamin_b12", "value_text": "210"},
        {"marker": "glucose_fasting", "value_text": "5", "unit_text": "banana"},
        {"marker": "glucose_fasting", "value_text": "5", "unit_text": "U/L"},
        {"marker": "vitamin_b12", "value_text": "210", "range_text": "1 - 2"},
    ],
)
def test_an_unknown_unit_says_why_and_gives_no_value(row: dict[str, str]) -> None:
    found = stage(**row)
    assert math.isnan(found["value"]) and found["ucum"] == "" and found["unit"] == "" and found["unit_reason"]


def test_a_row_without_a_marker_keeps_its_known_unit() -> None:
    row = stage(value_text="5", unit_text="mg/dl")
    assert (row["ucum"], row["unit"]) == ("mg/dL", "") and math.isnan(row["value"])


def test_an_affine_conversion_in_a_table() -> None:
    row = stage(marker="hba1c", value_text="53", unit_text="mmol/mol")
    assert row["value"] == pytest.approx(7.0004, abs=1e-4)
