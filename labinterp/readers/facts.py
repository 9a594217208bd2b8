"""Facts that stand around the table: person, laboratory, collection date, specimen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from labinterp.model import Sex
from labinterp.readers import vocabulary
from labinterp.readers.cells import DATE, TIME
from labinterp.readers.geometry import Line
from labinterp.readers.vocabulary import fold_name
from labinterp.readers.words import role_of

_NUMBER = re.compile(r"[A-Z]{0,4}[-./]?\d[\w./-]*(?=\s|$)")  # P-4711; Ada 2 is a name
"""The number of a patient, at the beginning of what is said of them."""


@dataclass
class Facts:
    """As printed. `collected` is the date with its time."""

    sex: Sex | None = None
    age: float | None = None
    birth_text: str = ""
    name: str = ""
    number: str = ""
    laboratory: str = ""
    collected: str = ""
    date: str = ""
    specimen: str = ""


def facts_of(lines: Sequence[Line]) -> Facts:
    """Read the facts of one page. The first statement of each wins."""
    facts = Facts()
    below = (pair for a, b in pairwise(lines) if b.base - a.base < 2.2 * a.size for pair in _stacked(a, b))
    for label, value in chain(_pairs(lines), below):
        folded = fold_name(label)
        if not value:
            continue
        if folded in vocabulary.words("collected") and not facts.collected:
            facts.collected = _moment(value)
        elif folded in vocabulary.words("birth"):
            if not facts.birth_text and (found := DATE.search(value)):
                facts.birth_text = found[0]
            _age_sex(facts, value)
        elif folded in vocabulary.words("age"):
            _age(facts, value)
            _sex(facts, value, label)
        elif folded in vocabulary.words("sex"):
            _sex(facts, value, label)
        elif role_of(label) == "patient_id" and folded != "id" and (found := _NUMBER.match(value)):  # an ID alone may be the sample's
            facts.number = facts.number or found[0]
        elif folded in vocabulary.words("patient") and not facts.name:
            facts.name = _person(value)
            _age_sex(facts, value)
        elif folded in vocabulary.words("specimen") and not facts.specimen and _is_specimen(value):
            facts.specimen = re.split(r"\s{2,}", value)[0][:60]
        elif folded in vocabulary.words("date_only") and not facts.date:
            facts.date = _moment(value)
    _loose(facts, lines)
    for line in lines[:8]:
        if facts.laboratory:
            break
        for cell in line.cells:
            text = cell.text
            tokens = set(fold_name(text).split())
            prose = len(tokens) > 8 or vocabulary.count_prose(text) >= 3 or vocabulary.starts(text, "stop")
            if not prose and tokens & vocabulary.words("laboratory") and ":" not in text and not re.search(r"\breport\b", text, re.I):
                facts.laboratory = text
                break
    return facts


def _pairs(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Label and what follows it: behind a colon, in the next cell, or after a known label without colon."""
    for line in lines:
        cells = [c.text for c in line.cells]
        for index, text in enumerate(cells):
            after = cells[index + 1] if index + 1 < len(cells) else ""
            text = text.strip()
            if text.endswith(":") or (after.startswith(":")):
                value = after.lstrip(": ") or (cells[index + 2] if after and index + 2 < len(cells) else "")
                yield text.rstrip(": "), _join_date(value, cells[index + 2 : index + 4])
                continue
            parts = re.split(r"(?<=[^\W\d_)]):\s*|\s:\s*", text)
            if len(parts) > 1:
                label = parts[0]
                for position, part in enumerate(parts[1:], 1):
                    value, following = part, ""
                    if position < len(parts) - 1:  # "DOB: 02/11/1971 Sex: F": the next label is the tail of this value
                        value, following = _cut_label(part)
                    elif not value:
                        value = after
                    yield _tail_label(label), _join_date(value, cells[index + 1 : index + 3] if position == len(parts) - 1 else [])
                    label = following
                continue
            found = _leading_label(text)
            if found:
                label, value = found
                yield label, _join_date(value or after, cells[index + 1 : index + 3])


