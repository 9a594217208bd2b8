"""Public tables as a batch, where a folder of them lies beside the checkout: they run with a preset or a mapping, and known figures agree.

They are not part of this project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from labinterp.batch import run

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no public data beside the checkout")

TONGJI = """
about: 375 inpatients of Tongji hospital, a column for each test, no units; a person's id stands in the first line only
columns: {patient_id: PATIENT_ID, collected_text: RE_DATE, age: 年龄, sex: 性别}
values:
  sex: {1: male, 2: female}
fill: [PATIENT_ID]
tests:
  血沉: ESR [mm/h]
  超敏C反应蛋白: hs-CRP [mg/L]
  钾: {name: Potassium, unit: mmol/L, specimen: Serum}
"""


def judged(target: Path, source: Path | list[Path], **options: Any) -> pd.DataFrame:
    run(source, target, **options)
    return pd.read_parquet(target)


def told(target: Path) -> dict[str, Any]:
    return json.loads(target.with_name(target.name + ".summary.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def test_nhanes_has_as_many_adults_with_a_high_hba1c_as_published(tmp_path: Path) -> None:
    """6.5 % and more in adults of 20 and older, unweighted: 14.9 % (NHANES 2017-18)."""
    frame = judged(tmp_path / "out.parquet", DATA / "nhanes" / "GHB_J.XPT", preset="nhanes", patients=DATA / "nhanes" / "DEMO_J.XPT")
    adults = frame[frame["patient_age"] >= 20]
    assert len(adults) > 4900
    assert round(100 * (adults["value"] >= 6.5).mean(), 1) in (14.8, 14.9)
    assert ((adults["category"] == "diabetes") == (adults["value"] >= 6.5)).all()
    assert frame["patient_sex"].notna().all()


def test_both_unit_systems_of_the_cdc_are_one_after_conversion(tmp_path: Path) -> None:
    """Every analyte that the CDC gives twice has, person by person, one value within the rounding of the coarser of the two columns."""
    source = [DATA / "nhanes" / f"{name}.XPT" for name in ("BIOPRO_J", "GLU_J", "HDL_J")]
    frame = judged(tmp_path / "out.parquet", source, preset="nhanes")
    assert told(tmp_path / "out.parquet")["unknown_names"]["distinct"] == 0
    assert told(tmp_path / "out.parquet")["unknown_units"]["distinct"] == 0
    twice = 0
    for marker, own in frame[frame["value"].notna()].groupby("marker"):
        units = own["unit_text"].unique()
        if len(units) < 2:
            continue
        one, other = (own[own["unit_text"] == unit].drop_duplicates("SEQN").set_index("SEQN")["value"] for unit in units)
        both = pd.concat([one, other], axis=1, join="inner").set_axis(["one", "other"], axis=1)
        apart = (both["one"] - both["other"]).abs() / both["one"].where(both["one"] != 0)
        steps = {unit: step_of(own[own["unit_text"] == unit]) for unit in units}
        assert (apart <= 0.012 + sum(steps.values())).mean() > 0.999, (marker, steps, both[apart > 0.012].head())
        assert apart.median() < 0.005, marker
        twice += 1
    assert twice >= 14


def step_of(rows: pd.DataFrame) -> float:
    """Half a step of the last printed digit, as a share of the smallest usual value."""
    texts = rows["value_text"].drop_duplicates()
    places = texts.str.partition(".")[2].str.len().max()
    low = pd.to_numeric(texts).quantile(0.02)
    return float(0.5 * 10.0**-places / low) if low > 0 else 0.0


def test_omop_runs_with_its_preset(tmp_path: Path) -> None:
    frame = judged(tmp_path / "out.parquet", DATA / "omop_synthea27nj", preset="omop", causes=True)
    assert len(frame) == 10_040
    assert frame["measurement_id"].tolist() == [str(number) for number in range(1, 10_041)]
    potassium = frame[frame["measurement_concept_code"] == "2823-3"]
    assert len(potassium) and (potassium["marker"] == "potassium").all() and (potassium["unit"] == "mmol/L").all()
    hba1c = frame[frame["measurement_concept_code"] == "4548-4"]
    assert len(hba1c) == 195
    assert ((hba1c["category"] == "diabetes") == (hba1c["value"] >= 6.5)).all()
    assert set(frame["patient_sex"]) == {"male", "female"}
    people = pd.read_parquet(tmp_path / "out.parquet.causes.parquet")
    assert len(people) == 28
    assert told(tmp_path / "out.parquet")["files_unreadable"] == 0


def test_the_chinese_hospital_table_runs_with_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "tongji.yaml").write_text(TONGJI, encoding="utf-8")
    source = DATA / "tongji_zh" / "time_series_375_prerpocess.xlsx"
    frame = judged(tmp_path / "out.parquet", source, preset=str(tmp_path / "tongji.yaml"))
    raw = pd.read_excel(source)
    for heading, marker in (("血沉", "esr"), ("超敏C反应蛋白", "hs_crp"), ("钾", "potassium")):
        own = frame[frame["marker"] == marker]
        assert len(own) == raw[heading].notna().sum(), marker
    tested = raw.loc[raw[["血沉", "超敏C反应蛋白", "钾"]].notna().any(axis=1)].index
    assert frame["PATIENT_ID"].nunique() == raw["PATIENT_ID"].ffill()[tested].nunique()
    potassium = frame[(frame["marker"] == "potassium") & frame["value"].notna()]
    assert potassium["value"].sum() == pytest.approx(raw["钾"].sum() - implausible(frame, raw), rel=1e-6)


def implausible(frame: pd.DataFrame, raw: pd.DataFrame) -> float:
    """What the table holds of potassium that was not taken for a value."""
    own = frame[(frame["marker"] == "potassium") & frame["value"].isna()]
    return float(pd.to_numeric(own["value_text"], errors="coerce").sum())


def test_synthea_bundles_as_a_folder(tmp_path: Path) -> None:
    frame = judged(tmp_path / "out.parquet", DATA / "synthea_fhir", causes=True)
    assert frame["file"].nunique() == 4
    assert (frame["status"] != "unreadable_value").mean() > 0.9  # numbers with sixteen digits are numbers
    assert frame["patient_birth_date"].notna().all()
    assert len(pd.read_parquet(tmp_path / "out.parquet.causes.parquet")) == 4


def test_hl7_messages_as_a_folder(tmp_path: Path) -> None:
    """Every file is rows, or a failure with its reason."""
    frame = judged(tmp_path / "out.parquet", DATA / "hl7v2")
    failures = pd.read_csv(tmp_path / "out.parquet.failures.csv")
    files = defaultdict(int, frame["file"].value_counts())
    messages = sorted((DATA / "hl7v2").rglob("*.hl7"))
    assert len(messages) > 240
    silent = [path.name for path in messages if not files[path.relative_to(DATA / "hl7v2").as_posix()]]
    assert len(silent) < 30
    assert failures["reason"].notna().all()
    assert not failures["reason"].str.contains("reading it failed").any()
