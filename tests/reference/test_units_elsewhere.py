"""The molar mass of every marker against the formula of its substance, by a chemistry package; and UCUM units by another reader."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pytest

from labinterp.errors import ReferenceDataError
from labinterp.reference import Reference
from labinterp.reference.factors import quantity
from labinterp.ucum import ucum_of

REF = Reference.default()
WITH_FORMULA = sorted(id_ for id_, marker in REF.markers.items() if marker.molar_mass and marker.molar_mass.formula)


def test_most_markers_with_a_molar_mass_state_their_formula() -> None:
    assert len(WITH_FORMULA) > 60


@pytest.mark.parametrize("id_", WITH_FORMULA)
def test_molar_mass_follows_from_the_formula(id_: str) -> None:
    molmass = pytest.importorskip("molmass")
    molar = REF.markers[id_].molar_mass
    assert molar is not None
    assert math.isclose(molmass.Formula(molar.formula).mass, molar.value, rel_tol=5e-4), molar


PLAIN = [
    "mg/dL",
    "g/L",
    "ug/mL",
    "pg/mL",
    "mmol/L",
    "umol/L",
    "nmol/mL",
    "10*9/L",
    "10*3/uL",
    "10*12/L",
    "fL",
    "um3",
    "pg",
    "s",
    "mm/h",
    "mL/min",
    "mmol/kg",
    "mg/(24.h)",
    "kPa",
    "mm[Hg]",
    "U/L",
    "ukat/L",
    "/uL",
]


@pytest.fixture(scope="module")
def registry() -> Any:
    return pytest.importorskip("ucumvert").PintUcumRegistry()


@pytest.mark.parametrize("ucum", PLAIN)
def test_sizes_of_ucum_units_agree_with_another_reader(ucum: str, registry: Any) -> None:
    theirs = (1.0 * registry.from_ucum(ucum)).to_base_units().magnitude
    ours = quantity(ucum).size / (60e6 if ucum == "U/L" else 1.0)  # one catalytic unit is one micromole a minute
    assert math.isclose(theirs, ours, rel_tol=1e-6), (theirs, ours)


def test_ucum_codes_read_as_themselves() -> None:
    """The example codes of UCUM, as shipped with ucumvert: whatever is a unit of a laboratory keeps its size and kind."""
    ucumvert = pytest.importorskip("ucumvert")
    with (Path(ucumvert.__file__).parent / "vendor" / "ucum_examples.tsv").open(encoding="utf-8", newline="") as file:
        codes = [row["UCUM_CODE"] for row in csv.DictReader(file, delimiter="\t")]
    read = 0
    for code in codes:
        try:
            meant = quantity(code)
        except ReferenceDataError:
            continue
        found = (
            ucum_of(REF, code) if "{FEU}" not in code and not code.startswith("{") else None
        )  # {FEU} stands elsewhere; words alone have no size
        if found is not None:
            ours = quantity(found)
            assert ours.kind == meant.kind and math.isclose(ours.size, meant.size, rel_tol=1e-9), (code, found)
            read += 1
    assert read > 500