def _stacked(labels: Line, values: Line) -> Iterator[tuple[str, str]]:
    """A line of labels above a line of values: each label with what stands below it, if it is of the right kind."""
    for cell in labels.cells:
        under = next((c.text for c in values.cells if c.x0 < cell.x1 + 12 and c.x1 > cell.x0 - 4), "")
        dated = vocabulary.says(cell.text, "collected") or vocabulary.says(cell.text, "birth")
        sexed = vocabulary.says(cell.text, "sex") and (vocabulary.says(under, "male") or vocabulary.says(under, "female"))
        if (dated and DATE.match(under)) or sexed:
            yield cell.text, under


_LABELLED = ("collected", "birth", "age", "sex", "patient", "specimen", "date_only")


def _tail_label(text: str) -> str:
    tokens = text.split()
    for length in range(min(5, len(tokens)), 0, -1):
        tail = " ".join(tokens[-length:])
        if any(vocabulary.says(tail, key) for key in _LABELLED):
            return tail
    return text


def _cut_label(text: str) -> tuple[str, str]:
    tokens = text.split()
    for length in range(min(5, len(tokens)), 0, -1):
        tail = " ".join(tokens[-length:])
        if any(vocabulary.says(tail, key) for key in _LABELLED):
            return " ".join(tokens[:-length]), tail
    return (" ".join(tokens[:-1]), tokens[-1]) if tokens else ("", "")


def _leading_label(text: str) -> tuple[str, str] | None:
    tokens = text.split()
    for length in range(min(5, len(tokens)), 0, -1):
        head = " ".join(tokens[:length])
        rest = " ".join(tokens[length:])
        for key in ("collected", "birth"):
            if vocabulary.says(head, key) and (not rest or DATE.match(rest)) and not (len(head) <= 3 and not rest):
                return head, rest
        if length > 1 and vocabulary.says(head, "date_only") and (not rest or DATE.match(rest)):
            return head, rest
        if vocabulary.says(head, "sex") and (not rest or vocabulary.says(rest, "male") or vocabulary.says(rest, "female")):
            return head, rest
    return None


def _join_date(value: str, more: Sequence[str]) -> str:
    """A date and its time may stand in neighbouring cells."""
    if DATE.search(value):
        for extra in more:
            if TIME.fullmatch(extra.strip()):
                return f"{value} {extra}"
            break
    return value


def _moment(value: str) -> str:
    """Date and time as printed, without what follows."""
    found = DATE.search(value)
    if not found:
        return ""
    start, end = found.span()
    behind = re.match(
        r"\s*(?:,|-|à|um|at|om|kl\.?)?\s*(?:\d{1,2}[:h]\d{2}(?::\d{2})?(?:\s?[AP]M)?(?:\s(?:Uhr|[A-Z]{2,4}(?![\w:])))?|\d{4}(?!\d)(?:\s[A-Z]{2,3}(?![\w:]))?)",
        value[end:],
    )
    if behind and behind[0].strip():
        end += behind.end()
    before = re.search(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AP]M)?\s*$", value[:start])
    if before:
        start = before.start()
    return value[start:end].strip()


def _age_sex(facts: Facts, value: str) -> None:
    if facts.age is None and (
        found := re.search(r"\(?\b(\d{1,3})\s?(?:y(?:ears?|rs?)?|Y|J(?:ahre)?|ans|años|anni|jaar|år|lat|let|лет|год)\b", value)
    ):
        facts.age = _number(found[1])
    if facts.sex is None and (found := re.search(r"\b\d{1,3}\s?Y(?:rs?|ears?)?\s?/\s?(M|F)\b|\(\d{1,3}Y/(M|F)\)", value, re.I)):
        _sex(facts, found[1] or found[2], "sex")  # ``45Y/F`` is English


def _age(facts: Facts, value: str) -> None:
    if facts.age is None and (found := re.match(r"\s*(\d{1,3})(?:[.,]\d)?\s*(\S*)", value)):
        number = _number(found[1])
        unit = fold_name(found[2])[:3]
        if number is not None:
            facts.age = number / 12 if unit in ("mon", "moi", "mes", "mes", "mie") else number


def _sex(facts: Facts, value: str, label: str) -> None:
    """The sex a value says. A single letter says it only as `label` is of a language in which it can mean but one."""
    if facts.sex is not None:
        return
    tokens = [fold_name(token) for token in re.split(r"[\s/,;()\-|]+", value)[:6]]
    said = [_sex_said(token, label) for token in tokens if token]
    for here, after in zip(said, [*said[1:], None]):
        if here:
            facts.sex = here if after in (None, here) else None  # ``M / F``: both are offered, none is marked
            return


