"""FHIR in JSON: as bytes, or as resources put together from the elements that the reader looks at."""

from __future__ import annotations

import json
from typing import Any

from fuzz.draw import Draw
from fuzz.grammar import PIECES
from fuzz.sound import report_is_sound
from labinterp.errors import ReadError
from labinterp.readers import fhir

KEYS = (
    *(
        "resourceType",
        "code",
        "coding",
        "text",
        "display",
        "system",
        "value",
        "unit",
        "comparator",
        "low",
        "high",
        "numerator",
        "denominator",
    ),
    *("valueQuantity", "valueString", "valueRange", "valueRatio", "valueCodeableConcept", "valueInteger", "valueBoolean", "valueDateTime"),
    *(
        "component",
        "referenceRange",
        "interpretation",
        "subject",
        "category",
        "effectiveDateTime",
        "effectivePeriod",
        "hasMember",
        "specimen",
    ),
    *("dataAbsentReason", "contained", "reference", "id", "entry", "resource", "fullUrl", "result", "status", "age", "appliesTo", "type"),
    *(
        "gender",
        "birthDate",
        "name",
        "family",
        "given",
        "extension",
        "url",
        "performer",
        "note",
        "issued",
        "start",
        "collection",
        "derivedFrom",
    ),
)
ATOMS: tuple[Any, ...] = (
    *(
        "Observation",
        "Bundle",
        "DiagnosticReport",
        "Patient",
        "Specimen",
        "final",
        "cancelled",
        "entered-in-error",
        "http://loinc.org",
        "2823-3",
    ),
    *(
        "Potassium",
        "http://unitsofmeasure.org",
        "mmol/L",
        "laboratory",
        "#a",
        "Patient/1",
        "urn:uuid:1",
        "a",
        "1",
        "2024-01-02",
        "female",
        "<",
    ),
    *(
        None,
        True,
        False,
        0,
        -1,
        4.1,
        1e300,
        float("nan"),
        "",
        [],
        {},
        [[]],
        [None],
        "urn:labinterp:printed",
        "urn:labinterp:derived",
        "H",
        "A",
    ),
)
SECONDS, SHARE, LONGEST, WORDS = 2.0, 4, 2000, tuple(f'"{word}"' for word in (*KEYS, *(a for a in ATOMS if isinstance(a, str))))


def thing(draw: Draw, depth: int) -> Any:
    kind = draw.number(0, 9)
    if depth > 5 or not draw or kind < 4:
        return draw.choice(ATOMS) if kind else draw.choice(PIECES)
    if kind < 6:
        return [thing(draw, depth + 1) for _ in range(draw.number(0, 3))]
    return {draw.choice(KEYS): thing(draw, depth + 1) for _ in range(draw.number(0, 6))}


def observation(draw: Draw) -> dict[str, Any]:
    """An observation with a code, of which anything may be replaced by anything."""
    usual: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "Potassium"},
        "valueQuantity": {"value": 4.1, "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": 3.5}, "high": {"value": 5.1}}],
    }
    for _ in range(draw.number(0, 4)):
        usual[draw.choice(KEYS)] = thing(draw, 1)
    return usual


def check(data: bytes) -> None:
    draw = Draw(data)
    observations = 0
    if draw.number(0, 1):
        resources = [observation(draw) for _ in range(draw.number(1, 3))]
        observations = sum(one["resourceType"] == "Observation" for one in resources)
        if draw.number(0, 1):
            whole: Any = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}
            if draw.number(0, 1):
                whole["entry"].append(
                    {
                        "resource": {
                            "resourceType": draw.choice(("Patient", "DiagnosticReport", "Specimen")),
                            draw.choice(KEYS): thing(draw, 1),
                        }
                    }
                )
        else:
            whole = resources if draw.number(0, 1) else resources[0]
            observations = 1 if isinstance(whole, dict) else observations
        content = json.dumps(whole).encode("utf-8", "replace")
        if isinstance(whole, dict) and whole.get("resourceType") not in ("Bundle", "Observation"):
            observations = 0
    else:
        content = draw.rest()
    if not fhir.identify(content[:65536], "x.json"):
        return
    try:
        report = fhir.read(content, "x.json")
    except ReadError:
        return
    report_is_sound(report)
    assert len(report.rows) + len(report.unread) >= min(observations, 1), content
