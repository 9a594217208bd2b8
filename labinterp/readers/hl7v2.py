"""HL7 v2 messages with results (ORU, OUL and whatever else carries OBX), alone, in a batch file or with MLLP framing.

Sloppy messages are read as far as they are sound: a segment that cannot be taken apart is unread, the others count.
Source: HL7 2.5.1 chapters 2 (encoding) and 7 (OBR, OBX, SPM). Needs the package ``hl7`` (``pip install 'labinterp[hl7]'``).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from labinterp import words
from labinterp.errors import ReadError
from labinterp.language import remark
from labinterp.model import Patient, Report, today
from labinterp.readers.encoding import decode, encoding_of
from labinterp.readers.fhir import ANSWERS, PENDING, too_early, without_tag
from labinterp.readers.limits import limits
from labinterp.readers.table import taken_apart
from labinterp.readers.text import names_a_test
from labinterp.readers.words import sexes_of
from labinterp.shapes import parse_date

ENCODINGS = {
    "ASCII": "ascii", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "UNICODE": "utf-8", "UNICODE UTF-16": "utf-16",
    **{f"8859/{n}": f"iso8859-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
    "GB 18030-2000": "gb18030", "GB18030": "gb18030", "BIG-5": "big5", "KS X 1001": "cp949", "ISO IR87": "iso2022_jp", "ISO IR14": "cp932",
}  # fmt: skip
"""MSH-18 (table 0211) -> Python's name."""

STATUS = {
    "D": remark("the laboratory deleted it"),
    "W": remark("the laboratory marks it as wrong"),
    "X": remark("the result cannot be obtained"),
    "N": remark("not asked for"),
    "O": remark("an order without a result"),
}
"""OBX-11 (table 0085) that is no result, even where a value stands there."""

STILL_PENDING = "I"
NOT_FINAL = {"P": words.NOT_FINAL["preliminary"], "R": words.NOT_FINAL["unverified"], "S": words.NOT_FINAL["partial"]}
"""OBX-11 of a result that may still change. Where it is empty, OBR-25 (table 0123) says ``P`` and ``R`` of the whole order."""

NO_RESULT_TYPES = {
    "ED": remark("an attached document"), "RP": remark("a pointer to a document"), "DT": remark("a date"), "TM": remark("a time"),
    "TS": remark("a time"), "DTM": remark("a time"), "DR": remark("a span of time"), "NA": remark("a row of numbers"),
    "MA": remark("rows of numbers"), "CQ": remark("a composite"), "CX": remark("an identifier"), "XPN": remark("a name"),
    "PN": remark("a name"), "XCN": remark("a person"), "XON": remark("an organisation"), "XAD": remark("an address"),
    "XTN": remark("a telephone number"),
    "DLN": remark("a licence"),
}  # fmt: skip
LONGEST = 1000
"""Characters of a segment that are kept for people to see: an attached document is one long line."""
PROSE = 120
"""Characters: a longer text is words about results, not a result."""

_START = re.compile(r"(?:^|[\r\n\x0b])\ufeff?\s*(?:MSH|FHS|BHS)[^\w\s]")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?=[^\w\s]|$)")
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2}))?")


def identify(head: bytes, name: str) -> bool:
    """True where a message (MSH) or a batch (FHS, BHS) begins near the start."""
    return bool(_START.search(decode(head[:2000])[0]))