def _sex_said(token: str, label: str) -> Sex | None:
    if len(token) == 1 and token.isalpha() and ord(token) < 0x2E80:  # 男 is a word
        return vocabulary.sex_letters().get(fold_name(label), {}).get(token)
    male, female = token in vocabulary.words("male"), token in vocabulary.words("female")
    return None if male == female else "male" if male else "female"


def _is_specimen(text: str) -> bool:
    """Does the text name a specimen (and not its number)?"""
    return bool(set(re.split(r"[\s,;/-]+", fold_name(text))) & vocabulary.words("specimen_words")) or vocabulary.says(
        text, "specimen_words"
    )


def _number(text: str) -> float | None:
    value = float(text)
    return value if 0 <= value <= 120 else None


def _person(value: str) -> str:
    return re.split(r"\s{2,}|\s(?:geb\.|DOB|born|née? le|CPR|BSN)|\(", value)[0].strip(" :,")[:80]


_WHO = re.compile(r"^(?:Mr|Mrs|Ms|Miss|Herr|Frau|Madame|Monsieur|Mme|M\.|Sra|Sig\.ra|Doña)\.?\s+\S", re.I)


def _loose(facts: Facts, lines: Sequence[Line]) -> None:
    """Facts without a label: ``weiblich``, ``Kvinde, 67 år``, ``Madame EXEMPLE``, ``geb. 17.06.1958``, ``Née le 21/04/1979 (46 ans)``."""
    for line in lines[:30]:
        for cell in line.cells:
            text = cell.text
            if not facts.birth_text and (
                found := re.search(
                    rf"\b(?:geb\.?|geboren|n[ée]e? le|né\(e\) le|nato il|nata il|born|f\.|fødd|född)\s*:?\s*({DATE.pattern})", text, re.I
                )
            ):
                facts.birth_text = found[1]
            if not facts.collected and (
                found := re.search(
                    rf"\b(?:prélevé(?:\(?e?\)?)? le|entnommen am|prelevato il|collected on|afgenomen op)\s*:?\s*({DATE.pattern}.*)",
                    text,
                    re.I,
                )
            ):
                facts.collected = _moment(found[1])
            if facts.sex is None and len(text) < 60:
                facts.sex = _spelt(text)
            if (
                facts.age is None
                and len(text) < 60
                and (found := re.search(r"\b(\d{1,3}) (?:years|Jahre|ans|años|anni|jaar|år|lat|let|лет)\b", text))
            ):
                if not re.search(r"[<>]|-\s?\d", text):
                    facts.age = _number(found[1])
            if not facts.name and _WHO.match(text) and len(text) < 50:
                facts.name = text


def _spelt(text: str) -> Sex | None:
    """The sex that a cell without a label spells out: a title before a name that is no doctor's, or a word alone or beside an age.

    Not ``Erika Mann``, ``Male: 13.0 - 17.0`` or ``Male / Female``.
    """
    if re.search(r"[<>≤≥]|\d[.,]\d|(?<![\d./-])\d{1,3}\s*[-–]\s*\d{1,3}(?![\d./-])", text):
        return None
    tokens = [token for token in fold_name(text).split() if token]
    titled = bool(tokens) and tokens[0] in _TITLES and not set(tokens) & {"dr", "prof", "doctor", "doktor"}
    heard = tokens[:1] if titled or len(tokens) == 1 else tokens if re.search(r"\d", text) else []
    said: set[Sex] = {"female" for token in heard if token in _SPELT_FEMALE}
    said |= {"male" for token in heard if token in _SPELT_MALE}
    return said.pop() if len(said) == 1 else None


_TITLES = frozenset(["madame", "frau", "monsieur", "herr"])
_SPELT_FEMALE = frozenset(
    [
        "female",
        "weiblich",
        "kvinde",
        "kvinna",
        "kvinne",
        "femenino",
        "mujer",
        "feminin",
        "femmina",
        "femminile",
        "feminino",
        "vrouw",
        "nainen",
        "kobieta",
        "madame",
        "frau",
        "женскии",
    ]
)
_SPELT_MALE = frozenset(
    [
        "male",
        "mannlich",
        "mand",
        "mann",
        "masculino",
        "hombre",
        "masculin",
        "maschio",
        "maschile",
        "mies",
        "mezczyzna",
        "monsieur",
        "herr",
        "мужскои",
    ]
)
