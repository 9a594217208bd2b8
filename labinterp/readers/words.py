"""What a heading of a table stands for: `role_of`. The words are those of ``vocabulary.json``, which all readers share, and of
``words.json``, which has what only tables need (a column for the birth date, for the lower limit ...) and goes before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from labinterp.model import Patient, Sex, today
from labinterp.readers import vocabulary
from labinterp.reference.fold import fold_name
from labinterp.shapes import DateOrder, parse_date

_OF_A_PERSON_OR_A_TEST = ("name", "nombre", "nome", "nom", "nazwa", "navn")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")
_SYSTEM = re.compile(r"\b(?:SI|conventional|conv\.?|US)\b", re.IGNORECASE)
_LABELLED = re.compile(r"\s*([^:：=\t;|]{1,40}?)\s*[:：=]\s*(.*)", re.DOTALL)
_YEARS = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*(\w*)")
_IN_YEARS = {"years": 1.0, "months": 1 / 12, "weeks": 7 / 365.25, "days": 1 / 365.25}


@cache
def words() -> dict[str, Any]:
    """The word lists as they stand in ``words.json``."""
    return json.loads((files("labinterp.readers") / "words.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


SHARED = {
    "specimen": "specimen", "patient": "patient_name", "sex": "sex", "age": "age", "birth": "birth_date", "date_only": "collected",
    "collected": "collected",
}  # fmt: skip
"""List of ``vocabulary.json`` -> role of a column."""


@cache
def _roles() -> dict[str, str]:
    shared = {word: role for word, role in vocabulary.header_words().items() if role != "other"}
    for group, role in SHARED.items():
        shared |= dict.fromkeys(vocabulary.words(group), role)
    return shared | {fold_name(word): role for role, group in words()["columns"].items() for word in group}


@cache
def _sections() -> dict[str, str]:
    return {fold_name(word): specimen for specimen, group in words()["sections"].items() for word in group}


@cache
def _sexes() -> dict[str, Sex]:
    return {fold_name(word): sex for sex in ("male", "female") for word in words()["sex"][sex]}


def role_of(heading: str) -> str:
    """``"Ref. Range"`` -> ``"range"``; empty for a heading that is no header word. Brackets count only where nothing else helps."""
    for text in (heading, _CAMEL.sub(" ", heading), _BRACKETS.sub(" ", heading), _SYSTEM.sub(" ", heading)):
        role = _roles().get(fold_name(text))
        if role:
            return role
    return ""


def without_persons(heads: Sequence[str]) -> list[str]:
    """The headings without those of persons' names: "Name" beside "Test" is the person, "Name" alone is the test."""
    own = [head for head in heads if head.strip().casefold() not in _OF_A_PERSON_OR_A_TEST]
    return own if any(role_of(head) == "name" for head in own) else list(heads)


def is_section(text: str) -> bool:
    """Is this line the heading of a group of tests ("Haematology", "Urine")? Whole lines only: "Urine culture" is a test."""
    return fold_name(text) in _sections()


def is_flag(text: str) -> bool:
    """Is this a word for high, low, normal or abnormal?"""
    return fold_name(text) in words()["flags"] or text.strip() in words()["flag_signs"]


def sexes_of(texts: Iterable[str], heading: str = "") -> dict[str, Sex | None]:
    """Each distinct text of one column (or of one line) -> the sex it says, None where it does not say.

    One letter is read only where it has one meaning: M is male, unless the heading or the other letters are those of Spanish
    (H and M: hombre, mujer; V and M also are Dutch) and so allow both. Numbers are codes of a list nobody has printed: not read.
    """
    distinct = {text: fold_name(text) for text in texts}
    letters = set(distinct.values())
    spanish = fold_name(heading) in words()["sex"]["mujer_labels"] and "f" not in letters
    known: dict[str, Sex | None] = {}
    for text, folded in distinct.items():
        known[text] = _sexes().get(folded)
        if folded == "m" and not spanish and not letters & {"h", "v"}:
            known[text] = "male"
        elif "h" in letters and folded in ("h", "m") and letters <= {"h", "m", ""}:
            known[text] = "male" if folded == "h" else "female" if len(letters - {""}) == 2 else None
    return known


def age_of(text: str) -> float | None:
    """``"58 y"`` -> 58.0, ``"6 months"`` -> 0.5; None where it is no age."""
    match = _YEARS.fullmatch(text.strip())
    if not match:
        return None
    unit = fold_name(match[2])
    for length, spellings in words()["age_units"].items():
        if unit in spellings:
            age = float(match[1].replace(",", ".")) * _IN_YEARS[length]
            return age if age <= 130 else None
    return None


def facts_of(lines: Iterable[Iterable[str]], order: DateOrder = "") -> dict[str, Any]:
    """What lines outside the table say of the person and the sample.

    `lines` are lists of cells; read are ``Label: value`` within one cell, and a label with its value in the next cell. Returns those
    of ``patient`` (a `Patient`), ``patient_name``, ``patient_id``, ``collected_text``, ``specimen_text``, ``laboratory`` that are said.
    """
    said: dict[str, str] = {}
    for line in lines:
        cells = [cell.strip() for cell in line if cell.strip()]
        pairs = len(cells) <= 4 or (len(cells) % 2 == 0 and all(role_of(cell.rstrip(" :：")) for cell in cells[::2]))
        for index, cell in enumerate(cells):
            for part in re.split(r"[;|\t]| {3,}", cell):
                match = _LABELLED.fullmatch(part)
                label, value = (match[1], match[2].strip()) if match else (part.strip(), "")
                role = role_of(label)
                if role and not value and index + 1 < len(cells) and (match or pairs) and not role_of(cells[index + 1]):
                    value = cells[index + 1]
                if role and value:
                    role = "patient_name" if role == "patient_id" and not any(c.isdigit() for c in value) else role
                    said.setdefault(role, value)
                    if role == "sex":
                        said.setdefault("sex_label", label)
    facts: dict[str, Any] = {}
    age = said.get("age", "")
    birth = parse_date(said["birth_date"], order) if "birth_date" in said else None
    sex = sexes_of([said["sex"]], said["sex_label"])[said["sex"]] if "sex" in said else None
    born = birth if birth and birth <= today() else None
    if sex or age_of(age) is not None or born:
        facts["patient"] = Patient(sex=sex, age=age_of(age), birth_date=born)
    for role in ("patient_name", "patient_id", "laboratory"):
        if role in said:
            facts[role] = said[role]
    if "specimen" in said:
        facts["specimen_text"] = said["specimen"]
    for role in ("collected", "received", "reported"):
        if role in said and any(c.isdigit() for c in said[role]):
            facts["collected_text"] = said[role]
            break
    return facts