def read(data: bytes, name: str, locale: str | None = None) -> Report:
    """Read all messages of a file. Every OBX becomes a row or is unread with a reason. Raises `ReadError` without a message."""
    import hl7

    text, notices = _text_of(data, locale)
    messages, unread = messages_of(text)
    if not messages:
        raise ReadError(f"{name}: no HL7 message (MSH) was found")
    most = limits()
    if sum(map(len, messages)) > most.segments:
        raise ReadError(f"{name}: {sum(map(len, messages))} segments; the limit is {most.segments}")
    if any(sum(map(segment.count, {*message[0][3:6], *message[0][7:8]})) > most.parts for message in messages for segment in message):
        raise ReadError(f"{name}: a segment of more than {most.parts} fields and parts, which is the limit")
    rows: list[dict[str, Any]] = []
    people: dict[str, tuple[Patient, str]] = {}
    numbered: set[str] = set()
    laboratories: list[str] = []
    others: Counter[str] = Counter()
    for segments in messages:
        try:
            message = hl7.parse("\r".join(segments) + "\r")
        except (hl7.HL7Exception, AssertionError, ValueError, IndexError, KeyError) as error:  # broken separators
            unread += [_left(line, remark(f"a message that cannot be taken apart: {error}"), "possible_result") for line in segments]
            continue
        person = ""
        group: dict[str, Any] = {}
        ordered = ""
        start = told = len(rows)  # where the rows of the order, and of the last observation, begin
        for segment in message:
            kind = str(segment[0])
            if kind == "MSH":
                laboratories.append(_part(segment, 4))
            elif kind == "PID":
                number = _part(segment, 3) or _part(segment, 2)
                numbered.add(number)
                person = number or f"person {len(people) + 1}"
                people.setdefault(person, _patient(segment))
            elif kind == "OBR":
                group = {"section_text": _words(segment, 4), "collected_text": time_of(_part(segment, 7)), "specimen_text": ""}
                group["specimen_text"] = _part(segment, 15, 1, 2) or _part(segment, 15)
                ordered = _part(segment, 25).upper()
                start = told = len(rows)
            elif kind == "SPM":
                specimen, taken = _words(segment, 4), time_of(_part(segment, 17))
                for row in [*rows[start:], group]:
                    row["specimen_text"] = row.get("specimen_text") or specimen
                    row["collected_text"] = row.get("collected_text") or taken
            elif kind == "OBX":
                own, reason, furniture = observation(segment, ordered)
                line, told = " ".join(str(segment).split())[:LONGEST], len(rows)
                if reason:
                    unread.append(_left(line, reason, "furniture" if furniture else "possible_result"))
                for row in own:
                    rows.append(group | {k: v for k, v in row.items() if v or k not in group} | {"text": line, "patient_id": person})
            elif kind == "NTE":
                note = " ".join(_part(segment, 3, repetition) for repetition in range(1, _repetitions(segment, 3) + 1))
                kind = "possible_result" if _may_be_a_result(note) else "furniture"
                unread.append(_left(note or str(segment), remark("a note of the laboratory"), kind))
                for row in rows[told:] if _doubts_the_sample(note) else ():
                    row["review"] = "; ".join(filter(None, [row.get("review"), DOUBT]))
            else:
                others[kind] += 1
    unread += [_left(f"{kind} ({count})", remark("segments that hold no result"), "furniture") for kind, count in sorted(others.items())]
    for row in rows:
        row |= {"page": 1, "decimal": ".", "date_order": "ymd"}
    mentioned = {row["patient_id"] for row in rows} or set(people)
    patient, patient_name = people.get(next(iter(mentioned)), (Patient(), "")) if len(mentioned) == 1 else (Patient(), "")
    laboratory = next(filter(None, laboratories), "")
    report = Report.of(
        rows,
        unread,
        patient=patient,
        patient_name=patient_name,
        patient_number=next(iter(mentioned & numbered), "") if len(mentioned) == 1 else "",
        laboratory=laboratory,
        format="hl7v2",
        name=name,
        notices=tuple(notices),
    )
    if len(mentioned) > 1:
        own_patients = [people.get(row["patient_id"], (Patient(), ""))[0] for row in rows]
        report.rows["patient_id"] = [row["patient_id"] for row in rows]
        report.rows["sex"] = [patient.sex or "" for patient in own_patients]
        report.rows["birth_date"] = [patient.birth_date for patient in own_patients]
    return report


SHORT = 8  # words
DOUBT = remark("the laboratory's note says something of the sample: read it beside the result")
_SAMPLE = re.compile("|".join(re.escape(word) for word, code in words.NO_RESULT.items() if code == "specimen-problem" and len(word) > 5))
_NOT = re.compile(r"\b(?:no|not|non|without|nicht|keine?|ohne|pas|sans|sin)\b")


def _may_be_a_result(note: str) -> bool:
    """Is a note as short as a result, with the name of a test and a number?"""
    return len(note.split()) <= SHORT and bool(re.search(r"\d", note)) and names_a_test(note)


def _doubts_the_sample(note: str) -> bool:
    """Does a note say that the sample was burst, clotted, or too little? One that denies anything is left alone."""
    said = words.fold_word(note)
    return bool(_SAMPLE.search(said)) and not _NOT.search(said)


