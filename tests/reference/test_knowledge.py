"""The knowledge that ships: nothing wrong with it, all its cases hold, and it loads fast and without the tools that made it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from labinterp.check import check
from labinterp.errors import ReferenceDataError
from labinterp.reference import Reference
from labinterp.reference.schema import Factor

PRINTED_ONLY = (
    "free_t4 free_t3 aldosterone_renin_ratio anti_jo1 ttg_iga aqp4_igg mog_igg m_protein troponin thallium uric_acid inr urine_myoglobin"
    " urine_ketones"
)
"""Markers for which no number could be confirmed."""

OF_THE_MISSION = "hba1c vitamin_b12 mma ck crp esr potassium vitamin_d_25oh"


def test_nothing_is_wrong_and_the_compiled_file_is_current() -> None:
    assert [str(fault) for fault in check()] == []


def test_markers_without_a_confirmed_number_use_the_printed_range_only() -> None:
    markers = Reference.default().markers
    assert [name for name in PRINTED_ONLY.split() if not markers[name].printed_only] == []


def test_every_marker_of_weak_legs_says_what_it_has_to_do_with_them() -> None:
    markers = Reference.default().markers
    assert [
        name for name in OF_THE_MISSION.split() if not (markers[name].about and markers[name].leg_weakness and markers[name].interferences)
    ] == []


def test_potassium_is_critical_from_the_edges_on() -> None:
    (default,) = (critical for critical in Reference.default().markers["potassium"].critical if critical.default)
    assert (default.low, default.high) == ({"mmol/L": "<=2.5"}, {"mmol/L": ">=6.5"})


def test_another_scheme_can_be_chosen_by_name() -> None:
    chosen = Reference.default(schemes={"vitamin_b12": "nice_ng239"})
    assert [scheme.scheme for scheme in chosen.decision("vitamin_b12")] == ["nice_ng239"]
    assert [scheme.scheme for scheme in Reference.default().decision("vitamin_b12")] == ["us_common"]
    assert len(Reference.default().decision("ferritin")) == 2, "one for women and one for men"


def test_a_scheme_or_marker_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ReferenceDataError, match="us_common, nice_ng239"):
        Reference.default(schemes={"vitamin_b12": "who"})
    with pytest.raises(ReferenceDataError, match="no marker"):
        Reference.default(schemes={"vitamin_b13": "who"})


def test_names_are_found_whatever_their_case_and_accents() -> None:
    ref = Reference.default()
    assert ref.candidates("HÄMOGLOBIN") == ref.candidates("hamoglobin") == ("hemoglobin",)
    assert ref.candidates("no such test") == ()


def test_a_code_of_another_quantity_is_known_as_such() -> None:
    ref = Reference.default()
    assert ref.by_loinc("2823-3") == ("potassium", False)
    assert ref.by_loinc("18184-2") == ("esr", True), "the second-hour reading"
    assert ref.by_loinc("1-0") is None


def test_neither_yaml_nor_pint_is_needed_to_interpret() -> None:
    code = "import sys; from labinterp.reference import Reference; Reference.default(); sys.exit(any(m in sys.modules for m in ('yaml', 'pint')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("factor", "row"),
    [
        (Factor(factor=0.5), (0.5,)),
        (Factor(factor=0.09148, intercept=2.152, decimals=0, source="ngsp"), (0.09148, 2.152, 0, False, False, "ngsp")),
        (Factor(factor=1, decimals=2), (1.0, 0.0, 2)),
    ],
)
def test_a_factor_survives_its_row(factor: Factor, row: tuple[object, ...]) -> None:
    assert factor.row() == row
    assert Factor.of(row) == factor
