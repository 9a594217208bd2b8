"""An interpretation as a FHIR R4 Bundle: one DiagnosticReport, an Observation a result, and what was drawn from them.

A result keeps the value and unit that the laboratory printed; the canonical UCUM quantity stands beside it as the standard extension
for a translated quantity. Possible causes and alerts are GuidanceResponse resources (the answer of a decision-support service):
they claim no diagnosis, and no Condition is ever written.
"""

from __future__ import annotations

import math
import uuid
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from labinterp.facts import URGENCY_WORDS
from labinterp.language import Language, english
from labinterp.model import Alert, Finding, Patient
from labinterp.readers.fhir import LOINC, NAMESPACE, UCUM

if TYPE_CHECKING:
    from labinterp.interpretation import Interpretation

INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/iso21090-PQ-translation"
FLAGS = {
    "LL": "Critical low", "L": "Low", "N": "Normal", "H": "High", "HH": "Critical high", "A": "Abnormal", "POS": "Positive",
    "NEG": "Negative", "IND": "Indeterminate",
}  # fmt: skip
TIERS = {
    "fits": english("fits these results; worth asking about"),
    "possible": english("possible with these results; worth asking about"),
    "unseen": english("blood tests cannot show it"),
    "less_supported": english("less supported by these results"),
}


def to_fhir(interpretation: Interpretation, *, patient: bool = False) -> dict[str, Any]:
    """The Bundle as plain data. `patient` adds a Patient resource with sex, birth date and age (never a name).

    Raises `ValueError` for results of several people: a report is of one person.
    """
    from labinterp import __version__

    people = interpretation.results.get("patient_id")
    if people is not None and people.nunique() > 1:
        raise ValueError(f"the results are of {people.nunique()} people; a FHIR report is of one: split them by patient_id first")
    base = f"{interpretation.report.name if interpretation.report else ''}:{interpretation.reference.digest}"
    language = interpretation.reference.language
    entries: list[dict[str, Any]] = []

    def add(resource: dict[str, Any], name: str) -> str:
        url = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE + base + ':' + name)}"
        entries.append({"fullUrl": url, "resource": resource})
        return url

    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "language": language.code,
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}],
        "code": {"coding": [{"system": LOINC, "code": "11502-2", "display": "Laboratory report"}]},
    }
    add(report, "report")
    subject: dict[str, Any] = {}
    if patient:
        subject = {"subject": {"reference": add(patient_of(interpretation.patient), "patient")}}
    report |= subject
    laboratory = interpretation.report.laboratory if interpretation.report else ""
    if laboratory:
        report["performer"] = [{"display": laboratory}]
    urls: dict[int, str] = {}
    for label, row in interpretation.results.iterrows():
        urls[int(label)] = add(observation_of(row, interpretation) | subject, f"result {label}")  # type: ignore[call-overload]
    derived = []
    for label, row in interpretation.derived.iterrows():
        observation = observation_of(row, interpretation) | subject
        observation["code"]["text"] = str(row.get("name") or row["name_text"])
        observation["extension"] = [{"url": f"{NAMESPACE}derived", "valueString": str(row.get("formula") or "")}]
        observation["derivedFrom"] = [{"reference": urls[i]} for i in row.get("from_rows") or () if i in urls]
        derived.append(add(observation, f"derived {label}"))
    if urls or derived:
        report["result"] = [{"reference": url} for url in (*urls.values(), *derived)]
    days = [day for day in interpretation.results["collected"] if isinstance(day, date) and not pd.isna(day)]
    if days:
        report["effectiveDateTime"] = max(days).isoformat()
    report["conclusion"] = interpretation.summary
    for alert in interpretation.alerts:
        add(guidance(f"alert:{alert.id}", _alert_text(alert, language)) | subject, f"alert {alert.id} {alert.row}")
    for finding in interpretation.findings:
        add(guidance(f"cause:{finding.cause}", _finding_text(finding, language)) | subject, f"cause {finding.cause}")
    judged = {"version": __version__, "knowledge": interpretation.reference.digest}
    tags = [{"system": NAMESPACE + name, "code": code} for name, code in judged.items()]
    return {"resourceType": "Bundle", "meta": {"tag": tags}, "language": language.code, "type": "collection", "entry": entries}


def patient_of(person: Patient) -> dict[str, Any]:
    """A Patient without a name. FHIR has no age and no pregnancy there: they are extensions of our own."""
    resource: dict[str, Any] = {"resourceType": "Patient"}
    if person.sex:
        resource["gender"] = person.sex
    if person.birth_date:
        resource["birthDate"] = person.birth_date.isoformat()
    facts = {"age": person.age, "pregnant": person.pregnant}
    said = [{"url": NAMESPACE + name, "valueString": str(fact)} for name, fact in facts.items() if fact is not None]
    return resource | ({"extension": said} if said else {})


