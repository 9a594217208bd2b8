"""Public data sets, where a folder of them lies beside the checkout: nothing crashes, nothing is lost, official flags agree.

They are not part of this project; without them these tests are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labinterp
from labinterp.flags import laboratory_mark

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no public data beside the checkout")

HL7 = sorted(path for path in (DATA / "hl7v2").rglob("*.hl7")) if DATA.is_dir() else []
FHIR = sorted(path for folder in ("fhir_r4_examples", "us_core", "synthea_fhir") for path in (DATA / folder).rglob("*.json")) if HL7 else []


def observations(resource: Any) -> Iterator[dict[str, Any]]:
    """Every Observation of a resource, however deep; each once by its identity."""
    if isinstance(resource, dict):
        if resource.get("resourceType") == "Observation":
            yield resource
        for value in resource.values():
            yield from observations(value)
    elif isinstance(resource, list):
        for value in resource:
            yield from observations(value)


def test_there_is_something_to_read() -> None:
    assert len(HL7) > 200
    assert len(FHIR) > 30


def test_every_obx_segment_is_a_row_or_unread_with_a_reason() -> None:
    for path in HL7:
        report = labinterp.read(path)
        segments = sum(line.lstrip(b"\x0b").startswith(b"OBX") for line in path.read_bytes().replace(b"\n", b"\r").split(b"\r"))
        assert len(report.rows) + len(report.unread) >= segments, path.name
        assert all(report.unread["reason"]), path.name


def test_every_observation_is_in_rows_or_unread_with_a_reason() -> None:
    for path in FHIR:
        report = labinterp.read(path)
        assert len(report.rows) + len(report.unread) >= len(list(observations(json.loads(path.read_text(encoding="utf-8"))))), path.name
        assert all(report.unread["reason"]), path.name


def test_official_flags_agree() -> None:
    """Numbers with a printed range get the flag that the source gives; text results are the laboratory's to judge."""
    agreed, differing = 0, []
    for path in FHIR:
        report = labinterp.read(path)
        if not len(report.rows):
            continue
        for row in labinterp.interpret(report).results.to_dict("records"):
            mark = laboratory_mark(row["flag_text"])
            if not mark or row["status"] != "ok":
                continue
            if mark[0] == row["flag"][:1] or {mark, row["flag"]} <= {"N", "NEG"} or (mark == "A" and row["abnormal"] is True):
                agreed += 1
            else:
                differing.append((path.name, row["name_text"], row["value_text"], row["range_text"], row["flag_text"], row["flag"]))
    assert agreed >= 30
    assert differing == []
