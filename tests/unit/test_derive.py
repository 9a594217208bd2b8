"""Formulas: plain arithmetic only, and nothing is worked out when an ingredient is missing."""

from __future__ import annotations

import pandas as pd
import pytest

import labinterp
from labinterp.derive import evaluate, names_in
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