def _text_of(data: bytes, locale: str | None) -> tuple[str, list[str]]:
    """Decode as MSH-18 says, unless the bytes say otherwise for certain."""
    said = re.search(rb"MSH(.)(?:[^\r\n]*)", data)
    fields = said.group().split(said[1]) if said else []
    declared = fields[17].split(b"~")[0].split(b"^")[0].decode("ascii", "replace").strip() if len(fields) > 17 else ""
    found = encoding_of(data, locale)
    wanted = ENCODINGS.get(declared.upper(), "")
    if not wanted or found in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32") or (found == "utf-8" and not data.isascii()):
        wanted_text, notices = decode(data, locale)[0], []
        if declared and wanted not in ("", "ascii") and not wanted.startswith(found[:5]):
            notices.append(remark(f"The message calls itself {declared} but is {found}; it was read as {found}."))
        return wanted_text, notices
    try:
        return data.decode(wanted).lstrip("\ufeff"), []
    except UnicodeDecodeError:
        return data.decode(found, "replace"), [remark(f"The message calls itself {declared} but is not; it was read as {found}.")]


def messages_of(text: str) -> tuple[list[list[str]], list[dict[str, Any]]]:
    """Text -> messages as lists of segments, and the lines that belong to none.

    A line that begins no segment continues the last one (senders break long texts over lines).
    """
    messages: list[list[list[str]]] = []
    unread: list[dict[str, Any]] = []
    for line in re.split(r"[\r\n\x0b\x1c]+", text):
        line = line.strip("\ufeff \t\x00")
        if not line:
            continue
        segment = _SEGMENT.match(line)
        if line[:3] in ("FHS", "BHS", "BTS", "FTS") and segment:
            continue
        if segment and line.startswith("MSH"):
            messages.append([[line]])
        elif segment and messages:
            messages[-1].append([line])
        elif messages:
            messages[-1][-1].append(line)
        else:
            unread.append(_left(line, remark("a line before the first message"), "possible_result" if segment else "furniture"))
    return [["\\.br\\".join(lines) for lines in message] for message in messages], unread


def observation(segment: Any, ordered: str = "") -> tuple[list[dict[str, Any]], str, bool]:
    """One OBX of an order with the status `ordered` -> its rows; or why it has none, and whether it never was meant as a result."""
    kind = _part(segment, 2).upper()
    status = _part(segment, 11).upper() or (ordered if ordered in ("P", "R") else "")
    code, name = _identity(segment, 3)
    if status in STATUS:
        return [], STATUS[status], False
    if _part(segment, 29).upper() == "QST":
        return [], remark("a question asked with the order, not a result"), True
    if kind in NO_RESULT_TYPES:
        return [], remark(f"the value is {NO_RESULT_TYPES[kind]} ({kind}), which is not read"), kind not in ("ED", "RP", "NA", "MA")
    values = _values(segment, kind)
    flags = [_part(segment, 8, repetition) for repetition in range(1, _repetitions(segment, 8) + 1)]
    flag = " ".join(dict.fromkeys(flag for flag in flags if flag and flag.lower() != "null"))
    if not any(values) and not flag and status != STILL_PENDING:
        return [], remark("no value"), False
    if not name and not code:
        return [], remark("no code and no name of the test"), False
    if any(len(value) > PROSE for value in values):
        return [], remark("words about results, not a result"), False
    row = {
        "name_text": name or code,
        "code_text": code,
        "unit_text": _unit(segment),
        "range_text": _range(segment),
        "flag_text": flag,
        "collected_text": time_of(_part(segment, 14)),
    }
    if status == STILL_PENDING:
        shown = " ".join(filter(None, ["; ".join(values), row["unit_text"]])) if values else ""
        return [row | {"value_text": PENDING, "unit_text": "", "review": too_early(shown)}], "", False
    review = [remark("one of several values sent for one result") if len(values) > 1 else "", NOT_FINAL.get(status, "")]
    found = []
    for value in values or [""]:
        own, unit, own_flag = taken_apart(value, row["unit_text"], row["flag_text"], row["range_text"])
        found.append(row | {"value_text": own, "unit_text": unit, "flag_text": own_flag, "review": "; ".join(filter(None, review))})
    return found, "", False


