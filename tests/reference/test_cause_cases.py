"""Every `cases:` entry of the causes holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from labinterp import Patient, Reference
from labinterp.causes import rank_causes
from labinterp.reference.load import read_folder
from labinterp.reference.locate import knowledge_folder
from labinterp.reference.schema_causes import Cause, CauseCase

CAUSES: dict[str, Cause] = read_folder(Path(knowledge_folder())).tables["causes"]
CASES = [pytest.param(cause, case, id=f"{cause.id}-{number}") for cause in CAUSES.values() for number, case in enumerate(cause.cases)]
BETTER = {"fits": ("fits",), "possible": ("fits", "possible", "unseen"), "unseen": ("fits", "possible", "unseen")}

ROW = {
    "low": {"flag": "L", "severity": 2.0, "side": "low", "abnormal": True},
    "high": {"flag": "H", "severity": 2.0, "side": "high", "abnormal": True},
    "very_low": {"flag": "L", "severity": 3.0, "side": "low", "abnormal": True},
    "very_high": {"flag": "H", "severity": 3.0, "side": "high", "abnormal": True},
    "borderline_low": {"flag": "L", "severity": 1.0, "side": "low", "abnormal": True},
    "borderline_high": {"flag": "H", "severity": 1.0, "side": "high", "abnormal": True},
    "normal": {"flag": "N", "severity": 0.0, "side": "normal", "abnormal": False},
    "positive": {"flag": "POS", "severity": float("nan"), "side": "", "abnormal": True},
    "negative": {"flag": "NEG", "severity": float("nan"), "side": "", "abnormal": False},
}


def frame_of_findings(pairs: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """Rows as the flag stage would give them for these findings."""
    columns = ["marker", "flag", "severity", "side", "abnormal"]
    return pd.DataFrame([{"marker": marker, **ROW[finding]} for marker, finding in pairs], columns=columns)


@pytest.mark.parametrize(("cause", "case"), CASES)
def test_case(cause: Cause, case: CauseCase) -> None:
    findings = rank_causes(frame_of_findings(case.results), Reference.default(), case.answers, Patient(age=case.age))
    tier = next((finding.tier for finding in findings if finding.cause == cause.id), "none")
    wanted = BETTER[case.tier] if case.at_least else (case.tier,)
    assert tier in wanted, case.why


def test_the_common_causes_have_cases() -> None:
    common = [cause for cause in CAUSES.values() if cause.common]
    assert len(common) == 30
    assert not [cause.id for cause in common if not cause.cases]