def observation_of(row: pd.Series, interpretation: Interpretation) -> dict[str, Any]:
    """One result. What the standard elements cannot hold (a doubt, the section it stood in) is in extensions of our own."""
    code: dict[str, Any] = {"text": row["name_text"]}
    loinc = row["code_text"] or (row["loinc"] if row["match"] != "fuzzy" else "")
    if loinc:
        code["coding"] = [{"system": LOINC, "code": loinc}]
    observation: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "preliminary" if row["review"] else "final",  # "data may be incomplete or unverified"
        "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
        "code": code,
    }
    said = {"section": row["section_text"], "review": row["review"]}
    if isinstance(row["collected"], date) and not pd.isna(row["collected"]):
        observation["effectiveDateTime"] = row["collected"].isoformat()
    else:
        said["collected"] = row["collected_text"]
    if row["specimen_text"]:
        observation["specimen"] = {"display": row["specimen_text"]}
    value, further = value_of(row)
    observation |= value
    extensions = [{"url": NAMESPACE + name, "valueString": str(text)} for name, text in (said | further).items() if text]
    if extensions:
        observation["extension"] = extensions
    flags: list[dict[str, Any]] = []
    if row["flag"]:
        given = {"url": f"{NAMESPACE}given", "valueString": "labinterp"}
        flags.append({"extension": [given], "coding": [{"system": INTERPRETATION, "code": row["flag"], "display": FLAGS[row["flag"]]}]})
    if row["flag_text"]:
        flags.append({"text": row["flag_text"]})
    if flags:
        observation["interpretation"] = flags
    ranges = []
    if row["range_text"]:
        ranges.append({"text": row["range_text"]})
    if row["limit_text"] and row["basis"] != "printed":
        source = interpretation.reference.sources.get(row["source_id"])
        by = f" ({source.organisation}: {source.title}{f', {source.year}' if source.year else ''})" if source else ""
        kind = {"coding": [{"system": NAMESPACE + "basis", "code": row["basis"] or "interval"}]}
        ranges.append({"type": kind, "text": f"{row['limit_text']}{by}"})
    if ranges:
        observation["referenceRange"] = ranges
    if row["reason"]:
        observation["note"] = [{"text": str(row["reason"])}]
    return observation


def value_of(row: pd.Series) -> tuple[dict[str, Any], dict[str, str]]:
    """value[x] of a row as printed, and further texts that a reader of our own needs to get the row back exactly."""
    text, kind = row["value_text"], row["value_kind"]
    further = {"unit": row["unit_text"], "decimal": row["decimal"]}
    if not text:
        return {"dataAbsentReason": {"coding": [{"system": ABSENT, "code": "unknown"}]}}, further
    number = row["number"]
    if kind in ("number", "censored") and _finite(number):
        quantity: dict[str, Any] = {"value": _json_number(number)}
        if row["comparator"]:
            quantity["comparator"] = row["comparator"]
        if row["unit_text"]:
            quantity["unit"] = row["unit_text"]
        if row["ucum"]:
            quantity |= {"system": UCUM, "code": row["ucum"]}
        if row["unit"] and row["unit"] != row["ucum"] and _finite(row["value"]):
            canonical = {"value": _json_number(row["value"]), "unit": row["unit"], "system": UCUM, "code": row["unit"]}
            quantity["extension"] = [{"url": TRANSLATION, "valueQuantity": canonical}]
        return {"valueQuantity": quantity}, further | {"printed": text}
    if kind == "qualitative":
        return {"valueCodeableConcept": {"text": text}}, further
    return {"valueString": text}, further


def guidance(name: str, text: str) -> dict[str, Any]:
    """An answer of a decision-support service, in words."""
    return {"resourceType": "GuidanceResponse", "status": "success", "moduleUri": NAMESPACE + name, "note": [{"text": text}]}


def _alert_text(alert: Alert, language: Language) -> str:
    return " ".join(filter(None, [f"[{language.say(URGENCY_WORDS[alert.urgency])}]", alert.text, alert.action]))


def _finding_text(finding: Finding, language: Language) -> str:
    say = language.say
    lists = ((say("For"), finding.for_), (say("Against"), finding.against), (say("Not tested yet"), finding.missing))
    parts = [f"{finding.name}: {say(TIERS[finding.tier])}.", finding.wording]
    parts += [f"{title}: {'; '.join(evidence.text for evidence in items)}." for title, items in lists if items]
    parts.append(say("Not a diagnosis and not a probability."))
    return " ".join(filter(None, parts))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _json_number(value: float) -> float | int:
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else float(value)
