"""Factors worked out from units and properties of the substance: what follows soundly, and what does not."""

from __future__ import annotations

import pytest

from labinterp.errors import ReferenceDataError
from labinterp.reference.factors import factors_of, quantity
from labinterp.reference.schema import Marker, MolarMass, UnitFactor


def marker(
    unit: str | None, *units: UnitFactor, mass: float | None = None, valence: int | None = None, decimals: int | None = None
) -> Marker:
    molar = MolarMass(value=mass, substance="x", valence=valence) if mass else None
    return Marker(id="x", name="x", category="x", names={"en": ("x",)}, unit=unit, units=units, molar_mass=molar, decimals=decimals)


@pytest.mark.parametrize(
    ("made", "unit", "factor"),
    [
        (marker("mg/dL"), "g/L", 100),
        (marker("mg/dL"), "ug/mL", 0.1),
        (marker("mg/dL", mass=180.16), "mmol/L", 18.016),
        (marker("mmol/L", mass=180.16), "mg/dL", 10 / 180.16),
        (marker("mmol/L", mass=40.078, valence=2), "meq/L", 0.5),
        (marker("mg/dL", mass=40.078, valence=2), "meq/L", 40.078 / 20),
        (marker("U/L"), "ukat/L", 60),
        (marker("U/L"), "nkat/L", 0.06),
        (marker("U/L"), "[IU]/L", 1),
        (marker("U/g{Hb}"), "kU/g{Hb}", 1000),
        (marker("m[IU]/L"), "u[IU]/mL", 1),
        (marker("[IU]/L"), "mU/mL", 1),
        (marker("10*3/uL"), "10*9/L", 1),
        (marker("10*3/uL"), "/uL", 0.001),
        (marker("10*3/uL"), "/nL", 1),
        (marker("10*6/uL"), "10*12/L", 1),
        (marker("10*3/uL"), "10*5/uL", 100),
        (marker("%"), "L/L", 100),
        (marker("%"), "[ppth]", 0.1),
        (marker("fL"), "um3", 1),
        (marker("pg", mass=16114.5), "fmol", 16.1145),
        (marker("mosm/kg"), "mmol/kg", 1),
        (marker("mg/g{creat}"), "mg/mmol{creat}", 1000 / 113.12),
        (marker("mg/g{creat}"), "g/mol", 1000 / 113.12),
        (marker("mg/g{creat}"), "ug/mg", 1),
        (marker("mL/min/{1.73_m2}"), "mL/s/{1.73_m2}", 60),
        (marker("mg/(24.h)"), "g/d", 1000),
        (marker("ng/mL/h"), "ug/L/h", 1),
        (marker("mm[Hg]"), "kPa", 1000 / 133.322387415),
        (marker("s"), "ms", 0.001),
        (marker("{INR}"), "1", 1),
        (marker("ng/mL{FEU}"), "mg/L{FEU}", 1000),
    ],
)
def test_what_follows_from_the_units(made: Marker, unit: str, factor: float) -> None:
    assert factors_of(made)[unit].factor == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    ("made", "unit"),
    [
        (marker("mg/dL"), "mmol/L"),  # no molar mass
        (marker("mg/dL", mass=180.16), "meq/L"),  # no charge
        (marker("mg/dL", mass=180.16), "U/L"),
        (marker("mg/dL", mass=180.16), "mg"),
        (marker("mg/dL", mass=180.16), "mg/(24.h)"),
        (marker("m[IU]/L"), "ng/mL"),
        (marker("m[IU]/L"), "ukat/L"),
        (marker("U/mL"), "ukat/L"),  # an agreed unit of an antibody, no activity of an enzyme
        (marker("U/L"), "umol/L"),
        (marker("10*3/uL"), "%"),
        (marker("%"), "10*3/uL"),
        (marker("%"), "fL"),
        (marker("{INR}"), "s"),
        (marker("{INR}"), "%"),
        (marker("mL/min/{1.73_m2}"), "mL/min"),
        (marker("ng/mL{FEU}"), "ng/mL"),
        (marker("ng/mL{FEU}"), "ng/mL{DDU}"),
        (marker("mosm/kg"), "mosm/L"),
        (marker("mm/h"), "mm"),
        (marker("/[HPF]"), "/uL"),
        (marker("[arb'U]"), "U"),
        (marker("mg/g{creat}"), "mg/L"),
        (marker("mg/g{creat}"), "mg/(24.h)"),
    ],
)
def test_what_does_not(made: Marker, unit: str) -> None:
    assert unit not in factors_of(made)


def test_stated_factors_win_and_reach_every_prefix() -> None:
    hba1c = marker("%", UnitFactor(ucum="mmol/mol", factor=0.09148, intercept=2.152), decimals=1)
    assert (factors_of(hba1c)["mmol/mol"].factor, factors_of(hba1c)["mmol/mol"].intercept) == (0.09148, 2.152)
    assert "umol/mol" not in factors_of(hba1c)  # an equation with an intercept holds in its own unit
    protein = marker("ug/L", UnitFactor(ucum="pmol/L", factor=0.445, approximate=True, source="s"))
    nano = factors_of(protein)["nmol/L"]
    assert (nano.factor, nano.approximate, nano.source) == (445.0, True, "s")


def test_a_unit_without_a_sound_factor_is_a_fault_of_the_file() -> None:
    for wrong in ("mmol/L", "furlong"):
        with pytest.raises(ReferenceDataError):
            factors_of(marker("mg/dL", UnitFactor(ucum=wrong)))


def test_decimals_follow_powers_of_ten() -> None:
    found = factors_of(marker("mg/dL", UnitFactor(ucum="umol/L", decimals=0), mass=113.12, decimals=2))
    assert {unit: found[unit].decimals for unit in ("mg/dL", "g/L", "mg/L", "umol/L", "mmol/L", "nmol/L")} == {
        "mg/dL": 2,
        "g/L": 4,
        "mg/L": 1,
        "umol/L": 0,
        "mmol/L": 3,
        "nmol/L": 0,
    }


def test_no_unit_no_factors() -> None:
    assert factors_of(marker(None)) == {}


@pytest.mark.parametrize("wrong", ["furlong", "mg//dL", "xg/L", "10^3/uL", "mg per dL"])
def test_quantity_refuses_what_is_no_ucum(wrong: str) -> None:
    with pytest.raises(ReferenceDataError):
        quantity(wrong)
