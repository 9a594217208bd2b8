"""FHIR R4 in JSON (and what STU3 and R5 do otherwise): Bundle, DiagnosticReport, Observation, alone, in a list or line by line.

Numbers are kept with the digits they were sent with. A coded UCUM unit outweighs the unit meant for display, a LOINC code the name.
Source: https://hl7.org/fhir/R4/observation.html and /diagnosticreport.html.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Patient, Report, today
from labinterp.readers.encoding import decode
from labinterp.readers.limits import limits
from labinterp.readers.words import sexes_of
from labinterp.shapes import looks_like_range, parse_date
from labinterp.words import NOT_FINAL

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
NAMESPACE = "urn:labinterp:"
"""Of the extensions that our own export writes: texts of a row that the standard elements do not hold (``printed``, ``unit``,
``decimal``, ``section``, ``review``, ``collected``), ``derived`` (worked out by us, so not read again), ``given`` (a flag of ours)."""

ANSWERS = {
    "10828004": "positive", "260385009": "negative", "260373001": "detected", "260415000": "not detected", "11214006": "reactive",
    "131194007": "non-reactive", "52101004": "present", "2667000": "absent", "82334004": "indeterminate", "419984006": "inconclusive",
    "LA6576-8": "positive", "LA6577-6": "negative", "LA11882-0": "detected", "LA11883-8": "not detected", "LA9633-4": "present",
    "LA9634-2": "absent", "LA11884-6": "indeterminate", "LA15255-5": "reactive", "LA15256-3": "non-reactive",
}  # fmt: skip
"""SNOMED CT and LOINC answer codes, for an answer sent without its words."""

INTERPRETATIONS = {
    "281302008": "H", "281300000": "L", "17621005": "N", "263654008": "A", "260385009": "NEG", "10828004": "POS", "82334004": "IND",
    "35105006": "H", "1250004": "L", "75540009": "H", "62482003": "L",
}  # fmt: skip
"""SNOMED CT -> HL7 table 0078."""

AGE_UNITS = {"a": "years", "mo": "months", "wk": "weeks", "d": "days"}
LONGEST_FLAG = 40
"""Characters: longer words are a comment on the result, not its flag."""

_TAG = re.compile(r"\s*\((?:qualifier value|finding|organism|disorder|substance|observable entity|situation)\)$")

NOT_RESULTS = {
    "entered-in-error": remark("entered in error"),
    "cancelled": remark("cancelled"),
    "cannot-be-obtained": remark("not obtainable"),
}
PRESENCE = {"true": "present", "false": "absent"}
REGISTERED, PENDING = "registered", "pending"
MODIFIED = remark("it carries an extension that can change its meaning and is not known here")
TESTED = ("laboratory", "lab", "LAB", "MB", "CH", "HM", "SR", "MCB", "GE", "IMM", "CTH")
UNREAD_VALUES = ("DateTime", "Time", "Period", "SampledData", "Attachment", "Reference")
VALUES = ("Quantity", "CodeableConcept", "String", "Range", "Ratio", "Integer", "Boolean", *UNREAD_VALUES)


def identify(head: bytes, name: str) -> bool:
    """True for JSON: an object or a list of objects."""
    text, _ = decode(head)
    start = text.lstrip("\ufeff \t\r\n")
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip().startswith("{"))


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read FHIR. Raises `ReadError` for JSON that is broken or is no FHIR."""
    most = limits()
    if len(data) > most.json_size:
        raise ReadError(f"{name}: {len(data) >> 20} MB of JSON; the limit is {most.json_size >> 20} MB")
    text, _ = decode(data)
    resources, unread = parsed(text.lstrip("\ufeff"), name)
    try:
        document = _Document(resources)
        for resource in document.top:
            document.visit(resource)
    except RecursionError:  # bundles within bundles, results that are members of results, a thousand times
        raise ReadError(f"{name}: the FHIR document is nested too deeply") from None
    unread += document.unread
    if not document.seen:
        raise ReadError(f"{name}: JSON, but not FHIR: no resourceType was found")
    if not document.rows and not unread:
        unread.append({"text": ", ".join(document.seen), "page": 1, "reason": remark("no laboratory result in it"), "kind": "furniture"})
    people = {row["patient_id"] for row in document.rows}
    several = len(people) > 1
    for row in document.rows:
        patient = document.patients.get(row["patient_id"], Patient()) if several else Patient()
        row |= {"sex": patient.sex or "", "birth_date": patient.birth_date, "date_order": "ymd", "page": 1}
    known = document.patients
    person = known.get(next(iter(people))) if len(people) == 1 else None
    if person is None and len(known) == 1 and people <= {""}:
        person = next(iter(known.values()))
    report = Report.of(
        document.rows,
        unread,
        patient=person or Patient(),
        patient_name=document.names.get(next(iter(people)), "") if len(people) == 1 else "",
        patient_number=document.number_of(next(iter(people))) if len(people) == 1 else "",
        laboratory=document.laboratory,
        format="fhir",
        name=name,
        notices=tuple(dict.fromkeys(document.notices)),
    )
    if several:
        for column in ("patient_id", "sex", "birth_date"):
            report.rows[column] = [row[column] for row in document.rows]
    return report