def _values(segment: Any, kind: str) -> list[str]:
    """OBX-5 as texts: one for each repetition of a number, one altogether for words and codes."""
    found = []
    for repetition in range(1, _repetitions(segment, 5) + 1):
        parts = [_part(segment, 5, repetition, component) for component in range(1, 10)]
        if kind == "SN":  # comparator ^ number ^ separator ^ number
            found.append("".join(parts[:4]))
        elif kind in ("CE", "CWE", "CNE", "CF", "IS"):
            codes = [parts[0], parts[3]]
            known = next((ANSWERS[one] for one in codes if one in ANSWERS), "")
            found.append(without_tag(parts[1] or parts[4] or parts[8]) or known or parts[0] or parts[3])
        elif kind == "NR":
            found.append("-".join(filter(None, parts[:2])))
        else:
            found.append(parts[0] if kind == "NM" else " ".join(filter(None, parts)))
    found = [value for value in found if value]
    return found if kind in ("NM", "SN") or len(found) < 2 else ["; ".join(found)]


def _identity(segment: Any, field: int) -> tuple[str, str]:
    """A coded field -> its LOINC code ("" if none) and its words."""
    loinc = ""
    for start in (1, 4, 10):
        if _part(segment, field, 1, start + 2).upper() in ("LN", "LOINC", "2.16.840.1.113883.6.1"):
            loinc = loinc or _part(segment, field, 1, start)
    return loinc, _words(segment, field)


def _words(segment: Any, field: int) -> str:
    parts = (_part(segment, field, 1, component) for component in (2, 5, 9, 1, 4))
    return next(filter(None, parts), "")


def _unit(segment: Any) -> str:
    if _part(segment, 6, 1, 6).upper() == "UCUM" and _part(segment, 6, 1, 4):
        return _part(segment, 6, 1, 4)
    return _part(segment, 6) or _part(segment, 6, 1, 2)


def _range(segment: Any) -> str:
    low, high = _part(segment, 7), _part(segment, 7, 1, 2)
    return f"{low} - {high}" if low and high else low or high


def _patient(segment: Any) -> tuple[Patient, str]:
    letter = _part(segment, 8)
    sex = sexes_of([letter])[letter]
    born = parse_date(time_of(_part(segment, 7)), "ymd") if _part(segment, 7) else None
    human = " ".join(filter(None, (_part(segment, 5, 1, 2), _part(segment, 5, 1, 1))))
    return Patient(sex=sex, birth_date=born if born and born <= today() else None), human


def time_of(text: str) -> str:
    """``20230710083000-0500`` -> ``2023-07-10 08:30``; a text that is no HL7 time stays as it is."""
    match = _TIME.match(text)
    if not match:
        return text
    year, month, day, hour, minute = match.groups()
    return f"{year}-{month}-{day}" + (f" {hour}:{minute}" if hour else "")


def _repetitions(segment: Any, field: int) -> int:
    try:
        return len(segment(field))
    except (IndexError, KeyError):
        return 0


def _part(segment: Any, field: int, repetition: int = 1, component: int = 1) -> str:
    """One component as text, its escapes undone and its sub-components joined; "" where it is missing."""
    try:
        repeated = segment(field)(repetition)
    except (IndexError, KeyError):
        return ""
    if isinstance(repeated, str):
        raw = repeated if component == 1 else ""
    else:
        try:
            part = repeated(component)
        except (IndexError, KeyError):
            return ""
        raw = part if isinstance(part, str) else " ".join(filter(None, (str(sub) for sub in part)))
    text = " ".join(unescaped(raw, segment.separators, segment.esc).split())
    return "" if text == '""' else text


def unescaped(text: str, separators: str, escape: str) -> str:
    """Undo the escapes of chapter 2.7. What is no known escape stays as it was sent: nothing is swallowed."""
    if escape not in text:
        return text
    mark = re.escape(escape)
    plain = dict(zip("FRST", separators[1:5])) | {"E": escape, "H": "", "N": ""}

    def answer(match: re.Match[str]) -> str:
        what = match[1]
        if what[0] == "X":
            raw = bytes.fromhex(what[1:])
            return raw.decode("utf-8" if not raw.isascii() and _is_utf8(raw) else "latin-1")
        return plain.get(what, " ")

    return re.sub(rf"{mark}([FRSTEHN]|X(?:[0-9A-Fa-f]{{2}})+|\.(?:br|sp|fi|nf|in|ti|sk|ce)[-+]?\d*){mark}", answer, text)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _left(text: str, reason: str, kind: str) -> dict[str, Any]:
    return {"text": text[:LONGEST], "page": 1, "reason": reason, "kind": kind}