def modified(part: dict[str, Any]) -> bool:
    """Whether a result or one of its ranges carries a modifier extension: FHIR forbids to use what has one that is not understood."""
    return any(one.get("modifierExtension") for one in (part, *many(part.get("referenceRange"))))


def results_in(resources: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Patient]]:
    """Rows, unread lines and persons of a few resources, for who reads a long file piece by piece. Each row has its `patient_id`."""
    document = _Document(resources)
    for resource in document.top:
        document.visit(resource)
    return document.rows, document.unread, document.patients


def parsed(text: str, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """JSON, or one JSON object a line -> the objects, and the lines that are none. Numbers stay texts."""
    try:
        whole = loads(text)
        return [item for item in (whole if isinstance(whole, list) else [whole]) if isinstance(item, dict)], []
    except RecursionError:
        raise ReadError(f"{name}: the JSON is nested more deeply than is read (FHIR has some fifteen levels)") from None
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        objects, unread = [], []
        for number, line in enumerate(lines, 1):
            try:
                item = loads(line)
            except (ValueError, RecursionError):
                reason = remark(f"line {number} is no complete JSON object")
                unread.append({"text": line[:500], "page": 1, "reason": reason, "kind": "possible_result"})
                continue
            if isinstance(item, dict):
                objects.append(item)
        if not any("resourceType" in item for item in objects):
            at = error.pos if isinstance(error, json.JSONDecodeError) else None
            raise ReadError(
                f"{name}: the JSON is broken or cut off" if at is None else f"{name}: the JSON is broken or cut off at character {at}"
            ) from None
        return objects, unread


def loads(text: str | bytes) -> Any:
    """JSON with the digits that were sent: numbers stay texts."""
    data = json.loads(text, parse_float=str, parse_int=str)
    return _whole(data) if (b"\\ud" if isinstance(text, bytes) else "\\ud") in text.lower() else data  # type: ignore[operator]


def _whole(data: Any) -> Any:
    """The same without halves of characters (``"\\ud800"``), which JSON may hold and no table can."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, list):
        return [_whole(item) for item in data]
    return {_whole(key): _whole(item) for key, item in data.items()} if isinstance(data, dict) else data


class _Document:
    """Walks the resources once: patients, specimens and observations by reference, then every observation in order."""

    def __init__(self, resources: list[dict[str, Any]]) -> None:
        self.rows: list[dict[str, Any]] = []
        self.unread: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.patients: dict[str, Patient] = {}
        self.names: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.laboratory = ""
        self.seen: Counter[str] = Counter()
        self.index: dict[str, dict[str, Any]] = {}
        self.done: set[int] = set()
        self.told: list[str] = []
        self.key_of: dict[int, str] = {}
        self.section: dict[int, str] = {}
        self.report_of: dict[int, dict[str, Any]] = {}
        self.owner: dict[int, dict[str, Any]] = {}
        self.top = [resource for entry in resources for resource in self._open(entry)]
        for resource in self.top:
            if resource.get("resourceType") == "Patient":
                self._patient(resource)
        for resource in self.top:
            if resource.get("resourceType") == "DiagnosticReport":
                for observation in self._members(resource, "result"):
                    self.section.setdefault(id(observation), concept(resource.get("code")))
                    self.report_of.setdefault(id(observation), resource)

    def _open(self, resource: dict[str, Any], url: str = "") -> Iterator[dict[str, Any]]:
        """A resource, or what a Bundle (or Parameters) holds, each with its contained resources indexed."""
        kind = str(resource.get("resourceType") or "")
        if kind:
            self.seen[kind] += 1
        if kind == "Bundle":
            for entry in many(resource.get("entry")):
                if isinstance(entry.get("resource"), dict):
                    yield from self._open(entry["resource"], str(entry.get("fullUrl") or ""))
            return
        if kind and resource.get("id"):
            self.index.setdefault(f"{kind}/{resource['id']}", resource)
        if url:
            self.index.setdefault(url, resource)
        for inner in many(resource.get("contained")):
            self.owner[id(inner)] = resource
            self.index[f"{id(resource)}#{inner.get('id')}"] = inner
            if inner.get("resourceType") == "Patient":
                self._patient(inner, f"{id(resource)}#{inner.get('id')}")
        if kind:
            yield resource

    def resolve(self, reference: Any, owner: dict[str, Any]) -> dict[str, Any] | None:
        target = str(only(reference).get("reference") or "")
        if target.startswith("#"):
            outer = self.owner.get(id(owner), owner)
            return self.index.get(f"{id(outer)}{target}")
        parts = target.partition("/_history")[0].split("/")
        return self.index.get(target) or self.index.get("/".join(parts[-2:]))

    def _patient(self, resource: dict[str, Any], key: str = "") -> None:
        sex = sexes_of([str(resource.get("gender") or "")])[str(resource.get("gender") or "")]
        born = parse_date(str(resource.get("birthDate") or ""), "ymd") if len(str(resource.get("birthDate") or "")) == 10 else None
        key = key or str(resource.get("id") or "patient")
        self.key_of[id(resource)] = key
        age, pregnant = _number(extension(resource, "age")), extension(resource, "pregnant")
        self.patients[key] = Patient(
            sex=sex,
            birth_date=born if born and born <= today() else None,
            age=age if age is not None and 0 <= age <= 130 else None,
            pregnant={"True": True, "False": False}.get(pregnant),
        )
        self.numbers[key] = str(only(resource.get("identifier")).get("value") or ("" if "#" in key else resource.get("id")) or "")
        for human in many(resource.get("name"))[:1]:
            given = human.get("given")
            parts = [*map(str, given if isinstance(given, list) else []), str(human.get("family") or "")]
            self.names[key] = str(human.get("text") or " ".join(parts)).strip()

    def _patient_key(self, observation: dict[str, Any]) -> str:
        subject = observation.get("subject") or self.report_of.get(id(observation), {}).get("subject")
        found = self.resolve(subject, observation)
        if found is not None and id(found) in self.key_of:
            return self.key_of[id(found)]
        return str(only(subject).get("reference") or "")

    def number_of(self, key: str) -> str:
        """The number of a person: an identifier, else the id that the server gave them; a reference within the document is none."""
        outside = key.startswith("Patient/") or "/Patient/" in key
        return self.numbers.get(key, key.partition("/_history")[0].rpartition("/")[2] if outside else "")

    def _members(self, resource: dict[str, Any], key: str) -> list[dict[str, Any]]:
        found = (self.resolve(reference, resource) for reference in many(resource.get(key)))
        return [one for one in found if one is not None and one.get("resourceType") == "Observation"]

    # -- resources

    def visit(self, resource: dict[str, Any]) -> None:
        kind = str(resource["resourceType"])
        if kind == "DiagnosticReport":
            self._report(resource)
        elif kind == "Observation":
            self._observation(resource)
        elif kind not in ("Patient", "Specimen", "Bundle", *self.told):
            self.told.append(kind)
            count = self.seen[kind]
            self._leave(f"{kind} ({count})" if count > 1 else kind, remark("a resource that holds no laboratory result"), "furniture")

    def _report(self, report: dict[str, Any]) -> None:
        for performer in many(report.get("performer")):
            actor = performer.get("actor", performer)
            organization = self.resolve(actor, report) or {}
            title = str(organization.get("name") or "") if organization.get("resourceType") == "Organization" else ""
            self.laboratory = self.laboratory or title
        title = concept(report.get("code")) or "report"
        for reference in many(report.get("result")):
            observation = self.resolve(reference, report)
            if observation is None:
                target = str(reference.get("reference") or reference.get("display") or "a result")
                self._leave(
                    f"{title}: {reference.get('display') or target}", remark(f"the document does not hold {target}"), "possible_result"
                )
            elif id(observation) in self.owner:
                self._observation(observation)
        for form in many(report.get("presentedForm")):
            kind = form.get("contentType") or "attachment"
            reason = remark(f"an attached document ({kind}); read it as a file of its own")
            self._leave(f"{title}: {form.get('title') or kind}", reason, "possible_result")
        coded_conclusions = many(report.get("conclusionCode") or report.get("codedDiagnosis"))
        for text in (report.get("conclusion"), *map(concept, coded_conclusions)):
            if text:
                self._leave(f"{title}: {text}", remark("a conclusion in words"), "furniture")

    def _observation(self, observation: dict[str, Any]) -> None:
        if id(observation) in self.done:
            return
        self.done.add(id(observation))
        title = concept(observation.get("code")) or str(observation.get("id") or "observation")
        categories = {code for category in many(observation.get("category")) for code in codes(category)}
        if categories and not categories & set(TESTED):
            self._leave(line_of(title, observation), remark(f"not a laboratory result ({', '.join(sorted(categories))})"), "furniture")
            return
        if extension(observation, "derived"):
            self._leave(line_of(title, observation), remark("worked out from other results; it is worked out again"), "furniture")
            return
        status = NOT_RESULTS.get(str(observation.get("status") or ""))
        if status:
            self._leave(line_of(title, observation), remark(f"the laboratory marks it as {status}"), "possible_result")
            return
        if observation.get("implicitRules") or modified(observation):
            self._leave(line_of(title, observation), MODIFIED, "possible_result")
            return
        components = many(observation.get("component"))
        members = many(observation.get("hasMember")) or [
            target
            for relation in many(observation.get("related"))
            if relation.get("type") == "has-member"
            for target in many(relation.get("target"))
        ]
        if value_of(observation)[0] or not (components or members):
            self._row(observation, observation, "")
        elif members and not components:
            lost = [m for m in members if isinstance(m, dict) and self.resolve(m, observation) is None]
            if lost:
                named = ", ".join(str(m.get("display") or m.get("reference")) for m in lost)
                self._leave(title, remark(f"a panel whose members are not in the document: {named}"), "possible_result")
            else:
                self._leave(title, remark("a panel; its members are results of their own"), "furniture")
        for component in components:
            if modified(component):
                self._leave(line_of(concept(component.get("code")) or title, component), MODIFIED, "possible_result")
            else:
                self._row(component, observation, title)
        for member in members:
            inner = self.resolve(member, observation)
            if inner is not None and inner.get("resourceType") == "Observation":
                self.section.setdefault(id(inner), title)
                if id(inner) in self.owner:
                    self._observation(inner)

    def _row(self, part: dict[str, Any], observation: dict[str, Any], panel: str) -> None:
        value, unit, review = value_of(part)
        status, own = str(observation.get("status") or ""), extension(part, "review")
        if status == REGISTERED:
            value, unit, review = PENDING, "", too_early(f"{value} {unit}".strip() if sent(part) else "")
        key = self._patient_key(observation)
        report = self.report_of.get(id(observation), {})
        withdrawn = NOT_RESULTS.get(str(report.get("status") or ""))
        doubts = [
            review,
            own or NOT_FINAL.get(status, ""),  # what we exported says itself why it is not final
            remark(f"the laboratory marks the report that holds it as {withdrawn}") if withdrawn else "",
        ]
        specimen = only(observation.get("specimen")) or only(report.get("specimen"))
        source = self.resolve(specimen, observation) or {}
        row = {
            "name_text": concept(part.get("code")) or coded(part.get("code"), LOINC),
            "value_text": value,
            "unit_text": unit,
            "range_text": self._range(part, unit, concept(part.get("code"))),
            "flag_text": flag_of(part),
            "collected_text": extension(part, "collected") or when_of(observation, source, report),
            "section_text": extension(part, "section") or panel or self.section.get(id(observation), ""),
            "specimen_text": concept(source.get("type")) or str(specimen.get("display") or ""),
            "code_text": coded(part.get("code"), LOINC),
            "decimal": "," if extension(part, "decimal") == "," else ".",
            "review": "; ".join(filter(None, doubts)),
            "patient_id": key,
        }
        row["text"] = " ".join(" ".join(str(row[c]) for c in ("name_text", "value_text", "unit_text", "range_text", "flag_text")).split())
        if not row["name_text"]:
            self._leave(row["text"], remark("no code and no name of the test"), "possible_result")
            return
        self.rows.append(row)

    def _range(self, part: dict[str, Any], unit: str, title: str) -> str:
        """The reference ranges that are meant for healthy people, each with whom it is for, as one text."""
        texts: list[tuple[str, str]] = []
        for item in many(part.get("referenceRange")):
            meaning = {code for kind in many(item.get("type") or item.get("meaning")) for code in codes(kind)}
            if meaning and not meaning & {"normal", "absent"}:
                continue
            applies = [concept(who) or "/".join(codes(who)) for who in many(item.get("appliesTo"))]
            low, high = quantity(item.get("low")), quantity(item.get("high"))
            text = str(item.get("text") or "").strip()
            if low and high:
                pair = [_number(low[0]), _number(high[0])]
                if None not in pair and (pair[0] > pair[1] or pair[0] == pair[1] == 0):  # type: ignore[operator]
                    self.notices.append(remark(f"The reference range of {title} is sent as {low[0]} to {high[0]}, which cannot be meant."))
            if not (text and looks_like_range(text)):
                sides = f"{low[0]} - {high[0]}" if low and high else f">= {low[0]}" if low else f"<= {high[0]}" if high else text
                other = (low or high or ("", ""))[1]
                text = f"{sides} {other}" if other and other != unit and (low or high) else sides
            ages = (quantity(only(item.get("age")).get(side)) for side in ("low", "high"))
            texts.append((" ".join(filter(None, [*applies, age_span(*ages)])), text))
        return "; ".join(f"{label}: {text}" if label else text for label, text in texts if text)

    def _leave(self, text: str, reason: str, kind: str) -> None:
        self.unread.append({"text": text, "page": 1, "reason": reason, "kind": kind})


def many(value: Any) -> list[dict[str, Any]]:
    """FHIR elements that are one in one version and a list in another."""
    items = value if isinstance(value, list) else [value] if value is not None else []
    return [item for item in items if isinstance(item, dict)]


def only(value: Any) -> dict[str, Any]:
    """An element that is one (or the first of several), empty where it is missing or no element at all."""
    return next(iter(many(value)), {})


def age_span(low: tuple[str, str] | None, high: tuple[str, str] | None) -> str:
    """Whom a range is for, in words that `labinterp.parse_range` reads: ``18 - 65 years``."""
    unit = AGE_UNITS.get((low or high or ("", ""))[1], (low or high or ("", ""))[1])
    sides = f"{low[0]} - {high[0]}" if low and high else f">= {low[0]}" if low else f"<= {high[0]}" if high else ""
    return f"{sides} {unit}".strip()


def codes(item: Any) -> list[str]:
    return [str(coding["code"]) for coding in many(only(item).get("coding")) if coding.get("code")]


def coded(item: Any, system: str) -> str:
    """The code of one system, "" if there is none."""
    return next((str(c["code"]) for c in many(only(item).get("coding")) if c.get("system") == system and c.get("code")), "")


def concept(item: Any) -> str:
    """The words of a CodeableConcept: its text, else the name of a code (LOINC first), else the code."""
    if not isinstance(item, dict):
        return ""
    if item.get("concept"):  # R5: CodeableReference
        return concept(item["concept"])
    if item.get("text"):
        return " ".join(str(item["text"]).split())
    codings = sorted(many(item.get("coding")), key=lambda c: c.get("system") != LOINC)
    named = next((str(c["display"]) for c in codings if c.get("display")), "")
    code = next((str(c["code"]) for c in codings if c.get("code")), "")
    return " ".join((named or ANSWERS.get(code, code)).split())


def quantity(item: Any) -> tuple[str, str] | None:
    """Number and unit of a Quantity, None without a number."""
    if not isinstance(item, dict) or item.get("value") in (None, ""):
        return None
    printed, code = str(item.get("unit") or ""), str(item.get("code") or "")
    return str(item["value"]), code if code and item.get("system") == UCUM else printed or code


def asks_for_presence(part: dict[str, Any]) -> bool:
    """Whether a LOINC name says that the test asks whether something is there: ``Nitrite [Presence] in Urine``."""
    return any(c.get("system") == LOINC and "[Presence]" in str(c.get("display") or "") for c in many(only(part.get("code")).get("coding")))


def sent(part: dict[str, Any]) -> bool:
    """Whether a value was sent at all, whatever it is."""
    return any(part.get(f"value{kind}") is not None for kind in VALUES)


def too_early(shown: str) -> str:
    """Why a person should look at a result that is still pending: only where a value was sent with it nevertheless."""
    return remark(f"a value was sent with it ({shown}) although the laboratory says that there is no result yet") if shown else ""


def value_of(part: dict[str, Any]) -> tuple[str, str, str]:
    """The value as text, its unit, and why a person should look at it ("" if they need not)."""
    for kind in VALUES:
        value = part.get(f"value{kind}")
        if value is None:
            continue
        printed = extension(part, "printed")
        if kind == "Quantity":
            found = quantity(value)
            if found:
                return printed or f"{value.get('comparator') or ''}{found[0]}", extension(part, "unit") if printed else found[1], ""
            continue
        if kind == "CodeableConcept":
            text, known = concept(value), next((ANSWERS[c] for c in codes(value) if c in ANSWERS), "")
            return without_tag(text) or known, extension(part, "unit"), ""
        if kind == "Range":
            low, high = quantity(only(value).get("low")), quantity(only(value).get("high"))
            text = f"{low[0]}-{high[0]}" if low and high else f">={low[0]}" if low else f"<={high[0]}" if high else ""
            return printed or text, (low or high or ("", ""))[1], ""
        if kind == "Ratio":
            top, bottom = quantity(only(value).get("numerator")), quantity(only(value).get("denominator"))
            return printed or (f"{top[0]}:{bottom[0]}" if top and bottom else ""), "", ""
        if kind in UNREAD_VALUES:
            return "", "", remark(f"the value is sent as {kind}, which is not read")
        if kind == "Boolean":
            said = {"True": "true", "False": "false"}.get(str(value), str(value))
            return (PRESENCE.get(said, said) if asks_for_presence(part) else said), extension(part, "unit"), ""
        return str(value), extension(part, "unit"), ""
    reason = concept(part.get("dataAbsentReason"))
    return "" if reason == "unknown" else reason.replace("-", " "), extension(part, "unit"), ""


def without_tag(text: str) -> str:
    """``"Negative (qualifier value)"`` -> ``"Negative"``: SNOMED CT says in brackets what kind of word it is."""
    return _TAG.sub("", text)


def flag_of(part: dict[str, Any]) -> str:
    """The laboratory's own interpretation as a code of HL7 table 0078 where it is one, else in its words."""
    flags = []
    for item in many(part.get("interpretation")):
        if extension(item, "given"):
            continue
        own = [(str(c.get("system") or ""), str(c["code"])) for c in many(item.get("coding")) if c.get("code")]
        plain = [code for system, code in own if system != SNOMED]
        mapped = [INTERPRETATIONS[code] for system, code in own if system == SNOMED and code in INTERPRETATIONS]
        flags.append(next(iter([*plain, *mapped]), concept(item) if len(concept(item)) <= LONGEST_FLAG else ""))
    return " ".join(dict.fromkeys(filter(None, flags)))


def when_of(observation: dict[str, Any], specimen: dict[str, Any], report: dict[str, Any]) -> str:
    """When the sample was taken: the observation's effective time, else the specimen's, else the report's, else when it was issued."""
    for item in (observation, only(specimen.get("collection")), report):
        for key in ("effectiveDateTime", "effectiveInstant", "collectedDateTime"):
            if item.get(key):
                return str(item[key])
        for key in ("effectivePeriod", "collectedPeriod"):
            period = only(item.get(key))
            if period.get("start") or period.get("end"):
                return str(period.get("start") or period.get("end"))
    return str(observation.get("issued") or report.get("issued") or "")


def extension(part: dict[str, Any], name: str) -> str:
    """A text that our own export put beside the standard elements."""
    found = (e.get("valueString") for e in many(part.get("extension")) if e.get("url") == NAMESPACE + name)
    return str(next((text for text in found if text), ""))


def line_of(title: str, observation: dict[str, Any]) -> str:
    value, unit, _ = value_of(observation)
    return " ".join(filter(None, [title, value, unit]))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
